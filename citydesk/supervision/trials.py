"""Testing the catalogue: which item in which hall is tried next, and how it went.

A run takes what was never tried under the guide in force first, then what was tried longest ago,
and stops when its time is up; the next run goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from time import perf_counter
from uuid import UUID

from citydesk import guides
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.supervision import rehearsal
from citydesk.supervision.rehearsal import Result
from citydesk.world import World
from models.supervision import Trial

FRESH = timedelta(days=7)
"""A test older than this proves nothing any more."""
RUN_SECONDS = 4.0
AT_ONCE = 50
NO_HALL = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one run did: items in halls tried, and how many of them failed in something."""

    points: int
    failed: int


@dataclass(frozen=True, slots=True)
class TrialShown:
    """One test as a supervisor reads it; ``stands``: of the guide in force, and fresh."""

    item_code: str
    item_name: str
    department: str
    hall_code: str
    hall_name: str
    trial: Trial
    passed: bool
    fault: str
    detail: str
    tested_at: datetime
    since: datetime
    stands: bool


@dataclass(frozen=True, slots=True)
class TrialChange:
    """A test that went otherwise than before: when, and in which way."""

    at: datetime
    hall_code: str
    trial: Trial
    passed: bool
    detail: str


async def try_items(world: World, *, seconds: float = RUN_SECONDS) -> Tried:
    """Try items in halls, the stalest first, until all are fresh or the time is up."""
    until = perf_counter() + seconds
    _ = await guides.refresh(world)  # the worker's own search is not kept fresh otherwise
    await sql.run(_SWEEP)
    points = failed = 0
    while perf_counter() < until:
        stale = await sql.rows(_STALE, world.clock.now() - FRESH / 7, AT_ONCE)
        if not stale:
            break
        for item_id, halls in groupby(stale, key=lambda row: row["item_id"]):
            done = await _try(world, item_id, [row["hall_code"] for row in halls])
            points, failed = points + done.points, failed + done.failed
            if perf_counter() >= until:
                break
    return Tried(points, failed)


async def try_item(world: World, item_code: str) -> Tried:
    """Try one item in every hall that handles it, now.

    Raises:
        guides.NoSuchGuide, guides.GuideNotReady: there is nothing to try.
    """
    _ = await guides.refresh(world)
    guide = await guides.published(world, item_code)
    halls = await sql.rows(_HALLS_OF, guide.item_id)
    return await _try(world, guide.item_id, [NO_HALL, *(row["hall_code"] for row in halls)])


async def _try(world: World, item_id: UUID, halls: Sequence[str]) -> Tried:
    """Try one item, and write how it went."""
    current = await sql.row(_CURRENT, item_id)
    if current is None:
        return Tried(0, 0)
    guide = await guides.version(world, current["version_id"])
    failed = 0
    for hall in halls:
        results = await (
            rehearsal.rehearse(world, guide, hall)
            if hall
            else rehearsal.rehearse_item(world, guide)
        )
        await _write(world, guide, hall, results)
        failed += any(not each.passed for each in results)
    return Tried(len(halls), failed)


async def _write(
    world: World, guide: guides.Guide, hall_code: str, results: Sequence[Result]
) -> None:
    """Write the results of one hall; what changed is added to the history."""
    async with world.transaction() as tx:
        await sql.run(_FORGET, guide.item_id, hall_code, [each.trial.value for each in results])
        for each in results:
            ids = new_id(), new_id()
            what = (guide.item_id, guide.code, hall_code, each.trial.value)
            how = (each.passed, each.fault[:60], each.detail, guide.id)
            await sql.run(_WRITE, *ids, tx.at, *what, *how)


async def trials_of(world: World, item_code: str) -> list[TrialShown]:
    """Return every test of an item, the failing ones first."""
    rows = await sql.rows(_OF_ITEM, item_code, world.clock.now() - FRESH)
    return [_shown(row) for row in rows]


async def changes_of(world: World, item_code: str, limit: int = 50) -> list[TrialChange]:
    """Return when tests of an item began to pass or fail, newest first."""
    rows = await sql.rows(_CHANGES, item_code, limit)
    return [
        TrialChange(
            row["created_at"],
            row["hall_code"],
            Trial(row["trial"]),
            row["passed"],
            row["detail"],
        )
        for row in rows
    ]


def _shown(row: sql.Row) -> TrialShown:
    return TrialShown(
        item_code=row["item_code"],
        item_name=row["item_name"],
        department=row["department"],
        hall_code=row["hall_code"],
        hall_name=row["hall_name"] or "",
        trial=Trial(row["trial"]),
        passed=row["passed"],
        fault=row["fault"],
        detail=row["detail"],
        tested_at=row["tested_at"],
        since=row["since"],
        stands=row["stands"],
    )


# Where an item can be had: the halls of its guide, and those that regions name for themselves.
POINTS = """
    SELECT DISTINCT item.id AS item_id, place ->> 'hall' AS hall_code
    FROM service_item item
    JOIN service_item_version version ON version.id = item.current_version_id
    CROSS JOIN LATERAL jsonb_array_elements(version.content -> 'places') place
    WHERE item.kind = 'full' AND item.state = 'in_force'
    UNION
    SELECT item.id, place ->> 'hall'
    FROM region_guide region
    JOIN service_item item ON item.id = region.item_id
    CROSS JOIN LATERAL jsonb_array_elements(region.overrides -> 'places') place
    WHERE item.kind = 'full' AND item.state = 'in_force'
        AND jsonb_typeof(region.overrides -> 'places') = 'array'
"""
_STALE = f"""
    WITH point AS ({POINTS} UNION SELECT id, '' FROM service_item
                   WHERE kind = 'full' AND state = 'in_force'),
    tried AS (
        SELECT test.item_id, test.hall_code, min(test.tested_at) AS tested_at
        FROM item_test test JOIN service_item item
            ON item.id = test.item_id AND item.current_version_id = test.version_id
        GROUP BY test.item_id, test.hall_code)
    SELECT item_id, hall_code FROM (
        SELECT item_id, hall_code, tested_at,
            row_number() OVER (PARTITION BY item_id ORDER BY tested_at, hall_code) AS turn
        FROM point LEFT JOIN tried USING (item_id, hall_code)) turned
    WHERE tested_at IS NULL OR tested_at < $1
    -- Every item in one hall before any item in all: so the city's rates are known first.
    ORDER BY tested_at NULLS FIRST, turn, item_id LIMIT $2
"""  # noqa: S608 - our own words only
# Of items that are gone, and of halls that have them no more; the history of changes stays.
_SWEEP = f"""
    DELETE FROM item_test test WHERE NOT EXISTS (
        SELECT 1 FROM ({POINTS}) point WHERE point.item_id = test.item_id
            AND test.hall_code IN (point.hall_code, ''))
"""  # noqa: S608 - our own words only
_HALLS_OF = f"SELECT hall_code FROM ({POINTS}) point WHERE item_id = $1 ORDER BY 1"  # noqa: S608
_CURRENT = """
    SELECT current_version_id AS version_id FROM service_item
    WHERE id = $1 AND kind = 'full' AND state = 'in_force'
"""
_FORGET = """
    DELETE FROM item_test
    WHERE item_id = $1 AND hall_code = $2 AND NOT trial = ANY ($3::text[])
"""
_WRITE = """
    WITH before AS (
        SELECT passed, fault FROM item_test
        WHERE item_id = $4 AND hall_code = $6 AND trial = $7),
    written AS (
        INSERT INTO item_test (id, created_at, item_id, item_code, hall_code, trial, passed, fault,
                               detail, version_id, tested_at, since)
        VALUES ($1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $3, $3)
        ON CONFLICT (item_id, hall_code, trial) DO UPDATE
        SET passed = excluded.passed, fault = excluded.fault, detail = excluded.detail,
            version_id = excluded.version_id, tested_at = excluded.tested_at,
            item_code = excluded.item_code,
            since = CASE WHEN (item_test.passed, item_test.fault)
                = (excluded.passed, excluded.fault) THEN item_test.since ELSE excluded.since END)
    INSERT INTO item_test_change (id, created_at, item_id, hall_code, trial, passed, fault, detail,
                                  version_id)
    SELECT $2, $3, $4, $6, $7, $8, $9, $10, $11
    -- What passes from the first is nothing to remember.
    WHERE NOT EXISTS (SELECT 1 FROM before WHERE passed = $8 AND fault = $9)
        AND (EXISTS (SELECT 1 FROM before) OR NOT $8)
"""
_OF_ITEM = """
    SELECT test.item_code, item.name AS item_name, item.department, test.hall_code,
        hall.name AS hall_name, test.trial, test.passed, test.fault, test.detail, test.tested_at,
        test.since, test.version_id = item.current_version_id AND test.tested_at > $2 AS stands
    FROM item_test test
    JOIN service_item item ON item.id = test.item_id
    LEFT JOIN service_hall hall ON hall.code = test.hall_code
    WHERE item.code = $1 AND item.kind = 'full'
    ORDER BY test.passed, hall.position NULLS FIRST, test.hall_code, test.trial
"""
_CHANGES = """
    SELECT change.created_at, change.hall_code, change.trial, change.passed, change.detail
    FROM item_test_change change JOIN service_item item ON item.id = change.item_id
    WHERE item.code = $1 AND item.kind = 'full'
    ORDER BY change.created_at DESC, change.id DESC LIMIT $2
"""
