"""The applicant's side: file, hand in, correct, follow."""

from citydesk import cases, guides, identity
from mobile_api.api import ANYONE, CITIZEN, SIGNED_IN, Api, AsItIs, Call
from mobile_api.cases.asked import ByCode, FilledForm, NewCase, OneCase, Paging, Promise
from mobile_api.cases.forms import receipt_shown
from mobile_api.cases.shown import (
    CasePage,
    CaseShown,
    ProgressShown,
    Receipt,
    ReceiptShown,
    progress_shown,
    shown,
    summary,
)
from mobile_api.reading import STRANGERS_LIMIT

api = Api("cases")
MINE = (cases.NoSuchCase, cases.NotAllowedNow)


@api(
    "POST",
    "/cases",
    who=CITIZEN,
    body=NewCase,
    out=Receipt,
    status=201,
    creates=True,
    refusals=(
        guides.NoSuchGuide,
        guides.GuideNotReady,
        guides.ItemCancelled,
        guides.ItemSuspended,
        identity.LevelTooLow,
        cases.NotFiledOnline,
        cases.FilingIncomplete,
        cases.TooManyDrafts,
    ),
)
async def start_case(call: Call) -> Receipt:
    """Begin a case as a draft; the answer holds the case number and the query code."""
    form: NewCase = call.body
    case = await cases.start(call.world, call.citizen, form.item_code, form.hall_code, form.form)
    return Receipt(**summary(case), query_code=cases.query_code_of(call.world, case))


@api("GET", "/cases", who=CITIZEN, query=Paging, out=CasePage)
async def my_cases(call: Call) -> AsItIs:
    """My cases, newest first."""
    page = await cases.my_cases(call.world, call.citizen, call.query.cursor, call.query.limit)
    items = [summary(each) for each in page.items]
    return AsItIs({"items": items, "next_cursor": page.next_cursor})


@api(
    "GET",
    "/cases/{case_id}",
    who=SIGNED_IN,
    path_form=OneCase,
    out=ProgressShown,
    refusals=(cases.NoSuchCase,),
)
async def case_timeline(call: Call) -> AsItIs:
    """How a case stands: the timeline, what happens next, and by when."""
    assert call.asker is not None
    return AsItIs(await cases.timeline(call.world, call.asker, call.path.case_id))


@api(
    "GET",
    "/cases/{case_id}/standing",
    who=SIGNED_IN,
    path_form=OneCase,
    out=CaseShown,
    refusals=(cases.NoSuchCase,),
)
async def case_standing(call: Call) -> AsItIs:
    """One case as the list shows it, without its timeline: to look whether anything has changed."""
    assert call.asker is not None
    return AsItIs(summary(await cases.standing(call.asker, call.path.case_id)))


@api(
    "PUT",
    "/cases/{case_id}/form",
    who=CITIZEN,
    path_form=OneCase,
    body=FilledForm,
    out=CaseShown,
    refusals=(*MINE, cases.FilingIncomplete, cases.DraftChanged),
)
async def fill_form(call: Call) -> CaseShown:
    """Replace the form while the case is with me; what is wrong in it is refused."""
    body: FilledForm = call.body
    return shown(
        await cases.fill(call.world, call.citizen, call.path.case_id, body.form, body.version)
    )


@api(
    "POST",
    "/cases/{case_id}/submission",
    who=CITIZEN,
    path_form=OneCase,
    query=Promise,
    out=ReceiptShown,
    creates=True,
    refusals=(*MINE, cases.FilingIncomplete),
)
async def submit_case(call: Call) -> ReceiptShown:
    """Submit the draft, or submit again after a failed pre-review; the answer is the receipt.

    With ``promises=true`` I promise to hand in later what the guide lets follow (容缺后补).
    """
    promises: bool = call.query.promises
    return receipt_shown(
        await cases.submit_for_receipt(
            call.world, call.citizen, call.path.case_id, promises=promises
        )
    )


@api(
    "POST",
    "/cases/{case_id}/mandate-end",
    who=CITIZEN,
    path_form=OneCase,
    out=CaseShown,
    creates=True,
    refusals=(*MINE, cases.NotYourStep),
)
async def end_mandate(call: Call) -> CaseShown:
    """End the mandate of the agent who acts for me in this case; they see it no longer."""
    return shown(await cases.end_mandate(call.world, call.citizen, call.path.case_id))


@api(
    "POST",
    "/case-progress",
    who=ANYONE,
    body=ByCode,
    limit=STRANGERS_LIMIT,
    out=ProgressShown,
    refusals=(cases.WrongCode, cases.CodeLocked),
)
async def progress_by_code(call: Call) -> ProgressShown:
    """Stage, dates and next step by case number and query code; no names, no timeline."""
    form: ByCode = call.body
    near = call.request.client.host if call.request.client else "unknown"
    return progress_shown(
        await cases.progress_by_code(call.world, form.case_no, form.query_code, f"net:{near}")
    )
