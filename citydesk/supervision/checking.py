"""Trying and comparing one item because a supervisor wants to know now."""

from citydesk import guides
from citydesk.identity import Officer
from citydesk.kit.announced import Announced, one_by_one
from citydesk.supervision.events import CheckAsked
from citydesk.supervision.parity import compare_item
from citydesk.supervision.trials import try_item
from citydesk.world import World


async def ask_check(world: World, officer: Officer, item_code: str) -> None:
    """Have one item tried in all its halls and asked for in all channels, by the worker.

    Raises:
        guides.NoSuchGuide, guides.GuideNotReady: there is nothing to try.
    """
    guide = await guides.published(world, item_code)
    async with world.transaction() as tx:
        tx.announce(CheckAsked(guide.code))
    world.log.info("check_asked", item=guide.code, by_officer=str(officer.officer_id))


@one_by_one
async def check_asked(world: World, announced: Announced) -> None:
    """Do what was asked for; doing it twice only writes the later result."""
    assert isinstance(announced.event, CheckAsked)
    _ = await try_item(world, announced.event.item_code)
    _ = await compare_item(world, announced.event.item_code)
