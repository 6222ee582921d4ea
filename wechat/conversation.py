"""What a citizen was shown a moment ago, so that a bare 2 or 那注销呢 is understood.

Kept for ten minutes: the list shown last and the name of the guide shown last, nothing the citizen
has typed. A loss costs them a retype.
"""

import asyncio
from contextvars import ContextVar
from typing import Any, TypeAlias

from redis.exceptions import RedisError

from citydesk.gateways.own_doors import PROBER_OPENID
from citydesk.world import World

Noting: TypeAlias = "asyncio.Future[Any]"
KEPT_SECONDS = 600
LONGEST_FRAGMENT = 16  # characters: what is longer stands on its own


_read_along: ContextVar[tuple[str, object] | None] = ContextVar("talked_of", default=None)


async def kept_besides(world: World, openid: str, key: str) -> bytes | None:
    """Return something else kept of this citizen; what they were talking of is read along.

    One question to Valkey instead of two: ``talked_of`` finds its answer here.
    """
    try:
        found = await world.batched.ask("MGET", key, _key(openid))
    except (RedisError, OSError, TimeoutError):
        return None
    other, about = found
    _read_along.set((openid, about))
    return other if isinstance(other, bytes) else None


async def talked_of(world: World, openid: str) -> str | None:
    """Return the name of the guide this citizen was shown last; None when there is none."""
    if openid == PROBER_OPENID:
        return None
    if (known := _read_along.get()) is not None and known[0] == openid:
        return known[1].decode() if isinstance(known[1], bytes) else None
    return await kept(world, _key(openid))


def note_shown(world: World, openid: str, name: str) -> Noting:
    """Ask to remember which guide a citizen is being shown; to be awaited by ``noted``."""
    return keep(world, _key(openid), name)


def keep(world: World, key: str, text: str) -> Noting:
    """Ask to keep a text; to be awaited by ``noted``."""
    return world.batched.ask("SET", key, text, "EX", KEPT_SECONDS)


async def noted(world: World, asked: Noting) -> None:
    """Wait until it is kept: asked together with something else it takes no time."""
    try:
        await asked
    except (RedisError, OSError, TimeoutError):
        world.log.info("what was shown is not remembered")


async def kept(world: World, key: str) -> str | None:
    """Return a text that was kept; None when that is too long ago, or Valkey is away."""
    try:
        found = await world.batched.ask("GET", key)
    except (RedisError, OSError, TimeoutError):
        return None
    return found.decode() if isinstance(found, bytes) else None


def _key(openid: str) -> str:
    return f"wx:about:{openid}"
