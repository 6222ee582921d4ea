"""Taking a file of guides or of items into the catalogue: all of it or nothing, once.

Guides become drafts, never more: an editor looks at them, somebody else reviews them. Items known
by name only enter the catalogue labelled 指南待完善. What the catalogue has already, as it is,
changes nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from citydesk import organs
from citydesk.guides.files.kept import Kept, keep_records, kept_of, list_again
from citydesk.guides.files.partial import complete
from citydesk.guides.files.reading import read_guides
from citydesk.guides.files.rows import Fault, FileRow
from citydesk.guides.lists import Imported, ListRow, Progress, import_list
from citydesk.guides.machine import Action, actor_of, step_for
from citydesk.guides.refusals import ListFaulty
from citydesk.guides.taking import Taken, take_drafts
from citydesk.identity import Officer
from citydesk.world import World
from models.organs import Organ

_AT_ONCE = 500


class _Undone(Exception):
    """A dry run ends here, and with it everything it wrote."""


@dataclass(slots=True)
class _Tally:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)

    def count(self, outcome: str) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)

    def imported(self) -> Imported:
        skipped = len({fault.place for fault in self.faults})
        return Imported(self.added, self.changed, self.unchanged, skipped, tuple(self.faults))


async def import_guides(
    world: World,
    officer: Officer | None,
    data: bytes,
    *,
    source: str | None = None,
    dry_run: bool = False,
    skip_faulty: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Take a file in one transaction; ``source`` is whose items they are if the file does not say.

    A dry run does everything and takes it back, so that its counts and faults are the real ones.
    ``progress`` is told (rows done, rows in all). ``officer`` is None for the command line.

    Raises:
        NotYourGuide: the officer is no editor, or a guide is another department's.
        ListFaulty: it cannot be read, or a row is faulty and ``skip_faulty`` was not asked for
            (in a dry run the faults of rows are returned instead).
    """
    if officer is not None:
        _ = step_for(Action.BEGIN, None, actor_of(officer.role))
    sheet = await asyncio.to_thread(read_guides, data, source)
    tally = _Tally(faults=list(sheet.faults))
    if not sheet.rows or (sheet.faults and not (dry_run or skip_faulty)):
        _refuse(tally.faults)
    try:
        async with world.transaction():
            known = await _organs(world)
            for start in range(0, len(sheet.rows), _AT_ONCE):
                rows = [known.placed(row) for row in sheet.rows[start : start + _AT_ONCE]]
                await _take(world, officer, rows, tally)
                if progress is not None:
                    progress(start + len(rows), len(sheet.rows))
            if tally.faults and not (dry_run or skip_faulty):
                _refuse(tally.faults)
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    return tally.imported()


def _refuse(faults: Sequence[Fault]) -> None:
    raise ListFaulty([(_where(fault), fault.sentence) for fault in faults])


def _where(fault: Fault) -> str:
    element = f": {fault.element}" if fault.element else ""
    spoken = f"（{fault.label}）" if fault.element and fault.label != fault.element else ""
    return f"{fault.place}{element}{spoken}"


async def _take(
    world: World, officer: Officer | None, rows: Sequence[FileRow], tally: _Tally
) -> None:
    """Take some rows inside the open transaction."""
    nameless = [row for row in rows if not row.department]
    tally.faults += (
        Fault(row.place, "department", "不能为空：写实施部门，或者写本市的实施主体", row.code)
        for row in nameless
    )
    named = [row for row in rows if row.department]
    before = await kept_of([row.key for row in named])
    refs = await _take_lists(world, [row for row in named if row.content is None], before, tally)
    guides = [row for row in named if row.content is not None]
    refs |= await _take_guides(world, officer, guides, before, tally)
    records = [
        (refs[row.key], *row.key, _json(row.source_record)) for row in named if row.key in refs
    ]
    if records:
        await keep_records(world.clock.now(), records)


async def _take_lists(
    world: World,
    rows: Sequence[FileRow],
    before: Mapping[tuple[str, str], Kept],
    tally: _Tally,
) -> dict[tuple[str, str], Any]:
    """Take the rows that give a name only; an item that has a guide keeps what it has."""
    if not rows:
        return {}
    await import_list(world, [_list_row(row) for row in rows])
    after = await kept_of([row.key for row in rows])
    for row in rows:
        old, new = before.get(row.key), after[row.key]
        same = old is not None and replace(old, source_record=new.source_record) == new
        if old is None:
            tally.count("added")
        elif same and (old.content is not None or old.source_record == row.source_record):
            tally.count("unchanged")
        else:
            tally.count("changed")
    return {row.key: after[row.key].ref for row in rows if after[row.key].content is None}


async def _take_guides(
    world: World,
    officer: Officer | None,
    rows: Sequence[FileRow],
    before: Mapping[tuple[str, str], Kept],
    tally: _Tally,
) -> dict[tuple[str, str], Any]:
    """Make drafts of the guides that say something else than what is there."""
    same = [row for row in rows if _same_guide(row, before.get(row.key))]
    refs = {row.key: before[row.key].ref for row in same}
    moved = [row for row in same if not _same_listing(row, before[row.key])]
    if moved:
        await list_again([(*row.key, row.list_id, row.main_item, row.type_name) for row in moved])
    for row in same:
        told = row in moved or before[row.key].source_record != row.source_record
        tally.count("changed" if told else "unchanged")
    new = [row for row in rows if row.key not in refs]
    took = await take_drafts(world, officer, [_taken(row) for row in new]) if new else []
    for row, each in zip(new, took, strict=True):
        if each.outcome == "refused" or each.version_id is None:
            tally.faults.append(Fault(row.place, "code", each.why, row.code))
        else:
            tally.count(each.outcome)
            refs[row.key] = each.version_id
    return refs


def _same_guide(row: FileRow, kept: Kept | None) -> bool:
    if kept is None or kept.content is None or row.content is None:
        return False
    return bool(said(kept.content) == said(row.content))


def _same_listing(row: FileRow, kept: Kept) -> bool:
    mine = (row.list_id, row.main_item, row.type_name)
    return mine == (kept.list_id, kept.main_item, kept.type_name)


def said(content: Mapping[str, Any]) -> Any:
    """Return what a guide says, without the ways of saying nothing: two equal ones say the same."""
    whole = complete(content)
    return whole.model_dump(mode="json") if whole is not None else _spoken(content)


def _spoken(value: Any) -> Any:
    if isinstance(value, Mapping):
        found = {key: _spoken(each) for key, each in value.items()}
        return {key: each for key, each in found.items() if each not in (None, "", [], {})}
    return [_spoken(each) for each in value] if isinstance(value, list | tuple) else value


def _taken(row: FileRow) -> Taken:
    content = dict(row.content or {})
    return Taken(
        source=row.source,
        code=row.code,
        name=row.name,
        department=row.department,
        content=content,
        organ_code=content.get("authority"),
        list_id=row.list_id,
        main_item=row.main_item,
        type_name=row.type_name,
    )


def _list_row(row: FileRow) -> ListRow:
    return ListRow(
        id=row.list_id or "",
        source=row.source,
        department=row.department,
        main_item=row.main_item,
        name=row.name,
        code=row.code,
        type_name=row.type_name,
    )


def _json(record: Mapping[str, Any]) -> str:
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode()


@dataclass(frozen=True, slots=True)
class _Organs:
    """The city's authorities, by what a file may call them."""

    by_word: Mapping[str, Organ]

    def placed(self, row: FileRow) -> FileRow:
        """Give a guide the authority of ours it means, and the department's name."""
        if row.content is None:
            return row
        said = row.content.get("authority")
        words = (said,) if said else (row.source_record.get("dept_code"), row.department)
        organ = next((self.by_word[str(word)] for word in words if word in self.by_word), None)
        if organ is None:
            return row
        content = {**row.content, "authority": organ.code}
        return replace(row, content=content, department=organ.name)


async def _organs(world: World) -> _Organs:
    found: dict[str, Organ] = {}
    cursor: str | None = None
    while True:
        page = await organs.organs(world, cursor=cursor)
        for organ in page.items:
            found |= {organ.code: organ, organ.credit_code: organ, organ.name: organ}
        cursor = page.next_cursor
        if cursor is None:
            return _Organs(found)
