"""Immediate items (即办件): accepted, decided and completed at the window, in one transaction."""

from uuid import UUID

from citydesk.cases.back_office import complete, decide
from citydesk.cases.front_desk import accept, receive
from citydesk.cases.moving import locked
from citydesk.cases.states import Outcome, State
from citydesk.identity import Officer
from citydesk.world import World
from models.cases import Case


async def finish_at_once(
    world: World,
    officer: Officer,
    case_id: UUID,
    outcome: Outcome,
    reason: str | None = None,
) -> Case:
    """Finish an immediate item while the applicant waits: all of its steps, or none.

    Raises:
        NotAllowedNow: not an immediate item, or it stands elsewhere. ReasonMissing: refused
        without a reason.
    """
    async with world.transaction():
        case, _ = await locked(case_id)
        if case is not None and case.state in (State.FILED, State.PRE_REVIEWED):
            _ = await receive(world, officer, case_id)
        if case is None or case.state != State.ACCEPTED:
            _ = await accept(world, officer, case_id)
        _ = await decide(world, officer, case_id, outcome, reason)
        return await complete(world, officer, case_id)
