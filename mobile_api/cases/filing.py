"""The applicant's side: file, hand in, correct, follow."""

from starlette.responses import Response

from citydesk import cases, guides, identity
from mobile_api.api import ANYONE, CITIZEN, SIGNED_IN, Api, Call
from mobile_api.cases.shown import (
    ByCode,
    CasePage,
    CaseShown,
    FileName,
    FilledForm,
    NewCase,
    Note,
    OneCase,
    OneMaterial,
    OnePaper,
    Paging,
    PaperShown,
    ProgressShown,
    Receipt,
    paper_shown,
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
    code = await cases.query_code(call.world, call.citizen, case.id)
    return Receipt(**summary(case), query_code=code)


@api("GET", "/cases", who=CITIZEN, query=Paging, out=CasePage)
async def my_cases(call: Call) -> CasePage:
    """My cases, newest first."""
    page = await cases.my_cases(call.world, call.citizen, call.query.cursor, call.query.limit)
    return CasePage(items=[shown(each) for each in page.items], next_cursor=page.next_cursor)


@api(
    "GET",
    "/cases/{case_id}",
    who=SIGNED_IN,
    path_form=OneCase,
    out=ProgressShown,
    refusals=(cases.NoSuchCase,),
)
async def case_timeline(call: Call) -> ProgressShown:
    """How a case stands: the timeline, what happens next, and by when."""
    assert call.asker is not None
    return progress_shown(await cases.timeline(call.world, call.asker, call.path.case_id))


@api(
    "PUT",
    "/cases/{case_id}/form",
    who=CITIZEN,
    path_form=OneCase,
    body=FilledForm,
    out=CaseShown,
    refusals=(*MINE, cases.FilingIncomplete),
)
async def fill_form(call: Call) -> CaseShown:
    """Replace the form while the case is with me."""
    return shown(await cases.fill(call.world, call.citizen, call.path.case_id, call.body.form))


@api(
    "POST",
    "/cases/{case_id}/materials/{requirement}",
    who=CITIZEN,
    path_form=OneMaterial,
    query=FileName,
    body=bytes,
    limit=cases.LARGEST_PAPER + 1024,
    out=PaperShown,
    status=201,
    creates=True,
    refusals=(*MINE, cases.FilingIncomplete, cases.PaperRefused, cases.TooManyPapers),
)
async def hand_in_material(call: Call) -> PaperShown:
    """Hand in one paper (PDF, PNG or JPEG, at most 5 MB) as the raw body."""
    material = await cases.attach(
        call.world,
        call.citizen,
        call.path.case_id,
        call.path.requirement,
        call.query.name or call.path.requirement,
        call.body,
    )
    case = await cases.fetch_for(call.citizen, call.path.case_id)
    found = await cases.papers(call.world, case)
    return paper_shown(next(each for each in found if each.id == material.id))


@api(
    "GET",
    "/cases/{case_id}/papers",
    who=CITIZEN,
    path_form=OneCase,
    out=list[PaperShown],
    refusals=(cases.NoSuchCase,),
)
async def list_papers(call: Call) -> list[PaperShown]:
    """The papers I handed in; an officer finds them with the case, where the reading is logged."""
    case = await cases.fetch_for(call.citizen, call.path.case_id)
    return [paper_shown(each) for each in await cases.papers(call.world, case)]


@api(
    "GET",
    "/cases/{case_id}/papers/{paper_id}",
    who=SIGNED_IN,
    path_form=OnePaper,
    refusals=(cases.NoSuchCase,),
    media=cases.PAPER_KINDS,
)
async def open_paper(call: Call) -> Response:
    """One paper's contents, always as an attachment."""
    assert call.asker is not None
    paper, content = await cases.paper_content(
        call.world, call.asker, call.path.case_id, call.path.paper_id
    )
    return Response(
        content,
        media_type=paper.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{paper.id}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
        },
    )


@api(
    "POST",
    "/cases/{case_id}/submission",
    who=CITIZEN,
    path_form=OneCase,
    out=CaseShown,
    creates=True,
    refusals=(*MINE, cases.FilingIncomplete),
)
async def submit_case(call: Call) -> CaseShown:
    """Submit the draft, or submit again after a failed pre-review."""
    return shown(await cases.submit(call.world, call.citizen, call.path.case_id))


@api(
    "POST",
    "/cases/{case_id}/correction",
    who=CITIZEN,
    path_form=OneCase,
    out=CaseShown,
    creates=True,
    refusals=(*MINE, cases.FilingIncomplete),
)
async def correct_case(call: Call) -> CaseShown:
    """Say that everything the correction notice asked for is handed in."""
    return shown(await cases.correct(call.world, call.citizen, call.path.case_id))


@api(
    "POST",
    "/cases/{case_id}/supplement",
    who=CITIZEN,
    path_form=OneCase,
    out=CaseShown,
    creates=True,
    refusals=MINE,
)
async def supplement_case(call: Call) -> CaseShown:
    """Say that what the review asked for during its course is handed in."""
    return shown(await cases.supplement(call.world, call.citizen, call.path.case_id))


@api(
    "POST",
    "/cases/{case_id}/withdrawal",
    who=CITIZEN,
    path_form=OneCase,
    body=Note,
    out=CaseShown,
    creates=True,
    refusals=MINE,
)
async def withdraw_case(call: Call) -> CaseShown:
    """Take a case back before it is decided."""
    return shown(await cases.withdraw(call.world, call.citizen, call.path.case_id, call.body.note))


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
