"""How WeChat's API answers: HTTP 200, an errcode, an errmsg with a rid, a peculiar Content-Type."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.outside import Outside, outside_of

CONTENT_TYPE = "application/json; encoding=utf-8"

MEANINGS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40015: "invalid menu type",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    40165: "invalid weapp pagepath",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41003: "refresh_token missing",
    41008: "missing code",
    41009: "openid missing",
    42001: "access_token expired",
    42002: "refresh_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    44002: "empty post data",
    44004: "empty text content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "must send typing within 30 seconds of a message",
    45081: "already typing",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48002: "user refuses to receive messages",
    404404: "no such API in the sandbox",
}


class Refused(Exception):
    """WeChat says no: an errcode, and sometimes what exactly was wrong."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.detail = detail


def rid(now: float) -> str:
    """WeChat's request id: the time and two random parts, in hex."""
    return f"{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def json_response(content: Any, status: int = 200) -> Response:
    """JSON in real UTF-8 with WeChat's Content-Type."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status, media_type=CONTENT_TYPE)


def refusal(now: float, errcode: int, detail: str = "", status: int = 200) -> Response:
    """The answer to a call that failed."""
    meaning = MEANINGS.get(errcode, "sandbox fault")
    errmsg = " ".join(filter(None, (meaning, detail, f"rid: {rid(now)}")))
    return json_response({"errcode": errcode, "errmsg": errmsg}, status)


Handler = Callable[[Outside, dict[str, Any]], dict[str, Any]]


def api(method: str, path: str, handler: Handler, *, token: bool = True) -> Any:
    """Make an endpoint of a handler: checks method, token, body and quota, in WeChat's order.

    The handler gets the query (GET) or the JSON object (POST) and returns the answer's fields.
    """

    async def endpoint(request: Request) -> Response:
        outside = outside_of(request)
        try:
            if request.method != method:
                raise Refused(43001 if method == "GET" else 43002)
            if token:
                check_token(outside, request.query_params.get("access_token", ""))
            told = await told_by(request)
            if token:
                spend(outside, outside.config.wechat_app_id, path)
            return json_response(handler(outside, told))
        except Refused as no:
            return refusal(outside.clock.now(), no.errcode, no.detail)

    return endpoint


async def told_by(request: Request) -> dict[str, Any]:
    """The call's arguments. Raises Refused 44002 for an empty body, 47001 for bad JSON."""
    if request.method == "GET":
        return dict(request.query_params)
    body = await request.body()
    if not body:
        raise Refused(44002)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(47001) from None
    if not isinstance(told, dict) or not _is_text(told, body):
        raise Refused(47001)
    return told


def _is_text(told: dict[str, Any], body: bytes) -> bool:
    """Whether no half of a surrogate pair came in by an escape: nothing could show it."""
    try:
        return b"\\u" not in body or bool(json.dumps(told, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def check_token(outside: Outside, value: str) -> None:
    """Raise Refused 41001, 40001 or 42001 unless the account's token is good."""
    errcode = outside.tokens.check(value, outside.config.wechat_app_id)
    if errcode:
        raise Refused(errcode)


def spend(outside: Outside, app_id: str, path: str) -> None:
    """Count the call; raise Refused 45009 or 45011 when the quota is used up."""
    errcode = outside.quotas.spend(app_id, path)
    if errcode:
        raise Refused(errcode)
