"""The catalogue as it is listed: items by name, with or without a whole guide; departments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from citydesk.guides.queries import storable
from citydesk.guides.refusals import NoSuchGuide
from citydesk.kit import sql
from citydesk.kit.paging import MOST, Page, decode_cursor, encode_cursor
from citydesk.world import World
from models.guides import ItemState

_LISTED = """
    SELECT item.id, item.code, item.name, item.department, item.main_item, item.type_name,
           item.kind = 'full' AS complete, version.version_no, version.content_hash, item.state,
           coalesce(version.published_at, item.changed_at) AS as_of
    FROM service_item item
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
"""
_ENTRY = f"{_LISTED} WHERE item.code = $1 ORDER BY item.kind = 'full' DESC, item.source LIMIT 1"
_ENTRIES = f"{_LISTED} WHERE item.code = ANY($1::text[]) AND item.kind = 'full'"
_OF_ALL = f"""{_LISTED}
    WHERE (item.name, item.id) > ($1, $2) AND item.state <> 'cancelled'
    ORDER BY item.name, item.id LIMIT $3
"""
_OF_ONE = f"""{_LISTED}
    WHERE (item.name, item.id) > ($1, $2) AND item.department = $4 AND item.state <> 'cancelled'
    ORDER BY item.name, item.id LIMIT $3
"""
_DEPARTMENTS = """
    SELECT department, count(*) AS items, count(*) FILTER (WHERE kind = 'full') AS complete
    FROM service_item WHERE state <> 'cancelled' GROUP BY department ORDER BY department
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as the catalogue lists it; `complete` is False while its guide is 指南待完善."""

    item_id: UUID
    code: str
    name: str
    department: str
    main_item: str
    type_name: str
    complete: bool
    version_no: int
    hash8: str
    as_of: datetime
    state: ItemState = ItemState.IN_FORCE


@dataclass(frozen=True, slots=True)
class Department:
    """A department as the catalogue names it, and how many items it has there."""

    name: str
    items: int
    complete: int  # of them with a whole guide


async def entry(world: World, code: str) -> Entry:
    """Return an item as the catalogue lists it, whether or not its guide is written.

    Raises:
        NoSuchGuide: no item has this code.
    """
    row = await sql.row(_ENTRY, storable(code))
    if row is None:
        raise NoSuchGuide(code)
    return entry_of(row)


async def entries(world: World, codes: Sequence[str]) -> list[Entry]:
    """Return the items with whole guides among these codes, in the order asked."""
    rows = await sql.rows(_ENTRIES, list(codes))
    found = {row["code"]: entry_of(row) for row in rows}
    return [found[code] for code in codes if code in found]


async def published_page(
    world: World, department: str | None = None, *, cursor: str | None = None, limit: int = 20
) -> Page[Entry]:
    """Return a page of the catalogue, or of one department (by its full name), by name.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    after_name, after_id = "", UUID(int=0)
    if cursor:
        after_name, after_id = decode_cursor(cursor, (str, UUID))
    limit = max(1, min(limit, MOST))
    if department is None:
        rows = await sql.rows(_OF_ALL, after_name, after_id, limit + 1)
    else:
        rows = await sql.rows(_OF_ONE, after_name, after_id, limit + 1, storable(department))
    shown = [entry_of(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(shown, encode_cursor(shown[-1].name, shown[-1].item_id) if more else None)


async def departments(world: World) -> list[Department]:
    """Return every department that has items in the catalogue, by name."""
    rows = await sql.rows(_DEPARTMENTS)
    return [Department(row["department"], row["items"], row["complete"]) for row in rows]


def entry_of(row: sql.Row) -> Entry:
    """Make an entry of a row that has its columns."""
    return Entry(
        item_id=row["id"],
        code=row["code"],
        name=row["name"],
        department=row["department"],
        main_item=row["main_item"],
        type_name=row["type_name"],
        complete=row["complete"],
        version_no=row["version_no"] or 0,
        hash8=(row["content_hash"] or "")[:8],
        as_of=row["as_of"],
        state=ItemState(row["state"]),
    )
