"""The officers' side: the work list, one case, and each step of the machine."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from citydesk import cases
from citydesk.identity import Officer, Role
from citydesk.world import World
from mobile_api.api import Api, Call, officers
from mobile_api.cases.shown import (
    Because,
    CasePage,
    CaseShown,
    Decision,
    DeskCase,
    Note,
    OneCase,
    Paging,
    paper_shown,
    shown,
    summary,
)
from models.cases import Case

api = Api("officers")
REFUSALS = (cases.NoSuchCase, cases.NotAllowedNow, cases.NotYourStep)
HANDLERS = officers(Role.FRONT_DESK, Role.BACK_OFFICE, Role.EXIT_WINDOW)

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
    return DeskCase(
        **summary(case),
        form=await cases.form_of(call.world, call.officer, case),
        papers=[paper_shown(each) for each in await cases.papers(call.world, case)],
        allowed_actions=cases.allowed_actions(call.officer, case),
    )


def _offer_remarked(role: Role, path: str, step: Remarked) -> None:
    """Offer a step that takes a remark or nothing."""

    async def take(call: Call) -> CaseShown:
        return shown(await step(call.world, call.officer, call.path.case_id, call.body.note))

    _offer(role, path, step, take, Note)


def _offer_reasoned(role: Role, path: str, step: Reasoned) -> None:
    """Offer a step that needs a reason."""

    async def take(call: Call) -> CaseShown:
        return shown(await step(call.world, call.officer, call.path.case_id, call.body.reason))

    _offer(role, path, step, take, Because)


def _offer(
    role: Role,
    path: str,
    step: Remarked | Reasoned,
    take: Callable[[Call], Awaitable[CaseShown]],
    form: type,
) -> None:
    take.__name__ = step.__name__
    take.__doc__ = step.__doc__
    api(
        "POST",
        f"/officer/cases/{{case_id}}/{path}",
        who=officers(role),
        path_form=OneCase,
        body=form,
        out=CaseShown,
        creates=True,
        refusals=REFUSALS,
    )(take)


_offer_remarked(Role.FRONT_DESK, "pre-review-pass", cases.pre_pass)
_offer_reasoned(Role.FRONT_DESK, "pre-review-failure", cases.pre_fail)
_offer_remarked(Role.FRONT_DESK, "receipt", cases.receive)
_offer_reasoned(Role.FRONT_DESK, "correction-notice", cases.request_correction)
_offer_remarked(Role.FRONT_DESK, "acceptance", cases.accept)
_offer_reasoned(Role.FRONT_DESK, "acceptance-refusal", cases.refuse_acceptance)
_offer_remarked(Role.BACK_OFFICE, "review", cases.start_review)


@api(
    "POST",
    "/officer/cases/{case_id}/decision",
    who=officers(Role.BACK_OFFICE),
    path_form=OneCase,
    body=Decision,
    out=CaseShown,
    creates=True,
    refusals=REFUSALS,
)
async def decide(call: Call) -> CaseShown:
    """Grant or refuse; a refusal gives its reason."""
    form: Decision = call.body
    return shown(
        await cases.decide(call.world, call.officer, call.path.case_id, form.outcome, form.reason)
    )


_offer_remarked(Role.BACK_OFFICE, "completion", cases.complete)
_offer_remarked(Role.EXIT_WINDOW, "service", cases.serve)
