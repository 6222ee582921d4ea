"""The administrators' pages: who works here, in which posts; and the windows of the halls."""

from datetime import date
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import identity, organs
from citydesk.identity import Role
from citydesk.kit.refusals import Conflict, Invalid, Missing, Refusal
from citydesk.organs import NoSuchWindow, WindowRole
from portal.desk import desk_page
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit, officers

pages = Pages()
ADMIN = officers(Role.ADMIN)
PAGE_SIZE = 30
EVERYTHING = 500  # departments, halls: a city has some dozens
WINDOW_ROLES = {
    WindowRole.CONSULT: "咨询台",
    WindowRole.FRONT_DESK: "受理窗口",
    WindowRole.EXIT_WINDOW: "出件窗口",
    WindowRole.BACK_OFFICE_DESK: "后台席位",
    WindowRole.PRIORITY: "优先（绿色通道）窗口",
}


async def _page(visit: Visit, name: str, section: str, **shown: Any) -> Response:
    return await desk_page(visit, name, section=section, window_roles=WINDOW_ROLES, **shown)


@pages.get("/admin", who=ADMIN)
async def entrance(visit: Visit) -> Response:
    """GET /admin: the officers come first."""
    return visit.go("/admin/officers")


@pages.get("/admin/officers", who=ADMIN)
async def list_officers(visit: Visit) -> Response:
    """GET /admin/officers?q=…: the officers by login, names masked, with their posts."""
    said, cursor = visit.asked("q", 40), visit.asked("cursor", 2000)
    page = await identity.staff(visit.world, said, cursor=cursor or None, limit=PAGE_SIZE)
    first = "/admin/officers?" + urlencode({"q": said}) if said else "/admin/officers"
    more = urlencode({"q": said, "cursor": page.next_cursor}) if page.next_cursor else ""
    return await _page(
        visit,
        "admin_officers.html",
        "officers",
        members=page.items,
        asked=said,
        today=visit.world.clock.today(),
        next=f"/admin/officers?{more}" if more else "",
        first=first if cursor else "",
    )


@pages.get("/admin/new-officer", who=ADMIN)
async def ask_officer(visit: Visit) -> Response:
    """GET /admin/new-officer: login and name."""
    return await _page(visit, "admin_new_officer.html", "officers")


@pages.post("/admin/new-officer", who=ADMIN)
async def add_officer(visit: Visit) -> Response:
    """POST /admin/new-officer: take somebody on; the first password is shown this once."""
    login, name = visit.form.value("login"), visit.form.value("name")
    try:
        password = await identity.add_officer(visit.world, login, name)
    except (Invalid, Conflict) as refusal:
        form = visit.form.refused(refusal)
        if isinstance(refusal, Conflict):
            form.wrong("login", refusal.detail)
        status = status_of(type(refusal))
        return await _page(visit, "admin_new_officer.html", "officers", form=form, status=status)
    _note(visit, "officer_added", login)
    return await _secret(visit, login, password, "已新增工作人员")


async def _secret(visit: Visit, login: str, password: str, heading: str) -> Response:
    """Show a password, this once: it is kept nowhere, and the page is never stored."""
    return await _page(
        visit, "admin_password.html", "officers", login=login, password=password, heading=heading
    )


@pages.get("/admin/officers/{login}", who=ADMIN)
async def show_officer(visit: Visit) -> Response:
    """GET /admin/officers/{login}: posts with dates, and what can be done."""
    return await _officer(visit)


async def _officer(visit: Visit, refusal: Refusal | None = None) -> Response:
    """One officer's page; after a refusal, with what was typed and why not."""
    world = visit.world
    departments = (await organs.organs(world, limit=EVERYTHING)).items
    halls = (await organs.page_of_halls(world, limit=EVERYTHING)).items
    form = visit.form.refused(refusal) if refusal else Form()
    return await _page(
        visit,
        "admin_officer.html",
        "officers",
        status=status_of(type(refusal)) if refusal else 200,
        member=await identity.staff_member(world, visit.path["login"]),
        today=world.clock.today(),
        departments=[(each.code, each.short_name) for each in departments],
        halls=[(each.code, each.name) for each in halls],
        form=form,
    )


@pages.post("/admin/officers/{login}", who=ADMIN)
async def change_officer(visit: Visit) -> Response:
    """POST /admin/officers/{login}: give a post, end one, reset the password, let go."""
    member = await identity.staff_member(visit.world, visit.path["login"])
    action = visit.form.value("action")
    try:
        if action == "reset":
            password = await identity.reset_password(visit.world, member.login)
            _note(visit, "password_reset", member.login)
            return await _secret(visit, member.login, password, "密码已重置")
        said = await _change(visit, member.login, action)
    except (Invalid, Conflict, Missing) as refusal:
        return await _officer(visit, refusal)
    _note(visit, action, member.login)
    return visit.go(f"/admin/officers/{quote(member.login, safe='')}", said)


async def _change(visit: Visit, login: str, action: str) -> str:
    """Carry one change out; return what to say of it."""
    world, form = visit.world, visit.form
    if action == "add_post":
        await _give_post(visit, login)
        return "已增加岗位。"
    if action == "end_post":
        last_day = _day(form, "last_day") or world.clock.today()
        await identity.end_post(world, visit.officer, login, _id(form.value("post")), last_day)
        return f"岗位的最后一天已设为 {last_day.isoformat()}，次日起不能再用。"
    if action == "let_go":
        if not form.value("sure"):
            wrong = [{"field": "sure", "detail": "请先勾选确认"}]
            raise Invalid("请勾选确认后再办理离岗。", wrong)
        await identity.let_go(world, visit.officer, login)
        return "已办理离岗，该人员的登录已全部失效。"
    raise Invalid("没有这个操作，请刷新页面后再试。")


async def _give_post(visit: Visit, login: str) -> None:
    form = visit.form
    try:
        role = Role(form.value("role"))
    except ValueError:
        wrong = [{"field": "role", "detail": "请选择岗位"}]
        raise Invalid("请选择岗位。", wrong) from None
    hall = form.value("hall_code") or None
    if hall is None and role in (Role.FRONT_DESK, Role.EXIT_WINDOW):
        wrong = [{"field": "hall_code", "detail": "窗口岗位要选择大厅"}]
        raise Invalid("请选择岗位所在的大厅。", wrong)
    _ = await identity.add_post(
        visit.world,
        login,
        role,
        form.value("organ_code") or None,
        hall,
        valid_from=_day(form, "valid_from"),
        valid_to=_day(form, "valid_to"),
    )


def _day(form: Form, name: str) -> date | None:
    """Read a day; None for nothing, Invalid for no day."""
    text = form.value(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong = [{"field": name, "detail": "日期不对，例：2026-03-02"}]
        raise Invalid("日期填写有误，请修改后再提交。", wrong) from None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _note(visit: Visit, what: str, login: str) -> None:
    """Leave a trace of what an administrator did, to whom."""
    visit.world.log.info(
        "staff_changed", what=what, login=login, by_officer=str(visit.officer.officer_id)
    )


@pages.get("/admin/windows", who=ADMIN)
async def list_windows(visit: Visit) -> Response:
    """GET /admin/windows?hall=…: one hall's windows, closed ones as well."""
    halls = (await organs.page_of_halls(visit.world, limit=EVERYTHING)).items
    chosen = visit.asked("hall", 40)
    hall = await organs.hall_by_code(visit.world, chosen) if chosen else halls[0]
    return await _page(
        visit,
        "admin_windows.html",
        "windows",
        halls=[(each.code, each.name) for each in halls],
        hall=hall,
        windows=await organs.windows(visit.world, hall.id, closed=True),
    )


@pages.get("/admin/windows/{window_id}", who=ADMIN)
async def show_window(visit: Visit) -> Response:
    """GET /admin/windows/{id}: its name, its role, open or closed."""
    window = await organs.window(visit.world, _window_id(visit))
    state = "open" if window.is_open else "closed"
    form = Form.filled({"name": window.name, "role": window.role.value, "state": state})
    return await _page(visit, "admin_window.html", "windows", window=window, form=form)


@pages.post("/admin/windows/{window_id}", who=ADMIN)
async def change_window(visit: Visit) -> Response:
    """POST /admin/windows/{id}: rename it, give it another role, open or close it."""
    form = visit.form
    window = await organs.window(visit.world, _window_id(visit))
    if form.value("role") not in set(WindowRole):
        form.wrong("role", "请选择用途")
    if form.value("state") not in ("open", "closed"):
        form.wrong("state", "请选择")
    try:
        if not form.errors:
            role, is_open = WindowRole(form.value("role")), form.value("state") == "open"
            changed = await organs.change_window(
                visit.world, window.id, form.value("name"), role, is_open=is_open
            )
            back = f"/admin/windows?{urlencode({'hall': window.hall.code})}"
            return visit.go(back, f"{changed.code} {changed.name} 已保存。")
    except Invalid as refusal:
        form.refused(refusal)
    return await _page(visit, "admin_window.html", "windows", status=422, window=window, form=form)


def _window_id(visit: Visit) -> UUID:
    try:
        return UUID(visit.path["window_id"])
    except ValueError:
        raise NoSuchWindow("没有找到这个窗口，请从窗口列表中重新选择。") from None
