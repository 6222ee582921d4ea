"""The officers' desk: signing in for a post, what waits for it, checking citizens in."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import appointments, cases, identity
from citydesk.cases import Action, NextDue, NoSuchCase, State
from citydesk.identity import ChoosePost, HeldPost, Role
from citydesk.kit.refusals import Missing, Refusal, TooMany
from models.cases import Case
from portal import desk_words, sessions
from portal.desk_steps import ACCEPT_DEFERRED, AT_ONCE, SERVE_BY_MAIL, STEPS
from portal.refusals import status_of
from portal.visits import OFFICERS_DOOR, Pages, Visit, officers

pages = Pages()
AT_DESK = officers()
HANDLERS = officers(Role.FRONT_DESK, Role.BACK_OFFICE, Role.EXIT_WINDOW, Role.DEPARTMENT_HEAD)
BEFORE_DECISION = (State.FILED, State.PRE_REVIEWED, State.RECEIVED, State.ACCEPTED)
BY_ORGAN = (Role.BACK_OFFICE, Role.DEPARTMENT_HEAD)
PAGE_SIZE = 20
LONGEST_LOGIN = 40


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the work list."""

    case: Case
    label: str
    tone: str
    due: NextDue | None
    days_left: int


async def desk_page(visit: Visit, name: str, *, status: int = 200, **shown: Any) -> Response:
    """Render a page of the desk, which always says in which post one acts."""
    held = await identity.posts_today(visit.world, visit.officer)
    post = next((each for each in held if each.id == visit.officer.post_id), None)
    return visit.page(
        name, status=status, post=post, many_posts=len(held) > 1, words=desk_words, **shown
    )


@pages.get("/desk/sign-in", who=OFFICERS_DOOR)
async def ask_sign_in(visit: Visit) -> Response:
    """GET /desk/sign-in?next=…: login and password; whoever is signed in is sent on."""
    if visit.asker is not None:
        return visit.go(_next(visit))
    return visit.page("desk_sign_in.html")


@pages.post("/desk/sign-in", who=OFFICERS_DOOR)
async def sign_in(visit: Visit) -> Response:
    """POST /desk/sign-in: for the only post; whoever holds several chooses next."""
    typed = visit.form.value("login").lower()
    login = typed if len(typed) <= LONGEST_LOGIN and typed.isprintable() else ""
    password = next(iter(visit.form.all("password")), "")
    onward = _next(visit)
    try:
        try:
            session = await identity.sign_in_officer_browser(visit.world, login, password)
        except ChoosePost as several:
            onward = f"/desk/posts?{urlencode({'next': onward})}"
            first = UUID(several.facts["posts"][0]["id"])
            session = await identity.sign_in_officer_browser(visit.world, login, password, first)
    except Refusal as refusal:
        return _not_signed_in(visit, refusal)
    response = visit.go(onward)
    sessions.sign_in(response, visit.world.settings, session, sessions.OFFICER_COOKIE)
    return response


def _not_signed_in(visit: Visit, refusal: Refusal) -> Response:
    form = visit.form.refused(refusal)
    response = visit.page("desk_sign_in.html", status=status_of(type(refusal)), form=form)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def _next(visit: Visit) -> str:
    return sessions.local_path(visit.asked("next", sessions.LONGEST_PATH), "/desk")


@pages.get("/desk/sign-out", who=AT_DESK)
async def ask_sign_out(visit: Visit) -> Response:
    """GET /desk/sign-out: signing out takes the button, not an address."""
    return visit.go("/desk")


@pages.post("/desk/sign-out", who=AT_DESK)
async def sign_out(visit: Visit) -> Response:
    """POST /desk/sign-out: this browser's session ends, here and in the tables."""
    response = visit.go("/desk/sign-in", "已退出登录。")
    await sessions.sign_out(visit.world, visit.request, response, sessions.OFFICER_COOKIE)
    return response


@pages.get("/desk/posts", who=AT_DESK)
async def ask_post(visit: Visit) -> Response:
    """GET /desk/posts: the posts held today, to act in one of them."""
    return await _choose_post(visit, await identity.posts_today(visit.world, visit.officer))


@pages.post("/desk/posts", who=AT_DESK)
async def take_post(visit: Visit) -> Response:
    """POST /desk/posts: act in another post; the session of the one before ends."""
    held = await identity.posts_today(visit.world, visit.officer)
    chosen = next((each for each in held if str(each.id) == visit.form.value("post")), None)
    if chosen is None:
        visit.form.wrong("post", "请选择一个岗位")
        return await _choose_post(visit, held, status=422)
    response = visit.go(_next(visit))
    if chosen.id != visit.officer.post_id:
        session = await identity.change_post(visit.world, visit.officer, chosen.id)
        sessions.sign_in(response, visit.world.settings, session, sessions.OFFICER_COOKIE)
    return response


async def _choose_post(visit: Visit, held: list[HeldPost], status: int = 200) -> Response:
    offered = [(str(each.id), post_name(each)) for each in held]
    form = visit.form if visit.form.errors else visit.form.filled({"post": visit.officer.post_id})
    return await desk_page(visit, "desk_posts.html", status=status, offered=offered, form=form)


def post_name(post: HeldPost) -> str:
    """Say what a post is, where: 前台受理 · 沈河区政务服务中心 · 市监局."""
    return " · ".join(filter(None, (desk_words.ROLES[post.role], post.hall, post.organ)))


@pages.get("/desk", who=AT_DESK)
async def work_list(visit: Visit) -> Response:
    """GET /desk: what waits for this post, oldest first; ?q= opens a case by its number."""
    if visit.officer.role is Role.ADMIN:
        return visit.go("/admin/officers")
    if visit.officer.role in (Role.EDITOR, Role.REVIEWER, Role.PUBLISHER):
        return visit.go("/editors")
    if visit.officer.role is Role.SUPERVISOR:
        return visit.go("/supervision")
    said, cursor = visit.asked("q", 40), visit.asked("cursor", 2000)
    unknown = ""
    if said:
        try:
            found = await cases.fetch_by_no(visit.officer, said)
            return visit.go(f"/desk/cases/{found.id}")
        except NoSuchCase as refusal:
            unknown = refusal.detail
    page = await cases.work_list(visit.world, visit.officer, cursor or None, PAGE_SIZE)
    more = urlencode({"cursor": page.next_cursor}) if page.next_cursor else ""
    return await desk_page(
        visit,
        "desk_list.html",
        status=404 if unknown else 200,
        section="desk",
        waiting=await _waiting(visit, page.items),
        asked=said,
        unknown=unknown,
        placeless=visit.officer.role not in BY_ORGAN and visit.officer.hall_id is None,
        next=f"/desk?{more}" if more else "",
        first="/desk" if cursor else "",
    )


async def _waiting(visit: Visit, found: list[Case]) -> list[Waiting]:
    today, dues = visit.world.clock.today(), await cases.next_dues(visit.world, found)
    lines = []
    for case in found:
        state, due = State(case.state), dues[case.id]
        left = (due.on - today).days if due else 0
        tone = desk_words.TONES.get(state, "plain")
        lines.append(Waiting(case, cases.LABELS[state], tone, due, left))
    return lines


@pages.get("/desk/check-in", who=officers(Role.FRONT_DESK))
async def ask_code(visit: Visit) -> Response:
    """GET /desk/check-in: the code of an appointment, as the citizen shows it."""
    return await desk_page(visit, "desk_check_in.html", section="check-in")


@pages.post("/desk/check-in", who=officers(Role.FRONT_DESK))
async def check_in(visit: Visit) -> Response:
    """POST /desk/check-in: the citizen has come."""
    try:
        came = await appointments.check_in(visit.world, visit.officer, visit.form.value("code"))
    except Refusal as refusal:
        visit.form.wrong("code", refusal.detail)
        status = 404 if isinstance(refusal, Missing) else 409
        return await desk_page(visit, "desk_check_in.html", status=status, section="check-in")
    held = await appointments.held(visit.world, came.id)
    return visit.go("/desk/check-in", f"已签到：{held.code}，{held.item_name}。")


def offered_steps(
    visit: Visit, case: Case, *, deferrable: bool = False, mailed: bool = False
) -> list[str]:
    """The steps this post may take now; those that only need a click come first.

    ``deferrable``: papers are missing that may follow the acceptance. ``mailed``: the result may
    be mailed.
    An immediate item is finished at the front desk with one button instead of three.
    """
    allowed: list[str] = list(cases.allowed_actions(visit.world, visit.officer, case))
    if visit.officer.role is Role.FRONT_DESK and case.immediate and case.state in BEFORE_DECISION:
        allowed = [AT_ONCE, *(each for each in allowed if each != Action.DECIDE)]
    if Action.ACCEPT in allowed and deferrable:
        allowed.append(ACCEPT_DEFERRED)
    if Action.SERVE in allowed and mailed:
        allowed.append(SERVE_BY_MAIL)
    allowed = [each for each in allowed if each in STEPS]  # the others are taken on other pages
    return sorted(allowed, key=lambda each: not STEPS[each].plain)
