"""Setting up the city's regions, organs, halls and windows."""

import csv
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from uuid import UUID

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.organs.queries import window
from citydesk.organs.rules import check_window_name, full_region_code
from citydesk.world import World
from models.organs import RegionLevel, ServiceWindow, WindowRole

_LEVELS = {
    "city": RegionLevel.CITY,
    "district": RegionLevel.DISTRICT,
    "street": RegionLevel.STREET,
    "community": RegionLevel.COMMUNITY,
}

_HALL_TEXTS = (
    *("code", "name", "level", "kind", "region_code", "organ", "address", "phone"),
    *("opens", "closes", "hours", "mode"),
)

# A code that was ever there, in force or not, is left as it is.
_ADD_REGIONS = """
    INSERT INTO region (id, created_at, code, parent_code, level, name)
    SELECT new.id, $1, new.code, new.parent_code, new.level, new.name
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        AS new (id, code, parent_code, level, name)
    WHERE NOT EXISTS (SELECT FROM region WHERE region.code = new.code)
    ON CONFLICT DO NOTHING
"""

_ADD_ORGANS = """
    INSERT INTO organ (id, created_at, code, name, short_name, kind, credit_code, region_code,
                       position)
    SELECT id, $1, code, name, short_name, kind, credit_code, region_code, position
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
        WITH ORDINALITY
        AS new (id, code, name, short_name, kind, credit_code, region_code, position)
    ON CONFLICT DO NOTHING
"""

_JOIN_ORGANS = """
    UPDATE organ
    SET parent_id = parent.id, supervising_organ_id = supervising.id
    FROM unnest($1::text[], $2::text[], $3::text[]) AS new (code, parent, supervising)
    LEFT JOIN organ AS parent ON parent.code = new.parent
    LEFT JOIN organ AS supervising ON supervising.code = new.supervising
    WHERE organ.code = new.code AND organ.id = ANY($4::uuid[])
"""

_ADD_HALLS = """
    INSERT INTO service_hall (id, created_at, code, name, level, kind, region_code, organ_id,
                              address, phone, opens, closes, hours, mode, mode_since, zones,
                              latitude, longitude, position)
    SELECT new.id, $1, new.code, new.name, new.level, new.kind, new.region_code, organ.id,
           new.address, new.phone, new.opens, new.closes, new.hours, new.mode, new.mode_since,
           to_jsonb(string_to_array(new.zones, '、')), new.latitude, new.longitude, new.position
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
                $15::date[], $16::text[], $17::float8[], $18::float8[])
        WITH ORDINALITY
        AS new (id, code, name, level, kind, region_code, organ, address, phone, opens, closes,
                hours, mode, mode_since, zones, latitude, longitude, position)
    JOIN organ ON organ.code = new.organ
    ON CONFLICT DO NOTHING
"""

# Halls that were there before we knew where they stand.
_PLACE_HALLS = """
    UPDATE service_hall AS hall SET latitude = new.latitude, longitude = new.longitude
    FROM unnest($1::text[], $2::float8[], $3::float8[]) AS new (code, latitude, longitude)
    WHERE hall.code = new.code AND hall.latitude IS NULL
"""

_ADD_WINDOWS = """
    INSERT INTO service_window (id, created_at, hall_id, code, name, role)
    SELECT new.id, $1, hall.id, new.code, new.name, new.role
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        AS new (id, hall, code, name, role)
    JOIN service_hall AS hall ON hall.code = new.hall
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows a load added; all zero when everything was there."""

    regions: int
    organs: int
    halls: int
    windows: int


async def load(world: World) -> Loaded:
    """Add the bundled regions, departments, halls and windows that are not there yet.

    What is there stays as the city has it: a row is added by its code, never overwritten.
    """
    async with world.transaction():
        return Loaded(
            regions=await _add_regions(world),
            organs=await _add_organs(world),
            halls=await _add_halls(world),
            windows=await _add_windows(world),
        )


async def change_window(
    world: World, window_id: UUID, name: str, role: WindowRole, *, is_open: bool
) -> ServiceWindow:
    """Rename a window, give it another role, open or close it.

    Raises:
        NoSuchWindow: there is none. WrongWindow: it cannot be called that.
    """
    word = check_window_name(name)
    async with world.transaction():
        found = await window(world, window_id)
        found.name, found.role, found.is_open = word, role, is_open
        await found.save(update_fields=["name", "role", "is_open"])
    return found


async def _add_regions(world: World) -> int:
    rows = _bundled("regions.csv")
    codes = {row["code"] for row in rows}
    return await sql.run(
        _ADD_REGIONS,
        world.clock.now(),
        [new_id() for _ in rows],
        [full_region_code(row["code"]) for row in rows],
        [
            full_region_code(row["parent_code"]) if row["parent_code"] in codes else None
            for row in rows
        ],
        [_LEVELS[row["level"]].value for row in rows],
        [row["name"] for row in rows],
    )


async def _add_organs(world: World) -> int:
    rows = _bundled("organs.csv")
    ids = [new_id() for _ in rows]
    wanted = ("code", "name", "short_name", "kind", "credit_code", "region_code")
    columns = [[row[name] for row in rows] for name in wanted]
    added = await sql.run(_ADD_ORGANS, world.clock.now(), ids, *columns)
    trees = [[row[name] for row in rows] for name in ("code", "parent", "supervising_organ")]
    await sql.run(_JOIN_ORGANS, *trees, ids)
    return added


async def _add_halls(world: World) -> int:
    rows = _bundled("halls.csv")
    places = [[float(row[name]) for row in rows] for name in ("latitude", "longitude")]
    added = await sql.run(
        _ADD_HALLS,
        world.clock.now(),
        [new_id() for _ in rows],
        *([row[name] for row in rows] for name in _HALL_TEXTS),
        [date.fromisoformat(row["mode_since"]) for row in rows],
        [row["zones"] for row in rows],
        *places,
    )
    _ = await sql.run(_PLACE_HALLS, [row["code"] for row in rows], *places)
    return added


async def _add_windows(world: World) -> int:
    rows = _bundled("windows.csv")
    columns = [[row[name] for row in rows] for name in ("hall", "code", "name", "role")]
    return await sql.run(_ADD_WINDOWS, world.clock.now(), [new_id() for _ in rows], *columns)


def _bundled(name: str) -> list[dict[str, str]]:
    """Read one of the lists that come with the program (data/SOURCES.md says whence)."""
    text = files("citydesk.organs").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
