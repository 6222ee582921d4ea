"""What time alone does to a case: silence accepts, a missed deadline returns, the rest is filed.

Each state that ends by itself carries its last day (``lapse_on``), unless the calendar that far
is not published yet: nothing happens on a provisional date.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from citydesk.cases.clocks import CASE, EXPIRY
from citydesk.cases.deferral import deferred_papers
from citydesk.cases.events import (
    CaseAcceptedBySilence,
    CaseChanged,
    CaseNotBrought,
    CorrectionLapsed,
    DeferredLapsed,
    SpecialEnded,
)
from citydesk.cases.joint import end_parts
from citydesk.cases.limits import handling_terms
from citydesk.cases.moving import moving
from citydesk.cases.refusals import NoSuchCase, NotAllowedNow
from citydesk.cases.rules import months_after
from citydesk.cases.states import ENDS, Action, State
from citydesk.kit import sql
from citydesk.kit.announced import Announced, one_by_one
from citydesk.workdays import TimerExpired, TimerKind
from citydesk.world import World
from models.cases import Case

ARCHIVE_MONTHS = 6  # until nobody can sue any more (行政诉讼法 art. 46)
AT_ONCE = 500

LAPSES: Mapping[State, Action] = {
    State.PRE_REVIEWED: Action.NOT_BROUGHT,
    State.RECEIVED: Action.ACCEPT_BY_SILENCE,
    State.CORRECTING: Action.CORRECTION_LAPSED,
    State.SERVED: Action.ARCHIVE,
}
_TOLD: Mapping[Action, type[CaseChanged]] = {
    Action.NOT_BROUGHT: CaseNotBrought,
    Action.ACCEPT_BY_SILENCE: CaseAcceptedBySilence,
    Action.CORRECTION_LAPSED: CorrectionLapsed,
    Action.SPECIAL_LAPSED: SpecialEnded,
    Action.DEFERRED_LAPSED: DeferredLapsed,
}
_OVERDUE = """
    SELECT id, state FROM service_case WHERE lapse_on < $1 AND id > $2 ORDER BY id LIMIT $3
"""


def archive_on(served_on: date) -> date:
    """Return the last day before what was served is archived."""
    return months_after(served_on, ARCHIVE_MONTHS)


async def lapse(world: World, case_id: UUID, action: Action) -> Case:
    """Do what time does to a case; the table refuses what is not due.

    Acceptance by silence counts from the day of receipt (行政许可法 art. 32).
    """
    async with moving(world, None, case_id, action) as move:
        if action is Action.ACCEPT_BY_SILENCE:
            assert move.case.received_at is not None
            move.facts["accepted_at"] = move.case.received_at.isoformat()
            move.terms.anchor_at = move.case.received_at
            move.terms.budgets |= await handling_terms(world, move.case)
        if action is Action.DEFERRED_LAPSED:
            move.facts["owed"] = [each.name for each in await deferred_papers(move.case)]
            if move.step.to in ENDS:
                await end_parts(world, move.case)
        if told := _TOLD.get(action):
            move.tx.announce(told(case_id))
    return move.case


async def _expire(world: World, announced: Announced) -> None:
    event = announced.event
    assert isinstance(event, TimerExpired)
    action = EXPIRY.get(TimerKind(event.kind)) if event.subject_kind == CASE else None
    if action is Action.SPECIAL_LAPSED:
        case = await Case.get_or_none(id=event.subject_id)
        if case is None or case.special_no != event.no or not case.special_open:
            return  # an earlier one, or it has ended meanwhile
    _ = await _try(world, event.subject_id, action)


lapse_expired = one_by_one(_expire)


async def lapse_overdue(world: World) -> int:
    """Do it for every case whose last day is over; return how many.

    The timetable calls this: for what no timer announces, and for what was missed.
    """
    done, after = 0, UUID(int=0)
    while found := await sql.rows(_OVERDUE, world.clock.today(), after, AT_ONCE):
        for row in found:
            done += await _try(world, row["id"], LAPSES.get(State(row["state"])))
        after = found[-1]["id"]
    return done


async def _try(world: World, case_id: UUID, action: Action | None) -> int:
    if action is None:
        return 0
    try:
        _ = await lapse(world, case_id, action)
    except (NotAllowedNow, NoSuchCase):  # somebody was quicker
        return 0
    return 1
