"""The officers' side: the work list, one case, and each step of the machine."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from citydesk import cases
from citydesk.identity import Officer
from citydesk.world import World
from mobile_api.api import Api, Call
from mobile_api.cases.asked import (
    Acceptance,
    Because,
    Correction,
    Decision,
    Elsewhere,
    Extension,
    HowServed,
    Joint,
    Note,
    OneCase,
    Paging,
    Special,
    SpecialOver,
    TakenIn,
)
from mobile_api.cases.offering import HANDLERS, Door, Offer, Take
from mobile_api.cases.shown import (
    CasePage,
    DeskCase,
    due_shown,
    former_paper_shown,
    paper_shown,
    part_shown,
    shown,
    summary,
)
from models.cases import Case

api = Api("officers")
REFUSALS = (
    cases.NoSuchCase,
    cases.NotAllowedNow,
    cases.NotYourStep,
    cases.ReasonMissing,
    cases.TermsFaulty,
    cases.JointFaulty,
    cases.DeferralFaulty,
    cases.FilingIncomplete,
)
DESK = Door(api, "/officer/cases", HANDLERS, REFUSALS)

Remarked = Callable[[World, Officer, UUID, str | None], Awaitable[Case]]
Reasoned = Callable[[World, Officer, UUID, str], Awaitable[Case]]


@api("GET", "/officer/cases", who=HANDLERS, query=Paging, out=CasePage)
async def work_list(call: Call) -> CasePage:
    """What waits for the post I am signed in for, oldest first."""
    page = await cases.work_list(call.world, call.officer, call.query.cursor, call.query.limit)
    return CasePage(items=[shown(each) for each in page.items], next_cursor=page.next_cursor)


@api(
    "GET",
    "/officer/cases/{case_id}",
    who=HANDLERS,
    path_form=OneCase,
    out=DeskCase,
    refusals=(cases.NoSuchCase,),
)
async def desk_case(call: Call) -> DeskCase:
    """One case with its form, its papers and the steps allowed now; the reading is logged."""
    case = await cases.fetch_for(call.officer, call.path.case_id)
    progress = await cases.timeline(call.world, call.officer, case.id)
    return DeskCase(
        **summary(case),
        form=await cases.form_of(call.world, call.officer, case),
        confirmed=cases.confirmed_proposals(call.world, case),
        papers=[paper_shown(each) for each in await cases.papers(call.world, case)],
        former_papers=[
            former_paper_shown(each) for each in await cases.former_papers(call.world, case)
        ],
        allowed_actions=cases.allowed_actions(call.world, call.officer, case),
        next_due=due_shown(progress.next_due),
        why=list(progress.why),
        parts=[part_shown(each) for each in await cases.parts_of(call.world, case)],
    )


def _offer(path: str, step: Callable[..., Awaitable[Case]], take: Take, form: type) -> None:
    """Offer a step as the desk names and describes it."""
    DESK.offer(path, take, Offer(step.__name__, step.__doc__ or "", form))


def _offer_remarked(path: str, step: Remarked) -> None:
    """Offer a step that takes a remark or nothing."""

    async def take(call: Call) -> Case:
        return await step(call.world, call.officer, call.path.case_id, call.body.note)

    _offer(path, step, take, Note)


def _offer_reasoned(path: str, step: Reasoned) -> None:
    """Offer a step that needs a reason."""

    async def take(call: Call) -> Case:
        return await step(call.world, call.officer, call.path.case_id, call.body.reason)

    _offer(path, step, take, Because)


async def _receive(call: Call) -> Case:
    form: TakenIn = call.body
    return await cases.receive(
        call.world,
        call.officer,
        call.path.case_id,
        form.note,
        originals=form.originals,
        mandate=form.mandate,
    )


async def _accept(call: Call) -> Case:
    form: Acceptance = call.body
    asked = form.deferral
    deferral = cases.Deferral(tuple(asked.materials), asked.days, asked.signed) if asked else None
    return await cases.accept(
        call.world, call.officer, call.path.case_id, form.note, deferral=deferral
    )


async def _serve(call: Call) -> Case:
    form: HowServed = call.body
    return await cases.serve(
        call.world, call.officer, call.path.case_id, form.note, waybill=form.waybill
    )


async def _correction(call: Call) -> Case:
    form: Correction = call.body
    return await cases.request_correction(
        call.world,
        call.officer,
        call.path.case_id,
        form.reason,
        days=form.days,
        why_again=form.why_again,
    )


async def _out_of_scope(call: Call) -> Case:
    form: Elsewhere = call.body
    return await cases.out_of_scope(
        call.world, call.officer, call.path.case_id, form.reason, form.competent_organ
    )


async def _start_special(call: Call) -> Case:
    form: Special = call.body
    return await cases.start_special(
        call.world,
        call.officer,
        call.path.case_id,
        form.kind,
        form.days,
        form.document_no,
        form.reason,
    )


async def _end_special(call: Call) -> Case:
    form: SpecialOver = call.body
    return await cases.end_special(
        call.world, call.officer, call.path.case_id, form.result, form.note
    )


async def _extend(call: Call) -> Case:
    form: Extension = call.body
    return await cases.extend(call.world, call.officer, call.path.case_id, form.days, form.reason)


async def _start_joint(call: Call) -> Case:
    form: Joint = call.body
    parts = [cases.Part(each.organ_code, each.days) for each in form.parts]
    return await cases.start_joint(call.world, call.officer, call.path.case_id, form.kind, parts)


async def _decide(call: Call) -> Case:
    form: Decision = call.body
    return await cases.decide(
        call.world, call.officer, call.path.case_id, form.outcome, form.reason
    )


async def _at_once(call: Call) -> Case:
    form: Decision = call.body
    return await cases.finish_at_once(
        call.world, call.officer, call.path.case_id, form.outcome, form.reason
    )


_offer_remarked("pre-review-pass", cases.pre_pass)
_offer_reasoned("pre-review-failure", cases.pre_fail)
_offer("receipt", cases.receive, _receive, TakenIn)
_offer("correction-notice", cases.request_correction, _correction, Correction)
_offer("acceptance", cases.accept, _accept, Acceptance)
_offer_reasoned("acceptance-refusal", cases.refuse_acceptance)
_offer("referral", cases.out_of_scope, _out_of_scope, Elsewhere)
_offer("immediate-completion", cases.finish_at_once, _at_once, Decision)
_offer_remarked("review", cases.start_review)
_offer_remarked("link-pass", cases.pass_link)
_offer_reasoned("link-return", cases.return_link)
_offer_reasoned("supplement-request", cases.request_supplement)
_offer("special-procedure", cases.start_special, _start_special, Special)
_offer("special-procedure-end", cases.end_special, _end_special, SpecialOver)
_offer("extension", cases.extend, _extend, Extension)
_offer("joint-handling", cases.start_joint, _start_joint, Joint)
_offer_remarked("commitment", cases.commit)
_offer("decision", cases.decide, _decide, Decision)
_offer_remarked("completion", cases.complete)
_offer_remarked("certificate", cases.issue_certificate)
_offer("service", cases.serve, _serve, HowServed)
_offer_reasoned("voiding", cases.void)
_offer_reasoned("revocation", cases.revoke)
