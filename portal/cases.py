"""My cases: the list, one with its timeline, the receipt, correcting, taking back."""

from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides, organs
from citydesk.cases import Action, DeferredPaper, NoSuchCase, State
from citydesk.guides import Material
from citydesk.kit.refusals import Conflict, Invalid
from models.cases import Case
from portal.forms import UPLOAD_LIMIT
from portal.handing_in import NOT_CHOSEN, PAPER_TYPES, changed, harmful_names, papers_by_requirement
from portal.my import number, tone
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()
WITH_ME = frozenset({State.DRAFT, State.RETURNED})


@pages.get("/my/cases", who=CITIZEN)
async def mine(visit: Visit) -> Response:
    """GET /my/cases?cursor=…: newest first; ?no=… leads on to the one of this number (chat)."""
    cursor, wanted = visit.asked("cursor"), visit.asked("no")
    page = await cases.my_cases(visit.world, visit.citizen, cursor or None)
    for each in page.items:
        if wanted and each.case_no == wanted:
            return visit.go(f"/my/cases/{each.id}")
    return visit.page(
        "my_cases.html",
        section="my",
        cases=page.items,
        labels=cases.LABELS,
        tone=tone,
        following=f"/my/cases?cursor={page.next_cursor}" if page.next_cursor else "",
        first="/my/cases" if cursor else "",
    )


@pages.get("/my/cases/{case_id}", who=CITIZEN)
async def one(visit: Visit) -> Response:
    """GET /my/cases/{id}: how it stands, what comes next and by when, what has happened."""
    case = await _case(visit)
    progress = await cases.timeline(visit.world, visit.citizen, case.id)
    allowed = cases.allowed_actions(visit.world, visit.citizen, case)
    happenings = [
        {"at": each.at, "label": each.title, "note": each.detail, "basis": each.basis}
        for each in reversed(progress.happenings)
    ]
    return visit.page(
        "my_case.html",
        section="my",
        case=case,
        progress=progress,
        code=await cases.query_code(visit.world, visit.citizen, case.id),
        happenings=happenings,
        tone=tone,
        with_me=progress.state in WITH_ME,
        correcting=progress.state is State.CORRECTING,
        withdrawable=Action.WITHDRAW in allowed,
        by_agent=Action.END_MANDATE in allowed,
        file_path=f"/my/file/{case.item_code}?case={case.id}",
        harmful=await harmful_names(visit, case),
    )


@pages.get("/my/cases/{case_id}/receipt", who=CITIZEN)
async def receipt(visit: Visit) -> Response:
    """GET …/receipt: number and query code, to keep; what happens next."""
    case = await _case(visit)
    if State(case.state) in WITH_ME:
        return visit.go(f"/my/cases/{case.id}")
    return visit.page(
        "my_receipt.html",
        section="my",
        receipt=await cases.receipt(visit.world, visit.citizen, case.id),
    )


@pages.get("/my/cases/{case_id}/withdraw", who=CITIZEN)
async def ask_withdraw(visit: Visit) -> Response:
    """GET …/withdraw: asked once more."""
    return _withdrawing(visit, await _case(visit), 200)


@pages.post("/my/cases/{case_id}/withdraw", who=CITIZEN)
async def withdraw(visit: Visit) -> Response:
    """POST …/withdraw: take it back before it is decided."""
    case = await _case(visit)
    reason = visit.form.value("reason")
    if len(reason) > 500:
        visit.form.wrong("reason", "太长，最多500个字")
        return _withdrawing(visit, case, 422)
    _ = await cases.withdraw(visit.world, visit.citizen, case.id, reason or None)
    return visit.go(f"/my/cases/{case.id}", "已撤回。需要时可以重新申报。")


def _withdrawing(visit: Visit, case: Case, status: int) -> Response:
    draft = State(case.state) is State.DRAFT
    return visit.page("my_withdraw.html", status=status, section="my", case=case, draft=draft)


@pages.get("/my/cases/{case_id}/correction", who=CITIZEN)
async def correction(visit: Visit) -> Response:
    """GET …/correction: what was asked for, and where to hand it in."""
    return await _correcting(visit, await _case(visit), 200)


@pages.post("/my/cases/{case_id}/correction", who=CITIZEN, limit=UPLOAD_LIMIT)
async def correct(visit: Visit) -> Response:
    """POST …/correction: one more paper, or everything is handed in."""
    case = await _case(visit)
    try:
        said = await changed(visit, case)
        if visit.form.value("act") == "submit":
            if not visit.form.value("as_it_is") and await _untouched(visit, case):
                visit.form.summary = "您还没有换材料，也没有补材料"
                visit.form.wrong("as_it_is", "补好再提交；不用换材料的，请勾选最下面的一项")
                return await _correcting(visit, case, 422)
            return visit.go(f"/my/cases/{case.id}", await _hand_in(visit, case))
    except (Conflict, Invalid) as refusal:
        visit.form.refused(refusal, "paper-")
        return await _correcting(visit, case, 422)
    if not said:
        visit.form.wrong(visit.form.value("act"), NOT_CHOSEN)
        return await _correcting(visit, case, 422)
    return visit.go(f"/my/cases/{case.id}/correction", said)


async def _untouched(visit: Visit, case: Case) -> bool:
    """Whether no paper was handed in since the notice: perhaps the button was pressed too early."""
    if State(case.state) is not State.CORRECTING:
        return False
    handed_in = await cases.papers(visit.world, case)
    return all(each.handed_in_round < case.correction_round for each in handed_in)


async def _hand_in(visit: Visit, case: Case) -> str:
    """Say that everything is there: of a correction, a supplement, or what was to follow (容缺)."""
    if case.deferred_open and not case.supplement_asked:
        _ = await cases.hand_in_deferred(visit.world, visit.citizen, case.id)
        return "容缺材料已补齐，谢谢。"
    if case.supplement_asked:
        _ = await cases.supplement(visit.world, visit.citizen, case.id)
        return "补充材料已提交，部门继续审查。"
    _ = await cases.correct(visit.world, visit.citizen, case.id)
    return "补正已提交，窗口会重新核对。"


async def _correcting(visit: Visit, case: Case, status: int) -> Response:
    owed = await cases.deferred_papers(case)
    if State(case.state) is not State.CORRECTING and not case.supplement_asked and not owed:
        return visit.go(f"/my/cases/{case.id}", "这个办件现在不用补正。")
    guide = await guides.version(visit.world, case.item_version_id)
    return visit.page(
        "my_correction.html",
        status=status,
        section="my",
        case=case,
        heading=_heading(case),
        supplement=case.supplement_asked,
        hall_name=(await organs.hall(visit.world, case.hall_id)).name,
        owed=owed if not case.supplement_asked else (),
        asked=await cases.correction_asked(visit.world, visit.citizen, case.id),
        materials=_asked_for(case, guide.content.materials, owed),
        papers=await papers_by_requirement(visit, case),
        paper_types=PAPER_TYPES,
        labels={f"paper-{each.code}": each.name for each in guide.content.materials}
        | {"as_it_is": "提交补正"},
        form_saved=visit.asked("form") == "saved",
        file_path=f"/my/file/{case.item_code}?case={case.id}",
    )


def _heading(case: Case) -> str:
    if case.supplement_asked:
        return "补充材料"
    return "补齐容缺材料" if case.deferred_open else "补正材料"


def _asked_for(
    case: Case, materials: tuple[Material, ...], owed: tuple[DeferredPaper, ...]
) -> list[Material]:
    """The materials to offer: those that were to follow, or any when officers asked in words."""
    codes = {each.code for each in owed}
    some = bool(codes) and not case.supplement_asked
    return [each for each in materials if not some or each.code in codes]


@pages.get("/my/cases/{case_id}/mandate-end", who=CITIZEN)
async def ask_mandate_end(visit: Visit) -> Response:
    """GET …/mandate-end: asked once more."""
    case = await _case(visit)
    if Action.END_MANDATE not in cases.allowed_actions(visit.world, visit.citizen, case):
        return visit.go(f"/my/cases/{case.id}", "这个办件没有代办人。")
    return visit.page("my_mandate_end.html", section="my", case=case)


@pages.post("/my/cases/{case_id}/mandate-end", who=CITIZEN)
async def mandate_end(visit: Visit) -> Response:
    """POST …/mandate-end: the agent acts for me no longer in this case."""
    case = await _case(visit)
    _ = await cases.end_mandate(visit.world, visit.citizen, case.id)
    return visit.go(f"/my/cases/{case.id}", "已取消委托。代办人不能再查看或办理这个办件。")


async def _case(visit: Visit) -> Case:
    missing = NoSuchCase("没有找到这个办件，请核对后再试。")
    case_id: UUID = number(visit, "case_id", missing)
    return await cases.fetch_for(visit.citizen, case_id)
