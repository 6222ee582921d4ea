"""The papers of one of my cases: what was handed in, what became of it, a harmful one replaced."""

from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides
from citydesk.cases import NoSuchCase
from citydesk.kit.refusals import Conflict, Invalid
from models.cases import Case
from portal.forms import UPLOAD_LIMIT
from portal.handing_in import NOT_CHOSEN, PAPER_TYPES, SWAP, changed, papers_by_requirement
from portal.my import number
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()


@pages.get("/my/cases/{case_id}/papers", who=CITIZEN)
async def mine(visit: Visit) -> Response:
    """GET …/papers: everything handed in, to open, and to replace where that is allowed."""
    return await _shown(visit, await _case(visit), 200)


@pages.post("/my/cases/{case_id}/papers", who=CITIZEN, limit=UPLOAD_LIMIT)
async def change(visit: Visit) -> Response:
    """POST …/papers: replace one, or take one back."""
    case = await _case(visit)
    try:
        said = await changed(visit, case)
    except (Conflict, Invalid) as refusal:
        visit.form.summary = refusal.detail
        return await _shown(visit, case, 422)
    if not said:
        visit.form.wrong(visit.form.value("act"), NOT_CHOSEN)
        return await _shown(visit, case, 422)
    return visit.go(f"/my/cases/{case.id}/papers", said)


async def _shown(visit: Visit, case: Case, status: int) -> Response:
    guide = await guides.version(visit.world, case.item_version_id)
    held = await papers_by_requirement(visit, case)
    names = {each.code: each.name for each in guide.content.materials}
    labels = {f"{SWAP}{each.id}": "换一份" for papers in held.values() for each in papers}
    return visit.page(
        "my_papers.html",
        status=status,
        section="my",
        case=case,
        names=names,
        held=held,
        paper_types=PAPER_TYPES,
        labels=labels,
    )


async def _case(visit: Visit) -> Case:
    missing = NoSuchCase("没有找到这个办件，请核对后再试。")
    case_id: UUID = number(visit, "case_id", missing)
    return await cases.fetch_for(visit.citizen, case_id)
