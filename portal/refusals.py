"""Refusals and troubles as pages: the sentence, what to do next, never a stack."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citydesk.identity import LevelTooLow
from citydesk.kit.guard import TooLarge, TooSlow
from citydesk.kit.refusals import (
    Conflict,
    Forbidden,
    Invalid,
    Missing,
    Refusal,
    TooMany,
    Unidentified,
)
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from portal import pages
from portal.forms import Garbled
from portal.visits import ANYONE, Visit

STATUS: dict[type[Refusal], int] = {
    Garbled: 400,
    Unidentified: 401,
    Forbidden: 403,
    Missing: 404,
    TooSlow: 408,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Refusal: 400,
}
HEADINGS = {
    400: "没有办成",
    401: "请先登录",
    403: "现在不能这样办",
    404: "没有找到",
    405: "没有办成",
    408: "没有收全",
    409: "现在不能这样办",
    413: "内容太大",
    422: "有内容需要修改",
    429: "请稍后再试",
    500: "系统出错",
    503: "系统繁忙",
}


@dataclass(frozen=True, slots=True)
class Next:
    """What the person can do now: a link, and where it leads."""

    label: str
    path: str


HOME = Next("回首页", "/")


def status_of(kind: type[Refusal]) -> int:
    """Return the HTTP status a refusal is told with."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


async def refused(request: Request, refusal: Exception) -> Response:
    """Tell a refusal."""
    assert isinstance(refusal, Refusal)
    sent = {}
    if seconds := getattr(refusal, "retry_after_seconds", None):
        sent["Retry-After"] = str(seconds)
    return _told(request, status_of(type(refusal)), refusal.detail, _next(request, refusal), sent)


async def troubled(request: Request, trouble: Exception) -> Response:
    """Tell that a system outside is in trouble: 503, try again later."""
    assert isinstance(trouble, GatewayTrouble)
    seconds = str(trouble.retry_after_seconds or 5)
    said = "对方系统暂时没有响应。您填写的内容没有提交，请稍后再试。"
    return _told(request, 503, said, HOME, {"Retry-After": seconds})


async def unavailable(request: Request, _: Exception) -> Response:
    """Tell that our own database is not answering: 503, try again soon."""
    said = "现在办事的人较多，请过几秒钟再试。急事请拨打12345。"
    return _told(request, 503, said, HOME, {"Retry-After": "5"})


async def not_there(request: Request, told: Exception) -> Response:
    """Tell that there is no such page, or no such way to use it."""
    assert isinstance(told, HTTPException)
    said = {404: "没有这个页面，可能网址有误。您可以从首页查找要办的事。"}.get(
        told.status_code, "这个页面不能这样打开，请从首页重新进入。"
    )
    return _told(request, told.status_code, said, HOME, dict(told.headers or {}))


async def broken(request: Request, _: Exception) -> Response:
    """Tell a fault of ours, without detail; the request id leads to the log."""
    number = request.scope.get("state", {}).get("request_id", "")
    said = f"系统出错，请稍后再试。如反复出现，请拨打12345并告知编号 {number}。"
    return _told(request, 500, said, HOME, {})


def _next(request: Request, refusal: Refusal) -> Next:
    path = request.scope["path"]
    if isinstance(refusal, LevelTooLow):
        return Next("去实名核验", "/my/identity")
    if path.startswith(pages.OFFICERS_PATHS):
        return Next("回工作台", "/desk")
    if path.startswith("/my/"):
        return Next("回我的办事", "/my")
    return HOME


def _told(request: Request, status: int, said: str, onward: Next, sent: dict[str, str]) -> Response:
    world: World = request.app.state.world
    visit = getattr(request.state, "visit", None) or Visit(world, request, ANYONE)
    heading = HEADINGS.get(status, "没有办成")
    response = visit.page(
        "refused.html", status=status, heading=heading, sentence=said, onward=onward
    )
    response.headers.update(sent)
    return response
