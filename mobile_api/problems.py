"""Refusals and troubles as problem documents (RFC 9457)."""

import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from citydesk.kit.guard import TooLarge, TooSlow
from citydesk.kit.idempotency import KeyMissing
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
from mobile_api.reading import Malformed, WrongProtocol

STATUS: dict[type[Refusal], int] = {
    KeyMissing: 400,
    Malformed: 400,
    Unidentified: 401,
    Forbidden: 403,
    Missing: 404,
    TooSlow: 408,
    Conflict: 409,
    WrongProtocol: 412,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Refusal: 400,
}
MEDIA_TYPE = "application/problem+json"


def slug(kind: type) -> str:
    """Name a problem: SlotFull → slot-full."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def status_of(kind: type[Refusal]) -> int:
    """Return the HTTP status a refusal is told with."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


def problem(
    request: Request,
    name: str,
    title: str,
    status: int,
    detail: str,
    *,
    facts: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Write one problem document."""
    body = {
        **(facts or {}),
        "type": f"/problems/{name}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.scope["path"],
        "request_id": request.scope.get("state", {}).get("request_id", ""),
    }
    return Response(
        orjson.dumps(body, default=str),
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def refused(request: Request, refusal: Refusal) -> Response:
    """Tell a refusal."""
    headers = {}
    if seconds := getattr(refusal, "retry_after_seconds", None):
        headers["Retry-After"] = str(seconds)
    status = status_of(type(refusal))
    if status == 409 and "offset" in refusal.facts:  # where an upload goes on (tus)
        headers["Upload-Offset"] = str(refusal.facts["offset"])
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="citydesk"'
    return problem(
        request,
        slug(type(refusal)),
        refusal.title,
        status,
        refusal.detail,
        facts=refusal.facts,
        headers=headers,
    )


def troubled(request: Request, trouble: GatewayTrouble) -> Response:
    """Tell that a system outside is in trouble: 503, try again later."""
    return problem(
        request,
        "gateway-trouble",
        "A system outside is not answering",
        503,
        "对方系统暂时没有响应，请稍后再试。",
        headers={"Retry-After": str(trouble.retry_after_seconds or 5)},
    )


def unavailable(request: Request) -> Response:
    """Tell that our own database is not answering: 503, try again soon."""
    return problem(
        request,
        "unavailable",
        "Temporarily unavailable",
        503,
        "系统繁忙，请稍后再试。",
        headers={"Retry-After": "5"},
    )


def broken(request: Request) -> Response:
    """Tell a fault of ours, without detail; the request id leads to the log."""
    return problem(
        request, "fault", "Internal fault", 500, "系统出错，请稍后再试。如反复出现，请告知编号。"
    )
