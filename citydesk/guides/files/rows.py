"""What one row of a file says, in our terms, and what is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from citydesk.guides.files.names import label

LONGEST = {
    "source": 40,
    "code": 80,
    "list_id": 64,
    "department": 120,
    "main_item": 300,
    "name": 300,
    "type_name": 40,
}
LONGEST_RECORD = 100_000  # characters of JSON: it must fit into one cell
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one row cannot be taken: where it stands, the element, and a sentence in Chinese."""

    place: str  # "line 4" of a CSV, "item 3" of a JSON file, "file" for the whole of it
    element: str  # as the file names it: materials.1.name is the first material's name
    sentence: str
    code: str = ""  # of the item, if the row says it

    @property
    def label(self) -> str:
        """What the element is called in Chinese."""
        return label(self.element) if self.element else ""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One item of a file. `content` is None in a list, which gives names and codes only."""

    place: str
    source: str
    code: str
    name: str
    department: str
    list_id: str | None = None
    main_item: str = ""
    type_name: str = ""
    content: Mapping[str, Any] | None = None
    source_record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from every other item: whose code it is, and the code."""
        return self.source, self.code


def listing_faults(row: FileRow) -> Iterator[Fault]:
    """Say what is wrong with the words a catalogue lists an item by."""
    for name, longest in LONGEST.items():
        value = getattr(row, name) or ""
        if not value and name in _MISSING:
            # A whole guide may leave its department to the authority it names.
            if name == "department" and row.content is not None:
                continue
            yield Fault(row.place, name, _MISSING[name], row.code)
        elif len(value) > longest:
            yield Fault(row.place, name, f"超过 {longest} 个字", row.code)
        elif _CONTROL.search(value):
            yield Fault(row.place, name, "含有不可见的控制字符", row.code)
    if row.source and not _SOURCE.fullmatch(row.source):
        yield Fault(row.place, "source", "只能用小写字母、数字、- 和 _", row.code)
    if len(orjson.dumps(row.source_record).decode()) > LONGEST_RECORD:
        too_long = f"超过 {LONGEST_RECORD} 个字符，请删去不用的内容"
        yield Fault(row.place, "source_record", too_long, row.code)


_MISSING = {
    "source": "不能为空：写在文件里，或者用 --source 指明",
    "code": "不能为空",
    "name": "不能为空",
    "department": "不能为空",
}
