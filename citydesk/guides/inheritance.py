"""Regions and the city's guides: taking an item on (认领), saying some things their own way.

Nothing of the standard is ever copied: what a region says is worked out when it is read, so one
change at the top shows everywhere at once. What a region may not change is refused, and noted for
the city's report of deviations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson

from citydesk import organs
from citydesk.guides.canonical import canonical_of
from citydesk.guides.events import RegionGuideChanged
from citydesk.guides.machine import Actor, actor_of
from citydesk.guides.moving import responsible
from citydesk.guides.publishing import LOCK, RAISE_REVISION
from citydesk.guides.quality import check
from citydesk.guides.queries import Guide, shown
from citydesk.guides.refusals import DeviationRefused, DraftMoved, NotClaimed, NotYourGuide
from citydesk.guides.regional import Deviation, deviations, with_own_words
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import GuideDeviation, RegionGuideEvent
from models.guides import RegionGuide as RegionRow

LONGEST_WANTED = 2_000
LARGEST_OVERRIDES = 64 * 1024


@dataclass(frozen=True, slots=True)
class RegionGuide:
    """A region that carries an item out, and what it says of its own."""

    item_code: str
    region_code: str
    organ_code: str | None
    overrides: dict[str, Any]
    row_version: int
    changed_at: datetime


async def claim(world: World, officer: Officer, item_code: str, region_code: str) -> RegionGuide:
    """Take an item on in a region, in the city's words; again is nothing at all.

    Raises:
        NoSuchGuide, GuideNotReady, NoSuchRegion: as named. NotYourGuide: the officer is no editor
        of that region, or of another line of work.
    """
    region = await organs.region_by_code(world, region_code)
    guide = await shown(world, item_code)
    await _check_editor(world, officer, guide, region.code)
    assert officer.organ_id is not None
    organ_code = (await organs.organ(world, officer.organ_id)).code
    async with world.transaction() as tx:
        if await RegionRow.exists(item_id=guide.item_id, region_code=region.code):
            return await _region_guide(guide, region.code)
        row = RegionRow(
            id=new_id(),
            created_at=tx.at,
            changed_at=tx.at,
            item_id=guide.item_id,
            region_code=region.code,
            organ_code=organ_code,
            overrides={},
            changed_by=officer.officer_id,
        )
        await row.save(force_create=True)
        await _note(tx, officer, row, "claim", {}, {})
    return _shown(guide.code, row)


async def override(
    world: World,
    officer: Officer,
    item_code: str,
    region_code: str,
    changes: Mapping[str, Any],
    row_version: int,
) -> RegionGuide:
    """Say some elements of a guide in a region's own way; None takes one back to the standard.

    Raises:
        DeviationRefused: something that only the city may say; it is noted for the report.
        NotClaimed: the region has not taken the item on. DraftMoved: somebody changed it since.
        NoSuchGuide, GuideNotReady, NoSuchRegion, NotYourGuide: as named.
    """
    region = await organs.region_by_code(world, region_code)
    guide = await shown(world, item_code)
    await _check_editor(world, officer, guide, region.code)
    inherited = await shown(world, item_code, region.parent_code or region.code)
    said = {path: value for path, value in changes.items() if value is not None}
    wrong = deviations(inherited.content, said) or await _unfit(world, inherited, region.code, said)
    if wrong:
        await _note_deviations(world, officer, guide, region.code, wrong, changes)
        errors = [{"field": each.path, "detail": each.why} for each in wrong]
        raise DeviationRefused(f"{wrong[0].why}。请改好后再提交，或向市级部门提出。", errors)
    async with world.transaction() as tx:
        await sql.row(LOCK)
        await sql.run(_SPOKEN, guide.item_id)
        row = await RegionRow.select_for_update().get_or_none(
            item_id=guide.item_id, region_code=region.code
        )
        if row is None:
            raise NotClaimed("这个区划还没有认领该事项，请先认领。", region=region.code)
        if row.row_version != row_version:
            raise DraftMoved("别人刚刚改过，请刷新后再改。", row_version=row.row_version)
        before = dict(row.overrides)
        row.overrides = {
            path: value for path, value in {**before, **changes}.items() if value is not None
        }
        row.row_version += 1
        row.changed_at, row.changed_by = tx.at, officer.officer_id
        await row.save()
        await _note(tx, officer, row, "override", before, row.overrides)
        await sql.run(RAISE_REVISION)
        tx.announce(RegionGuideChanged(guide.item_id, region.code))
    return _shown(guide.code, row)


async def unclaim(world: World, officer: Officer, item_code: str, region_code: str) -> None:
    """Give an item back: the region no longer carries it out, and has no words of its own.

    Raises:
        NotClaimed, NoSuchGuide, GuideNotReady, NoSuchRegion, NotYourGuide: as named.
    """
    region = await organs.region_by_code(world, region_code)
    guide = await shown(world, item_code)
    await _check_editor(world, officer, guide, region.code)
    async with world.transaction() as tx:
        await sql.row(LOCK)
        await sql.run(_SPOKEN, guide.item_id)
        row = await RegionRow.select_for_update().get_or_none(
            item_id=guide.item_id, region_code=region.code
        )
        if row is None:
            raise NotClaimed("这个区划没有认领该事项。", region=region.code)
        await _note(tx, officer, row, "unclaim", row.overrides, {})
        await row.delete()
        await sql.run(RAISE_REVISION)
        tx.announce(RegionGuideChanged(guide.item_id, region.code))


async def claim_where_handled(world: World) -> int:
    """Let regions carry out the items of their level that name a hall of theirs; return how many.

    For the sample city: halls stand in the guides already, nobody has clicked yet.
    """
    async with world.transaction() as tx:
        rows = await sql.rows(_CLAIM_WHERE_HANDLED, tx.at)
        await sql.run(
            _NOTE_CLAIMS,
            tx.at,
            [new_id() for _ in rows],
            [row["item_id"] for row in rows],
            [row["region_code"] for row in rows],
        )
    return len(rows)


_CLAIM_WHERE_HANDLED = """
    INSERT INTO region_guide (id, created_at, changed_at, item_id, region_code, organ_code,
                              overrides)
    SELECT DISTINCT ON (item.id, region.code)
           gen_random_uuid(), $1::timestamptz, $1::timestamptz, item.id, region.code,
           item.organ_code, '{}'::jsonb
    FROM service_item item
    JOIN service_item_version version ON version.id = item.current_version_id
    CROSS JOIN LATERAL jsonb_array_elements(version.content -> 'places') AS place
    JOIN service_hall hall ON hall.code = place ->> 'hall'
    JOIN region ON region.code = hall.region_code AND region.valid_to IS NULL
               AND region.level = version.content ->> 'exercise_level'
    WHERE item.state <> 'cancelled'
    ON CONFLICT (item_id, region_code) DO NOTHING
    RETURNING item_id, region_code
"""
_NOTE_CLAIMS = """
    INSERT INTO region_guide_event (id, created_at, item_id, region_code, action, before, after)
    SELECT id, $1, item_id, region_code, 'claim', '{}', '{}'
    FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS new (id, item_id, region_code)
"""


async def regions_of(world: World, item_code: str) -> list[RegionGuide]:
    """Return the regions that carry an item out, by code."""
    guide = await shown(world, item_code)
    rows = await RegionRow.filter(item_id=guide.item_id).order_by("region_code")
    return [_shown(guide.code, row) for row in rows]


async def _region_guide(guide: Guide, region_code: str) -> RegionGuide:
    row = await RegionRow.get(item_id=guide.item_id, region_code=region_code)
    return _shown(guide.code, row)


async def _unfit(
    world: World, inherited: Guide, region_code: str, said: Mapping[str, Any]
) -> list[Deviation]:
    """What a region may change in principle, but not like this."""
    if len(canonical_of(said)) > LARGEST_OVERRIDES:
        return [Deviation(next(iter(said)), "内容太长")]
    content = with_own_words(inherited.content, [said])
    found = [Deviation(each.element, each.message) for each in check(content).errors]
    if "places" in said:
        there = {hall.code for hall in await organs.halls(world, region_code)}
        found += [
            Deviation(f"places.{number}.hall", f"{place.hall} 不是这个区划的大厅")
            for number, place in enumerate(content.places)
            if place.hall not in there
        ]
    return found


async def _check_editor(world: World, officer: Officer, guide: Guide, region_code: str) -> None:
    """An editor of the standard itself, or of its line of work within the region."""
    if actor_of(officer.role) is not Actor.EDITOR or officer.organ_id is None:
        raise NotYourGuide("这一步由编辑岗位办理。")
    authority = guide.content.authority
    if await responsible(officer, authority):
        return
    own = await organs.organ(world, officer.organ_id)
    within = region_code.startswith(organs.region_prefix(own.region_code))
    if not (within and await sql.value(_OF_THE_LINE, officer.organ_id, authority)):
        raise NotYourGuide("您只能改动本区划、本条线的事项。", region=region_code)


_SPOKEN = "UPDATE service_item SET region_words = region_words + 1 WHERE id = $1"
_OF_THE_LINE = """
    WITH RECURSIVE above AS (
        SELECT id, code, parent_id, supervising_organ_id FROM organ WHERE id = $1
        UNION
        SELECT organ.id, organ.code, organ.parent_id, organ.supervising_organ_id
        FROM organ JOIN above ON organ.id IN (above.parent_id, above.supervising_organ_id)
    )
    SELECT EXISTS (SELECT FROM above WHERE code = $2)
"""


async def _note(
    tx: Transaction,
    officer: Officer,
    row: RegionRow,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    item_id = cast(Any, row).item_id  # Tortoise adds the column of a foreign key
    _ = await RegionGuideEvent.create(
        id=new_id(),
        created_at=tx.at,
        item_id=item_id,
        region_code=row.region_code,
        action=action,
        before=dict(before),
        after=dict(after),
        officer_id=officer.officer_id,
        post_id=officer.post_id,
    )


async def _note_deviations(
    world: World,
    officer: Officer,
    guide: Guide,
    region_code: str,
    wrong: list[Deviation],
    changes: Mapping[str, Any],
) -> None:
    async with world.transaction() as tx:
        for each in wrong[:50]:
            wanted = orjson.dumps(changes.get(each.path), default=str).decode()
            _ = await GuideDeviation.create(
                id=new_id(),
                created_at=tx.at,
                item_id=guide.item_id,
                region_code=region_code,
                path=each.path,
                why=each.why,
                wanted=wanted[:LONGEST_WANTED].replace("\0", ""),
                officer_id=officer.officer_id,
            )


def _shown(item_code: str, row: RegionRow) -> RegionGuide:
    return RegionGuide(
        item_code=item_code,
        region_code=row.region_code,
        organ_code=row.organ_code,
        overrides=dict(row.overrides),
        row_version=row.row_version,
        changed_at=row.changed_at,
    )
