"""``citydesk seed``: the tables, and what a city begins with; in development sample people too."""

import asyncio
from argparse import Namespace
from contextlib import suppress

from citydesk.commands.development import desk
from citydesk.commands.migrate import migrate
from citydesk.commands.sample import SAMPLE
from citydesk.settings import Settings


def seed(asked: Namespace) -> int:
    """Migrate, then plant whatever is missing; tell the sample log-ins."""
    with desk():
        settings = Settings.from_env()
        if status := migrate(asked):
            return status
        for each in asyncio.run(_planted(settings)):
            print(f"{SAMPLE}{each}", flush=True)
    return 0


async def _planted(settings: Settings) -> list[str]:
    from citydesk import notifications
    from citydesk import seed as city
    from citydesk.kit.troubles import GatewayTrouble
    from citydesk.world import open_world

    async with open_world(settings, connections=2) as world:
        log_ins = [str(each) for each in await city.plant(world)]
        if not settings.production:
            with suppress(GatewayTrouble):  # `citydesk up` has the sandbox running; alone it is not
                await notifications.publish_menu(world)
        return log_ins
