"""What a citizen was talking of a moment ago, so that 那注销呢 is understood.

Kept for ten minutes: the name of the guide shown last, nothing the citizen has typed. A loss costs
them a retype.
"""

import asyncio
from typing import Any, TypeAlias

from redis.exceptions import RedisError

from citydesk.gateways.own_doors import PROBER_OPENID
from citydesk.world import World

Noting: TypeAlias = "asyncio.Future[Any]"
KEPT_SECONDS = 600
LONGEST_FRAGMENT = 16  # characters: what is longer stands on its own


async def talked_of(world: World, openid: str) -> str | None:
    """Return the name of the guide this citizen was shown last; None when there is none."""
    if openid == PROBER_OPENID:
        return None
    try:
        kept = await world.batched.ask("GET", _key(openid))
    except (RedisError, OSError, TimeoutError):
        return None
    return kept.decode() if isinstance(kept, bytes) else None


def note_shown(world: World, openid: str, name: str) -> Noting:
    """Ask to remember which guide a citizen is being shown; to be awaited by ``noted``."""
    return world.batched.ask("SET", _key(openid), name, "EX", KEPT_SECONDS)


async def noted(world: World, asked: Noting) -> None:
    """Wait until it is remembered: asked together with something else it takes no time."""
    try:
        await asked
    except (RedisError, OSError, TimeoutError):
        world.log.info("guide shown not remembered")


def _key(openid: str) -> str:
    return f"wx:about:{openid}"
