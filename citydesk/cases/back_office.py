"""What the back office and the exit window do: review, decide, complete, serve."""

from enum import StrEnum
from uuid import UUID

from citydesk import guides
from citydesk.cases.events import CaseCompleted, CaseDecided, CaseServed, ReviewStarted
from citydesk.cases.machine import Action
from citydesk.cases.moving import moving
from citydesk.cases.refusals import ReasonMissing
from citydesk.identity import Officer
from citydesk.world import World
from models.cases import Case


class Outcome(StrEnum):
    """How a matter was decided."""

    GRANTED = "granted"
    REFUSED = "refused"


async def start_review(
    world: World, officer: Officer, case_id: UUID, note: str | None = None
) -> Case:
    """Begin the review."""
    async with moving(world, officer, case_id, Action.START_REVIEW, note) as move:
        move.tx.announce(ReviewStarted(case_id))
    return move.case


async def decide(
    world: World, officer: Officer, case_id: UUID, outcome: Outcome, reason: str | None = None
) -> Case:
    """Grant or refuse; a refusal gives its reason and the remedies (行政许可法 art. 38).

    Raises:
        ReasonMissing: refused without a reason.
    """
    if outcome is Outcome.REFUSED and not (reason or "").strip():
        raise ReasonMissing("不予许可要写明理由。", [{"field": "reason", "detail": "必填"}])
    async with moving(world, officer, case_id, Action.DECIDE, reason) as move:
        move.set(decided_at=world.clock.now(), outcome=outcome.value)
        move.facts["outcome"] = outcome.value
        if outcome is Outcome.REFUSED:
            guide = await guides.version(world, move.case.item_version_id)
            move.facts["remedies"] = guide.content.remedies
        move.tx.announce(CaseDecided(case_id))
    return move.case


async def complete(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """The result is made; the applicant may fetch it."""
    async with moving(world, officer, case_id, Action.COMPLETE, note) as move:
        move.set(completed_at=world.clock.now())
        move.tx.announce(CaseCompleted(case_id))
    return move.case


async def serve(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """Hand the result over at the exit window."""
    async with moving(world, officer, case_id, Action.SERVE, note) as move:
        move.set(served_at=world.clock.now())
        move.tx.announce(CaseServed(case_id))
    return move.case
