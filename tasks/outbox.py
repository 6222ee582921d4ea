"""The city's outbox: what was announced goes to ``citydesk.reactions``."""

from collections.abc import Sequence
from uuid import UUID

from prometheus_client import Gauge

from citydesk.kit import outbox
from citydesk.kit.outbox import State
from citydesk.reactions import REACTIONS
from citydesk.world import World
from tasks.draining import Drain

WAITING = Gauge("citydesk_outbox_waiting", "Events that are due and not delivered")
PARKED = Gauge("citydesk_outbox_parked", "Events given up, for a person to look at")
UNKNOWN = Gauge("citydesk_outbox_unknown", "Due events of names this version does not know")
OLDEST = Gauge("citydesk_outbox_oldest_seconds", "Age of the oldest event that is due")

NAMES = [event.__name__ for event in REACTIONS]


async def drain(world: World) -> int:
    """Deliver everything that is due; return how many events were delivered."""
    return await Drain(world, REACTIONS).until_empty()


async def state(world: World) -> State:
    """Tell how the outbox stands, and show it to the metrics."""
    found = await outbox.state(world.clock.now(), NAMES)
    WAITING.set(found.waiting)
    PARKED.set(found.parked)
    UNKNOWN.set(found.unknown)
    OLDEST.set(found.oldest_seconds)
    return found


async def release(world: World, ids: Sequence[UUID] | None = None) -> int:
    """Send parked events (all, or these) on their way again, once a person has looked."""
    released = await outbox.release(world.clock.now(), ids)
    world.log.info("outbox: parked events released", released=released)
    return released
