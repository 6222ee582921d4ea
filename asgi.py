"""The doors on one server."""

import gc
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from os import environ
from secrets import token_hex
from time import perf_counter
from typing import Any, cast

from prometheus_client import Counter, Histogram
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match, Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from citydesk import guides, identity
from citydesk.kit.guard import Guard
from citydesk.kit.logs import about_request, answered, logger, start_logs
from citydesk.settings import Settings
from citydesk.world import World, open_world
from mobile_api import app as api
from mobile_api import health
from mobile_api.places import Places
from portal import app as portal
from tasks.nudging import open_nudge
from wechat.app import WeChatDoor

REQUESTS = Histogram(
    "citydesk_request_seconds",
    "Time to answer",
    ["door", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
FAULTS = Counter("citydesk_faults", "Requests that ended in a fault of ours", ["door"])
COMMAND_SECONDS = 1.8
"""Somebody waits for every statement made here: with a second for a connection, under three."""
UPLOADS = tuple(
    (path, "upload_bytes")
    for path in (
        *("/api/cases/", "/api/uploads/", "/api/officer/cases/"),
        *("/my/", "/desk/window"),
    )
)
"""Where papers are handed in; the operation itself knows the exact limit."""
LONGEST_LOGGED_PATH = 200
_PROCESS, _numbers = token_hex(4).upper(), count(1)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")


class Front:
    """Every request passes here: it gets a name, is timed, and never ends without an answer."""

    def __init__(self, inner: ASGIApp, wechat: WeChatDoor) -> None:
        self.inner = inner
        self.wechat = wechat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through, and account for it."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        path: str = scope["path"]
        if path == "/wechat":  # counts its own time, and answers whatever happens
            await self.wechat(scope, receive, send)
            return
        began = perf_counter()
        door = "api" if path.startswith("/api/") else "portal"
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_always(request_id)]
            await send(message)

        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        about_request(request_id)
        try:
            await self.inner(scope, receive, sending)
        except Exception:
            FAULTS.labels(door).inc()
            logger().exception("fault", method=scope["method"], path=_shown(path))
        finally:
            took = perf_counter() - began
            REQUESTS.labels(door, str(status)).observe(took)
            answered(scope["method"], _shown(path), status, took)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return f"{_PROCESS}{next(_numbers):08X}"


def _shown(path: str) -> str:
    """Write a path for the log: ours are plain ASCII, anything else is what somebody typed."""
    return path[:LONGEST_LOGGED_PATH].encode("ascii", "replace").decode()


def _always(request_id: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]


class _Machines(BaseRoute):
    """What machines ask is answered here alone: no page stands in for what the API lacks."""

    def __init__(self) -> None:
        self.router = Router([*api.routes(), *health.routes])
        self.paths = tuple(each.path for each in health.routes)
        self.places = Places([each for each in self.router.routes if isinstance(each, Route)])

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope["path"]
        ours = path.startswith("/api/") or path in self.paths
        return (Match.FULL if ours else Match.NONE), {}

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.places.find(scope["path"])
        if found is None:  # no such path: the router says so
            await self.router(scope, receive, send)
            return
        route, parts = found
        scope["path_params"] = parts
        await route.handle(scope, receive, send)


def create_app(world: World | None = None) -> Front:
    """Build the application; without a world, open the real one at start."""
    wechat = WeChatDoor()
    pages = portal.door()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as closing:
            opened = world
            if opened is None:
                settings = Settings.from_env()
                start_logs()
                nudge = await closing.enter_async_context(open_nudge(settings.redis_url))
                opened = await closing.enter_async_context(
                    open_world(settings, nudge=nudge, command_seconds=COMMAND_SECONDS)
                )
            identity.check_signing_key(opened.settings)
            app.state.world = pages.state.world = opened
            wechat.open(opened)
            guard.open(opened.settings.limits)
            # Whoever asks before the first index is there waits for it, or hears so. Once it is,
            # what the start has made stays: no collection need look at it again.
            await closing.enter_async_context(guides.awake(opened, settled=gc.freeze))
            yield

    inner = Starlette(
        routes=[
            _Machines(),
            Mount("/", pages),
        ],
        exception_handlers={**api.EXCEPTION_HANDLERS, Exception: api.broken},
        lifespan=lifespan,
    )
    inner.router.redirect_slashes = False  # a redirect would repeat the Host it was told
    # Behind a proxy that is trusted the caller is whom it says; WeChat's door asks nobody.
    proxies = environ.get("FORWARDED_ALLOW_IPS") or "127.0.0.1"  # uvicorn's own variable
    told = ProxyHeadersMiddleware(cast(Any, inner), trusted_hosts=proxies)
    guard = Guard(cast(Any, told), UPLOADS)
    return Front(cast(ASGIApp, guard), wechat)  # WeChat's door counts and times its bodies itself


def app() -> Front:
    """The factory that uvicorn calls."""
    return create_app()
