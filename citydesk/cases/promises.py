"""Dates that move without a step: a published calendar counts the clocks of cases again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from citydesk import workdays
from citydesk.cases import clocks
from citydesk.cases.events import PromiseMoved
from citydesk.cases.limits import FIXED, handling_terms
from citydesk.cases.machine import lines_of
from citydesk.cases.moving import locked, note
from citydesk.cases.states import Action, State
from citydesk.cases.table import Clock
from citydesk.kit import sql
from citydesk.kit.announced import Announced, one_by_one
from citydesk.workdays import DueMoved, TimerKind
from citydesk.world import World
from models.cases import Case

UNDER_WAY = (State.ACCEPTED, State.IN_REVIEW, State.SUSPENDED)
AT_ONCE = 200

_UNSETTLED = """
    SELECT id FROM service_case
    WHERE id > $1 AND ((provisional AND state IN ('accepted', 'in_review', 'suspended'))
        OR (state = 'received' AND lapse_on IS NULL))
    ORDER BY id LIMIT $2
"""
# Cases from before there were clocks: begun under rules 2026.1 and still under way.
_CLOCKLESS = """
    SELECT id FROM service_case AS kase
    WHERE id > $1 AND state IN ('filed', 'received', 'correcting', 'accepted', 'in_review')
        AND NOT EXISTS (SELECT FROM business_timer AS timer
            WHERE timer.subject_kind = 'case' AND timer.subject_id = kase.id)
    ORDER BY id LIMIT $2
"""


async def _take_over(world: World, announced: Announced) -> None:
    event = announced.event
    assert isinstance(event, DueMoved)
    if event.subject_kind == clocks.CASE:
        await _recount(world, event.subject_id)


take_over_dates = one_by_one(_take_over)


async def settle_after_publishing(
    world: World, batch: Sequence[Announced]
) -> Mapping[UUID, BaseException]:
    """Make certain what a published year makes certain, also where no date moved."""
    await settle_dates(world)
    return {}


async def settle_dates(world: World) -> int:
    """Take over what the clocks say for every case with a provisional date; return how many.

    Also a job of the night: a case may be accepted while its year is being published. Cases from
    before there were clocks get theirs here.
    """
    for case_id in await _some(_CLOCKLESS):
        await _wind(world, case_id)
    found = await _some(_UNSETTLED)
    for case_id in found:
        await _recount(world, case_id)
    return len(found)


async def _some(statement: str) -> list[UUID]:
    found, after = list[UUID](), UUID(int=0)
    while rows := await sql.rows(statement, after, AT_ONCE):
        found += [row["id"] for row in rows]
        after = found[-1]
    return found


async def _recount(world: World, case_id: UUID) -> None:
    """Take over a case's dates from its clocks; tell the citizen where the promise moved."""
    async with world.transaction() as tx:
        case, _ = await locked(case_id)
        if case is None:
            return
        timers = await workdays.timers_on(world, clocks.subject_of(case))
        told = _news(case, clocks.dates(case, _that_count(case, timers)))
        if not told:
            return
        before = case.promised_on.isoformat() if case.promised_on else None
        moved = "promised_on" in told and before is not None
        reason = f"节假日安排公布后重新计算：{before} → {told['promised_on']}" if moved else None
        [step] = lines_of(Action.RECOUNT)
        await note(world, None, case, step, reason, told)
        if moved and case.state in UNDER_WAY:  # nobody is told of a date that no longer matters
            tx.announce(PromiseMoved(case.id))


def _that_count(case: Case, timers: Sequence[workdays.Timer]) -> list[workdays.Timer]:
    """The clocks whose dates the case tells: both limits, and what bounds its present state."""
    bounding = {
        State.RECEIVED: TimerKind.CORRECTION_DECISION,
        State.CORRECTING: TimerKind.CORRECTION,
    }.get(State(case.state))
    owed = TimerKind.DEFERRED_MATERIAL if case.deferred_due_on is not None else None
    kinds = {TimerKind.PROMISED, TimerKind.STATUTORY, bounding, owed}
    return [each for each in timers if each.kind in kinds]


def _news(case: Case, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Of the dates the clocks say, those the case does not tell yet."""
    stored = {
        "promised_on": case.promised_on.isoformat() if case.promised_on else None,
        "statutory_on": case.statutory_on.isoformat() if case.statutory_on else None,
        "lapse_on": case.lapse_on.isoformat() if case.lapse_on else None,
        "provisional": case.provisional,
        "deferred_due_on": case.deferred_due_on.isoformat() if case.deferred_due_on else None,
    }
    return {name: facts[name] for name in stored if name in facts and facts[name] != stored[name]}


async def _bound(world: World, case: Case) -> None:
    """Let a correction asked for under the rules of before end on the day its notice named."""
    if case.state == State.CORRECTING and case.correction_due_on and case.lapse_on is None:
        [step] = lines_of(Action.RECOUNT)
        told = {"lapse_on": case.correction_due_on.isoformat()}
        await note(world, None, case, step, None, told)


async def _wind(world: World, case_id: UUID) -> None:
    """Start the clocks a case of before should have, from the instants it has stored."""
    async with world.transaction():
        case, _ = await locked(case_id)
        if case is None:
            return
        state, subject = State(case.state), clocks.subject_of(case)
        if state is State.FILED and case.filed_at:
            budgets, anchor = {Clock.PRE_REVIEW: FIXED[Clock.PRE_REVIEW]}, case.filed_at
        elif state is State.RECEIVED and case.received_at:
            budgets, anchor = {Clock.DECISION: FIXED[Clock.DECISION]}, case.received_at
        elif state in UNDER_WAY and case.accepted_at:
            budgets, anchor = await handling_terms(world, case), case.accepted_at
        else:
            await _bound(world, case)
            return
        for clock, budget in budgets.items():
            await workdays.start_timer(
                world, subject, TimerKind(clock.value), budget, anchor, organ_id=case.organ_id
            )
