"""Guides as people read them: the one in force, and any version for ever."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import orjson

from citydesk.guides.content import GuideContent
from citydesk.guides.refusals import GuideNotReady, ItemCancelled, ItemSuspended, NoSuchGuide
from citydesk.guides.regional import (
    MOST_LEVELS,
    KeptWords,
    RegionTexts,
    RegionWords,
    regions_above,
)
from citydesk.kit import sql
from citydesk.kit.clock import full_day
from citydesk.world import World
from models.guides import ItemState

KEPT_VERSIONS = 2_000


@dataclass(frozen=True, slots=True)
class Guide:
    """One version of one item's guide, as it is said for the whole city or for one region."""

    id: UUID  # of the version: what a case pins
    item_id: UUID
    code: str
    name: str
    department: str
    content: GuideContent
    version_no: int
    content_hash: str  # of what is said here, with the region's own words
    as_of: datetime  # when this was published, or the region changed its words last
    state: ItemState = ItemState.IN_FORCE
    notice: str = ""  # not in force: the sentence that says so, to be put on top
    successors: tuple[str, ...] = ()  # ended: the codes of what there is instead
    region_code: str | None = None
    overridden: tuple[str, ...] = ()  # the elements that are the region's own
    standard_hash: str = ""  # of the city's standard text

    @property
    def hash8(self) -> str:
        """The first eight digits of the content's hash: what every answer shows."""
        return self.content_hash[:8]


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


async def published(world: World, item_code: str, region_code: str | None = None) -> Guide:
    """Return the guide in force for an item, in a region's own words if one is named.

    Raises:
        NoSuchGuide: no item has this code. GuideNotReady: its guide is not written yet.
        ItemSuspended, ItemCancelled: nobody can have it done now; says why, and what instead.
    """
    guide = await shown(world, item_code, region_code)
    if guide.state is ItemState.SUSPENDED:
        raise ItemSuspended(guide.notice, guide.code)
    if guide.state is ItemState.CANCELLED:
        raise ItemCancelled(guide.notice, guide.code, guide.successors)
    return guide


async def shown(world: World, item_code: str, region_code: str | None = None) -> Guide:
    """Return the guide to show for an item: also one suspended or ended, with `notice` set.

    Raises:
        NoSuchGuide: no item has this code. GuideNotReady: its guide is not written yet.
    """
    chain = regions_above(region_code) if region_code else ()
    row, own = await _current(world, storable(item_code), chain)
    if row is None:
        raise NoSuchGuide(item_code)
    if row["current_version_id"] is None:
        raise GuideNotReady(row["name"])
    guide = await version(world, row["current_version_id"])
    if chain:
        guide = _in_region(world, guide, chain[0], own)
    if row["state"] != ItemState.IN_FORCE.value:
        guide = standing(guide, row)
    return guide


async def _current(
    world: World, item_code: str, chain: Sequence[str]
) -> tuple[sql.Row | None, str | None]:
    """Where an item stands, and what the regions of a chain say of their own (None: nothing).

    Their words are kept with the count of changes they were read at; the count is read each time.
    """
    if not chain:
        return await sql.row(_CURRENT, item_code), None
    words = world.kept(RegionWords)
    if (kept := words.get(item_code, chain[0])) is not None:
        row = await sql.row(_CURRENT, item_code)
        if row is None or row["region_words"] == kept.count:
            return row, kept.own
    levels = [*chain, *("" for _ in range(MOST_LEVELS - len(chain)))]
    row = await sql.row(_CURRENT_IN_REGION, item_code, *levels)
    if row is None:
        return None, None
    words.keep(item_code, chain[0], KeptWords(row["region_words"], row["own"]))
    return row, row["own"]


def _in_region(world: World, guide: Guide, region_code: str, own: str | None) -> Guide:
    """The same guide as one region says it."""
    if own is None:
        return replace(guide, region_code=region_code)
    text = world.kept(RegionTexts).said(guide.id, guide.content, own)
    return replace(
        guide,
        content=text.content,
        content_hash=text.content_hash,
        as_of=max(guide.as_of, text.changed_at),
        region_code=region_code,
        overridden=text.overridden,
    )


async def current_version_id(world: World, item_code: str) -> UUID:
    """Return the version an item stands on, in force or not; raises as shown."""
    row = await sql.row(_CURRENT, storable(item_code))
    if row is None:
        raise NoSuchGuide(item_code)
    if row["current_version_id"] is None:
        raise GuideNotReady(row["name"])
    found: UUID = row["current_version_id"]
    return found


def standing(guide: Guide, row: sql.Row) -> Guide:
    """The same guide, with the sentence that says it is suspended or ended."""
    state = ItemState(row["state"])
    successors = tuple(orjson.loads(row["successors"] or "[]"))
    why = f"原因：{row['state_reason']}。" if row["state_reason"] else ""
    if state is ItemState.SUSPENDED:
        until: date | None = row["state_until"]
        back = f"，预计{full_day(until)}恢复" if until else ""
        notice = f"“{guide.name}”暂停办理{back}。{why}有疑问请拨打{guide.content.consult_phone}。"
    else:
        notice = f"“{guide.name}”已取消，不再办理。{why}已受理的继续按原规定办完。"
    return replace(guide, state=state, notice=notice, successors=successors)


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
            standard_hash=row["content_hash"],
        )
    )


_CURRENT = """
    SELECT current_version_id, name, state, state_reason, state_until, successors::text,
           region_words
    FROM service_item
    WHERE code = $1
    ORDER BY kind = 'full' DESC, source
    LIMIT 1
"""
# The region's own words and those of the regions above it, the widest first: no row is copied.
_CURRENT_IN_REGION = """
    SELECT current_version_id, name, state, state_reason, state_until, successors::text,
           region_words,
           (SELECT jsonb_agg(jsonb_build_array(region.changed_at, region.overrides)
                             ORDER BY region.region_code)::text
            FROM region_guide region
            WHERE region.item_id = item.id AND region.region_code IN ($2, $3, $4, $5)
              AND region.overrides <> '{}') AS own
    FROM service_item item
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


def storable(word: str) -> str:
    """Take out the one character no text column can be compared with."""
    return word.replace("\0", "")
