"""What a step does to the clocks of its case, and which dates come of it.

The clocks themselves are timers of ``workdays``; the case keeps the dates it told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from citydesk import workdays
from citydesk.cases.limits import FIXED
from citydesk.cases.states import Action, Outcome
from citydesk.cases.table import Clock, Effect, Step, Verb
from citydesk.workdays import Budget, Starting, Subject, Timer, TimerKind
from citydesk.world import World
from models.cases import Case

CASE = "case"
# The clock whose end moves the case by itself, and so bounds its state.
LAPSING = (TimerKind.CORRECTION_DECISION, TimerKind.CORRECTION)


@dataclass(slots=True)
class Terms:
    """What a step gives its clocks: budgets, the instant they begin, days approved or added."""

    budgets: dict[Clock, Budget] = field(default_factory=dict)
    anchor_at: datetime | None = None
    days: int | None = None
    reason: str = ""


def subject_of(case: Case) -> Subject:
    """Whose clocks they are."""
    return Subject(CASE, case.id)


async def apply(world: World, case: Case, step: Step, at: datetime, terms: Terms) -> list[Timer]:
    """Stop, pause, resume, start and extend as the table says; return those that run on."""
    touched: list[Timer] = []
    subject = subject_of(case)
    stopping, pausing, resuming = (
        _kinds(step.effects, verb) for verb in (Verb.STOP, Verb.PAUSE, Verb.RESUME)
    )
    starting = list(_starting(case, step.effects, terms))
    # A case that leaves the path leaves nothing behind that could still fall.
    void = bool(stopping) and any(each.clock is Clock.EVERY for each in step.effects)
    since, organ = terms.anchor_at or at, case.organ_id
    if stopping and starting and not (pausing or resuming):
        touched += await workdays.turn_timers(
            world, subject, stopping, starting, at, anchor_at=since, organ_id=organ, void=void
        )
        stopping, starting = [], []
    if stopping:
        await workdays.stop_timers(world, subject, at, kinds=stopping, void=void)
    if pausing:
        touched += await workdays.suspend_timers(
            world, subject, pausing, at, approved_days=terms.days, reason=terms.reason
        )
    if resuming:
        touched += await workdays.resume_timers(world, subject, resuming, at)
    if starting:
        touched += await workdays.start_timers(world, subject, starting, since, organ_id=organ)
    for effect in step.effects:
        if effect.verb is Verb.EXTEND and terms.days:
            kind = TimerKind(effect.clock.value)
            touched.append(
                await workdays.extend_timer(
                    world, subject, kind, terms.days, at, reason=terms.reason
                )
            )
    return touched


def _kinds(effects: Iterable[Effect], verb: Verb) -> list[TimerKind]:
    found = [each.clock for each in effects if each.verb is verb]
    if Clock.EVERY in found:
        return list(TimerKind)
    return [TimerKind(each.value) for each in found]


def earns_certificate(case: Case) -> bool:
    """Whether a certificate is to be made: the item's result is one, and it was not refused."""
    return case.certificate and case.outcome != Outcome.REFUSED


def _starting(case: Case, effects: Iterable[Effect], terms: Terms) -> Iterator[Starting]:
    """The clocks that start, of those limits that this case has at all."""
    for effect in effects:
        if effect.verb not in (Verb.START, Verb.BACKDATE):
            continue
        budget = terms.budgets.get(effect.clock) or FIXED.get(effect.clock)
        if budget is None or (effect.clock is Clock.CERTIFICATE and not earns_certificate(case)):
            continue
        number = case.special_no + 1 if effect.clock is Clock.SPECIAL else 0
        yield Starting(TimerKind(effect.clock.value), budget, number)


def dates(case: Case, touched: Iterable[Timer]) -> dict[str, Any]:
    """Read the dates a case tells off its clocks. The promise never ends after the law (art. 42).

    Only what the touched clocks say: an extension of the legal limit leaves the promise alone, and
    what is ``provisional`` is the promise; the limit is said to be so by ``statutory_provisional``.
    """
    by_kind = {timer.kind: timer for timer in touched}
    facts: dict[str, Any] = {}
    promised, statutory = by_kind.get(TimerKind.PROMISED), by_kind.get(TimerKind.STATUTORY)
    if statutory is not None:
        facts |= {"statutory_on": statutory.due_on.isoformat()}
        facts |= {"statutory_provisional": True} if statutory.provisional else {}
    if promised is not None:
        first = min((promised, statutory or promised), key=lambda timer: timer.due_on)
        facts |= {"promised_on": first.due_on.isoformat(), "provisional": first.provisional}
    if (told := promised or statutory) is not None:
        facts["calendar"] = told.calendar_version
    if (deferred := by_kind.get(TimerKind.DEFERRED_MATERIAL)) is not None:
        facts["deferred_due_on"] = deferred.due_on.isoformat()
    for kind in LAPSING:
        if (timer := by_kind.get(kind)) is not None:
            facts["lapse_on"] = None if timer.provisional else timer.due_on.isoformat()
            if kind is TimerKind.CORRECTION:
                facts["due_on"] = timer.due_on.isoformat()
    return facts


EXPIRY = {
    TimerKind.CORRECTION_DECISION: Action.ACCEPT_BY_SILENCE,
    TimerKind.CORRECTION: Action.CORRECTION_LAPSED,
    TimerKind.SPECIAL: Action.SPECIAL_LAPSED,
    TimerKind.DEFERRED_MATERIAL: Action.DEFERRED_LAPSED,
}
