"""What the front desk does: look through, take in, ask for correction, accept or refuse."""

from datetime import timedelta
from uuid import UUID

from citydesk import guides, workdays
from citydesk.cases import rules
from citydesk.cases.events import (
    CaseAccepted,
    CaseNotAccepted,
    CasePreReviewed,
    CaseReceived,
    CaseReturned,
    CorrectionRequested,
)
from citydesk.cases.machine import Action
from citydesk.cases.moving import moving
from citydesk.cases.refusals import NotAllowedNow
from citydesk.identity import Officer
from citydesk.world import World
from models.cases import Case

CORRECTION_DAYS = 15
MOST_ROUNDS = 1


async def pre_pass(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """Find a filing complete in form (online pre-review)."""
    async with moving(world, officer, case_id, Action.PRE_PASS, note) as move:
        move.tx.announce(CasePreReviewed(case_id))
    return move.case


async def pre_fail(world: World, officer: Officer, case_id: UUID, reason: str) -> Case:
    """Return a filing before receipt, listing all its faults at once."""
    async with moving(world, officer, case_id, Action.PRE_FAIL, reason) as move:
        move.tx.announce(CaseReturned(case_id))
    return move.case


async def receive(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """Take the papers in; whether the matter is accepted is told within 5 working days."""
    async with moving(world, officer, case_id, Action.RECEIVE, note) as move:
        move.set(received_at=world.clock.now())
        move.tx.announce(CaseReceived(case_id))
    return move.case


async def request_correction(world: World, officer: Officer, case_id: UUID, reason: str) -> Case:
    """Tell the applicant once, and completely, what is missing or wrong (art. 32).

    Raises:
        NotAllowedNow: one notice was given already; the law allows one.
    """
    async with moving(world, officer, case_id, Action.REQUEST_CORRECTION, reason) as move:
        if move.case.correction_round >= MOST_ROUNDS:
            raise NotAllowedNow("补正只能一次性告知，这个办件已经告知过了。")
        round_no = move.case.correction_round + 1
        due_on = world.clock.today() + timedelta(days=CORRECTION_DAYS)
        move.set(correction_round=round_no, correction_due_on=due_on)
        move.facts["due_on"] = due_on.isoformat()
        move.tx.announce(CorrectionRequested(case_id, round_no))
    return move.case


async def accept(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """Accept the matter and tell the dates by which it is promised and due by law."""
    calendar = await workdays.calendar(world)
    async with moving(world, officer, case_id, Action.ACCEPT, note) as move:
        guide = await guides.version(world, move.case.item_version_id)
        due = rules.promise(guide.content, world.clock.today(), calendar)
        move.set(
            accepted_at=world.clock.now(),
            promised_on=due.promised_on,
            statutory_on=due.statutory_on,
            provisional=due.provisional,
        )
        move.facts.update(
            promised_on=due.promised_on.isoformat(),
            statutory_on=due.statutory_on.isoformat(),
            provisional=due.provisional,
            calendar=calendar.version,
        )
        move.tx.announce(CaseAccepted(case_id))
    return move.case


async def refuse_acceptance(world: World, officer: Officer, case_id: UUID, reason: str) -> Case:
    """Refuse acceptance, with the reason and the remedies."""
    async with moving(world, officer, case_id, Action.REFUSE_ACCEPTANCE, reason) as move:
        guide = await guides.version(world, move.case.item_version_id)
        move.facts["remedies"] = guide.content.remedies
        move.tx.announce(CaseNotAccepted(case_id))
    return move.case
