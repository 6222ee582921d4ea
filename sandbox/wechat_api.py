"""The WeChat API host: credentials, users, mini-program log-in; messages are in messaging.py."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Any

from starlette.routing import Route

from sandbox.answers import Refused, api, spend
from sandbox.codes import CodeRefused
from sandbox.messaging import send_custom, send_template, set_typing
from sandbox.outside import Outside

LOGINS_PER_MINUTE = 100


def secret_of(outside: Outside, told: dict[str, Any]) -> str:
    """The application that proved itself. Raises Refused 41002, 40013, 41004 or 40125."""
    config = outside.config
    known = {
        config.wechat_app_id: config.wechat_app_secret,
        config.miniprogram_app_id: config.miniprogram_app_secret,
    }
    app_id, secret = told.get("appid"), told.get("secret")
    if not app_id:
        raise Refused(41002)
    if not isinstance(app_id, str) or app_id not in known:
        raise Refused(40013)
    if not secret:
        raise Refused(41004)
    if not hmac.compare_digest(str(secret).encode(), known[app_id].encode()):
        raise Refused(40125)
    return app_id


def _credential(outside: Outside, told: dict[str, Any], path: str) -> str:
    if told.get("grant_type") != "client_credential":
        raise Refused(40002)
    app_id = secret_of(outside, told)
    spend(outside, app_id, path)
    return app_id


def token(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /cgi-bin/token: a new token each time, the old one dies within five minutes."""
    app_id = _credential(outside, told, "/cgi-bin/token")
    value, seconds = outside.tokens.classic(app_id)
    return {"access_token": value, "expires_in": seconds}


def stable_token(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """POST /cgi-bin/stable_token: the same token until five minutes before its end."""
    app_id = _credential(outside, told, "/cgi-bin/stable_token")
    force = told.get("force_refresh", False)
    if not isinstance(force, bool):
        raise Refused(47001)
    issued = outside.tokens.forced(app_id) if force else outside.tokens.stable(app_id)
    if isinstance(issued, int):
        raise Refused(issued)
    return {"access_token": issued[0], "expires_in": issued[1]}


def user_info(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /cgi-bin/user/info: whether the person follows, and their unionid if so."""
    person = outside.people.follower(told.get("openid"))
    if person is None:
        raise Refused(40003)
    if not person.following:
        return {"subscribe": 0, "openid": person.openid}
    return {
        "subscribe": 1,
        "openid": person.openid,
        "language": "zh_CN",
        "subscribe_time": person.followed_at,
        "unionid": person.unionid,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_SEARCH",
        "qr_scene": 0,
        "qr_scene_str": "",
    }


def jscode2session(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /sns/jscode2session: openid, session_key and unionid for a log-in code, once."""
    if told.get("grant_type") != "authorization_code":
        raise Refused(40002)
    if secret_of(outside, told) != outside.config.miniprogram_app_id:
        raise Refused(40013)
    if not told.get("js_code"):
        raise Refused(41008)
    try:
        person = outside.login_codes.redeem(told["js_code"])
    except CodeRefused as no:
        raise Refused(40163 if no.used else 40029) from None
    path = f"/sns/jscode2session#{person.key}"
    outside.quotas.minute.setdefault(path, LOGINS_PER_MINUTE)
    spend(outside, outside.config.miniprogram_app_id, path)
    return {
        "session_key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "openid": person.miniprogram_openid,
        "unionid": person.unionid,
    }


def private_templates(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /cgi-bin/template/get_all_private_template: the account's templates."""
    return {"template_list": [each.listed() for each in outside.templates.known.values()]}


def clear_quota(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """POST /cgi-bin/clear_quota: begin all counts anew."""
    if told.get("appid") != outside.config.wechat_app_id:
        raise Refused(40013)
    outside.quotas.clear()
    return {"errcode": 0, "errmsg": "ok"}


CALLS = (
    ("GET", "/cgi-bin/token", token, False),
    ("POST", "/cgi-bin/stable_token", stable_token, False),
    ("GET", "/cgi-bin/user/info", user_info, True),
    ("GET", "/sns/jscode2session", jscode2session, False),
    ("GET", "/cgi-bin/template/get_all_private_template", private_templates, True),
    ("POST", "/cgi-bin/clear_quota", clear_quota, True),
    ("POST", "/cgi-bin/message/template/send", send_template, True),
    ("POST", "/cgi-bin/message/custom/send", send_custom, True),
    ("POST", "/cgi-bin/message/custom/typing", set_typing, True),
)

routes = [
    Route(path, api(method, path, handler, token=token), methods=["GET", "POST"])
    for method, path, handler, token in CALLS
]
