"""Timers start, pause, resume, are extended and stop with their subject.

Every action joins the transaction that changes the subject, whose row the caller holds: so a
subject's timers are changed by one at a time, and timers are always locked in one order.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from citydesk.kit.ids import new_id
from citydesk.kit.transaction import joining
from citydesk.workdays import stored, timers
from citydesk.workdays.budgets import Budget, whole
from citydesk.workdays.refusals import NoSuchTimer
from citydesk.workdays.rule_books import rule_book
from citydesk.workdays.timers import Subject, Timer, TimerKind
from citydesk.world import World


@dataclass(frozen=True, slots=True)
class Starting:
    """A clock that is to start; ``no`` tells several of one kind apart."""

    kind: TimerKind
    budget: Budget
    no: int = 0


async def start_timer(
    world: World,
    subject: Subject,
    kind: TimerKind,
    budget: Budget,
    anchor_at: datetime,
    *,
    no: int = 0,
    organ_id: UUID | None = None,
) -> Timer:
    """Start a clock for a subject; see ``start_timers``."""
    wanted = [Starting(kind, budget, no)]
    return (await start_timers(world, subject, wanted, anchor_at, organ_id=organ_id))[0]


async def start_timers(
    world: World,
    subject: Subject,
    wanted: Sequence[Starting],
    anchor_at: datetime,
    *,
    organ_id: UUID | None = None,
) -> list[Timer]:
    """Start clocks for a subject; those of the same kind and number that still run are superseded.

    ``anchor_at`` may lie in the past (an acceptance that the law back-dates): rungs passed since
    then fall late, with their true instants.
    """
    new = _new(subject, wanted, anchor_at, organ_id)
    async with joining(world.clock.now(), world.nudge):
        book = await rule_book(world, await stored.supersede(subject, new, world.clock.now()))
        counted = [book.counted(each) for each in new]
        await stored.insert(counted, world.clock.now())
    return counted


def _new(
    subject: Subject, wanted: Sequence[Starting], anchor_at: datetime, organ_id: UUID | None
) -> list[Timer]:
    anchor_at = whole(anchor_at)
    return [
        Timer(new_id(), subject, each.kind, anchor_at, each.budget, each.no, organ_id)
        for each in wanted
    ]


async def turn_timers(
    world: World,
    subject: Subject,
    stopping: Collection[TimerKind],
    wanted: Sequence[Starting],
    at: datetime,
    *,
    anchor_at: datetime,
    organ_id: UUID | None = None,
    void: bool = False,
) -> list[Timer]:
    """Stop some clocks of a subject and start others, in one go; return those that start.

    As ``stop_timers`` and ``start_timers`` do one after the other.
    """
    new, now = _new(subject, wanted, anchor_at, organ_id), world.clock.now()
    taken = {(each.kind, each.no) for each in new}
    async with joining(now, world.nudge):
        live, state = await stored.live(subject)
        book = await rule_book(world, state)
        done = [timers.stopped(each, at, voided=void) for each in live if each.kind in stopping]
        await stored.update([book.counted(each) for each in done])
        counted = [book.counted(each) for each in new]
        beside = taken.isdisjoint((each.kind, each.no) for each in live)
        if not beside:
            await stored.supersede(subject, new, now)
        await stored.insert(counted, now, beside=beside)
    return counted


async def suspend_timers(
    world: World,
    subject: Subject,
    kinds: Collection[TimerKind],
    at: datetime,
    *,
    approved_days: int | None,
    reason: str,
) -> list[Timer]:
    """Stop the clocks of these kinds, for the approved working days at most, and say why.

    The reason is a word of ours (检验、听证) shown to everybody who asks why; never free text.

    Raises:
        PauseOverlaps: a pause is open already, or was at that time.
    """
    return await _changed(
        world, subject, kinds, lambda timer: timers.suspended(timer, at, approved_days, reason)
    )


async def resume_timers(
    world: World, subject: Subject, kinds: Collection[TimerKind], at: datetime
) -> list[Timer]:
    """End the open pause of clocks; one past its approved days has run again already."""
    return await _changed(world, subject, kinds, lambda timer: timers.resumed(timer, at))


async def extend_timer(
    world: World,
    subject: Subject,
    kind: TimerKind,
    value: int,
    at: datetime,
    *,
    reason: str,
    no: int = 0,
) -> Timer:
    """Add units (days, mostly) to the budget of a live clock.

    Raises:
        NoSuchTimer: no such clock runs. LimitFaulty: nothing would be added.
    """
    done = await _changed(
        world, subject, [kind], lambda timer: timers.extended(timer, at, value, reason), no
    )
    if not done:
        raise NoSuchTimer("没有正在计时的期限，不能延长。请刷新后再看。")
    return done[0]


async def stop_timers(
    world: World,
    subject: Subject,
    at: datetime,
    *,
    kinds: Collection[TimerKind] | None = None,
    no: int | None = None,
    void: bool = False,
) -> list[Timer]:
    """Stop clocks (all, or of these kinds) at an instant.

    Rungs passed before it still fall, unless ``void``: the matter was returned, withdrawn, voided.
    """
    return await _changed(
        world, subject, kinds, lambda timer: timers.stopped(timer, at, voided=void), no
    )


async def hand_over_timers(world: World, subject: Subject, organ_id: UUID) -> None:
    """Let the live clocks of a subject go on at another organ: cards to come fall there."""
    async with joining(world.clock.now(), world.nudge):
        await stored.hand_over(subject, organ_id)


async def _changed(
    world: World,
    subject: Subject,
    kinds: Collection[TimerKind] | None,
    change: Callable[[Timer], Timer],
    no: int | None = None,
) -> list[Timer]:
    """Change the live timers of a subject that are meant; hold them until the transaction ends."""
    async with joining(world.clock.now(), world.nudge):
        live, state = await stored.live(subject)
        meant = [
            change(timer)
            for timer in live
            if (kinds is None or timer.kind in kinds) and (no is None or timer.no == no)
        ]
        if not meant:
            return []
        book = await rule_book(world, state)
        counted = [book.counted(timer) for timer in meant]
        await stored.update(counted)
    return counted
