"""The database every test gets a copy of: tables, calendar, organs, guides, templates."""

from datetime import UTC, datetime

import asyncpg

from citydesk import guides, notifications, organs, seed, workdays
from citydesk.commands.migrate import migrated
from citydesk.kit.clock import SetClock
from citydesk.settings import Settings
from citydesk.world import open_world

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shenyang, a working day


async def run_on(dsn: str, *statements: str) -> None:
    """Carry statements out on a server, outside any transaction."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def make_template(settings: Settings) -> None:
    """Make the template: the migrations, then the reference data through the actions."""
    await migrated(settings.database_url)
    async with open_world(settings, clock=SetClock(MONDAY)) as world:
        await workdays.load(world)
        await organs.load(world)
        await guides.load_samples(world)
        await notifications.load(world)


async def plant_template(settings: Settings, copying: str, dsn: str) -> None:
    """Copy the template and plant the sample city in it, as of the day the tests begin."""
    await run_on(dsn, copying)
    async with open_world(settings, clock=SetClock(MONDAY)) as world:
        await seed.plant(world)
