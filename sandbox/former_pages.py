"""An old web site of a department, from the time before there was one platform.

`/former-site/…` is that site. Every page of it is an old guide that is simply still there, unless
the control plane gives it another fate: gone, moved by a status, or moved by the page itself. Pages
below `moved/` send people to our `/former/…` from the start, pages below `gone/` are gone.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.control import Told, Wrong, control
from sandbox.former_site import Fate
from sandbox.outside import Outside, outside_of

SITE = "/former-site/"
MOVED = frozenset({301, 302, 303, 307, 308})
OLD_GUIDE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>办事指南（旧）</title></head>
<body><h1>办事指南（旧网站，示例）</h1><p>{page}</p>
<p>材料：申请表、身份证复印件。办理时间：每周三上午。</p></body></html>
"""
BY_ITSELF = """<!doctype html>
<html lang="zh-CN"><head><meta charset="gb2312">
<META HTTP-EQUIV="Refresh" CONTENT="3; URL={target}"><title>已迁移</title></head>
<body>本页已迁移。</body></html>
"""


async def old_page(request: Request) -> Response:
    """GET /former-site/…: the old guide, or what became of it."""
    page = request.url.path.removeprefix(SITE)
    fate = outside_of(request).former_site.get(page) or _usual(request, page)
    if fate is None:
        return HTMLResponse(OLD_GUIDE.format(page=escape(page)))
    if fate.by_itself:
        return HTMLResponse(BY_ITSELF.format(target=escape(fate.target)))
    headers = {"Location": fate.target} if fate.target else {}
    return HTMLResponse(f"<h1>{fate.status}</h1>", fate.status, headers)


def _usual(request: Request, page: str) -> Fate | None:
    """What becomes of a page that nobody has decided on; None: it is still the old guide."""
    if page.startswith("gone/"):
        return Fate(404, "", by_itself=False)
    if page.startswith("moved/"):
        ours = urlsplit(outside_of(request).webhook_url)
        old = request.url.netloc + request.url.path
        return Fate(301, f"{ours.scheme}://{ours.netloc}/former/{old}", by_itself=False)
    return None


async def set_fate(outside: Outside, request: Request, told: Told) -> dict[str, Any]:
    """POST former-pages {page, status?, target?, by_itself?}: what becomes of one old page.

    `page` is the path below /former-site/. Without anything else the page is the old guide again.
    """
    page, target = told.get("page"), told.get("target", "")
    status, by_itself = told.get("status", 301 if target else 200), told.get("by_itself", False)
    if not isinstance(page, str) or not page or not isinstance(target, str):
        raise Wrong("'page' and 'target' are texts, and 'page' is required")
    if not isinstance(status, int) or not 200 <= status <= 599 or not isinstance(by_itself, bool):
        raise Wrong("'status' is 200 to 599, 'by_itself' true or false")
    if status in MOVED and not target:
        raise Wrong("a page that has moved needs a 'target'")
    fates = outside.former_site
    if status == 200 and not target:
        fates.pop(page, None)
    else:
        fates[page] = Fate(status, target, by_itself)
    return {"pages": {name: fate.status for name, fate in fates.items()}}


routes = [
    Route(SITE + "{page:path}", old_page, methods=["GET", "HEAD"]),
    control("former-pages", set_fate),
]
