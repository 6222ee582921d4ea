"""How a case stands, for whoever holds its number and query code: stage, dates, next step."""

from starlette.responses import Response

from citydesk import cases
from citydesk.cases import CodeLocked, WrongCode
from portal.my import tone
from portal.visits import ANYONE, Pages, Visit

pages = Pages()
LONGEST_NUMBER, LONGEST_CODE = 40, 20


@pages.get("/progress", who=ANYONE)
async def ask_progress(visit: Visit) -> Response:
    """GET /progress: the number and the query code, as the receipt says them."""
    return visit.page("progress.html", section="progress", progress=None, tone=tone)


@pages.post("/progress", who=ANYONE)
async def progress(visit: Visit) -> Response:
    """POST /progress: no name and no timeline; five wrong codes lock the asker and the code."""
    number = visit.form.value("case_no")[:LONGEST_NUMBER]
    code = visit.form.value("query_code")[:LONGEST_CODE]
    near = visit.request.client.host if visit.request.client else "unknown"
    found, status = None, 200
    try:
        found = await cases.progress_by_code(visit.world, number, code, f"net:{near}")
    except WrongCode as refusal:
        visit.form.wrong("query_code", refusal.detail)
        status = 422
    except CodeLocked as refusal:
        visit.form.wrong("query_code", refusal.detail)
        status = 429
    response = visit.page(
        "progress.html", status=status, section="progress", progress=found, tone=tone
    )
    response.headers["Cache-Control"] = "no-store"
    return response
