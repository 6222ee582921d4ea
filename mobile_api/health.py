"""What operators ask: alive, ready, how busy."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from hmac import compare_digest
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from citydesk.kit import outbox, sql
from citydesk.kit.deadlines import AtMost
from citydesk.kit.troubles import AWAY
from citydesk.reactions import NAMES
from citydesk.settings import LOOPBACK
from citydesk.world import World

READY_SECONDS = 2.0
RETRY_SECONDS = 5


async def healthz(request: Request) -> Response:
    """GET /healthz: the process runs. Asks nothing of anybody."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """GET /readyz: citizens can be served. 503 names what is missing.

    Valkey may vanish without a promise broken, so its absence is told but does not count.
    """
    world: World = request.app.state.world
    asking: Any = world.valkey.ping()
    database, valkey = await asyncio.gather(_told(sql.value("SELECT 1")), _told(asking))
    found = {"database": database, "valkey": valkey}
    if database == "ok":
        return JSONResponse(found)
    return JSONResponse(found, 503, {"Retry-After": str(RETRY_SECONDS)})


async def _told(asking: Awaitable[Any]) -> str:
    """Say ok, or what went wrong; within two seconds."""
    try:
        with AtMost(READY_SECONDS):
            await asking
    except Exception as down:
        return type(down).__name__
    return "ok"


async def metrics(request: Request) -> Response:
    """GET /metrics: Prometheus; from loopback, or with the token.

    Behind a proxy everybody comes from loopback, so a forwarded request always needs the token.
    """
    world: World = request.app.state.world
    near = request.client is not None and request.client.host in LOOPBACK
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via"))
    token = world.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not (near and not forwarded) and not (
        token and compare_digest(given.encode(), token.encode())
    ):
        return PlainTextResponse("forbidden", 403)
    with suppress(*AWAY):  # what this process has counted is worth telling all the same
        await outbox.state(world.clock.now(), NAMES)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


routes = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
]
