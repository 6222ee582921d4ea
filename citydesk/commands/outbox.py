"""``citydesk outbox``: how the announced events stand, and parked ones sent on their way again."""

from argparse import Namespace

from citydesk.commands.acting import act
from citydesk.kit import outbox
from citydesk.reactions import NAMES
from citydesk.world import World


def state(asked: Namespace) -> int:
    """Tell what waits and what is parked."""

    async def tell(world: World) -> None:
        found = await outbox.state(world.clock.now(), NAMES)
        print(f"waiting {found.waiting}, oldest {found.oldest_seconds:.0f} s")
        print(f"future {found.future}, parked {found.parked}, unknown {found.unknown}")

    return act(tell)


def release(asked: Namespace) -> int:
    """Send every parked event on its way again, once a person has put the cause right."""

    async def send(world: World) -> None:
        print(f"{await outbox.release(world.clock.now())} events released")

    return act(send)
