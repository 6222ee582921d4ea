"""Every operation of the API, its description, and how it says no."""

from collections.abc import Sequence
from functools import cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ExceptionHandler

from citydesk.kit.logs import logger
from citydesk.kit.refusals import Refusal
from citydesk.kit.troubles import AWAY, GatewayTrouble
from mobile_api import (
    appointments,
    cases,
    consultations,
    desk_consultations,
    docs,
    guide_forms,
    guides,
    identity,
    organs,
    problems,
    situations,
    supervision,
)
from mobile_api.api import Operation, routes_of
from mobile_api.openapi import described

OPERATIONS: list[Operation] = [
    operation
    for capability in (
        guides,
        guide_forms,
        situations,
        organs,
        identity,
        appointments,
        cases,
        consultations,
        desk_consultations,
        supervision,
    )
    for operation in capability.api.operations
]


@cache
def routes() -> Sequence[BaseRoute]:
    """Everything under /api; made once a process, for describing it takes a tenth of a second."""
    return (*routes_of(OPERATIONS), *docs.routes(described(OPERATIONS)))


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return problems.refused(request, refusal)


async def _troubled(request: Request, trouble: Exception) -> Response:
    assert isinstance(trouble, GatewayTrouble)
    logger().warning("a system outside does not answer", error=str(trouble))
    return problems.troubled(request, trouble)


async def _unavailable(request: Request, away: Exception) -> Response:
    logger().warning("a server of ours does not answer", error=type(away).__name__)
    return problems.unavailable(request)


async def _http(request: Request, told: Exception) -> Response:
    assert isinstance(told, HTTPException)
    name, title, detail = {
        404: ("no-such-path", "No such path", "没有这个地址，请核对后再试。"),
        405: ("method-not-allowed", "Method not allowed", "这个地址不支持这样的请求。"),
    }.get(told.status_code, ("http", told.detail, told.detail))
    return problems.problem(
        request, name, title, told.status_code, detail, headers=dict(told.headers or {})
    )


EXCEPTION_HANDLERS: dict[type[Exception], ExceptionHandler] = {
    Refusal: _refused,
    GatewayTrouble: _troubled,
    HTTPException: _http,
    **dict.fromkeys(AWAY, _unavailable),
}


async def broken(request: Request, _: Exception) -> Response:
    """Answer a fault of ours; the front logs it."""
    return problems.broken(request)
