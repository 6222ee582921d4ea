"""The ORM's PostgreSQL client, with an end to every wait.

By default asyncpg and its pool wait for ever on a silent server, and a query that is given up asks
for its cancellation over a new connection, with sixty seconds of patience (limits.md 2b). Here

- a query that is given up costs its connection, at once; the cancellation is asked in passing;
- when a wait was in vain, or grows long, the server is asked over a connection of its own; when
  that does not answer either, everybody is told so at once, instead of after a wait of their own;
- it is asked again and again, and everything goes on within two seconds of its return. Whatever was
  under way in the silence is given up: its connection may be dead although the server is back.

A server that refuses is not silent: whoever asks hears so without waiting.

Tortoise reads ``client_class`` from the module named as a connection's engine.
"""

import asyncio
from typing import Any

import asyncpg
from asyncpg import connect_utils
from asyncpg.connection import Connection
from asyncpg.pool import Pool
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import TransactionContext
from typing_extensions import override

from citydesk.kit.beginning import Opening
from citydesk.kit.logs import logger

ACQUIRE_SECONDS = 1.0
CONNECT_SECONDS = 1.0
COMMAND_SECONDS = 10.0
PROBE_SECONDS = 1.0
REST_SECONDS = 0.25
LOOK_SECONDS = 1.0

_cancelling: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly


class Silent(TimeoutError):
    """The database does not answer; it is being asked again."""


class LimitedConnection(Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A connection that is given up together with its query."""

    def get_reset_query(self) -> str:
        """Nothing to ask on giving a connection back: nobody here changes a session.

        What listens, or sets something for its session, has a connection of its own. An open
        transaction is rolled back all the same.
        """
        return ""

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        """Roll back what was left open; nothing else there is to undo, nor to set a clock for."""
        if self._top_xact is not None or self.is_in_transaction():
            await super().reset(timeout=timeout)

    def _cancel_current_command(self, waiter: Any, cancel_waiter: Any = None) -> None:
        """Hang up; ask the server, if it still listens, to stop working on the query."""
        asking = self._loop.create_task(
            _ask_to_cancel(
                self._loop,
                self._addr,
                self._params,
                self._protocol.backend_pid,
                self._protocol.backend_secret,
            )
        )
        _cancelling.add(asking)
        asking.add_done_callback(_cancelling.discard)
        holder = self._pool_holder and self._pool_holder()
        if holder is not None and isinstance(holder._pool, LimitedPool):
            holder._pool.suspect()
        # Not now: the protocol is in the middle of telling its waiter.
        self._loop.call_soon(self.terminate)


async def _ask_to_cancel(loop: Any, addr: Any, params: Any, pid: int, secret: int) -> None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await connect_utils._cancel(
                loop=loop, addr=addr, params=params, backend_pid=pid, backend_secret=secret
            )
    except (OSError, asyncpg.PostgresError):
        return  # silent, or gone: then nobody works on the query either


class LimitedPool(Pool):  # type: ignore[misc]  # asyncpg ships no types
    """A pool whose acquire gives up, and which notices that the server has fallen silent."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.silent = False
        self._asking: asyncio.Task[None] | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._seen: set[int] = set()

    def acquire(self, *, timeout: float | None = None) -> Any:
        """Take a connection, or raise TimeoutError after a second; at once in a silence."""
        return super().acquire(timeout=ACQUIRE_SECONDS if timeout is None else timeout)

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        if self.silent:
            raise Silent("the database does not answer")
        try:
            # A connection that is free is there at once: no clock need be set for it.
            taken = await super()._acquire(timeout if self._queue.empty() else None)
        except TimeoutError:
            self.suspect()
            raise
        if self._looking is None:
            self._looking = self._loop.call_later(LOOK_SECONDS, self._look)
        return taken

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        """Give a connection back; what is left open on it is rolled back within a second.

        With nothing left open there is nothing to ask, so nothing that could be interrupted: the
        task that asyncpg would shield it with is spared.
        """
        taken = connection._con
        if taken is None or taken._protocol._is_cancelling() or taken.is_in_transaction():
            await super().release(connection, timeout=ACQUIRE_SECONDS)
            return
        taken._on_release()
        await connection._holder.release(None)

    def _look(self) -> None:
        """Suspect a silence when a connection is in use for longer than a second."""
        used = {id(each._proxy) for each in self._holders if not each.is_idle()}
        if used & self._seen:
            self.suspect()
        self._seen = used
        self._looking = self._loop.call_later(LOOK_SECONDS, self._look) if used else None

    def suspect(self) -> None:
        """Somebody waited in vain: find out whether the server still answers anybody."""
        if self._asking is None and not self.is_closing():
            self._asking = self._loop.create_task(self._ask())

    async def _ask(self) -> None:
        """Ask until there is an answer; from the first failure on, nobody waits."""
        try:
            while not self.is_closing() and not await self._answers():
                self._hang_up(also_used=self.silent)  # only after a second silence
                if not self.silent:
                    self.silent = True
                    logger().error("the database does not answer")
                await asyncio.sleep(REST_SECONDS)
            if self.silent:
                logger().warning("the database answers again")
        finally:
            self.silent = False
            self._asking = None

    async def _answers(self) -> bool:
        """Whether a new connection gets an answer; a refusal is one, too."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                connection = await self._get_new_connection()
                try:
                    await connection.execute("SELECT 1")
                finally:
                    connection.terminate()
        except TimeoutError:
            return False
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return True
        return True

    def _hang_up(self, *, also_used: bool) -> None:
        """Drop what would be found dead only by waiting for it."""
        for holder in self._holders:
            if also_used or holder.is_idle():
                holder.terminate()

    async def close(self) -> None:
        """Close when everybody has given their connection back."""
        self._stop_watching()
        await super().close()

    def _stop_watching(self) -> None:
        for each in (self._asking, self._looking):
            if each is not None:
                each.cancel()

    def terminate(self) -> None:
        """End at once, also the asking."""
        self._stop_watching()
        super().terminate()


class LimitedClient(AsyncpgDBClient):
    """Tortoise's client on a limited pool."""

    connection_class = LimitedConnection

    @override
    def acquire_connection(self) -> Any:
        """Take a connection of the pool, which is there but for the very first time."""
        pool = self._pool
        return super().acquire_connection() if pool is None else pool.acquire()

    @override
    async def create_pool(self, **kwargs: Any) -> Pool:
        """Open the pool; ``command_timeout`` is the longest that one statement may take."""
        return await LimitedPool(
            min_size=kwargs.pop("min_size"),
            max_size=kwargs.pop("max_size"),
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            connection_class=kwargs.pop("connection_class"),
            record_class=asyncpg.Record,
            loop=kwargs.pop("loop", None),
            timeout=CONNECT_SECONDS,
            command_timeout=kwargs.pop("command_timeout", COMMAND_SECONDS),
            **kwargs,
        )

    @override
    def _in_transaction(self) -> TransactionContext:
        return Opening(self)


client_class = LimitedClient
