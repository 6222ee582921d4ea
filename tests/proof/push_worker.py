"""A worker for the kill proof: the real one, with a lease of two seconds instead of ten."""

import asyncio

from citydesk.reactions import REACTIONS
from citydesk.settings import Settings
from citydesk.world import open_world
from tasks.worker import Heart

LEASE_SECONDS = 2.0


async def main() -> None:
    async with open_world(Settings.from_env()) as world:
        await Heart(world, REACTIONS, lease_seconds=LEASE_SECONDS).beat()


if __name__ == "__main__":
    asyncio.run(main())
