"""Whose district a citizen is asking about: the one they name, else the one they last turned to."""

from collections import OrderedDict
from datetime import datetime, timedelta

from citydesk import guides, notifications
from citydesk.gateways.own_doors import PROBER_OPENID
from citydesk.world import World

KEPT_ASKERS = 20_000
KEPT_FOR = timedelta(minutes=10)


class Named:
    """The districts citizens have named lately: what they tap next is about it, too."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, tuple[datetime, str]] = OrderedDict()


async def asked_for(
    world: World, openid: str, said: str, turned_to: str | None = None
) -> str | None:
    """Return the code of the district words are about; None for the whole city.

    A district named in them (浑南办护照) counts first, then one named a moment ago, then
    ``turned_to``: the district of the hall where the asker last booked a place or filed a case.
    """
    named = await guides.region_named(world, said)
    if named is None:
        return _named_lately(world, openid) or turned_to
    kept = world.kept(Named).kept
    kept[openid] = (world.clock.now(), named)
    kept.move_to_end(openid)
    if len(kept) > KEPT_ASKERS:
        kept.popitem(last=False)
    return named


async def usual(world: World, openid: str) -> str | None:
    """Return the code of the district somebody named a moment ago, or whose hall they turned to."""
    if openid == PROBER_OPENID:
        return None
    return _named_lately(world, openid) or await notifications.usual_district(world, openid)


def _named_lately(world: World, openid: str) -> str | None:
    known = world.kept(Named).kept.get(openid)
    fresh = known is not None and world.clock.now() - known[0] < KEPT_FOR
    return known[1] if known and fresh and openid != PROBER_OPENID else None
