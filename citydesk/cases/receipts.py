"""The receipt (回执): number and query code, to keep; what happens next, and by when."""

from dataclasses import dataclass
from uuid import UUID

from citydesk import organs
from citydesk.cases.due import NextDue, clock_of, due_by
from citydesk.cases.filing import submitting
from citydesk.cases.queries import fetch_for, query_code_of
from citydesk.cases.refusals import NotAllowedNow
from citydesk.cases.states import State
from citydesk.cases.timelines import explained_progress, next_step_of
from citydesk.cases.words import LABELS
from citydesk.identity import Citizen
from citydesk.world import World
from models.cases import Case


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an applicant holds of a case that is submitted; the number tells of no volume."""

    case: Case
    query_code: str
    hall_name: str
    next_step: str
    next_due: NextDue | None

    @property
    def label(self) -> str:
        """How the case stands, in words."""
        return LABELS[State(self.case.state)]


async def receipt(world: World, citizen: Citizen, case_id: UUID) -> Receipt:
    """Return the receipt of a case, as often as its applicant asks; to nobody else.

    Raises:
        NotAllowedNow: it is still a draft.
    """
    case = await fetch_for(citizen, case_id)
    if case.filed_at is None:
        raise NotAllowedNow("还没有提交，提交后才有回执。", state=case.state)
    told = await explained_progress(world, case)
    code = query_code_of(world, case)
    return Receipt(case, code, told.hall_name, told.next_step, told.next_due)


async def submit_for_receipt(
    world: World, citizen: Citizen, case_id: UUID, *, promises: bool = False
) -> Receipt:
    """Submit as ``submit`` does, and return the receipt.

    Raises:
        As ``submit``.
    """
    async with submitting(world, citizen, case_id, promises=promises) as move:
        hall_name = await organs.hall_name(world, move.case.hall_id)
    case = move.case
    step = next_step_of(State(case.state), case.outcome, case.supplement_asked)
    due = due_by(clock_of(case, move.clocks))
    return Receipt(case, query_code_of(world, case), hall_name, step, due)
