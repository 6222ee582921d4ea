"""The city's outbox: what was announced goes to ``citydesk.reactions``."""

from collections.abc import Sequence
from uuid import UUID

from citydesk.kit import outbox
from citydesk.kit.outbox import State
from citydesk.reactions import NAMES, REACTIONS
from citydesk.world import World
from tasks.draining import Drain


async def drain(world: World) -> int:
    """Deliver everything that is due; return how many events were delivered."""
    return await Drain(world, REACTIONS).until_empty()


async def state(world: World) -> State:
    """Tell how the outbox stands, and show it to the metrics."""
    return await outbox.state(world.clock.now(), NAMES)


async def release(world: World, ids: Sequence[UUID] | None = None) -> int:
    """Send parked events (all, or these) on their way again, once a person has looked."""
    released = await outbox.release(world.clock.now(), ids)
    world.log.info("outbox: parked events released", released=released)
    return released
