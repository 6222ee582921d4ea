"""The ways out beside the road: taken back by the applicant, voided or revoked by the head."""

from uuid import UUID

from citydesk.cases.events import CaseRevoked, CaseVoided, CaseWithdrawn, MandateEnded
from citydesk.cases.front_desk import remedies
from citydesk.cases.joint import end_parts
from citydesk.cases.moving import moving
from citydesk.cases.states import Action, State
from citydesk.identity import Asker, Citizen, Officer
from citydesk.world import World
from models.cases import Case


async def withdraw(world: World, asker: Asker, case_id: UUID, reason: str | None) -> Case:
    """Take a case back before it is decided; what other organs were asked for ends with it.

    The front desk does it for an applicant who asks there in writing: the reason says so.
    """
    async with moving(world, asker, case_id, Action.WITHDRAW, reason) as move:
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


async def end_mandate(world: World, citizen: Citizen, case_id: UUID) -> Case:
    """End the mandate (委托) of the agent who acts in this case: they see it no longer."""
    async with moving(world, citizen, case_id, Action.END_MANDATE) as move:
        move.facts["agent"] = str(move.case.agent_identity_id)
        move.case.agent_identity_id = None
        await move.case.save(update_fields=["agent_identity_id"])
        move.tx.announce(MandateEnded(case_id))
    return move.case
