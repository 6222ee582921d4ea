"""The same application without its guard, for the positive controls: uvicorn as it comes."""

import sys

import uvicorn

import asgi


def app() -> asgi.Front:
    """The application with both guards taken away."""
    front = asgi.create_app()
    for name in ("inner", "wechat"):
        guard = getattr(front, name)
        setattr(front, name, guard.inner)
        guard.open = lambda limits: None
    front.inner.open = front.wechat.open = lambda limits: None  # type: ignore[attr-defined]
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
