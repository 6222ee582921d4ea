"""The sandbox as one ASGI application, with fresh state each time it is made."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import (
    control,
    control_people,
    former_pages,
    menus,
    panel,
    provider,
    screens,
    simulator,
    web_login,
    wechat_api,
)
from sandbox.answers import refusal
from sandbox.config import Config
from sandbox.guard import Guard
from sandbox.outside import Outside, outside_of
from sandbox.scanner import Scanner


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    outside: Outside = app.state.outside
    scanner = Scanner(outside)
    await scanner.open(int(outside.config.scanner_port))
    outside.scanner_address = f"127.0.0.1:{scanner.port}"
    try:
        yield
    finally:
        await scanner.close()
        await outside.close()


async def nothing_here(request: Request) -> Response:
    """Any other path: 404, in WeChat's shape."""
    return refusal(outside_of(request).clock.now(), 404404, request.url.path[:200], 404)


def create_sandbox(config: Config) -> Starlette:
    """A new outside world. Serve it on loopback only, for example by `python -m sandbox`.

    The guard stands outermost, in front of Starlette's own middleware: there it can still reach the
    connection that a fault closes.
    """
    app = Starlette(
        routes=[
            *wechat_api.routes,
            *menus.routes,
            *web_login.routes,
            *provider.routes,
            *control.routes,
            *control_people.routes,
            *former_pages.routes,
            *simulator.routes,
            *panel.routes,
            *screens.routes,
            Route("/{rest:path}", nothing_here, methods=["GET", "POST", "PUT", "DELETE"]),
        ],
        lifespan=_lifespan,
    )
    app.state.outside = Outside(config)
    app.middleware_stack = Guard(app.state.outside, app.build_middleware_stack())
    return app
