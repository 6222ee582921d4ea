import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from arq.cron import CronJob

from citydesk import cases
from citydesk.kit import sql
from citydesk.kit.clock import SystemClock
from citydesk.kit.ids import new_id
from citydesk.kit.servers import ValkeyServer
from citydesk.settings import Settings
from citydesk.world import World, open_world
from tasks.nudging import Nudger, open_nudge, open_queue
from tasks.timetable import TIMETABLE, Job, run_all
from tasks.worker import make_worker, work


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[World]:
    """A worker at work on the real clock, and a door's world that nudges it."""
    stop = asyncio.Event()
    async with (
        open_nudge(settings.redis_url) as nudge,
        open_world(settings, clock=SystemClock(), nudge=nudge) as world,
    ):
        await sql.run("DELETE FROM outbox_message")
        running = asyncio.create_task(work(world, stop))
        try:
            yield world
        finally:
            stop.set()
            await asyncio.wait_for(running, 12)


async def delivered(event_id_count: int, within: float) -> float:
    """Wait until so many events are delivered; return the seconds it took."""
    began = perf_counter()
    while perf_counter() - began < within:
        if await _done() >= event_id_count:
            return perf_counter() - began
        await asyncio.sleep(0.02)
    pytest.fail(f"{await _done()} of {event_id_count} delivered within {within} s")


async def _done() -> int:
    found: int = await sql.value(
        "SELECT count(*) FROM outbox_message WHERE delivered_at IS NOT NULL"
    )
    return found


async def announce_one(world: World) -> None:
    async with world.transaction() as tx:
        tx.announce(cases.CaseWithdrawn(new_id()))


async def test_a_nudged_worker_delivers_at_once(settings: Settings) -> None:
    async with working(settings) as world:
        await announce_one(world)
        await delivered(1, 4)  # the worker's own start
        took = []
        for count in range(2, 7):
            await announce_one(world)
            took.append(await delivered(count, 4))
        assert sorted(took)[2] < 1.0, took  # the sweep alone would take two seconds each time


async def test_without_valkey_the_outbox_is_drained_all_the_same(settings: Settings) -> None:
    gone = replace(settings, redis_url="redis://127.0.0.1:1/0")
    async with working(gone) as world:
        await announce_one(world)
        assert await delivered(1, 5) < 3
        await announce_one(world)
        assert await delivered(2, 5) < 3


async def test_the_worker_outlives_valkey_and_listens_again_when_it_is_back(
    settings: Settings, tmp_path: Path
) -> None:
    server = ValkeyServer(tmp_path / "valkey", durable=False).start()
    try:
        async with working(replace(settings, redis_url=server.url)) as world:
            await announce_one(world)
            await delivered(1, 4)
            await asyncio.to_thread(server.stop)
            await announce_one(world)
            await delivered(2, 5)
            await asyncio.to_thread(server.start)
            await _heard(world)
    finally:
        server.stop()


async def _heard(world: World) -> None:
    """Nudges reach the worker again: a delivery comes sooner than the sweep would make it."""
    for _ in range(20):
        before = await _done()
        await announce_one(world)
        if await delivered(before + 1, 4) < 0.3:
            return
        await asyncio.sleep(0.4)
    pytest.fail("no nudge was heard")


async def test_many_nudges_are_one_job_and_none_is_swallowed(settings: Settings) -> None:
    queue = open_queue(settings.redis_url)
    await queue.flushdb()
    nudge = Nudger(queue)
    for _ in range(1000):
        nudge()
    for jobs in (1, 2):
        async with asyncio.timeout(5):
            while await queue.zcard("arq:queue") < jobs:  # noqa: ASYNC110 - another task's work
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        assert await queue.zcard("arq:queue") == jobs
        nudge()
    await nudge.close()


async def test_a_nudge_into_nothing_costs_nothing() -> None:
    async with open_nudge("redis://127.0.0.1:1/0") as nudge:
        began = perf_counter()
        for _ in range(100):
            nudge()
        assert perf_counter() - began < 0.5
        await asyncio.sleep(0.1)


async def test_every_line_of_the_timetable_runs(world: World) -> None:
    await run_all(world)


async def test_a_job_that_fails_is_logged_and_comes_again(world: World) -> None:
    async def fails(_: World) -> None:
        raise RuntimeError("no")

    jobs = [Job("fails", {"second": frozenset({1})}, fails)]
    worker = make_worker(world, lambda: None, jobs)
    try:
        [job] = worker.cron_jobs
        await job.coroutine({})  # does not raise
        assert isinstance(job, CronJob)
    finally:
        await worker.pool.aclose(close_connection_pool=True)


async def test_arq_is_told_every_line_of_the_timetable_and_never_pickles(world: World) -> None:
    worker = make_worker(world, lambda: None)
    try:
        assert {job.name for job in worker.cron_jobs} == {job.name for job in TIMETABLE}
        assert worker.job_serializer is not None
        assert worker.job_serializer({"n": 1}) == b'{"n":1}'
        assert worker.keep_result_s == 0
    finally:
        await worker.pool.aclose(close_connection_pool=True)


async def test_a_timetable_job_runs_on_time_through_arq(settings: Settings) -> None:
    async with working(settings) as world:
        await world.valkey.flushdb()
        await sql.run(
            "INSERT INTO outbox_message (id, created_at, name, facts, due_at, tries)"
            " VALUES ($1, now(), 'CaseWithdrawn', $2::jsonb, now(), 0)",
            new_id(),
            '{"case_id": "' + str(new_id()) + '"}',
        )  # nobody nudged
        assert await delivered(1, 5) < 4
