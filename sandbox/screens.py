"""Pages of the sandbox: rendered here, with nothing inline and nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

PAGES = Path(__file__).parent / "pages"
PERSON_COOKIE = "sandbox_person"
ACCOUNT_NAME = "沈阳政务服务（示例）"
ASSETS = "/simulator/assets"

LOOPBACK = "http://127.0.0.1:* http://localhost:*"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        f"img-src 'self' data: {LOOPBACK}",
        f"frame-src 'self' {LOOPBACK}",
        f"form-action 'self' {LOOPBACK}",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

templates = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals.update(account=ACCOUNT_NAME, assets=ASSETS)


def screen(name: str, status: int = 200, **facts: object) -> Response:
    """One page, rendered with these facts."""
    return HTMLResponse(templates.get_template(name).render(**facts), status, HEADERS)


async def asset(request: Request) -> Response:
    """A style sheet, script or picture out of pages/; nothing else is given away."""
    path = PAGES / request.path_params["name"]
    kind = TYPES.get(path.suffix)
    if kind is None or not path.is_file():
        return screen("notice.html", 404, title="没有这个文件", text="请回到模拟器首页。")
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=kind, headers=headers)


routes = [Route(f"{ASSETS}/{{name}}", asset)]
