"""Valkey asked by many callers at once over one connection: what comes together goes together.

A round trip through the client costs more CPU than a whole WeChat message. Here the commands that
gather while the answers to the last ones are awaited share one write and one read, which makes
each ten times as cheap.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as ValkeyTimeout

ROUND_SECONDS = 1.0
REST_SECONDS = 0.5

Command = tuple[Any, ...]
Asked = tuple[Command, "asyncio.Future[Any]"]


class Batched:
    """One connection that many callers share; opened when first asked, and again when lost.

    After a round that was waited for in vain nobody waits for half a second: all are told at once.
    """

    def __init__(self, valkey: Redis) -> None:
        pool = valkey.connection_pool
        self._make = pool.connection_class
        # One limit for the whole round instead of one for every answer.
        self._how = {**pool.connection_kwargs, "socket_timeout": None}
        self._connection: AbstractConnection | None = None
        self._waiting: list[Asked] = []
        self._rounds: asyncio.Task[None] | None = None
        self._busy = False
        self._silent_until = 0.0

    def ask(self, *command: str | bytes | int) -> "asyncio.Future[Any]":
        """Ask one command; raises what the server says, or OSError, RedisError when it is away."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        if self._silent_until and loop.time() < self._silent_until:
            answer.set_exception(TimeoutError("Valkey does not answer"))
            return answer
        self._waiting.append((command, answer))
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._exchange())
        return answer

    async def _exchange(self) -> None:
        """Go round until nobody waits; under load, let all who are ready now come along."""
        try:
            while self._waiting:
                if self._busy:
                    await asyncio.sleep(0)
                asked, self._waiting = self._waiting, []
                self._busy = len(asked) > 1
                answers = await self._round(asked)
                for (_, future), answer in zip(asked, answers, strict=True):
                    if future.done():  # the caller has given up
                        continue
                    if isinstance(answer, BaseException):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
        finally:
            self._rounds = None

    async def _round(self, asked: Sequence[Asked]) -> Sequence[Any]:
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                connection = await self._connected()
                packed = b"".join(hiredis.pack_command(command) for command, _ in asked)
                await connection.send_packed_command(packed, check_health=False)
                return [await _answer(connection) for _ in asked]
        except Exception as away:
            if isinstance(away, TimeoutError | ValkeyTimeout):
                self._silent_until = asyncio.get_running_loop().time() + REST_SECONDS
            await self.aclose()
            return [away] * len(asked)

    async def _connected(self) -> AbstractConnection:
        if self._connection is None:
            self._connection = self._make(**self._how)
        if not self._connection.is_connected:
            await self._connection.connect()  # type: ignore[no-untyped-call]
        return self._connection

    async def aclose(self) -> None:
        """Hang up; whoever asks next opens a new connection."""
        if self._connection is not None:
            lost, self._connection = self._connection, None
            await lost.disconnect(nowait=True)


async def _answer(connection: AbstractConnection) -> Any:
    """Read one answer; what the server refuses belongs to that command alone."""
    try:
        return await connection.read_response(disconnect_on_error=False)
    except ResponseError as refused:
        return refused
