"""What a case waits for next, by which day, and why that day: read off its clocks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from citydesk import workdays
from citydesk.cases.clocks import CASE, subject_of
from citydesk.cases.states import State
from citydesk.workdays import Timer, TimerKind
from citydesk.world import World
from models.cases import Case

NAMES: Mapping[TimerKind, str] = {
    TimerKind.PRE_REVIEW: "预审截止",
    TimerKind.CORRECTION_DECISION: "受理决定截止",
    TimerKind.CORRECTION: "补正截止",
    TimerKind.PROMISED: "承诺办结",
    TimerKind.STATUTORY: "法定办结",
    TimerKind.CERTIFICATE: "制证截止",
    TimerKind.SERVICE: "送达截止",
}
# By state, the clock that matters next; the first that runs counts.
CLOCKS_BY_STATE: Mapping[State, tuple[TimerKind, ...]] = {
    State.FILED: (TimerKind.PRE_REVIEW,),
    State.RECEIVED: (TimerKind.CORRECTION_DECISION,),
    State.CORRECTING: (TimerKind.CORRECTION,),
    State.ACCEPTED: (TimerKind.PROMISED, TimerKind.STATUTORY),
    State.IN_REVIEW: (TimerKind.PROMISED, TimerKind.STATUTORY),
    State.SUSPENDED: (TimerKind.PROMISED, TimerKind.STATUTORY),
    State.DECIDED: (TimerKind.SERVICE,),
    State.COMPLETED: (TimerKind.CERTIFICATE, TimerKind.SERVICE),
    State.CERTIFICATE_READY: (TimerKind.SERVICE,),
}


@dataclass(frozen=True, slots=True)
class NextDue:
    """The next day that matters; provisional while its calendar is not yet published."""

    what: str
    on: date
    provisional: bool = False


def clock_of(case: Case, timers: Sequence[Timer]) -> Timer | None:
    """Return the clock that matters next; None when nothing runs."""
    for kind in CLOCKS_BY_STATE.get(State(case.state), ()):
        for timer in timers:
            if timer.kind is kind and timer.live:
                return timer
    return None


def due_by(timer: Timer | None) -> NextDue | None:
    """Say when a clock's last day is."""
    return NextDue(NAMES[timer.kind], timer.due_on, timer.provisional) if timer else None


async def next_due(world: World, case: Case) -> tuple[NextDue | None, tuple[str, ...]]:
    """Return the day that matters next and the sentences that explain it."""
    kinds = CLOCKS_BY_STATE.get(State(case.state), ())
    found = await workdays.running_clock(world, subject_of(case), kinds) if kinds else None
    if found is None:
        return None, ()
    timer, why = found
    return due_by(timer), tuple(each.text for each in why)


async def next_dues(world: World, found: Collection[Case]) -> dict[UUID, NextDue | None]:
    """Return the day that matters next of many cases, in one question."""
    timers = await workdays.timers_of(world, CASE, [case.id for case in found])
    return {case.id: due_by(clock_of(case, timers[case.id])) for case in found}
