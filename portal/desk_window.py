"""At a window (窗口收件): the officer fills the form with who stands there and takes papers in.

Scan the papers or take them over, then hand out the receipt. The same page takes in what an
applicant brings later: corrections, papers to follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides, identity
from citydesk.cases import Action, NoSuchCase, State
from citydesk.guides import Guide, Necessity
from citydesk.identity import Role
from citydesk.kit.refusals import Conflict, Invalid
from models.cases import Case
from portal.desk import desk_page
from portal.form_boxes import FIELD, Box, boxes_of, shown_answers, typed_answers
from portal.forms import UPLOAD_LIMIT
from portal.handing_in import PAPER, PAPER_TYPES
from portal.visits import Pages, Visit, officers

pages = Pages()
FRONT = officers(Role.FRONT_DESK)
PAPERS_ON = "original-"
PLACE = "/desk/window"
# What the button under the papers says, by what they are handed in for.
FINISHED = {
    Action.CORRECT: ("补正材料已交齐", "已登记补正，重新计算受理期限。"),
    Action.SUPPLEMENT: ("补充材料已交齐", "已登记补充材料，部门继续审查。"),
    Action.HAND_IN_DEFERRED: ("容缺材料已补齐", "容缺材料已登记补齐。"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One material of the guide, and what is there of it."""

    code: str
    name: str
    required: bool
    deferrable: bool
    condition: str | None
    scans: list[cases.Paper]


@pages.get(PLACE + "/{case_id}", who=FRONT)
async def at_hand(visit: Visit) -> Response:
    """GET /desk/window/{id}: the form and the papers, as long as they may still be changed."""
    case = await _case(visit)
    if not cases.open_to_papers(case):
        return visit.go(f"/desk/cases/{case.id}")
    return await _page(visit, case, 200)


@pages.post(PLACE + "/{case_id}", who=FRONT, limit=UPLOAD_LIMIT)
async def keep(visit: Visit) -> Response:
    """POST /desk/window/{id}: save the form, scan a paper, receive, or say that all is there."""
    case = await _case(visit)
    act = visit.form.value("act")
    try:
        if act.startswith(PAPER):
            return await _scan(visit, case, act)
        if act == "save":
            return await _fill(visit, case)
        if act == "receive":
            return await _receive(visit, case)
        if act in FINISHED:
            return await _finish(visit, case, Action(act))
        if act == "drop":
            _ = await cases.withdraw(visit.world, visit.officer, case.id, "窗口登记后放弃")
            return visit.go(PLACE, "已放弃这份登记。")
    except (Conflict, Invalid) as refusal:
        _refused(visit, refusal)
        status = 409 if isinstance(refusal, Conflict) else 422
        return await _page(visit, await _case(visit), status)
    raise Invalid("没有这一步，请刷新页面后再试。")


def _refused(visit: Visit, refusal: Conflict | Invalid) -> None:
    errors = refusal.facts.get("errors") or ()
    lacking = any(each["field"].startswith("materials.") for each in errors)
    visit.form.summary = "材料或表单还不齐，请补好下面几处" if lacking else refusal.detail
    for each in errors:
        kind, _, key = each["field"].partition(".")
        prefix = {"form": FIELD, "materials": PAPER, "originals": PAPERS_ON}.get(kind, "")
        detail = "没有扫描件，也没有写纸质份数" if kind == "materials" else each["detail"]
        visit.form.wrong(prefix + (key or kind), detail)


async def _scan(visit: Visit, case: Case, act: str) -> Response:
    upload = visit.form.file(act)
    if upload is None:
        visit.form.wrong(act, "请先选择文件，再点上传")
        return await _page(visit, case, 422)
    code = act.removeprefix(PAPER)
    try:
        _ = await cases.attach_for(
            visit.world, visit.officer, case.id, code, upload.name or code, upload.body
        )
    except (Conflict, Invalid) as refusal:
        visit.form.wrong(act, refusal.detail)
        return await _page(visit, case, 422)
    return visit.go(f"{PLACE}/{case.id}#{act}", "已上传。")


async def _fill(visit: Visit, case: Case) -> Response:
    guide = await guides.version(visit.world, case.item_version_id)
    _ = await cases.fill_for(visit.world, visit.officer, case.id, _typed(visit, guide))
    return visit.go(f"{PLACE}/{case.id}", "表单已保存。")


async def _receive(visit: Visit, case: Case) -> Response:
    guide = await guides.version(visit.world, case.item_version_id)
    _ = await cases.fill_for(visit.world, visit.officer, case.id, _typed(visit, guide))
    _ = await cases.receive(
        visit.world,
        visit.officer,
        case.id,
        originals=_originals(visit),
        mandate=visit.form.value("mandate"),
    )
    return visit.go(f"{PLACE}/{case.id}/receipt", "已收件，请打印收件凭证交给申请人。")


async def _finish(visit: Visit, case: Case, action: Action) -> Response:
    if action is Action.CORRECT:
        _ = await cases.correct(visit.world, visit.officer, case.id)
    elif action is Action.SUPPLEMENT:
        _ = await cases.supplement(visit.world, visit.officer, case.id)
    else:
        papers = _originals(visit)
        _ = await cases.hand_in_deferred(visit.world, visit.officer, case.id, originals=papers)
    return visit.go(f"/desk/cases/{case.id}", FINISHED[action][1])


def _typed(visit: Visit, guide: Guide) -> guides.Answers:
    """What was typed into the application form."""
    schema = guides.application_form(guide.content).schema
    return guides.normalized(typed_answers(schema, visit.form))


def _originals(visit: Visit) -> Mapping[str, int]:
    found = {}
    for code, text in visit.form.fields(PAPERS_ON).items():
        if text and text != "0":
            if not (text.isascii() and text.isdigit() and len(text) <= 3):
                wrong = [{"field": f"originals.{code}", "detail": "请填写份数"}]
                raise Invalid("纸质材料的份数不对，请核对。", wrong)
            found[code] = int(text)
    return found


async def _page(visit: Visit, case: Case, status: int) -> Response:
    world, officer = visit.world, visit.officer
    guide = await guides.version(world, case.item_version_id)
    person = await identity.person_for(world, officer, case.identity_id, f"窗口收件 {case.case_no}")
    stored = await cases.form_of(world, officer, case)
    drafted = State(case.state) is State.DRAFT
    if drafted and not visit.form.fields(FIELD):
        visit.form.values |= shown_answers(stored).values
    allowed = cases.allowed_actions(world, officer, case)
    return await desk_page(
        visit,
        "desk_window_case.html",
        status=status,
        section="window",
        case=case,
        person=identity.masked(person),
        agent=await _agent(visit, case),
        drafted=drafted,
        boxes=_boxes(visit, guide, stored) if drafted else [],
        wanted=await _wanted(visit, case, guide),
        asked="" if drafted else await cases.correction_asked(world, officer, case.id),
        owed=await cases.deferred_papers(case),
        finished=[(each.value, FINISHED[each][0]) for each in FINISHED if each in allowed],
        paper_types=PAPER_TYPES,
        labels=_labels(guide),
    )


def _boxes(visit: Visit, guide: Guide, stored: guides.Answers) -> list[Box]:
    form = guides.application_form(guide.content)
    return boxes_of(form.schema, [each.key for each in form.asked(stored)], visit.form)


async def _agent(visit: Visit, case: Case) -> identity.Person | None:
    if case.agent_identity_id is None:
        return None
    purpose = f"窗口收件 {case.case_no} 的代办人"
    found = await identity.person_for(visit.world, visit.officer, case.agent_identity_id, purpose)
    return identity.masked(found)


async def _wanted(visit: Visit, case: Case, guide: Guide) -> list[Wanted]:
    scans: dict[str, list[cases.Paper]] = {}
    for paper in await cases.papers(visit.world, case):
        scans.setdefault(paper.requirement, []).append(paper)
    return [
        Wanted(
            each.code,
            each.name,
            each.necessity is Necessity.REQUIRED and not each.condition,
            each.necessity is Necessity.DEFERRABLE,
            each.condition,
            scans.get(each.code, []),
        )
        for each in guide.content.materials
    ]


def _labels(guide: Guide) -> Mapping[str, str]:
    return {
        **{FIELD + each.key: each.label for each in guide.content.form_fields},
        **{PAPER + each.code: each.name for each in guide.content.materials},
        **{PAPERS_ON + each.code: each.name for each in guide.content.materials},
        "mandate": "授权委托书",
    }


@pages.get(PLACE + "/{case_id}/receipt", who=FRONT)
async def receipt(visit: Visit) -> Response:
    """GET …/receipt: what was received, to print and hand over; with the query code."""
    case = await _case(visit)
    if case.received_at is None:
        return visit.go(f"{PLACE}/{case.id}")
    return await desk_page(
        visit,
        "desk_receipt.html",
        section="window",
        case=case,
        progress=await cases.timeline(visit.world, visit.officer, case.id),
        code=await cases.code_to_print(visit.world, visit.officer, case.id),
        received=await cases.materials_received(case),
    )


async def _case(visit: Visit) -> Case:
    try:
        case_id = UUID(visit.path["case_id"])
    except ValueError:
        raise NoSuchCase("没有找到这个办件，请核对后再试。") from None
    return await cases.fetch_for(visit.officer, case_id)
