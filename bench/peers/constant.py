"""The limit: Starlette answering every request with the same bytes."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = b"<xml>" + b"x" * 900 + b"</xml>"


async def constant(request: Request) -> Response:
    """The same for everybody."""
    return Response(ANSWER, media_type="text/xml")


app = Starlette(routes=[Route("/wechat", constant, methods=["POST"])])
