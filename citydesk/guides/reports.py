"""What the city wants to know of its catalogue: deviations, and what is unclaimed.

Everything is worked out when it is asked for, from the same tables the channels read.
"""

from dataclasses import dataclass
from datetime import datetime

import orjson

from citydesk import organs
from citydesk.guides.queries import version
from citydesk.guides.regional import Deviation
from citydesk.guides.regional import deviations as deviating
from citydesk.kit import sql
from citydesk.world import World

MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class NotedDeviation:
    """What a region wanted to say, or still says, otherwise than it may."""

    at: datetime
    item_code: str
    item_name: str
    region_code: str
    region_name: str
    path: str
    why: str
    refused: bool  # False: it was allowed once, and the standard has overtaken it since


@dataclass(frozen=True, slots=True)
class Claims:
    """How many of the items meant for its level a region carries out."""

    region_code: str
    region_name: str
    level: str
    expected: int
    claimed: int


@dataclass(frozen=True, slots=True)
class UnclaimedItem:
    """An item that a region of its level should carry out and has not taken on."""

    code: str
    name: str
    department: str


async def deviations(world: World, region_code: str | None = None) -> list[NotedDeviation]:
    """Return what regions wanted to say otherwise than they may, the latest first.

    Besides what was refused: what the city's standard has overtaken since it was said.
    """
    prefix = organs.region_prefix(region_code) if region_code else ""
    noted = [
        NotedDeviation(**dict(row), refused=True)
        for row in await sql.rows(_REFUSED, prefix, MOST_SHOWN)
    ]
    for row in await sql.rows(_OWN_WORDS, prefix):
        guide = await version(world, row["current_version_id"])
        overtaken: list[Deviation] = deviating(guide.content, orjson.loads(row["overrides"]))
        noted += [
            NotedDeviation(
                row["at"],
                guide.code,
                guide.name,
                row["region_code"],
                row["region_name"],
                each.path,
                each.why,
                refused=False,
            )
            for each in overtaken
        ]
    return sorted(noted, key=lambda each: each.at, reverse=True)


async def claims(world: World, region_code: str | None = None) -> list[Claims]:
    """Return for every region (within one, if named) how many items it should and does carry out.

    An item is meant for the regions of its exercise level: district, street or community.
    """
    prefix = organs.region_prefix(region_code) if region_code else ""
    return [Claims(**dict(row)) for row in await sql.rows(_CLAIMS, prefix)]


async def unclaimed(world: World, region_code: str) -> list[UnclaimedItem]:
    """Return the items that one region should carry out and has not taken on, by name.

    Raises:
        NoSuchRegion: no region in force has this code.
    """
    region = await organs.region_by_code(world, region_code)
    rows = await sql.rows(_UNCLAIMED, region.code, region.level.value)
    return [UnclaimedItem(**dict(row)) for row in rows]


_REFUSED = """
    SELECT deviation.created_at AS at, item.code AS item_code, item.name AS item_name,
           deviation.region_code, coalesce(region.name, '') AS region_name, deviation.path,
           deviation.why
    FROM guide_deviation deviation
    JOIN service_item item ON item.id = deviation.item_id
    LEFT JOIN region ON region.code = deviation.region_code AND region.valid_to IS NULL
    WHERE starts_with(deviation.region_code, $1)
    ORDER BY deviation.created_at DESC LIMIT $2
"""
_OWN_WORDS = """
    SELECT own.changed_at AS at, own.region_code, coalesce(region.name, '') AS region_name,
           own.overrides::text AS overrides, item.current_version_id
    FROM region_guide own
    JOIN service_item item ON item.id = own.item_id AND item.state <> 'cancelled'
    LEFT JOIN region ON region.code = own.region_code AND region.valid_to IS NULL
    WHERE own.overrides <> '{}' AND starts_with(own.region_code, $1)
"""
_CLAIMS = """
    SELECT region.code AS region_code, region.name AS region_name, region.level,
           count(item.id) AS expected, count(own.id) AS claimed
    FROM service_item item
    JOIN service_item_version version ON version.id = item.current_version_id
    JOIN region ON region.level = version.content ->> 'exercise_level'
               AND region.level IN ('4', '5', '6') AND region.valid_to IS NULL
    LEFT JOIN region_guide own ON own.item_id = item.id AND own.region_code = region.code
    WHERE item.state <> 'cancelled' AND starts_with(region.code, $1)
    GROUP BY region.code, region.name, region.level ORDER BY region.code
"""
_UNCLAIMED = """
    SELECT item.code, item.name, item.department
    FROM service_item item
    JOIN service_item_version version ON version.id = item.current_version_id
    WHERE item.state <> 'cancelled' AND version.content ->> 'exercise_level' = $2
      AND $2 IN ('4', '5', '6') AND NOT EXISTS (
        SELECT FROM region_guide own WHERE own.item_id = item.id AND own.region_code = $1)
    ORDER BY item.name
"""
