"""The ladders that come with the program, brought into force once."""

import json
from datetime import date
from importlib.resources import files

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World

_WRITE = """
    INSERT INTO rung_rule (id, created_at, timer_kind, rung_key, counted_by, over_days,
        valid_from, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (timer_kind, valid_from, rung_key) DO NOTHING
"""


async def load_ladders(world: World) -> None:
    """Bring the bundled ladders into force where they never were; a city's own stay as they are."""
    folder = files("citydesk.workdays").joinpath("ladders")
    async with world.transaction():
        for name in sorted(each.name for each in folder.iterdir() if each.name.endswith(".json")):
            ladder = json.loads(folder.joinpath(name).read_bytes())
            for rung in ladder["rungs"]:
                await sql.run(
                    _WRITE,
                    new_id(),
                    world.clock.now(),
                    rung["timer_kind"],
                    rung["rung_key"],
                    rung["counted_by"],
                    rung["over_days"],
                    date.fromisoformat(ladder["valid_from"]),
                    ladder["version"],
                )
