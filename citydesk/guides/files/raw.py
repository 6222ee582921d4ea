"""From bytes to rows: what a file holds, before anybody asks what its fields mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citydesk.guides.files.bounded_json import json_of
from citydesk.kit.spreadsheets import Unreadable, table_of, text_of

LARGEST_FILE = 32 * 1024 * 1024  # bytes
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row or one item of the file; `place` is the number of its line (CSV) or item (JSON)."""

    place: str
    fields: Mapping[str, Any]
    fault: str = ""  # why it cannot be read at all


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file's rows, and what it says about itself (JSON) or its columns (CSV)."""

    is_table: bool
    about: Mapping[str, Any]
    header: Sequence[str]
    rows: Sequence[RawRow]


def read_raw(data: bytes) -> RawFile:
    """Read CSV or JSON (UTF-8 or GB 18030).

    Raises:
        Unreadable: naming the place and what to do.
    """
    text = text_of(data, LARGEST_FILE)
    begins = text.lstrip()[:1]
    if not begins:
        raise Unreadable("file", "文件是空的")
    read = _from_json(text) if begins in "[{" else _from_table(text)
    if not read.rows:
        raise Unreadable("file", "文件里没有事项")
    return read


def _from_table(text: str) -> RawFile:
    table = table_of(text, MOST_ROWS)
    rows = []
    for line, cells in table.rows:
        place = f"line {line}"
        if len(cells) != len(table.header):
            fault = f"应有 {len(table.header)} 列，实有 {len(cells)} 列"
            rows.append(RawRow(place, {}, fault))
        else:
            rows.append(RawRow(place, dict(zip(table.header, cells, strict=True))))
    return RawFile(True, {}, table.header, rows)


def _from_json(text: str) -> RawFile:
    value = json_of(text)
    about, items = ({}, value) if isinstance(value, list) else (value, value.get("items"))
    if not isinstance(items, list):
        raise Unreadable("file", "JSON 里应有名为 items 的列表，或者直接是一个列表")
    if len(items) > MOST_ROWS:
        raise Unreadable("file", f"超过 {MOST_ROWS} 个事项，请分成几份")
    rows = [
        RawRow(f"item {number}", item)
        if isinstance(item, dict)
        else RawRow(f"item {number}", {}, "应为一组“名称: 内容”，不是单个值")
        for number, item in enumerate(items, 1)
    ]
    return RawFile(False, {key: each for key, each in about.items() if key != "items"}, (), rows)
