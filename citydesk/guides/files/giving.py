"""Giving the catalogue away as a file that the import takes back without a difference."""

from collections.abc import AsyncIterator, Iterable, Mapping
from enum import StrEnum
from typing import Any

import orjson
from pydantic import BaseModel

from citydesk.guides.content import GuideContent
from citydesk.guides.files.flat import cells_of
from citydesk.guides.files.kept import Kept, kept_after
from citydesk.guides.files.names import LISTING, SOURCE_RECORD
from citydesk.guides.files.partial import complete, parts_of
from citydesk.kit.spreadsheets import csv_of
from citydesk.world import World

FORMAT = "citydesk-guides"
EDITION = 1
_AT_ONCE = 500


class FileForm(StrEnum):
    """The form of an exported file."""

    JSON = "json"
    CSV = "csv"


async def export_guides(
    world: World, form: FileForm = FileForm.JSON, source: str | None = None
) -> bytes:
    """Return every item (of one source) with its newest guide: the open draft or the one in force.

    With each goes what its sender said besides, so that nothing of a record is lost.
    """
    return written([item_of(kept) async for kept in _all(source)], form)


def written(items: Iterable[Mapping[str, Any]], form: FileForm) -> bytes:
    """Write items, each as `item_of` gives it, as a file in our own format."""
    if form is FileForm.CSV:
        return _csv(items)
    file = {"format": FORMAT, "edition": EDITION, "items": list(items)}
    return orjson.dumps(file, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def item_of(kept: Kept) -> dict[str, Any]:
    """Return an item as our format writes it: its listing, its guide, the sender's own fields."""
    listing = {name: getattr(kept, name) for name in LISTING}
    item = {name: said for name, said in listing.items() if said}
    if kept.content is not None:
        item |= _elements(kept.content)
    return {**item, SOURCE_RECORD: kept.source_record} if kept.source_record else item


def _elements(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a guide says; of a whole one without what goes without saying."""
    whole = complete(content)
    if whole is None:
        return {name: said for name, said in content.items() if said is not None}
    return whole.model_dump(mode="json", exclude_defaults=True)


def _csv(items: Iterable[Mapping[str, Any]]) -> bytes:
    rows = [_row(item) for item in items]
    header = sorted({path for row in rows for path in row} | {"source", "code"}, key=_position)
    return csv_of(header, ([row.get(path, "") for path in header] for row in rows))


def _row(item: Mapping[str, Any]) -> dict[str, str]:
    said = {name: value for name, value in item.items() if name != SOURCE_RECORD}
    row = dict(cells_of(said))
    if record := item.get(SOURCE_RECORD):
        row[SOURCE_RECORD] = orjson.dumps(record).decode()
    return row


_FIRST = list(LISTING)


def _position(path: str) -> tuple[tuple[int, str], ...]:
    """Sort columns as people read a guide: the listing, then element by element, part by part."""
    if path in _FIRST:
        return ((-1, f"{_FIRST.index(path):02}"),)
    kind: type[BaseModel] | None = GuideContent
    found: list[tuple[int, str]] = []
    for step in path.split("."):
        fields = list(kind.model_fields) if kind else []
        if step.isdigit():
            found.append((int(step), ""))
        elif kind and step in fields:
            found.append((fields.index(step), ""))
            kind = parts_of(kind, step)[0]
        else:
            found.append((len(fields), step))
    return tuple(found)


async def _all(source: str | None) -> AsyncIterator[Kept]:
    after = ("", "")
    while some := await kept_after(after, _AT_ONCE, source):
        for kept in some:
            yield kept
        after = (some[-1].source, some[-1].code)
