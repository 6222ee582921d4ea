"""Waking the worker right after a commit: a hint that may be lost, never a promise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from citydesk.kit.ids import new_id
from citydesk.kit.logs import logger
from citydesk.kit.transaction import Nudge

DRAIN = "drain"
GATHER_SECONDS = 0.02
WAIT_SECONDS = 0.5
EXPIRES_SECONDS = 10.0
QUIET_SECONDS = 10.0  # between two log lines about the same lost Valkey


def open_queue(url: str, *, wait_seconds: float = WAIT_SECONDS) -> ArqRedis:
    """Make arq's client: JSON instead of pickle, an end to every wait, no retries of its own."""
    pool = ConnectionPool.from_url(
        url,
        socket_timeout=wait_seconds,
        socket_connect_timeout=wait_seconds,
        retry=Retry(NoBackoff(), 1),
        max_connections=20,
    )
    return ArqRedis(pool, job_serializer=orjson.dumps, job_deserializer=orjson.loads)


@dataclass(slots=True)
class Nudger:
    """Asks the worker to look into the outbox; many calls within 20 ms are one job."""

    queue: ArqRedis
    _asking: asyncio.Task[None] | None = None
    _again: bool = False
    _quiet_until: float = field(default=0.0)

    def __call__(self) -> None:
        """Wake the worker soon; returns at once and never raises."""
        self._again = True
        if self._asking is None or self._asking.done():
            try:
                self._asking = asyncio.get_running_loop().create_task(self._ask())
            except RuntimeError:  # no loop runs here: the sweep will find it
                return

    async def _ask(self) -> None:
        while self._again:
            await asyncio.sleep(GATHER_SECONDS)
            self._again = False
            try:
                # A name of its own: arq drops a job whose name is taken by one still running.
                await self.queue.enqueue_job(
                    DRAIN, _job_id=f"{DRAIN}:{new_id().hex}", _expires=EXPIRES_SECONDS
                )
            except (RedisError, OSError) as lost:
                self._complain(lost)

    def _complain(self, lost: Exception) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._quiet_until:
            self._quiet_until = now + QUIET_SECONDS
            logger().warning("worker not nudged: the sweep will do", error=type(lost).__name__)

    async def close(self) -> None:
        """Drop what is pending and the connections."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self.queue.aclose(close_connection_pool=True)


@asynccontextmanager
async def open_nudge(redis_url: str) -> AsyncIterator[Nudge]:
    """Open the way to the worker; what it yields is called after a commit."""
    nudger = Nudger(open_queue(redis_url))
    try:
        yield nudger
    finally:
        await nudger.close()
