"""Faults in guides (指南纠错): any officer reports one, the editors answer and put it away."""

from urllib.parse import quote, urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import guides
from citydesk.guides import NoSuchReport
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, Refusal
from models.guides.work import ReportState
from portal import editors_words as words
from portal.desk import desk_page
from portal.editors import EDITORS, editors_page
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit, officers

pages = Pages()
ANY_OFFICER = officers()
MOST_FOUND = 10


@pages.get("/desk/guide-faults", who=ANY_OFFICER)
async def mine(visit: Visit) -> Response:
    """GET /desk/guide-faults?q=…: find the guide that is wrong; one's own reports so far."""
    said = visit.asked("q", 200)
    page = await guides.reported_faults(visit.world, reporter=visit.officer, limit=MOST_FOUND)
    return await desk_page(
        visit,
        "desk_guide_faults.html",
        section="faults",
        asked=said,
        found=await guides.search(visit.world, said, MOST_FOUND) if said else [],
        reports=page.items,
        said_of=words,
    )


@pages.get("/desk/guide-faults/{code}", who=ANY_OFFICER)
async def ask_fault(visit: Visit) -> Response:
    """GET /desk/guide-faults/{code}: which element is wrong, and what should stand there."""
    return await _fault_form(visit, Form())


async def _fault_form(visit: Visit, form: Form, status: int = 200) -> Response:
    guide = await guides.shown(visit.world, visit.path["code"])
    elements = [(name, words.label(name)) for _, names in words.SECTIONS.values() for name in names]
    return await desk_page(
        visit,
        "desk_guide_fault.html",
        status=status,
        section="faults",
        guide=guide,
        elements=elements,
        form=form,
    )


@pages.post("/desk/guide-faults/{code}", who=ANY_OFFICER)
async def tell_fault(visit: Visit) -> Response:
    """POST /desk/guide-faults/{code}: tell the editors."""
    form = visit.form
    element = form.value("element")
    known = {name for _, names in words.SECTIONS.values() for name in names}
    try:
        _ = await guides.report_fault(
            visit.world,
            visit.officer,
            visit.path["code"],
            element if element in known else "",
            form.value("text"),
        )
    except (Invalid, Conflict) as refusal:
        return await _fault_form(visit, form.refused(refusal), status_of(type(refusal)))
    return visit.go("/desk/guide-faults", "已告诉编辑，答复会显示在这里。")


@pages.get("/editors/reports", who=EDITORS)
async def list_reports(visit: Visit) -> Response:
    """GET /editors/reports?state&cursor: what was reported, the oldest first."""
    wanted, cursor = visit.asked("state", 20), visit.asked("cursor", 2000)
    state = ReportState(wanted) if wanted in set(ReportState) else ReportState.OPEN
    page = await guides.reported_faults(visit.world, state=state, cursor=cursor or None)
    here = f"/editors/reports?{urlencode({'state': state.value})}"
    return await editors_page(
        visit,
        "editors_reports.html",
        "reports",
        reports=page.items,
        state=state,
        next=f"{here}&{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
        first=here if cursor else "",
    )


@pages.get("/editors/reports/{report_id}", who=EDITORS)
async def show_report(visit: Visit) -> Response:
    """GET /editors/reports/{id}: what was reported, to answer it."""
    return await _report_page(visit)


async def _report_page(visit: Visit, refusal: Refusal | None = None) -> Response:
    return await editors_page(
        visit,
        "editors_report.html",
        "reports",
        status=status_of(type(refusal)) if refusal else 200,
        report=await guides.fault_report(visit.world, _number(visit)),
        form=visit.form.refused(refusal) if refusal else Form(),
    )


@pages.post("/editors/reports/{report_id}", who=EDITORS)
async def settle_report(visit: Visit) -> Response:
    """POST /editors/reports/{id}: answer it, or put it away."""
    number, act = _number(visit), visit.form.value("act")
    try:
        if act == "answer":
            await guides.answer_report(
                visit.world, visit.officer, number, visit.form.value("answer")
            )
            return visit.go(f"/editors/reports/{number}", "已答复，报告人能看到。")
        if act == "close":
            await guides.close_report(visit.world, visit.officer, number)
            return visit.go("/editors/reports", "已办结。")
        raise Invalid("没有这个操作，请刷新页面后再试。")
    except (Invalid, Conflict, Forbidden, Missing) as refusal:
        return await _report_page(visit, refusal)


def _number(visit: Visit) -> UUID:
    try:
        return UUID(visit.path["report_id"])
    except ValueError:
        raise NoSuchReport("没有找到这条纠错，请从列表重新打开。") from None


def fault_path(code: str) -> str:
    """Where a fault of a guide is reported."""
    return f"/desk/guide-faults/{quote(code, safe='')}"
