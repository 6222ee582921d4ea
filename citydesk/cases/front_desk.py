"""What the front desk does: look through, take in, ask for correction, accept or refuse."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from citydesk import guides
from citydesk.cases.deferral import Deferral, accept_with
from citydesk.cases.events import (
    CaseNotAccepted,
    CaseNotInScope,
    CasePreReviewed,
    CaseReceived,
    CaseReturned,
    CorrectionRequested,
)
from citydesk.cases.filing import check_complete
from citydesk.cases.limits import handling_terms
from citydesk.cases.moving import moving
from citydesk.cases.originals import checked_originals, listed
from citydesk.cases.refusals import ReasonMissing
from citydesk.cases.scanning import check_unharmed
from citydesk.cases.states import Action, State
from citydesk.cases.table import Clock
from citydesk.cases.words import REMEDIES
from citydesk.identity import Officer
from citydesk.workdays import Budget, Unit
from citydesk.world import World
from models.cases import Case

CORRECTION_DAYS = 15
LONGEST_CORRECTION = 90
HAND_IN_DAYS = 60  # a filing found complete waits so long for its papers at the window
LONGEST_MANDATE = 60
AGAIN = "再次告知补正"


async def pre_pass(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """Find a filing complete in form (online pre-review); the papers may now be brought."""
    async with moving(world, officer, case_id, Action.PRE_PASS, note) as move:
        last = world.clock.today() + timedelta(days=HAND_IN_DAYS)
        move.facts["lapse_on"] = last.isoformat()
        move.tx.announce(CasePreReviewed(case_id))
    return move.case


async def pre_fail(world: World, officer: Officer, case_id: UUID, reason: str) -> Case:
    """Return a filing before receipt, listing all its faults at once."""
    async with moving(world, officer, case_id, Action.PRE_FAIL, reason) as move:
        move.tx.announce(CaseReturned(case_id))
    return move.case


async def receive(
    world: World,
    officer: Officer,
    case_id: UUID,
    note: str | None = None,
    *,
    originals: Mapping[str, int] | None = None,
    mandate: str = "",
) -> Case:
    """Take the papers in; whether the matter is accepted is told within 5 working days.

    What was begun at the window is received only when it is complete. ``originals``: how many of
    which material were handed over on paper; ``mandate``: what the agent's mandate is known by.

    Raises:
        FilingIncomplete: names everything that is missing, or a paper the guide does not ask for.
        ReasonMissing: an agent without a mandate.
    """
    async with moving(world, officer, case_id, Action.RECEIVE, note) as move:
        handed = await checked_originals(world, move, originals)
        if State(move.case.state) is State.DRAFT:
            await check_complete(world, move, {each["code"] for each in handed})
            move.facts |= _mandated(move.case, mandate.strip())
        move.facts["materials"] = await listed(world, move.case, handed)
        move.tx.announce(CaseReceived(case_id))
    return move.case


def _mandated(case: Case, mandate: str) -> dict[str, str]:
    """What is written down of an agent: who, by which mandate."""
    if case.agent_identity_id is None:
        return {}
    if not 1 <= len(mandate) <= LONGEST_MANDATE:
        said = "代办的要核对授权委托书，请填写委托书编号或日期。"
        raise ReasonMissing(said, [{"field": "mandate", "detail": "必填，最多60个字"}])
    return {"agent": str(case.agent_identity_id), "mandate": mandate}


async def request_correction(
    world: World,
    officer: Officer,
    case_id: UUID,
    reason: str,
    *,
    days: int | None = CORRECTION_DAYS,
    why_again: str | None = None,
) -> Case:
    """Tell the applicant, completely, what is missing or wrong (art. 32).

    ``days`` until it must be there; None names no deadline, and then nothing lapses. A second
    notice says why the first did not tell it, and is shown to supervision.

    Raises:
        NotAllowedNow: the decision is overdue, or two notices were given already.
        ReasonMissing: a second notice without saying why.
    """
    if days is not None and not 1 <= days <= LONGEST_CORRECTION:
        said = f"补正期限应为1至{LONGEST_CORRECTION}天，请核对。"
        raise ReasonMissing(said, [{"field": "days", "detail": "天数不对"}])
    async with moving(world, officer, case_id, Action.REQUEST_CORRECTION, reason) as move:
        if move.case.correction_round and not (why_again or "").strip():
            said = "补正应一次性告知。确需再次告知的，请写明为什么上次没有告知，监管部门会看到。"
            raise ReasonMissing(said, [{"field": "why_again", "detail": "必填"}])
        if move.case.correction_round:
            move.facts |= {"mark": AGAIN}
            move.reason = f"{reason.strip()}\n再次告知的原因：{(why_again or '').strip()}"
        if days is not None:
            move.terms.budgets[Clock.CORRECTION] = Budget(days, Unit.CALENDAR_DAY)
        move.tx.announce(CorrectionRequested(case_id, move.case.correction_round + 1))
    return move.case


async def accept(
    world: World,
    officer: Officer,
    case_id: UUID,
    note: str | None = None,
    *,
    deferral: Deferral | None = None,
) -> Case:
    """Accept the matter and tell the dates by which it is promised and due by law.

    ``deferral``: which papers follow, and in how many working days (容缺受理).

    Raises:
        DeferralFaulty: papers that may not follow, or nobody promised them.
    """
    async with moving(world, officer, case_id, Action.ACCEPT, note) as move:
        await check_unharmed(move.case)
        move.terms.budgets |= await handling_terms(world, move.case)
        await accept_with(world, move, deferral)
    return move.case


async def refuse_acceptance(world: World, officer: Officer, case_id: UUID, reason: str) -> Case:
    """Refuse acceptance, with the reason and the remedies."""
    async with moving(world, officer, case_id, Action.REFUSE_ACCEPTANCE, reason) as move:
        move.facts["remedies"] = await remedies(world, move.case)
        move.tx.announce(CaseNotAccepted(case_id))
    return move.case


async def out_of_scope(
    world: World, officer: Officer, case_id: UUID, reason: str, competent_organ: str
) -> Case:
    """Say that another organ is competent, and which (art. 32 no. 2).

    Raises:
        ReasonMissing: without naming that organ.
    """
    organ = competent_organ.strip()
    if not 2 <= len(organ) <= 60:
        raise ReasonMissing(
            "请写明应当向哪个部门申请。", [{"field": "competent_organ", "detail": "必填"}]
        )
    async with moving(world, officer, case_id, Action.OUT_OF_SCOPE, reason) as move:
        move.facts["competent_organ"] = organ
        move.facts["remedies"] = await remedies(world, move.case)
        move.tx.announce(CaseNotInScope(case_id))
    return move.case


async def remedies(world: World, case: Case) -> str:
    """Return how to appeal, as the guide says, or as the law says where the guide is silent."""
    guide = await guides.version(world, case.item_version_id)
    return guide.content.remedies or REMEDIES
