"""The same application without its guard, for the positive controls: uvicorn as it comes."""

import sys

import uvicorn

import asgi
from mobile_api import api
from wechat import app as webhook

NO_LIMIT = 1 << 40


def app() -> asgi.Front:
    """The application with the guard taken away, and the doors' own limits with them."""
    body_of, form_of = api.body_of, api.form_of
    api.body_of = lambda request, limit: body_of(request, NO_LIMIT)  # type: ignore[attr-defined]
    api.form_of = lambda form, body, depth: form_of(form, body, NO_LIMIT)  # type: ignore[attr-defined]
    webhook.LARGEST_BODY = NO_LIMIT  # type: ignore[attr-defined]
    front = asgi.create_app()
    front.inner = front.inner.inner  # type: ignore[attr-defined]
    return front


if __name__ == "__main__":
    uvicorn.run(
        app,
        factory=True,
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
