"""Waking the worker right after a commit: a hint that may be lost, never a promise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from arq.connections import ArqRedis
from arq.constants import job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from citydesk.kit.ids import new_id
from citydesk.kit.logs import logger
from citydesk.kit.transaction import Nudge

DRAIN = "drain"
GATHER_SECONDS = 0.05  # as often as the worker looks
WAIT_SECONDS = 0.5
EXPIRES_MS = 10_000
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
    """Asks the worker to look into the outbox: at once, then for all of the next 50 ms together."""

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
            self._again = False
            try:
                await self._enqueue()
            except (RedisError, OSError) as lost:
                self._complain(lost)
            await asyncio.sleep(GATHER_SECONDS)

    async def _enqueue(self) -> None:
        """Do what arq's ``enqueue_job`` does, in one trip instead of three.

        It would ask first whether the name is taken. This one is new: arq drops a job whose name
        is that of one still running.
        """
        name, now = f"{DRAIN}:{new_id().hex}", timestamp_ms()
        job = serialize_job(DRAIN, (), {}, None, now, serializer=self.queue.job_serializer)
        async with self.queue.pipeline(transaction=True) as both:
            both.psetex(job_key_prefix + name, EXPIRES_MS, job)
            both.zadd(self.queue.default_queue_name, {name: now})
            await both.execute()

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
