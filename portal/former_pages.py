"""Old links of departments: whoever follows one is sent on to the guide, for good (301)."""

from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from citydesk import guides, supervision
from citydesk.settings import LOOPBACK
from citydesk.world import World
from portal.visits import PUBLIC, Pages, Visit

pages = Pages()
FOR_AN_HOUR = "public, max-age=3600"  # a register may be corrected; browsers keep 301 for ever
HOT = 8


@pages.get("/former/{rest:path}", who=PUBLIC)
async def former(visit: Visit) -> Response:
    """GET /former/{host}/{path}?…: what a department's server sends its old links to."""
    raw = _raw_path(visit.request.scope).removeprefix(b"/former/")
    place = _placed(raw, visit.request.scope["query_string"])
    counted = visit.request.method == "GET"
    target = await supervision.former_target(visit.world, place, count=counted)
    if target is None:
        hot = await guides.hot(visit.world, HOT)
        return visit.page("former_unknown.html", status=404, hot=hot, q="")
    return moved(visit.world, target)


def _raw_path(scope: Scope) -> bytes:
    """The path as it was sent: old sites write other alphabets than ours into it."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path


def _placed(rest: bytes, query: bytes) -> str:
    """The address a page is registered under: host, path and query."""
    written = rest.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    return f"http://{written}"


def moved(world: World, target: str) -> Response:
    """Send the browser to a page of ours, at our own address and not the one it asked."""
    address = world.settings.public_url.rstrip("/") + target
    return RedirectResponse(address, 301, headers={"Cache-Control": FOR_AN_HOUR})


class FormerHosts:
    """Answers for the names of former sites that have been pointed at this server."""

    def __init__(self, inner: ASGIApp) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a request for a registered page of another host on; let any other pass."""
        response = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            world: World = scope["app"].state.world
            host = _host(scope)
            if host not in ("", *LOOPBACK, urlsplit(world.settings.public_url).hostname):
                response = await _elsewhere(world, scope)
        await (response or self.inner)(scope, receive, send)


async def _elsewhere(world: World, scope: Scope) -> Response | None:
    place = _placed(_named(scope) + _raw_path(scope), scope["query_string"])
    target = await supervision.former_target(world, place, count=scope["method"] == "GET")
    return moved(world, target) if target else None


def _named(scope: Scope) -> bytes:
    found: bytes = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return found


def _host(scope: Scope) -> str:
    try:
        return urlsplit(f"//{_named(scope).decode('latin-1')}").hostname or ""
    except ValueError:
        return ""
