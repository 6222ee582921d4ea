"""Our own style sheets, scripts and pictures: in memory, named by content, kept for a year."""

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_A_YEAR, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: what it is, and the first eight digits of its hash."""

    body: bytes
    media_type: str
    hash8: str


@cache
def assets() -> dict[str, Asset]:
    """Every file of the folder by its name, read once."""
    return {each.name: _read(each) for each in sorted(FOLDER.iterdir()) if each.is_file()}


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return Asset(body, kind or "application/octet-stream", hashlib.sha256(body).hexdigest()[:8])


def address(name: str) -> str:
    """Return where a file is found; another content has another address."""
    return f"/static/{name}?v={assets()[name].hash8}"


async def show(request: Request) -> Response:
    """GET /static/{name}."""
    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404)
    etag = f'"{asset.hash8}"'
    held = request.query_params.get("v") == asset.hash8
    headers = {"ETag": etag, "Cache-Control": FOR_A_YEAR if held else ASK_AGAIN}
    if request.headers.get("if-none-match") == etag:
        return Response(None, 304, headers=headers)
    return Response(asset.body, media_type=asset.media_type, headers=headers)


routes = [Route("/static/{name}", show)]
