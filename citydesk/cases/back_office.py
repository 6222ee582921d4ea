"""What the back office and the exit window do: review, decide, complete, certify, serve."""

import re
from uuid import UUID

from citydesk import guides
from citydesk.cases.deferral import settle_outcome
from citydesk.cases.events import (
    CaseCompleted,
    CaseDecided,
    CaseServed,
    CertificateIssued,
    ReviewStarted,
    SupplementRequested,
)
from citydesk.cases.front_desk import remedies
from citydesk.cases.joint import check_outcome, part_decided
from citydesk.cases.lapses import archive_on
from citydesk.cases.limits import closing_days, review_links
from citydesk.cases.moving import WINDOW, Move, moving
from citydesk.cases.refusals import ReasonMissing, TermsFaulty
from citydesk.cases.states import Action, Outcome
from citydesk.cases.table import Clock
from citydesk.identity import Officer
from citydesk.workdays import working_days
from citydesk.world import World
from models.cases import Case

MAIL = "mail"
_WAYBILL = re.compile(r"[A-Z0-9]{8,30}", re.ASCII)
NEED_REASON = {
    Outcome.REFUSED: "不予许可要写明理由。",
    Outcome.PARTIAL: "部分准予要写明哪些不准予和理由。",
}


async def start_review(
    world: World, officer: Officer, case_id: UUID, note: str | None = None
) -> Case:
    """Begin the review at its first link."""
    async with moving(world, officer, case_id, Action.START_REVIEW, note) as move:
        await _stand_at(move, 0)
        move.tx.announce(ReviewStarted(case_id))
    return move.case


async def pass_link(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """Find a link of the review done; the next begins."""
    async with moving(world, officer, case_id, Action.PASS_LINK, note) as move:
        await _stand_at(move, (move.case.link or 0) + 1)
    return move.case


async def return_link(world: World, officer: Officer, case_id: UUID, reason: str) -> Case:
    """Send the review back to the link before; it is reopened."""
    async with moving(world, officer, case_id, Action.RETURN_LINK, reason) as move:
        await _stand_at(move, (move.case.link or 0) - 1)
    return move.case


async def _stand_at(move: Move, number: int) -> None:
    guide = await guides.version(move.world, move.case.item_version_id)
    links = review_links(guide.content)
    if move.case.parent_id is not None or not 0 <= number < len(links):
        return
    name, days = links[number]
    move.facts |= {"link": number, "link_name": name}
    if days:
        move.terms.budgets[Clock.LINK] = working_days(days)


async def request_supplement(world: World, officer: Officer, case_id: UUID, reason: str) -> Case:
    """Ask for more during the review (过程补件); the clocks run on."""
    async with moving(world, officer, case_id, Action.REQUEST_SUPPLEMENT, reason) as move:
        move.tx.announce(SupplementRequested(case_id))
    return move.case


async def decide(
    world: World, officer: Officer, case_id: UUID, outcome: Outcome, reason: str | None = None
) -> Case:
    """Grant, grant in part or with papers to follow, refuse, or pass up to the organ above.

    A refusal gives its reason and the remedies (行政许可法 art. 38).

    Raises:
        ReasonMissing: an outcome that needs a reason has none.
        NotAllowedNow: passed up without an organ above taking part, or granted against a part.
    """
    if outcome in NEED_REASON and not (reason or "").strip():
        raise ReasonMissing(NEED_REASON[outcome], [{"field": "reason", "detail": "必填"}])
    async with moving(world, officer, case_id, Action.DECIDE, reason) as move:
        await check_outcome(move.case, outcome)
        await settle_outcome(move, outcome)
        move.facts["outcome"] = outcome.value
        if outcome in (Outcome.REFUSED, Outcome.PARTIAL):
            move.facts["remedies"] = await remedies(world, move.case)
        if move.parent is None and (days := await _closing_days(move)):
            move.terms.budgets[Clock.LINK] = working_days(days)
        if move.parent is not None:
            await part_decided(move, move.parent, outcome)
        else:
            move.tx.announce(CaseDecided(case_id))
    return move.case


async def _closing_days(move: Move) -> int:
    """The days a guide gives from the decision to the completion; 0 for no limit of its own."""
    guide = await guides.version(move.world, move.case.item_version_id)
    return closing_days(guide.content)


async def complete(world: World, officer: Officer, case_id: UUID, note: str | None = None) -> Case:
    """The result is made; the applicant may fetch it, a certificate once it is issued.

    After a refusal the result is the written decision.
    """
    async with moving(world, officer, case_id, Action.COMPLETE, note) as move:
        if move.case.outcome == Outcome.REFUSED:
            move.facts["refused"] = True
        move.tx.announce(CaseCompleted(case_id))
    return move.case


async def issue_certificate(
    world: World, officer: Officer, case_id: UUID, note: str | None = None
) -> Case:
    """The certificate is made and waits at the exit window."""
    async with moving(world, officer, case_id, Action.ISSUE_CERTIFICATE, note) as move:
        move.tx.announce(CertificateIssued(case_id))
    return move.case


async def serve(
    world: World, officer: Officer, case_id: UUID, note: str | None = None, *, waybill: str = ""
) -> Case:
    """Hand the result over at the exit window, or by mail; archived once no court can be asked.

    ``waybill``: the number under which it was mailed, where the guide offers that: the proof.

    Raises:
        TermsFaulty: not mailed by the guide, or no waybill number.
    """
    number = waybill.strip().upper()
    if number and not _WAYBILL.fullmatch(number):
        raise TermsFaulty(
            "运单号不对，请核对后再填。", [{"field": "waybill", "detail": "8至30位字母和数字"}]
        )
    async with moving(world, officer, case_id, Action.SERVE, note) as move:
        if number:
            guide = await guides.version(world, move.case.item_version_id)
            if MAIL not in {each.value for each in guide.content.delivery}:
                said = "这个事项的结果不邮寄，请在出件窗口交付。"
                raise TermsFaulty(said, [{"field": "waybill", "detail": "不能邮寄"}])
        move.facts |= {"method": MAIL, "waybill": number} if number else {"method": WINDOW}
        move.facts["lapse_on"] = archive_on(world.clock.today()).isoformat()
        move.tx.announce(CaseServed(case_id))
    return move.case
