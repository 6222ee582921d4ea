"""The registers supervisors keep: exceptions, parity alarms, former pages, the baseline."""

from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import supervision
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, Refusal
from citydesk.supervision import NoReasonGiven, NoSuchSupervised
from models.supervision import FormerState, Measure
from portal import supervision_words
from portal.forms import Form
from portal.refusals import status_of
from portal.supervision import SUPERVISORS, supervision_page
from portal.visits import Pages, Visit

pages = Pages()
ITEMS_SHOWN = 60


@pages.get("/supervision/exceptions", who=SUPERVISORS)
async def exceptions(visit: Visit) -> Response:
    """GET /supervision/exceptions?item=…: the register, and a form to ask for one."""
    return await _exceptions(visit, Form.filled({"item_code": visit.asked("item", 80) or None}))


async def _exceptions(visit: Visit, form: Form, refusal: Refusal | None = None) -> Response:
    if refusal is not None:
        form = form.refused(refusal)
    register = await supervision.exceptions(visit.world)
    people = [who for each in register for who in (each.asked_by, each.decided_by)]
    return await supervision_page(
        visit,
        "supervision_exceptions.html",
        "exceptions",
        status=status_of(type(refusal)) if refusal else 200,
        exceptions=register,
        logins=await supervision.logins(visit.world, people),
        form=form,
        today=visit.world.clock.today(),
        measures=[(each.value, supervision_words.MEASURES[each]) for each in supervision.RATED],
    )


@pages.post("/supervision/exceptions", who=SUPERVISORS)
async def ask_exception(visit: Visit) -> Response:
    """POST /supervision/exceptions: ask for an exception; another person decides."""
    form = visit.form
    try:
        measure, valid_to = _measure(form), _day(form, "valid_to")
        asked = await supervision.ask_exception(
            visit.world,
            visit.officer,
            form.value("item_code"),
            measure,
            form.value("reason"),
            valid_to,
        )
    except (Invalid, Conflict, Missing) as refusal:
        if isinstance(refusal, Missing):
            form.wrong("item_code", "没有这个事项编码")
        return await _exceptions(visit, form, refusal)
    return visit.go("/supervision/exceptions", f"已登记“{asked.item_name}”，等待另一位同事审批。")


@pages.post("/supervision/exceptions/{exception_id}", who=SUPERVISORS)
async def settle_exception(visit: Visit) -> Response:
    """POST /supervision/exceptions/{id}: approve, refuse, or end one."""
    exception_id, action = _id(visit, "exception_id"), visit.form.value("action")
    world, officer, note = visit.world, visit.officer, visit.form.value("note")
    try:
        if action == "end":
            found = await supervision.end_exception(world, officer, exception_id)
            said = "已结束"
        elif action in ("approve", "refuse"):
            approve = action == "approve"
            found = await supervision.decide_exception(
                world, officer, exception_id, approve=approve, note=note
            )
            said = "已批准" if approve else "未批准"
        else:
            raise NoReasonGiven("没有这个操作，请刷新页面后再试。")
    except (Invalid, Conflict, Forbidden) as refusal:
        return await _exceptions(visit, Form(), refusal)
    return visit.go("/supervision/exceptions", f"“{found.item_name}”的例外：{said}。")


@pages.get("/supervision/parity", who=SUPERVISORS)
async def parity(visit: Visit) -> Response:
    """GET /supervision/parity: how the channels agree with the database, and the alarms."""
    return await _parity(visit)


async def _parity(visit: Visit, refusal: Refusal | None = None) -> Response:
    alarms = await supervision.alarms(visit.world)
    return await supervision_page(
        visit,
        "supervision_parity.html",
        "parity",
        status=status_of(type(refusal)) if refusal else 200,
        alarms=alarms,
        logins=await supervision.logins(visit.world, [each.noted_by for each in alarms]),
        standings=await supervision.standings(visit.world),
        form=visit.form.refused(refusal) if refusal else Form(),
    )


@pages.post("/supervision/parity/{alarm_id}", who=SUPERVISORS)
async def note_alarm(visit: Visit) -> Response:
    """POST /supervision/parity/{id}: say what is being done about an alarm."""
    try:
        alarm = await supervision.note_alarm(
            visit.world, visit.officer, _id(visit, "alarm_id"), visit.form.value("note")
        )
    except Invalid as refusal:
        return await _parity(visit, refusal)
    return visit.go("/supervision/parity", f"“{alarm.item_name}”的处理情况已记下。")


@pages.get("/supervision/former-pages", who=SUPERVISORS)
async def former_pages(visit: Visit) -> Response:
    """GET /supervision/former-pages?state=…: the register of departments' own old pages."""
    return await _former_pages(visit)


async def _former_pages(visit: Visit, refusal: Refusal | None = None) -> Response:
    asked, cursor = visit.asked("state", 20), visit.asked("cursor", 2000)
    state = FormerState(asked) if asked in set(FormerState) else None
    page = await supervision.former_pages(visit.world, state, cursor=cursor or None)
    first = "/supervision/former-pages?" + urlencode({"state": state.value if state else ""})
    return await supervision_page(
        visit,
        "supervision_former_pages.html",
        "former",
        status=status_of(type(refusal)) if refusal else 200,
        counts=await supervision.former_counts(visit.world),
        visits=await supervision.former_visits(visit.world),
        pages=page.items,
        state=state,
        form=visit.form.refused(refusal) if refusal else Form(),
        next=f"{first}&{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
        first=first if cursor else "",
        ours=visit.world.settings.public_url.rstrip("/"),
    )


@pages.post("/supervision/former-pages", who=SUPERVISORS)
async def register_former_pages(visit: Visit) -> Response:
    """POST /supervision/former-pages: take pages into the register, a line each."""
    try:
        taken = await supervision.register_former_pages(
            visit.world, visit.officer, visit.form.value("lines")
        )
    except Invalid as refusal:
        return await _former_pages(visit, refusal)
    return visit.go("/supervision/former-pages", f"已登记或更新 {taken} 个旧网页，稍后自动核对。")


@pages.post("/supervision/former-pages/{page_id}", who=SUPERVISORS)
async def forget_former_page(visit: Visit) -> Response:
    """POST /supervision/former-pages/{id}: take a page out of the register."""
    await supervision.forget_former_page(visit.world, visit.officer, _id(visit, "page_id"))
    return visit.go("/supervision/former-pages", "已从登记中移除。")


@pages.get("/supervision/materials", who=SUPERVISORS)
async def materials(visit: Visit) -> Response:
    """GET /supervision/materials: the reduction against the frozen baseline, both ways."""
    return await _materials(visit)


async def _materials(visit: Visit, refusal: Refusal | None = None) -> Response:
    frozen = await supervision.frozen_baseline(visit.world)
    reduced = await supervision.reduced(visit.world) if frozen else None
    return await supervision_page(
        visit,
        "supervision_materials.html",
        "materials",
        status=status_of(type(refusal)) if refusal else 200,
        reduced=reduced,
        items=reduced.items[:ITEMS_SHOWN] if reduced else (),
        targets=await supervision.targets(visit.world, Measure.MATERIALS),
        form=visit.form.refused(refusal) if refusal else Form(),
    )


@pages.post("/supervision/materials", who=SUPERVISORS)
async def freeze(visit: Visit) -> Response:
    """POST /supervision/materials: freeze the baseline, once and for all."""
    try:
        if not visit.form.value("sure"):
            wrong = [{"field": "sure", "detail": "请先勾选确认"}]
            raise NoReasonGiven("冻结后不能更改，请勾选确认。", wrong)
        frozen = await supervision.freeze_baseline(visit.world, visit.officer)
    except (Invalid, Conflict) as refusal:
        return await _materials(visit, refusal)
    said = f"已冻结 {frozen.items} 个事项的 {frozen.materials} 份材料。"
    return visit.go("/supervision/materials", said)


def _measure(form: Form) -> Measure:
    word = form.value("measure")
    if word not in {each.value for each in supervision.RATED}:
        wrong = [{"field": "measure", "detail": "请选择"}]
        raise NoReasonGiven("请选择对哪项指标例外。", wrong)
    return Measure(word)


def _day(form: Form, name: str) -> date | None:
    text = form.value(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong = [{"field": name, "detail": "日期不对，例：2026-03-02"}]
        raise NoReasonGiven("日期填写有误，请修改后再提交。", wrong) from None


def _id(visit: Visit, name: str) -> UUID:
    try:
        return UUID(visit.path[name])
    except ValueError:
        raise NoSuchSupervised("没有找到这条记录，请从列表中重新选择。") from None
