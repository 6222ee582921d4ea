"""The API's description for machines (/api/openapi.json) and for people (/api/docs)."""

from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
CONTENT_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"


def routes(description: dict[str, Any]) -> list[Route]:
    """The two addresses and the style sheet; all are written once, at start."""
    text = orjson.dumps(description)
    page = TEMPLATES.get_template("docs.html").render(
        description=description, operations=_by_tag(description)
    )
    style = (Path(__file__).parent / "templates" / "docs.css").read_text(encoding="utf-8")

    async def openapi(request: Request) -> Response:
        return Response(text, media_type="application/json")

    async def docs(request: Request) -> Response:
        return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_POLICY})

    async def css(request: Request) -> Response:
        return Response(style, media_type="text/css")

    return [
        Route("/api/openapi.json", openapi),
        Route("/api/docs", docs),
        Route("/api/docs.css", css),
    ]


def _by_tag(description: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            line = {"method": method.upper(), "path": path, **operation}
            found.setdefault(operation["tags"][0], []).append(line)
    return found
