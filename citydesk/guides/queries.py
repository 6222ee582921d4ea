"""Guides as people read them: the one in force, one version for ever, the list by department."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from citydesk.guides.content import GuideContent
from citydesk.guides.refusals import GuideNotReady, NoSuchGuide
from citydesk.kit import sql
from citydesk.kit.paging import MOST, Page, decode_cursor, encode_cursor
from citydesk.world import World

KEPT_VERSIONS = 2_000


@dataclass(frozen=True, slots=True)
class Guide:
    """One published version of one item's guide. It never changes."""

    id: UUID  # of the version: what a case pins
    item_id: UUID
    code: str
    name: str
    department: str
    content: GuideContent
    version_no: int
    content_hash: str
    as_of: datetime  # when this version was published

    @property
    def hash8(self) -> str:
        """The first eight digits of the content's hash: what every answer shows."""
        return self.content_hash[:8]


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


class Versions:
    """The versions read last, kept because a published version never changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, Guide] = OrderedDict()

    def get(self, version_id: UUID) -> Guide | None:
        """Return a kept version."""
        if guide := self._kept.get(version_id):
            self._kept.move_to_end(version_id)
        return guide

    def keep(self, guide: Guide) -> Guide:
        """Keep a version, letting go of the one not asked for longest."""
        self._kept[guide.id] = guide
        if len(self._kept) > KEPT_VERSIONS:
            self._kept.popitem(last=False)
        return guide


async def published(world: World, item_code: str) -> Guide:
    """Return the guide in force for an item.

    Raises:
        NoSuchGuide: no item has this code. GuideNotReady: its guide is not written yet.
    """
    row = await sql.row(_CURRENT, _storable(item_code))
    if row is None:
        raise NoSuchGuide(item_code)
    if row["current_version_id"] is None:
        raise GuideNotReady(row["name"])
    return await version(world, row["current_version_id"])


async def version(world: World, version_id: UUID) -> Guide:
    """Return a version, in force or not: the one a case was filed under.

    Raises:
        NoSuchGuide: no version has this identifier.
    """
    kept = world.kept(Versions)
    if guide := kept.get(version_id):
        return guide
    row = await sql.row(_VERSION, version_id)
    if row is None:
        raise NoSuchGuide(str(version_id))
    content = GuideContent.model_validate_json(row["content"])
    return kept.keep(
        Guide(
            id=version_id,
            item_id=row["item_id"],
            code=row["code"],
            name=content.name,
            department=row["department"],
            content=content,
            version_no=row["version_no"],
            content_hash=row["content_hash"],
            as_of=row["published_at"],
        )
    )


async def entry(world: World, code: str) -> Entry:
    """Return an item as the catalogue lists it, whether or not its guide is written.

    Raises:
        NoSuchGuide: no item has this code.
    """
    row = await sql.row(_ENTRY, _storable(code))
    if row is None:
        raise NoSuchGuide(code)
    return _entry(row)


async def entries(world: World, codes: Sequence[str]) -> list[Entry]:
    """Return the items with whole guides among these codes, in the order asked."""
    rows = await sql.rows(_ENTRIES, list(codes))
    found = {row["code"]: _entry(row) for row in rows}
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
        rows = await sql.rows(_OF_ONE, after_name, after_id, limit + 1, _storable(department))
    shown = [_entry(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(shown, encode_cursor(shown[-1].name, shown[-1].item_id) if more else None)


_CURRENT = """
    SELECT current_version_id, name FROM service_item
    WHERE code = $1
    ORDER BY kind = 'full' DESC, source
    LIMIT 1
"""
_VERSION = """
    SELECT version.item_id, version.version_no, version.content::text AS content,
           version.content_hash, version.published_at, item.code, item.department
    FROM service_item_version version
    JOIN service_item item ON item.id = version.item_id
    WHERE version.id = $1
"""
_LISTED = """
    SELECT item.id, item.code, item.name, item.department, item.main_item, item.type_name,
           item.kind = 'full' AS complete, version.version_no, version.content_hash,
           coalesce(version.published_at, item.changed_at) AS as_of
    FROM service_item item
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
"""
_ENTRY = f"{_LISTED} WHERE item.code = $1 ORDER BY item.kind = 'full' DESC, item.source LIMIT 1"
_ENTRIES = f"{_LISTED} WHERE item.code = ANY($1::text[]) AND item.kind = 'full'"
_OF_ALL = f"{_LISTED} WHERE (item.name, item.id) > ($1, $2) ORDER BY item.name, item.id LIMIT $3"
_OF_ONE = f"""{_LISTED}
    WHERE (item.name, item.id) > ($1, $2) AND item.department = $4
    ORDER BY item.name, item.id LIMIT $3
"""


def _storable(word: str) -> str:
    """Take out the one character no text column can be compared with."""
    return word.replace("\0", "")


def _entry(row: sql.Row) -> Entry:
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
    )
