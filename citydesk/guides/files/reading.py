"""Reading a file of guides or of items, whatever form it has, into rows of ours."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from citydesk.guides.files import national, notices
from citydesk.guides.files.bounded_json import json_of
from citydesk.guides.files.flat import Clashing, cells_of, nested
from citydesk.guides.files.names import ELEMENTS, SOURCE_RECORD, english, listing_names
from citydesk.guides.files.partial import read_partial
from citydesk.guides.files.raw import RawFile, RawRow, read_raw
from citydesk.guides.files.rows import LONGEST, Fault, FileRow, listing_faults
from citydesk.guides.files.taking_out import Untranslatable
from citydesk.kit.spreadsheets import Unreadable

CITY = "city"  # the source of guides the city writes itself
_NAMED_ONLY = frozenset({"name", "item_code"})  # what a list says as well
_FAULTS_A_ROW = 20
# Of the control characters only those that lay out a text: the others break XML and pages.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Fields = Mapping[str, Any]
Reader = Callable[[RawRow, Fields], FileRow]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: the rows that can be taken, and every fault of the others."""

    rows: Sequence[FileRow]
    faults: Sequence[Fault]


class _Faulty(Exception):
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def read_guides(data: bytes, source: str | None = None) -> Sheet:
    """Read guides or a list of items; ``source`` is for rows that do not name theirs.

    Never raises: a file that cannot be read at all is a sheet without rows and with one fault.
    """
    try:
        raw = read_raw(data)
        read = _reader_of(raw)
    except Unreadable as wrong:
        return Sheet((), (Fault(wrong.where, "", wrong.what),))
    rows: list[FileRow] = []
    faults: list[Fault] = []
    for each in raw.rows:
        try:
            rows.append(_checked(_with_source(_read_row(raw, each, read), source)))
        except _Faulty as wrong_row:
            faults += wrong_row.faults
    sound, twice = _once(rows)
    return Sheet(sound, (*faults, *twice))


def _read_row(raw: RawFile, each: RawRow, read: Reader) -> FileRow:
    if each.fault:
        raise _Faulty([Fault(each.place, "", each.fault)])
    try:
        return read(each, nested(each.fields) if raw.is_table else each.fields)
    except Clashing as path:
        raise _Faulty([Fault(each.place, str(path), "写了两次，或既是一格又是几格")]) from None
    except Untranslatable as wrong:
        raise _Faulty([Fault(each.place, wrong.element, wrong.what)]) from None


def _reader_of(raw: RawFile) -> Reader:
    """Tell by the names of its fields what form a file has."""
    names = set(raw.header) or {name for each in raw.rows[:50] for name in each.fields}
    if names & national.NAMES and names & national.ELEMENTS:
        return lambda row, fields: _foreign(row, fields, national.national_elements)
    if names >= notices.NAMES:
        return lambda row, fields: _foreign(row, fields, notices.notice_elements)
    spoken = set(english(dict.fromkeys((name.split(".")[0] for name in names), "")))
    if not spoken & (ELEMENTS - _NAMED_ONLY):
        if not names & set(listing_names()):
            raise Unreadable("header", "认不出这些名称，请对照说明（docs/import-guides.md）改正")
        return _listed
    if raw.is_table and (unknown := sorted(spoken - ELEMENTS - set(LONGEST) - {SOURCE_RECORD})):
        said = "、".join(name[:40] for name in unknown[:5])
        raise Unreadable("header", f"不认识这些列：{said}，请对照说明改正名称")
    return _ours


def _listed(row: RawRow, fields: Fields) -> FileRow:
    """A row of a list: names and codes; columns of the sender's own are kept as they are."""
    names = listing_names()
    said: dict[str, str] = {}
    rest: dict[str, Any] = {}
    for written, value in fields.items():
        name = names.get(written, "")
        if name and (written == name or name not in fields) and name not in said:
            said[name] = _word(row, name, value)
        elif written == SOURCE_RECORD:
            rest |= _record(row, value)
        elif value not in ("", None):
            rest[written] = value
    return FileRow(row.place, source_record=rest, **_listing(said))


def _ours(row: RawRow, fields: Fields) -> FileRow:
    """A guide in our own format."""
    said = english(fields)
    record = _record(row, said.pop(SOURCE_RECORD, None))
    listing = {name: _word(row, name, said.pop(name, "")) for name in LONGEST if name != "name"}
    listing["name"] = _word(row, "name", said.get("name", ""))
    code = _word(row, "item_code", said.get("item_code", ""))
    if code and listing["code"] and code != listing["code"]:
        raise _Faulty([Fault(row.place, "item_code", f"和事项编码 {listing['code']} 不一致", code)])
    listing["code"] = listing["code"] or code
    if not set(said) - _NAMED_ONLY:
        return FileRow(row.place, source_record=record, **_listing(listing))
    coded = {"item_code": listing["code"]} if listing["code"] else {}
    content = _content(row, {**said, **coded}, listing["code"])
    return FileRow(row.place, content=content, source_record=record, **_listing(listing))


def _foreign(
    row: RawRow,
    fields: Fields,
    translate: Callable[[Fields], tuple[dict[str, Any], dict[str, Any]]],
) -> FileRow:
    """A guide in somebody else's field names."""
    said, rest = translate(fields)
    listing: dict[str, str] = {name: "" for name in LONGEST}
    for name, theirs in (("source", "source"), ("list_id", "seq"), ("department", "dept_name")):
        if isinstance(rest.get(theirs), str | int) and not isinstance(rest[theirs], bool):
            listing[name] = str(rest.pop(theirs))
    listing |= {"name": said.get("name", ""), "code": said.get("item_code", "")}
    listing["department"] = listing["department"] or said.get("handling_unit", "")
    content = None
    if set(said) - _NAMED_ONLY:
        said.setdefault("code_scheme", "local" if len(listing["code"]) != 31 else "national")
        content = _content(row, said, listing["code"])
    return FileRow(row.place, content=content, source_record=rest, **_listing(listing))


def _content(row: RawRow, said: Fields, code: str) -> Mapping[str, Any]:
    """Return the guide's elements in their own types; whole guides with everything they imply."""
    found, wrong = read_partial(said)
    if wrong:
        shown = wrong[:_FAULTS_A_ROW]
        raise _Faulty([Fault(row.place, each.element, each.sentence, code) for each in shown])
    if unseen := _unseen_in(found):
        raise _Faulty([Fault(row.place, unseen, "含有不可见的控制字符", code)])
    return found


def _unseen_in(content: Fields) -> str:
    """Return the element that holds a control character, if one does."""
    written = orjson.dumps(content)
    if b"\\u00" not in written and b"\x7f" not in written:
        return ""
    return next((path for path, words in cells_of(content) if _UNSEEN.search(words)), "")


def _word(row: RawRow, name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Faulty([Fault(row.place, name, "应为文字")])
    return str(value).strip()


def _listing(said: Mapping[str, str]) -> dict[str, Any]:
    listing = {name: said.get(name, "") for name in LONGEST}
    return {**listing, "list_id": listing["list_id"] or None}


def _record(row: RawRow, value: Any) -> dict[str, Any]:
    """Read the kept fields of the sender: a part, or in a table one cell of JSON."""
    if value in (None, "", {}):
        return {}
    if isinstance(value, str):
        try:
            value = json_of(value)
        except Unreadable as wrong:
            raise _Faulty([Fault(row.place, SOURCE_RECORD, wrong.what)]) from None
    if not isinstance(value, dict):
        raise _Faulty([Fault(row.place, SOURCE_RECORD, "应为一组“名称: 内容”")])
    return value


def _with_source(row: FileRow, source: str | None) -> FileRow:
    fallback = source or (CITY if row.content and "authority" in row.content else "")
    return row if row.source else replace(row, source=fallback)


def _checked(row: FileRow) -> FileRow:
    faults = list(listing_faults(row))
    if row.source == CITY and row.content is None:
        taken = f"{CITY} 留给本市自编指南，请用别的来源名"
        faults.append(Fault(row.place, "source", taken, row.code))
    if faults:
        raise _Faulty(faults)
    return row


def _once(rows: Sequence[FileRow]) -> tuple[list[FileRow], list[Fault]]:
    """Keep the first row of every item; the others stand in its way."""
    seen: dict[tuple[str, str, str], str] = {}
    sound: list[FileRow] = []
    faults: list[Fault] = []
    for row in rows:
        clashes = list(_clashes(row, seen))
        faults += clashes
        if not clashes:
            sound.append(row)
    return sound, faults


def _clashes(row: FileRow, seen: dict[tuple[str, str, str], str]) -> Iterator[Fault]:
    for name in ("code", "list_id"):
        value = getattr(row, name)
        first = seen.setdefault((name, row.source, value), row.place) if value else row.place
        if first != row.place:
            yield Fault(row.place, name, f"与 {first} 重复", row.code)
