"""The ways out beside the road: taken back by the applicant, voided or revoked by the head."""

from uuid import UUID

from citydesk.cases.events import CaseRevoked, CaseVoided, CaseWithdrawn
from citydesk.cases.front_desk import remedies
from citydesk.cases.joint import end_parts
from citydesk.cases.moving import moving
from citydesk.cases.states import Action, State
from citydesk.identity import Citizen, Officer
from citydesk.world import World
from models.cases import Case


async def withdraw(world: World, citizen: Citizen, case_id: UUID, reason: str | None) -> Case:
    """Take a case back before it is decided; what other organs were asked for ends with it."""
    async with moving(world, citizen, case_id, Action.WITHDRAW, reason) as move:
        await end_parts(world, move.case)
        if State(move.case.state) is not State.DRAFT:  # nobody else ever saw the draft
            move.tx.announce(CaseWithdrawn(case_id))
    return move.case


async def void(world: World, head: Officer, case_id: UUID, reason: str) -> Case:
    """Void an open case, with a reason: the head of the organ only."""
    async with moving(world, head, case_id, Action.VOID, reason) as move:
        await end_parts(world, move.case)
        move.tx.announce(CaseVoided(case_id))
    return move.case


async def revoke(world: World, head: Officer, case_id: UUID, reason: str) -> Case:
    """Revoke a decision (行政许可法 art. 69), with the reason and the remedies."""
    async with moving(world, head, case_id, Action.REVOKE, reason) as move:
        move.facts["remedies"] = await remedies(world, move.case)
        move.tx.announce(CaseRevoked(case_id))
    return move.case
