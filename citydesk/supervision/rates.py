"""The rates (进驻率、可办率、可约率), from tests that stand, and the items behind every figure.

An item counts for the city or its department when it passed in one hall at least; for a district
when it passed in a hall there. A district owes every item that districts exercise, and what it
carries out besides.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from citydesk.kit import sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.supervision import measures
from citydesk.supervision.measures import Share, Target
from citydesk.supervision.trials import FRESH, POINTS
from citydesk.world import World
from models.supervision import Measure

PAGE_SIZE = 30
RATED = (Measure.ENTRY, Measure.ONLINE, Measure.BOOKABLE)


class ScopeKind(StrEnum):
    """Over which items a rate is taken."""

    CITY = "city"
    DEPARTMENT = "department"
    DISTRICT = "district"


class Standing(StrEnum):
    """How an item stands for a rate."""

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class ScopeShare:
    """The rate of one scope; ``code``: "" for the city, a department's name, a region's code."""

    kind: ScopeKind
    code: str
    name: str
    share: Share


@dataclass(frozen=True, slots=True)
class RatedItem:
    """One item behind a rate: how it stands, and why it did not pass."""

    item_id: UUID
    item_code: str
    item_name: str
    department: str
    standing: Standing
    excepted: bool
    reason: str


async def city_rate(world: World, measure: Measure) -> Share:
    """Return the rate of the whole city."""
    rows = await sql.rows(_OF_CITY, *_asked(world, measure))
    return _share(rows[0])


async def rates_by(world: World, measure: Measure, kind: ScopeKind) -> list[ScopeShare]:
    """Return the rate of every department or district, the lowest first."""
    if kind is ScopeKind.CITY:
        return [ScopeShare(kind, "", "全市", await city_rate(world, measure))]
    statement = _OF_DEPARTMENTS if kind is ScopeKind.DEPARTMENT else _OF_DISTRICTS
    rows = await sql.rows(statement, *_asked(world, measure))
    found = [ScopeShare(kind, row["code"], row["name"], _share(row)) for row in rows]
    return sorted(found, key=lambda each: (each.share.permille or 0, each.name))


async def rated_items(
    world: World,
    measure: Measure,
    kind: ScopeKind,
    code: str = "",
    standing: Standing | None = None,
    *,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> Page[RatedItem]:
    """Return a page of the items behind a rate, by name: all, or those that stand in one way.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    name, item_id = decode_cursor(cursor, (str, UUID)) if cursor else ("", UUID(int=0))
    rows = await sql.rows(
        _ITEMS_OF[kind],
        *_asked(world, measure),
        "" if kind is ScopeKind.CITY else code.replace("\0", ""),
        standing.value if standing else "",
        name,
        item_id,
        limit + 1,
    )
    items = [_item(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, encode_cursor(items[-1].item_name, items[-1].item_id) if more else None)


async def targets(world: World, measure: Measure) -> list[Target]:
    """Return what a rate must reach, by the day it is due."""
    rows = await sql.rows(
        "SELECT permille, due_on, source FROM rate_target WHERE measure = $1 ORDER BY due_on",
        measure.value,
    )
    return [Target(row["permille"], row["due_on"], row["source"]) for row in rows]


async def target(world: World, measure: Measure) -> Target | None:
    """Return the target that holds today."""
    return measures.target_in_force(await targets(world, measure), world.clock.today())


def _asked(world: World, measure: Measure) -> tuple[object, ...]:
    needed = [trial.value for trial in measures.NEEDED_FOR[measure]]
    return needed, world.clock.now() - FRESH, measure.value, world.clock.today()


def _share(row: sql.Row) -> Share:
    return Share(row["due"], row["passed"], row["failed"], row["untested"], row["excepted"])


def _item(row: sql.Row) -> RatedItem:
    return RatedItem(
        row["item_id"],
        row["code"],
        row["name"],
        row["department"],
        Standing(row["standing"]),
        row["excepted"],
        row["reason"] or "",
    )


# $1 the trials needed, $2 since when a test stands, $3 the measure, $4 today.
_BASE = f"""
    WITH item AS (
        SELECT item.id AS item_id, item.code, item.name, item.department,
            version.id AS version_id, version.content ->> 'exercise_level' AS level,
            EXISTS (SELECT 1 FROM rate_exception e WHERE e.item_id = item.id AND e.measure = $3
                AND e.state = 'approved' AND (e.valid_to IS NULL OR e.valid_to >= $4)) AS excepted
        FROM service_item item
        JOIN service_item_version version ON version.id = item.current_version_id
        WHERE item.kind = 'full' AND item.state = 'in_force'
            AND ($3 <> 'bookable' OR (version.content ->> 'is_schedule')::boolean)),
    point AS (
        SELECT point.item_id, point.hall_code, left(hall.region_code, 6) AS district
        FROM ({POINTS}) point LEFT JOIN service_hall hall ON hall.code = point.hall_code),
    tried AS (
        SELECT point.item_id, point.district, point.hall_code, count(test.id) > 0 AS tested,
            count(*) FILTER (WHERE test.passed AND test.trial = ANY ($1::text[]))
                = cardinality($1::text[]) AS passed,
            max(test.detail) FILTER (WHERE NOT test.passed AND test.trial = ANY ($1::text[]))
                AS reason
        FROM point JOIN item USING (item_id)
        LEFT JOIN item_test test ON test.item_id = point.item_id
            AND test.hall_code = point.hall_code AND test.version_id = item.version_id
            AND test.tested_at > $2
        GROUP BY point.item_id, point.district, point.hall_code)
"""  # noqa: S608 - our own words only
_STANDING = f"""{_BASE},
    city AS (
        SELECT item.item_id, item.code, item.name, item.department, item.excepted,
            coalesce(bool_or(tried.passed), false) AS passed,
            coalesce(bool_or(tried.tested), false) AS tested, max(tried.reason) AS reason
        FROM item LEFT JOIN tried USING (item_id)
        GROUP BY item.item_id, item.code, item.name, item.department, item.excepted)
"""  # noqa: S608 - our own words only
_DISTRICTS = f"""{_BASE},
    local AS (
        SELECT region.code AS district, region.name AS district_name, item.item_id, item.code,
            item.name, item.department, item.excepted,
            coalesce(bool_or(tried.passed), false) AS passed,
            -- Nothing to try there is a finding, too: nobody there carries it out.
            coalesce(bool_and(tried.tested), true) AS tested,
            coalesce(max(tried.reason),
                CASE WHEN count(tried.item_id) = 0 THEN '本区没有办理点。' END) AS reason
        FROM region CROSS JOIN item
        LEFT JOIN tried ON tried.item_id = item.item_id AND tried.district = left(region.code, 6)
        LEFT JOIN region_guide claimed
            ON claimed.item_id = item.item_id AND claimed.region_code = region.code
        WHERE region.level = '4' AND region.valid_to IS NULL
            AND (item.level IN ('4', '5', '6') OR tried.item_id IS NOT NULL
                 OR claimed.item_id IS NOT NULL)
        GROUP BY region.code, region.name, item.item_id, item.code, item.name, item.department,
            item.excepted)
"""  # noqa: S608 - our own words only
_STANDS = "CASE WHEN passed THEN 'passed' WHEN tested THEN 'failed' ELSE 'untested' END"
_SUMS = """
    count(*) AS due, count(*) FILTER (WHERE passed) AS passed,
    count(*) FILTER (WHERE tested AND NOT passed) AS failed,
    count(*) FILTER (WHERE NOT tested AND NOT passed) AS untested,
    count(*) FILTER (WHERE excepted AND NOT passed) AS excepted
"""
_LISTED = f"""
    SELECT item_id, code, name, department, excepted, {_STANDS} AS standing,
        CASE WHEN NOT passed THEN coalesce(reason, CASE WHEN tested
            THEN '指南没有开通这项办理方式。' ELSE '还没有在现行版本上测试。' END) END AS reason
"""
_OF_CITY = f"{_STANDING} SELECT {_SUMS} FROM city"  # noqa: S608
_OF_DEPARTMENTS = f"""{_STANDING}
    SELECT department AS code, department AS name, {_SUMS} FROM city GROUP BY department
"""  # noqa: S608 - our own words only
# Not by pairing every district with every item: what is owed everywhere is counted once, and only
# what is there is joined. An item owed where nobody carries it out has failed.
_OF_DISTRICTS = f"""{_BASE},
    there AS (
        SELECT tried.item_id, tried.district, bool_or(tried.passed) AS passed,
            bool_and(tried.tested) AS tested
        FROM tried GROUP BY tried.item_id, tried.district
        UNION ALL
        SELECT claimed.item_id, left(claimed.region_code, 6), false, true
        FROM region_guide claimed
        WHERE NOT EXISTS (SELECT 1 FROM tried WHERE tried.item_id = claimed.item_id
            AND tried.district = left(claimed.region_code, 6))),
    present AS (
        SELECT there.*, item.excepted, item.level IN ('4', '5', '6') AS owed
        FROM there JOIN item USING (item_id)),
    everywhere AS (
        SELECT count(*) AS n, count(*) FILTER (WHERE excepted) AS excepted
        FROM item WHERE level IN ('4', '5', '6'))
    SELECT region.code, region.name,
        everywhere.n + count(*) FILTER (WHERE NOT owed) AS due,
        count(*) FILTER (WHERE passed) AS passed,
        count(*) FILTER (WHERE tested AND NOT passed)
            + everywhere.n - count(*) FILTER (WHERE owed) AS failed,
        count(*) FILTER (WHERE NOT tested AND NOT passed) AS untested,
        count(*) FILTER (WHERE present.excepted AND NOT passed)
            + everywhere.excepted - count(*) FILTER (WHERE present.excepted AND owed) AS excepted
    FROM region CROSS JOIN everywhere
    LEFT JOIN present ON present.district = left(region.code, 6)
    WHERE region.level = '4' AND region.valid_to IS NULL
    GROUP BY region.code, region.name, everywhere.n, everywhere.excepted
"""  # noqa: S608 - our own words only
_PAGE = f"""
    AND ($6 = '' OR {_STANDS} = $6) AND (name, item_id) > ($7, $8) ORDER BY name, item_id LIMIT $9
"""
_ITEMS_OF = {
    ScopeKind.CITY: f"{_STANDING} {_LISTED} FROM city WHERE $5 = '' {_PAGE}",
    ScopeKind.DEPARTMENT: f"{_STANDING} {_LISTED} FROM city WHERE department = $5 {_PAGE}",
    ScopeKind.DISTRICT: f"{_DISTRICTS} {_LISTED} FROM local WHERE district = $5 {_PAGE}",
}
