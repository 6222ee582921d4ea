"""Serve an ASGI application for real, on a free loopback port, in the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from typing_extensions import override


def free_listener() -> socket.socket:
    """Take a free loopback port."""
    # Named TCP, or asyncio would not switch Nagle off and every answer would wait for an ack.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of an application served on it."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


class _Prompt(uvicorn.Server):
    """Stops at once: a tick of a tenth of a second, twice a test, is minutes of a whole run."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()

    @override
    async def main_loop(self) -> None:
        while not self.leaving.is_set():
            await self.on_tick(0)  # keeps the Date of answers right
            with suppress(TimeoutError):
                await asyncio.wait_for(self.leaving.wait(), 1)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for each in list(self.server_state.connections):
            each.shutdown()
        patience = asyncio.get_running_loop().time() + 1
        while self.server_state.connections or self.server_state.tasks:
            if asyncio.get_running_loop().time() > patience:
                for task in self.server_state.tasks:
                    task.cancel()
                break
            await asyncio.sleep(0.002)
        await self.lifespan.shutdown()


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
        timeout_keep_alive=120,  # a client that looked away must not meet a closing connection
    )
    server = _Prompt(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if running.done():
            await running
            raise RuntimeError("the application did not start")
        await asyncio.sleep(0.002)
    try:
        yield address_of(listener)
    finally:
        server.leaving.set()
        await running
        listener.close()
