"""Commands that act in the world: connected, and answered in sentences when refused."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
from redis.exceptions import RedisError

from citydesk.commands.complaints import complain
from citydesk.commands.development import desk
from citydesk.kit.refusals import Refusal
from citydesk.kit.troubles import GatewayTrouble
from citydesk.settings import Settings
from citydesk.world import World, open_world

Act = Callable[[World], Awaitable[None]]


def act(work: Act) -> int:
    """Do this in the world of this deployment; 1 and a sentence when it is refused."""

    async def acted() -> None:
        async with open_world(Settings.from_env(), connections=2) as world:
            await work(world)

    with desk():
        try:
            asyncio.run(acted())
        except Refusal as refusal:
            faults = refusal.facts.get("errors", [])
            lines = [f"  {fault['field']}: {fault['detail']}" for fault in faults]
            return complain("\n".join([refusal.detail, *lines]))
        except GatewayTrouble as trouble:
            return complain(f"A system outside does not answer: {trouble}")
        except (OSError, asyncpg.PostgresError, RedisError) as trouble:
            return complain(f"A server does not answer: {trouble}")
    return 0
