"""Valkey asked once per turn of the loop: many callers, one pipeline.

A plain round trip through the client costs more CPU than a whole WeChat message; requests of the
same turn that share one cost a third of it (limits.md 1a).
"""

import asyncio
from typing import Any

from redis.asyncio import Redis


class Batched:
    """Gathers the commands of one turn of the loop and sends them together."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, *command: Any) -> "asyncio.Future[Any]":
        """Ask one command; raises what the server says, or RedisError when it is away."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._send)
        self._waiting.append((command, answer))
        return answer

    def _send(self) -> None:
        batch, self._waiting = self._waiting, []
        task = asyncio.ensure_future(self._exchange(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _exchange(self, batch: list[tuple[tuple[Any, ...], "asyncio.Future[Any]"]]) -> None:
        try:
            pipeline = self._valkey.pipeline(transaction=False)
            for command, _ in batch:
                pipeline.execute_command(*command)
            answers = await pipeline.execute(raise_on_error=False)
        except Exception as away:
            answers = [away] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
