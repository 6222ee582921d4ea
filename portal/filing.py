"""网上办: choose a hall, fill the form, hand papers in, submit. The draft lies with the desk.

Two steps: the form, then the papers; every button keeps what was typed and chosen so far.
"""

from collections.abc import Mapping
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides, organs
from citydesk.cases import FilingIncomplete, NoSuchCase, NotAllowedNow, State
from citydesk.guides import Guide, Necessity
from citydesk.kit.refusals import Conflict, Invalid
from models.cases import Case
from portal import filing_form, guide_words, situations
from portal.form_boxes import FIELD
from portal.forms import UPLOAD_LIMIT
from portal.handing_in import NOT_CHOSEN, PAPER, PAPER_TYPES, changed, papers_by_requirement
from portal.my import name_first
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()
FOUND_AGAIN = "没有找到这份申请，请从“我的办件”重新打开。"


@pages.get("/my/file/{code}", who=CITIZEN)
async def file(visit: Visit) -> Response:
    """GET /my/file/{code}?case&step: begin, or go on where the draft was left."""
    case = await _wanted(visit, visit.asked("case"))
    if case is None:
        guide = await guides.published(visit.world, visit.path["code"])
        if not guide.content.is_online:
            return visit.page("my_file_none.html", section="my", guide=guide)
        return name_first(visit) or await _beginning(visit, guide, 200)
    if State(case.state) not in (State.DRAFT, State.RETURNED, State.CORRECTING):
        return visit.go(f"/my/cases/{case.id}")
    guide = await guides.version(visit.world, case.item_version_id)
    if visit.asked("step") == "papers":
        return await _papers_page(visit, case, guide, 200)
    visit.form = await filing_form.saved_form(visit, case)
    return await filing_form.form_page(visit, case, guide)


@pages.post("/my/file/{code}", who=CITIZEN, limit=UPLOAD_LIMIT)
async def keep(visit: Visit) -> Response:
    """POST /my/file/{code}: begin, save, go on, upload or submit, as the button says."""
    act = visit.form.value("act")
    if act == "start":
        return await _start(visit)
    case = await _wanted(visit, visit.form.value("case"))
    if case is None:
        raise NoSuchCase(FOUND_AGAIN)
    guide = await guides.version(visit.world, case.item_version_id)
    try:
        if act == "submit":
            return await _submit(visit, case, guide)
        if act in ("save", "next"):
            return await filing_form.fill(visit, case, guide)
        return await _upload(visit, case, guide)
    except NotAllowedNow as late:  # sent twice, or meanwhile submitted elsewhere
        now = await cases.fetch_for(visit.citizen, case.id)
        if act == "submit" and State(now.state) is State.FILED:
            return visit.go(f"/my/cases/{case.id}/receipt", "已经提交过了，这是您的回执。")
        return visit.go(f"/my/cases/{case.id}", late.detail)


@pages.post("/my/file/{code}/draft", who=CITIZEN)
async def keep_draft(visit: Visit) -> Response:
    """POST /my/file/{code}/draft: keep what is typed so far; the page's script asks."""
    case = await _wanted(visit, visit.form.value("case"))
    if case is None:
        raise NoSuchCase(FOUND_AGAIN)
    guide = await guides.version(visit.world, case.item_version_id)
    return await filing_form.keep_draft(visit, case, guide)


async def _wanted(visit: Visit, named: str) -> Case | None:
    """The case named in the address or form; otherwise the open draft of this item, if any."""
    if not named:
        return await cases.open_filing(visit.world, visit.citizen, visit.path["code"])
    try:
        case = await cases.fetch_for(visit.citizen, UUID(named))
    except ValueError:
        raise NoSuchCase(FOUND_AGAIN) from None
    if case.item_code != visit.path["code"]:
        raise NoSuchCase(FOUND_AGAIN)
    return case


async def _beginning(visit: Visit, guide: Guide, status: int) -> Response:
    halls = {each.code: each for each in await organs.halls(visit.world)}
    return visit.page(
        "my_file_start.html",
        status=status,
        section="my",
        guide=guide,
        words=guide_words,
        materials=_to_hand_in(guide),
        halls=[(p.hall, halls[p.hall].name) for p in guide.content.places if p.hall in halls],
        carried=situations.carried(visit),
    )


def _to_hand_in(guide: Guide) -> str:
    """Say how many papers there are to hand in: those of everybody, and those of some."""
    always = [
        each.necessity is Necessity.REQUIRED and not each.condition
        for each in guide.content.materials
    ]
    some = always.count(False)
    more = f"，另有 {some} 项看情况" if some else ""
    return f"{always.count(True)} 项材料{more}，能拍照就行" if always else "不用传材料"


async def _start(visit: Visit) -> Response:
    code = visit.path["code"]
    begun = await cases.open_filing(visit.world, visit.citizen, code)
    if begun is None:
        hall = visit.form.value("hall")
        if not hall:
            visit.form.wrong("hall", "请选一个办理大厅")
            return await _beginning(visit, await guides.published(visit.world, code), 422)
        await situations.remember(visit, await guides.published(visit.world, code))
        begun = await cases.start(visit.world, visit.citizen, code, hall, {})
    return visit.go(f"/my/file/{code}?case={begun.id}")


async def _upload(visit: Visit, case: Case, guide: Guide) -> Response:
    try:
        said = await changed(visit, case)
    except NotAllowedNow:
        raise
    except (Conflict, Invalid) as refusal:
        visit.form.summary = refusal.detail
        return await _papers_page(visit, case, guide, 422)
    if not said:
        visit.form.wrong(visit.form.value("act"), NOT_CHOSEN)
        return await _papers_page(visit, case, guide, 422)
    return visit.go(f"/my/file/{case.item_code}?case={case.id}&step=papers", said)


async def _submit(visit: Visit, case: Case, guide: Guide) -> Response:
    try:
        promises = bool(visit.form.value("promises"))
        _ = await cases.submit(visit.world, visit.citizen, case.id, promises=promises)
    except FilingIncomplete as refusal:
        visit.form = await filing_form.saved_form(visit, case)
        faults = [each["field"].partition(".") for each in refusal.facts["errors"]]
        details = [each["detail"] for each in refusal.facts["errors"]]
        in_form = any(kind == "form" for kind, _, _ in faults)
        lacking = sum(kind != "form" for kind, _, _ in faults)
        for (kind, _, key), said in zip(faults, details, strict=True):
            if (kind == "form") is in_form:  # only what stands on the page that is shown
                visit.form.wrong((FIELD if in_form else PAPER) + key, said)
        visit.form.summary = "还不能提交，请先补好下面几处"
        if in_form:
            if lacking:
                visit.form.summary += f"；之后还有{lacking}项材料要传"
            return await filing_form.form_page(visit, case, guide, 422)
        return await _papers_page(visit, case, guide, 422)
    return visit.go(f"/my/cases/{case.id}/receipt", "提交成功。")


async def _papers_page(visit: Visit, case: Case, guide: Guide, status: int) -> Response:
    situation = await situations.remembered(visit, guide)
    return visit.page(
        "my_file_papers.html",
        status=status,
        section="my",
        guide=guide,
        case=case,
        words=guide_words,
        situation=situation,
        materials=guide_words.materials(guide.content, situation),
        required=Necessity.REQUIRED,
        may_follow=(await cases.deferrable(visit.world, case)).papers,
        papers=await papers_by_requirement(visit, case),
        paper_types=PAPER_TYPES,
        labels=_labels(guide),
    )


def _labels(guide: Guide) -> Mapping[str, str]:
    return {
        **{FIELD + each.key: each.label for each in guide.content.form_fields},
        **{PAPER + each.code: each.name for each in guide.content.materials},
    }
