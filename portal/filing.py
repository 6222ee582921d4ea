"""网上办: choose a hall, fill the form, hand papers in, submit. The draft lies with the desk.

Two steps: the form, then the papers; every button keeps what was typed and chosen so far.
"""

from collections.abc import Mapping
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides, organs
from citydesk.cases import FilingIncomplete, NoSuchCase, NotAllowedNow, Paper, State
from citydesk.guides import FieldType, FormField, Guide, Necessity
from citydesk.kit.refusals import Conflict, Invalid
from models.cases import Case
from portal import guide_words, situations
from portal.forms import UPLOAD_LIMIT, Form
from portal.my import name_first
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()
FIELD, PAPER = "form-", "paper-"
PAPER_TYPES = ".pdf,.png,.jpg,.jpeg"
KINDS = {
    FieldType.CHOICE: "choice",
    FieldType.TEXTAREA: "textarea",
    FieldType.ADDRESS: "text",
    FieldType.PHONE: "tel",
    FieldType.DATE: "date",
    FieldType.NUMBER: "number",
}
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
    stored = await cases.form_of(visit.world, visit.citizen, case)
    visit.form = Form.filled({FIELD + key: text for key, text in stored.items()})
    return await _form_page(visit, case, guide, 200)


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
            return await _fill(visit, case, guide)
        return await _upload(visit, case, guide)
    except NotAllowedNow as late:  # sent twice, or meanwhile submitted elsewhere
        return visit.go(f"/my/cases/{case.id}", late.detail)


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
        halls=[(p.hall, halls[p.hall].name) for p in guide.content.places if p.hall in halls],
        carried=situations.carried(visit),
    )


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


async def _fill(visit: Visit, case: Case, guide: Guide) -> Response:
    """Keep what is right of the form; show what is not, everything still as it was typed."""
    await situations.remember(visit, guide)
    given = {key: text for key, text in visit.form.fields(FIELD).items() if text}
    faults = cases.form_faults(guide.content.form_fields, given)
    going_on = visit.form.value("act") == "next"
    wrong = {each["field"].rpartition(".")[2]: each["detail"] for each in faults}
    kept = {key: text for key, text in given.items() if key not in wrong}
    _ = await cases.fill(visit.world, visit.citizen, case.id, kept)
    told = {key: said for key, said in wrong.items() if going_on or key in given}
    for key, said in told.items():
        visit.form.wrong(FIELD + key, said)
    if told:
        visit.form.summary = "有几处需要修改，其余已保存"
        return await _form_page(visit, case, guide, 422)
    if State(case.state) is State.CORRECTING:
        return visit.go(f"/my/cases/{case.id}/correction", "表单已保存。")
    if going_on:
        return visit.go(f"/my/file/{case.item_code}?case={case.id}&step=papers")
    return visit.go(f"/my/file/{case.item_code}?case={case.id}", "草稿已保存，随时可以回来接着填。")


async def _upload(visit: Visit, case: Case, guide: Guide) -> Response:
    try:
        saved = await attach_chosen(visit, case)
    except NotAllowedNow:
        raise
    except (Conflict, Invalid) as refusal:
        visit.form.summary = refusal.detail
        return await _papers_page(visit, case, guide, 422)
    if not saved:
        visit.form.wrong(visit.form.value("act"), "请先选择文件，再点上传")
        return await _papers_page(visit, case, guide, 422)
    return visit.go(f"/my/file/{case.item_code}?case={case.id}&step=papers", "已上传并保存。")


async def attach_chosen(visit: Visit, case: Case) -> int:
    """Hand in every file chosen in the form; return how many.

    Raises:
        PaperRefused, TooManyPapers, FilingIncomplete, NotAllowedNow: the field says why, too.
    """
    chosen = [name for name in visit.form.files if name.startswith(PAPER)]
    saved = 0
    for name in chosen:
        upload = visit.form.file(name)
        if upload is None:
            continue
        requirement = name.removeprefix(PAPER)
        try:
            _ = await cases.attach(
                visit.world,
                visit.citizen,
                case.id,
                requirement,
                upload.name or requirement,
                upload.body,
            )
        except (Conflict, Invalid) as refusal:
            visit.form.wrong(name, refusal.detail)
            raise
        saved += 1
    return saved


async def _submit(visit: Visit, case: Case, guide: Guide) -> Response:
    try:
        _ = await cases.submit(visit.world, visit.citizen, case.id)
    except FilingIncomplete as refusal:
        stored = await cases.form_of(visit.world, visit.citizen, case)
        visit.form = Form.filled({FIELD + key: text for key, text in stored.items()})
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
            return await _form_page(visit, case, guide, 422)
        return await _papers_page(visit, case, guide, 422)
    return visit.go(f"/my/cases/{case.id}/receipt", "提交成功。")


async def _form_page(visit: Visit, case: Case, guide: Guide, status: int) -> Response:
    return visit.page(
        "my_file_form.html",
        status=status,
        section="my",
        guide=guide,
        case=case,
        fields=[(each, KINDS.get(each.type, "text"), _hint(each)) for each in _asked(guide)],
        labels=_labels(guide),
        carried=situations.carried(visit),
        asked=await cases.correction_asked(visit.world, visit.citizen, case.id),
        correcting=State(case.state) is State.CORRECTING,
        returned=State(case.state) is State.RETURNED,
    )


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
        papers=await papers_by_requirement(visit, case),
        paper_types=PAPER_TYPES,
        labels=_labels(guide),
    )


def _asked(guide: Guide) -> tuple[FormField, ...]:
    return guide.content.form_fields


def _hint(asked: FormField) -> str:
    usual = {FieldType.ID_NO: "18位身份证号码", FieldType.DATE: "例：2026-03-02"}
    return asked.hint or usual.get(asked.type, "")


def _labels(guide: Guide) -> Mapping[str, str]:
    return {
        **{FIELD + each.key: each.label for each in guide.content.form_fields},
        **{PAPER + each.code: each.name for each in guide.content.materials},
    }


async def papers_by_requirement(visit: Visit, case: Case) -> dict[str, list[Paper]]:
    """The papers handed in so far, by what they are handed in for."""
    found: dict[str, list[Paper]] = {}
    for paper in await cases.papers(visit.world, case):
        found.setdefault(paper.requirement, []).append(paper)
    return found
