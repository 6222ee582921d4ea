"""The calendar in force, and the timers of a subject."""

from collections.abc import Collection, Sequence
from uuid import UUID

from citydesk.workdays import stored
from citydesk.workdays.explaining import Segment
from citydesk.workdays.rule_books import rule_book
from citydesk.workdays.rules import Calendar
from citydesk.workdays.timers import Subject, Timer, TimerKind, explain_timer
from citydesk.world import World


async def calendar(world: World) -> Calendar:
    """Return the calendar in force; one short question to the tables while it has not changed."""
    return (await rule_book(world)).calendar


async def timers_on(world: World, subject: Subject) -> list[Timer]:
    """The timers of a subject, oldest first: live and stopped ones, not those superseded."""
    return await stored.found(stored.OF_SUBJECT, subject.kind, [subject.id])


async def timers_of(world: World, kind: str, ids: Collection[UUID]) -> dict[UUID, list[Timer]]:
    """The timers of several subjects of one kind, as ``timers_on``, in one question."""
    gathered: dict[UUID, list[Timer]] = {each: [] for each in ids}
    for timer in await stored.found(stored.OF_SUBJECT, kind, list(ids)):
        gathered[timer.subject.id].append(timer)
    return gathered


async def explain(world: World, timer: Timer) -> tuple[Segment, ...]:
    """The sentences that explain a timer's dates; every channel shows the same."""
    return explain_timer(timer, await calendar(world))


async def running_clock(
    world: World, subject: Subject, kinds: Sequence[TimerKind]
) -> tuple[Timer, tuple[Segment, ...]] | None:
    """The first clock of these kinds that runs, with its explanation, in one question."""
    live, state = await stored.found_with_state(stored.RUNNING, subject.kind, subject.id, kinds)
    if not live:
        return None
    return live[0], explain_timer(live[0], (await rule_book(world, state)).calendar)
