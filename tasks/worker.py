"""The worker: two clocks and one heart.

The heart drains the outbox whenever it is woken, and every two seconds by itself, so that it goes
on when Valkey is gone. arq only wakes it and runs the timetable; a job of arq carries nothing
that could be lost.
"""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from arq import cron
from arq.cron import CronJob
from arq.worker import Worker, func
from redis.exceptions import RedisError

from citydesk.kit.clock import CITY
from citydesk.kit.ending import ended
from citydesk.kit.logs import start_logs
from citydesk.reactions import REACTIONS
from citydesk.settings import Settings
from citydesk.world import World, open_world
from tasks.draining import Drain, Reactions
from tasks.nudging import DRAIN, open_queue
from tasks.timetable import TIMETABLE, Job

SWEEP_SECONDS = 2.0
POLL_SECONDS = 0.05
JOB_SECONDS = 300
STOP_SECONDS = 8.0
JOB_END_SECONDS = 1.5  # a job that is cut short goes on where it stopped, next time
REST_SECONDS = 2.0
QUEUE_SECONDS = 5.0
CONNECTIONS = 10


class Heart:
    """Drains the outbox when woken, and every two seconds anyway."""

    def __init__(self, world: World, reactions: Reactions, **how: Any) -> None:
        self._woken = asyncio.Event()
        self._stopping = False
        # What a reaction announces in its turn wakes us without a way round through Valkey.
        self.world = replace(world, nudge=self.wake)
        self.drain = Drain(self.world, reactions, **how)

    def wake(self) -> None:
        """Look into the outbox now, or again if it is being looked into."""
        self._woken.set()

    def stop(self) -> None:
        """Finish what is in hand and beat no more."""
        self._stopping = True
        self.drain.stopping = True
        self._woken.set()

    async def beat(self) -> None:
        """Drain until stopped; a lost database is waited for."""
        while not self._stopping:
            self._woken.clear()
            try:
                await self.drain.until_empty()
            except Exception as fault:
                self.world.log.error("outbox not drained", error=type(fault).__name__)
                await asyncio.sleep(REST_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._woken.wait()


def _cron_job(world: World, job: Job) -> CronJob:
    """Make arq's entry for a line of the timetable; a failing run is logged and comes again."""

    async def run(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:
        try:
            await job.run(world)
        except Exception:
            world.log.error("timetable job failed", job=job.name, exc_info=True)

    fields: dict[str, Any] = {
        unit: set(times) if isinstance(times, frozenset) else times
        for unit, times in job.when.items()
    }
    return cron(run, name=job.name, **fields)


def make_worker(world: World, wake: Callable[[], None], jobs: Sequence[Job] = TIMETABLE) -> Worker:
    """Make the arq worker of a world; ``wake`` is what a nudge and a sweep come down to."""

    async def drain(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:
        wake()

    async def sweep(_: World) -> None:
        wake()

    told = [Job("sweep", job.when, sweep) if job.name == "sweep" else job for job in jobs]
    city: Any = ZoneInfo(CITY.key)  # arq names datetime.timezone but takes any zone
    return Worker(
        functions=[func(drain, name=DRAIN)],
        cron_jobs=[_cron_job(world, job) for job in told],
        redis_pool=open_queue(world.settings.redis_url, wait_seconds=QUEUE_SECONDS),
        job_serializer=orjson.dumps,
        job_deserializer=orjson.loads,
        keep_result=0,
        poll_delay=POLL_SECONDS,
        job_timeout=JOB_SECONDS,
        job_completion_wait=int(STOP_SECONDS),
        max_jobs=50,
        max_tries=1,
        timezone=city,
        handle_signals=False,
        log_results=False,
    )


async def keep_time(world: World, wake: Callable[[], None]) -> None:
    """Run arq for ever; when Valkey is gone, try again every two seconds."""
    while True:
        worker = make_worker(world, wake)
        try:
            await worker.async_run()
        except (RedisError, OSError) as lost:
            world.log.warning("arq stopped: Valkey is gone", error=type(lost).__name__)
        finally:
            await _close(worker)
        await asyncio.sleep(REST_SECONDS)


async def _close(worker: Worker) -> None:
    """Let running jobs end, then close the connections.

    Not by arq's own close(), which cancels the jobs and calls what redis-py has deprecated.
    """
    if running := set(worker.tasks.values()):
        _, late = await asyncio.wait(running, timeout=JOB_END_SECONDS)
        await ended(late)
    await worker.pool.aclose(close_connection_pool=True)


async def work(world: World, stop: asyncio.Event) -> None:
    """Work until ``stop`` is set; then finish what is in hand, for 8 seconds at most."""
    heart = Heart(world, REACTIONS)
    beating = asyncio.create_task(heart.beat())
    timing = asyncio.create_task(keep_time(world, heart.wake))
    try:
        await stop.wait()
    finally:
        heart.stop()
        timing.cancel()
        await asyncio.wait({timing}, timeout=2 * JOB_END_SECONDS)
        await asyncio.wait({beating}, timeout=STOP_SECONDS)
        await ended([beating, timing])


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    async with open_world(settings, connections=CONNECTIONS) as world:
        world.log.info("worker ready")
        await work(world, stop)
        world.log.info("worker stopped")


def run(settings: Settings) -> None:
    """Be a worker until told to stop (SIGINT, SIGTERM)."""
    start_logs()
    try:
        import uvloop
    except ImportError:
        asyncio.run(_run(settings))
    else:
        uvloop.run(_run(settings))
