"""Log-in of people in pages of the account: WeChat's OAuth2, open host and API (protocol A12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.answers import Refused, api, spend
from sandbox.codes import CodeRefused
from sandbox.config import is_loopback
from sandbox.outside import Outside, outside_of
from sandbox.people import Person
from sandbox.provider import form_of
from sandbox.provider_login import BadRequest
from sandbox.screens import PERSON_COOKIE, screen
from sandbox.web_tokens import ACCESS_SECONDS, WebLogin
from sandbox.wechat_api import secret_of

AUTHORIZE = "/connect/oauth2/authorize"
ORDER = ("appid", "redirect_uri", "response_type", "scope", "state")
SCOPES = ("snsapi_base", "snsapi_userinfo")
STATE = re.compile(r"[A-Za-z0-9]{0,128}")
SHOWN_PEOPLE = 20
NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}


class Faulty(Exception):
    """The page that was opened asks wrongly; the text is what WeChat shows, and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request of a page to know who opened it."""

    told: Mapping[str, str]
    scope: str
    forced_snapshot: bool
    forced_consent: bool

    def back(self, **answer: str) -> str:
        """The page's own address, with code and state (or, when denied, the state alone)."""
        uri, state = self.told["redirect_uri"], self.told.get("state", "")
        joint = "&" if urlsplit(uri).query else "?"
        return f"{uri}{joint}{urlencode({**answer, 'state': state})}"


def read_request(outside: Outside, pairs: list[tuple[str, str]]) -> Asked:
    """Check what was asked, in the order WeChat wants it. Raises Faulty."""
    told = dict(pairs)
    if len(told) != len(pairs):
        raise Faulty("参数重复")
    if told.get("appid") != outside.config.wechat_app_id:
        raise Faulty("appid 参数错误（10012）：不是本公众号")
    if not is_loopback(told.get("redirect_uri", "")) or urlsplit(told["redirect_uri"]).fragment:
        raise Faulty("redirect_uri 域名与后台配置不一致（10003）：模拟环境只认本机地址")
    if told.get("response_type") != "code":
        raise Faulty("response_type 参数错误：应为 code")
    if told.get("scope") not in SCOPES:
        raise Faulty("scope 参数错误或没有 scope 权限（10005）")
    if not STATE.fullmatch(told.get("state", "")):
        raise Faulty("state 参数错误：最多 128 个字母和数字")
    given = [name for name, _ in pairs if name in ORDER]
    if given != [name for name in ORDER if name in told]:
        raise Faulty("参数顺序错误：应为 " + "、".join(ORDER))
    true = ("true", "1")
    return Asked(
        told,
        told["scope"],
        forced_snapshot=told.get("forceSnapShot", "").lower() in true,
        forced_consent=told.get("forcePopup", "").lower() in true,
    )


async def authorize(request: Request) -> Response:
    """GET: who opened the page? Silently for snsapi_base; a POST answers the question asked."""
    outside = outside_of(request)
    try:
        pairs = parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=30)
        asked = read_request(outside, pairs)
        answer = await form_of(request) if request.method == "POST" else {}
    except (Faulty, BadRequest, ValueError) as bad:
        return screen("web_login_refused.html", 400, reason=str(bad))
    person = _opener(outside, request, asked, answer)
    if answer.get("answer") == "deny":
        return RedirectResponse(asked.back(), 302, NOT_KEPT)
    if person is None:
        people = list(outside.people)[:SHOWN_PEOPLE]
        return screen("web_login_choose.html", 200, people=people, asked=asked, action=_here(asked))
    wants_consent = asked.scope == "snsapi_userinfo" or asked.forced_consent
    if wants_consent and answer.get("answer") != "allow":
        facts = {"person": person, "asked": asked, "action": _here(asked)}
        return screen("web_login_consent.html", 200, **facts)
    snapshot = asked.forced_snapshot or person.snapshot or bool(answer.get("snapshot"))
    code = outside.web_codes.issue(WebLogin(person, asked.scope, snapshot))
    return RedirectResponse(asked.back(code=code), 302, NOT_KEPT)


def _opener(
    outside: Outside, request: Request, asked: Asked, answer: Mapping[str, str]
) -> Person | None:
    """The person whose phone shows the page: chosen in the form, named in the address, or known."""
    name = answer.get("person") or asked.told.get("person") or request.cookies.get(PERSON_COOKIE)
    return outside.people.find(name) if name else None


def _here(asked: Asked) -> str:
    return f"{AUTHORIZE}?{urlencode(asked.told)}"


def _account(outside: Outside, told: dict[str, Any]) -> None:
    if told.get("appid") not in (None, "", outside.config.wechat_app_id):
        raise Refused(40013)


def access_token(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /sns/oauth2/access_token: who opened the page, for a code, once."""
    _account(outside, told)
    app_id = secret_of(outside, told)
    if told.get("grant_type") != "authorization_code":
        raise Refused(40002)
    if not told.get("code"):
        raise Refused(41008)
    spend(outside, app_id, "/sns/oauth2/access_token")
    try:
        login = outside.web_codes.redeem(told["code"])
    except CodeRefused as no:
        raise Refused(40163 if no.used else 40029) from None
    access, refresh = outside.web_tokens.issue(login)
    return _issued(access, refresh, login)


def _issued(access: str, refresh: str, login: WebLogin) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "access_token": access,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
        "openid": login.openid,
        "scope": login.scope,
    }
    if login.snapshot:
        return answer | {"is_snapshotuser": 1}
    if login.scope == "snsapi_userinfo":
        answer["unionid"] = login.person.unionid
    return answer


def refresh_token(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /sns/oauth2/refresh_token: a new access token for 30 days."""
    if not told.get("appid"):
        raise Refused(41002)
    _account(outside, told)
    if told.get("grant_type") != "refresh_token":
        raise Refused(40002)
    if not told.get("refresh_token"):
        raise Refused(41003)
    renewed = outside.web_tokens.renew(told["refresh_token"])
    if isinstance(renewed, int):
        raise Refused(renewed)
    access, login = renewed
    return _issued(access, told["refresh_token"], login)


def _login(outside: Outside, told: dict[str, Any]) -> WebLogin:
    if not told.get("access_token"):
        raise Refused(41001)
    login = outside.web_tokens.login(told["access_token"])
    if isinstance(login, int):
        raise Refused(login)
    if not told.get("openid"):
        raise Refused(41009)
    if told["openid"] != login.openid:
        raise Refused(40003)
    return login


def userinfo(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /sns/userinfo: nickname and unionid, only with snsapi_userinfo (48001)."""
    login = _login(outside, told)
    if login.scope != "snsapi_userinfo":
        raise Refused(48001)
    shown: dict[str, Any] = {"openid": login.openid, "headimgurl": "", "privilege": []}
    if login.snapshot:
        return shown | {"nickname": "微信用户", "is_snapshotuser": 1}
    return shown | {"nickname": login.person.name, "unionid": login.person.unionid}


def auth(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /sns/auth: whether an access token is still good."""
    _login(outside, told)
    return {"errcode": 0, "errmsg": "ok"}


CALLS = (
    ("/sns/oauth2/access_token", access_token),
    ("/sns/oauth2/refresh_token", refresh_token),
    ("/sns/userinfo", userinfo),
    ("/sns/auth", auth),
)

routes = [
    Route(AUTHORIZE, authorize, methods=["GET", "POST"]),
    *(
        Route(path, api("GET", path, handler, token=False), methods=["GET", "POST"])
        for path, handler in CALLS
    ),
]
