"""Signing in inside WeChat and out again, and the citizen's real name: checked, shown, untied."""

from starlette.responses import Response

from citydesk import identity
from citydesk.identity import WrongReturn
from citydesk.kit.refusals import Refusal
from portal import sessions
from portal.sessions import CITIZEN_COOKIE
from portal.visits import ANYONE, CITIZEN, Pages, Visit

pages = Pages()
LOG_IN_COOKIE = "citydesk_wechat"
LONGEST_ANSWER = 1024
LEVELS = {
    0: "未核验",
    1: "未核验",
    2: "已填报身份",
    3: "已核对姓名和身份证号",
    4: "已通过人脸核验",
    5: "已在窗口或用证书核验",
}


@pages.get("/wechat-login", who=ANYONE)
async def log_in(visit: Visit) -> Response:
    """GET /wechat-login?next=…: over WeChat's open platform, and back."""
    onward = sessions.local_path(visit.asked("next", 500), "/my")
    if visit.asker is not None:
        return visit.go(onward)
    begun = await identity.begin_wechat_log_in(visit.world, onward)
    response = visit.away(begun.address)
    sessions.keep(
        response,
        visit.world.settings,
        LOG_IN_COOKIE,
        begun.browser,
        seconds=identity.LOG_IN_SECONDS,
    )
    return response


@pages.get(identity.LOG_IN_RETURN, who=ANYONE)
async def logged_in(visit: Visit) -> Response:
    """GET /wechat-login/return?code&state: the browser comes back from WeChat."""
    secret = sessions.cookie_of(visit.request, LOG_IN_COOKIE)
    try:
        session, onward = await identity.finish_wechat_log_in(
            visit.world, visit.asked("state"), visit.asked("code", LONGEST_ANSWER), secret
        )
    except (identity.LogInOver, identity.WebCodeRefused) as over:
        if visit.asker is not None:  # phones load the page twice, or somebody goes back to it
            return visit.go("/my")
        return _not_logged_in(visit, over, again=True)
    except identity.SnapshotRefused as snapshot:
        return _not_logged_in(visit, snapshot, again=False)
    response = visit.go(onward)
    sessions.sign_in(response, visit.world.settings, session, CITIZEN_COOKIE)
    response.delete_cookie(LOG_IN_COOKIE, path="/")
    return response


def _not_logged_in(visit: Visit, refusal: Refusal, *, again: bool) -> Response:
    """Say why, and offer another try where one helps."""
    return visit.page(
        "my_not_logged_in.html", status=403, section="my", sentence=refusal.detail, again=again
    )


@pages.post("/sign-out", who=CITIZEN)
async def sign_out(visit: Visit) -> Response:
    """POST /sign-out: this browser only."""
    response = visit.go("/", "已退出登录。")
    await sessions.sign_out(visit.world, visit.request, response, CITIZEN_COOKIE)
    return response


@pages.get("/my/identity", who=CITIZEN)
async def show_identity(visit: Visit) -> Response:
    """GET /my/identity?next=…: who I am here, masked; check my name, or untie it."""
    return visit.page(
        "my_identity.html",
        section="my",
        person=await identity.me(visit.world, visit.citizen),
        level=LEVELS[visit.citizen.assurance_level],
        onward=sessions.local_path(visit.asked("next", 200), ""),
    )


@pages.post("/my/identity/check", who=CITIZEN)
async def check_name(visit: Visit) -> Response:
    """POST /my/identity/check: to the province's identity provider."""
    onward = sessions.local_path(visit.form.value("next"), "/my/identity")
    try:
        address = await identity.begin_verification(
            visit.world, visit.citizen, onward, at_page=True
        )
    except WrongReturn:
        address = await identity.begin_verification(
            visit.world, visit.citizen, "/my/identity", at_page=True
        )
    return visit.away(address)


@pages.get(identity.PAGE_CALLBACK, who=CITIZEN)
async def checked_name(visit: Visit) -> Response:
    """GET /my/identity/return?state&code: back from the provider, in the browser that went."""
    world, state = visit.world, visit.asked("state")
    code = visit.asked("code", LONGEST_ANSWER)
    foreign = visit.asked("iss", LONGEST_ANSWER) not in ("", world.settings.provider_url)
    if not code or visit.asked("error") or foreign:
        raise await identity.decline_verification(world, visit.citizen, state)
    _, onward = await identity.finish_verification(world, visit.citizen, state, code)
    return visit.go(onward, "实名核验完成。")


@pages.get("/my/identity/unbind", who=CITIZEN)
async def ask_unbind(visit: Visit) -> Response:
    """GET /my/identity/unbind: what it means, before it is done."""
    return visit.page(
        "my_unbind.html", section="my", person=await identity.me(visit.world, visit.citizen)
    )


@pages.post("/my/identity/unbind", who=CITIZEN)
async def unbind(visit: Visit) -> Response:
    """POST /my/identity/unbind: signed out everywhere, the account without a name again."""
    if visit.form.value("sure") != "yes":
        visit.form.wrong("sure", "请先勾选，确认要解除绑定")
        person = await identity.me(visit.world, visit.citizen)
        return visit.page("my_unbind.html", status=422, section="my", person=person)
    await identity.unbind(visit.world, visit.citizen)
    response = visit.go("/", "已解除绑定，所有设备都已退出登录。")
    response.delete_cookie(CITIZEN_COOKIE, path="/")
    return response
