"""Serve an ASGI application for real, on a free loopback port, in the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


def free_listener() -> socket.socket:
    """Take a free loopback port."""
    # Named TCP, or asyncio would not switch Nagle off and every answer would wait for an ack.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of an application served on it."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def served(app: Any, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """Give the address at which the application answers; stop it on the way out."""
    listener = listener or free_listener()
    config = uvicorn.Config(
        app,
        log_config=None,
        ws="none",
        lifespan="on",
        loop="none",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=120,  # a client that looked away must not meet a closing connection
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if running.done():
            await running
            raise RuntimeError("the application did not start")
        await asyncio.sleep(0.002)
    try:
        yield address_of(listener)
    finally:
        server.should_exit = True
        await running
        listener.close()
