"""What a citizen was shown a moment ago, so that a bare 2 or 那注销呢 is understood.

Kept for ten minutes: the list shown last and the name of the guide shown last, nothing the citizen
has typed. A loss costs them a retype.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.exceptions import RedisError

from citydesk import notifications
from citydesk.gateways.own_doors import PROBER_OPENID
from citydesk.world import World

KEPT_SECONDS = 600
LONGEST_FRAGMENT = 16  # characters: what is longer stands on its own


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is known of a citizen when they write.

    ``asking``: where they are in a question to a department, sealed. ``about``: the name of the
    guide they were shown last. ``district``: the one whose hall they turned to last.
    """

    asking: bytes | None = None
    about: str | None = None
    district: str | None = None


NOTHING = Recalled()


async def recalled(world: World, openid: str, asking_key: str) -> Recalled:
    """Ask once for everything an answer may lean on; nothing when Valkey is away.

    The desk's own trials ask as somebody who was never here.
    """
    keys = (asking_key, _key(openid), notifications.district_key(openid))
    try:
        asking, about, district = await world.batched.ask("MGET", *keys)
    except (RedisError, OSError, TimeoutError):
        return NOTHING
    if openid == PROBER_OPENID:
        return Recalled(asking)
    return Recalled(asking, _text(about), _text(district))


def note_shown(world: World, openid: str, name: str) -> None:
    """Remember which guide a citizen is being shown."""
    keep(world, _key(openid), name)


def keep(world: World, key: str, text: str) -> None:
    """Have a text kept. Nobody waits for it: it goes out with whatever is asked next.

    That is the answer itself at the latest (``wechat.app``), and Valkey takes one thing after the
    other: whoever has got the answer finds the text kept.
    """
    asked = world.batched.ask("SET", key, text, "EX", KEPT_SECONDS)
    asked.add_done_callback(partial(_told, world))


async def kept(world: World, key: str) -> str | None:
    """Return a text that was kept; None when that is too long ago, or Valkey is away."""
    try:
        return _text(await world.batched.ask("GET", key))
    except (RedisError, OSError, TimeoutError):
        return None


def _told(world: World, asked: "asyncio.Future[Any]") -> None:
    if not asked.cancelled() and (fault := asked.exception()) is not None:
        world.log.info("what was shown is not remembered", error=str(fault))


def _text(found: Any) -> str | None:
    return found.decode() if isinstance(found, bytes) else None


def _key(openid: str) -> str:
    return f"wx:about:{openid}"
