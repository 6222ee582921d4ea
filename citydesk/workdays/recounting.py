"""When a year's calendar is published, every live timer is counted again."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from citydesk.kit.announced import Announced
from citydesk.kit.transaction import Transaction
from citydesk.workdays import stored
from citydesk.workdays.events import DueMoved
from citydesk.workdays.rule_books import rule_book
from citydesk.workdays.timers import Timer
from citydesk.world import World

AT_ONCE = 200


async def recount_after_publishing(
    world: World, batch: Sequence[Announced]
) -> Mapping[UUID, BaseException]:
    """Count every live timer by the calendar now in force; announce where a last day moved.

    A notice may also swap the last days of the year before, so dates that were certain count too.
    """
    await recount_timers(world)
    return {}


async def recount_timers(world: World) -> int:
    """Count again the live timers that were counted by an earlier calendar; return how many.

    Also a job of the timetable: a timer may have been started while its year was being published.
    """
    done, last = 0, UUID(int=0)
    while some := await _recount_some(world, last):
        done, last = done + len(some), some[-1].id
    return done


async def _recount_some(world: World, last: UUID) -> list[Timer]:
    async with world.transaction() as tx:
        book = await rule_book(world)
        before = await stored.found(stored.COUNTED_BEFORE, book.calendar.version, last, AT_ONCE)
        after = [book.counted(timer) for timer in before]
        await stored.update(after)
        for old, new in zip(before, after, strict=True):
            announce_if_moved(tx, old, new)
    return after


def announce_if_moved(tx: Transaction, before: Timer, after: Timer) -> None:
    """Announce that the last day of a live timer is another than before."""
    if after.live and before.due_on != after.due_on:
        tx.announce(
            DueMoved(
                after.id,
                after.subject.kind,
                after.subject.id,
                after.kind.value,
                after.no,
                before.due_on,
                after.due_on,
            )
        )
