"""The receipt (回执): number and query code, to keep; what happens next, and by when."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.cases.queries import fetch_for, query_code_of
from citydesk.cases.refusals import NotAllowedNow
from citydesk.cases.timelines import Progress, explained_progress
from citydesk.identity import Citizen
from citydesk.world import World
from models.cases import Case


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an applicant holds of a case that is submitted; the number tells of no volume."""

    case: Case
    query_code: str
    progress: Progress


async def receipt(world: World, citizen: Citizen, case_id: UUID) -> Receipt:
    """Return the receipt of a case, as often as its applicant asks; to nobody else.

    Raises:
        NotAllowedNow: it is still a draft.
    """
    case = await fetch_for(citizen, case_id)
    if case.filed_at is None:
        raise NotAllowedNow("还没有提交，提交后才有回执。", state=case.state)
    return await receipt_of(world, case)


async def receipt_of(world: World, case: Case) -> Receipt:
    """Return the receipt of a case its applicant has just submitted."""
    return Receipt(case, query_code_of(world, case), await explained_progress(world, case))
