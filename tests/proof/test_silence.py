"""PostgreSQL and Valkey fall silent: accept, and never answer (limits.md T13, T41, T42).

The webhook answers within 4.5 seconds, everything else says 503 within three, the worker stays
alive; two seconds after the wire is whole again all is as before, without anybody's help. The same
with a pool as asyncpg makes it must hang, or the proof proves nothing.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote

import aiohttp
import asyncpg
import pytest

from bench.pushes import Secrets, opened, pushes
from citydesk import cases
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.servers import PostgresServer, ValkeyServer
from citydesk.settings import Settings
from citydesk.world import World
from tests.proof.running import Running, environment_of, serving
from tests.proof.silence import Wire

WEBHOOK_SECONDS = 4.5
OTHERS_SECONDS = 3.0
HEALED_SECONDS = 2.0
FULL = os.environ.get("PROOF_SCALE") == "full"
ROUNDS = 5 if FULL else 1
SLACK_SECONDS = 0.15  # two cores, shared with the test itself
TEXTS = ("帮助", "开饭店", "进度", "我的预约", "1", "热门")
PATHS = (
    "/readyz",
    "/api/halls",
    "/api/departments",
    "/api/regions",
    "/api/halls/shenhe/slots?on=2026-03-03",
)
PAGES = ("/", "/guides?q=%E9%A3%9F%E5%93%81", "/departments")  # some are made from memory alone

CONTENT = re.compile(r"<Content><!\[CDATA\[(.*)\]\]></Content>", re.DOTALL)

Figure = Callable[[str], None]


@dataclass
class Cut:
    """The application behind two wires that can be cut."""

    running: Running
    wires: tuple[Wire, Wire]
    secrets: Secrets
    settings: Settings
    asking: aiohttp.ClientSession

    def blackhole(self) -> None:
        for each in self.wires:
            each.blackhole()

    def heal(self) -> None:
        for each in self.wires:
            each.heal()

    async def get(self, path: str) -> tuple[int, float, str]:
        """Status, seconds and Retry-After of one answer."""
        began = perf_counter()
        async with self.asking.get(path) as answer:
            await answer.read()
            after = answer.headers.get("retry-after", "")
            return answer.status, perf_counter() - began, after

    async def say(self, text: str) -> tuple[str, float]:
        """What the account answers, and after how many seconds."""
        [push] = pushes(self.secrets, [text], "/wechat")
        began = perf_counter()
        answer = await _exchange(self.running.port, push)
        took = perf_counter() - began
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), answer[:300]
        said = CONTENT.search(opened(self.secrets, body)) if body != b"success" else None
        return said[1] if said else "", took


async def _exchange(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.replace(b"Host:", b"Connection: close\r\nHost:", 1))
        return await reader.read()
    finally:
        writer.close()


@pytest.fixture
async def cut(
    settings: Settings,
    world: World,
    postgres: PostgresServer,
    valkey: ValkeyServer,
    database: str,
    tmp_path: Path,
) -> AsyncIterator[Cut]:
    async with AsyncExitStack() as closing:
        names = [(postgres, tmp_path / "pg"), (valkey, tmp_path / "kv")]
        wires = [
            await closing.enter_async_context(
                Wire(server.sockets / server.socket_name, at / server.socket_name)
            )
            for server, at in names
        ]
        told = replace(
            settings,
            database_url=f"asyncpg://postgres@/{database}?host={quote(str(tmp_path / 'pg'))}",
            redis_url=settings.redis_url.replace(str(valkey.sockets), str(tmp_path / "kv")),
        )
        running = await closing.enter_async_context(serving(told, tmp_path / "home"))
        asking = await closing.enter_async_context(aiohttp.ClientSession(running.url))
        secrets = Secrets(settings.wechat_token, settings.wechat_aes_key, settings.wechat_app_id)
        yield Cut(running, (wires[0], wires[1]), secrets, told, asking)


async def _heal(cut: Cut) -> float:
    """Mend the wires; return how long it takes until all is as before."""
    cut.heal()
    began = perf_counter()
    while (await cut.get("/readyz"))[0] != 200:
        assert perf_counter() - began < 30, "it does not heal"
        await asyncio.sleep(0.05)
    return perf_counter() - began


@pytest.mark.timeout(180)
async def test_citizens_are_answered_while_both_stores_are_silent(cut: Cut, figure: Figure) -> None:
    assert (await cut.get("/readyz"))[0] == 200
    before = {text: (await cut.say(text))[0] for text in TEXTS}
    for path in PATHS[1:]:
        assert (await cut.get(path))[0] == 200, path
    webhook: list[float] = []
    others: list[float] = []
    healed: list[float] = []
    for _ in range(ROUNDS):
        cut.blackhole()
        for _ in range(2):  # the first meets the silence unprepared, the second knows of it
            said = await asyncio.gather(*(cut.say(text) for text in TEXTS * 3))
            webhook += [took for _, took in said]
            got = await asyncio.gather(*(cut.get(path) for path in PATHS * 6))
            for status, took, after in got:
                assert status == 503
                assert int(after) > 0
                others.append(took)
            for status, took, after in await asyncio.gather(*(cut.get(path) for path in PAGES)):
                assert status == 200 or (status == 503 and int(after) > 0)
                others.append(took)
        assert (await cut.get("/healthz"))[0] == 200
        healed.append(await _heal(cut))
        for path in PATHS:
            assert (await cut.get(path))[0] == 200, path
        await asyncio.sleep(0.6)
        assert {text: (await cut.say(text))[0] for text in ("帮助", "开饭店")} == {
            text: before[text] for text in ("帮助", "开饭店")
        }
    figure(
        f"webhook p100 {max(webhook):.2f} s of {len(webhook)}, others p100 {max(others):.2f} s of "
        f"{len(others)} (503; pages 200 or 503), healed after {max(healed):.2f} s at most"
    )
    assert max(webhook) <= WEBHOOK_SECONDS + SLACK_SECONDS
    assert max(others) <= OTHERS_SECONDS + SLACK_SECONDS
    assert max(healed) <= HEALED_SECONDS


@pytest.mark.timeout(120)
async def test_a_reply_that_is_lost_is_a_silence_too(cut: Cut, figure: Figure) -> None:
    for each in cut.wires:
        each.drop_reply()
    status, took, _ = await cut.get("/api/halls")
    assert status == 503
    assert took <= OTHERS_SECONDS + SLACK_SECONDS
    _, waited = await cut.say("进度")
    assert waited <= WEBHOOK_SECONDS + SLACK_SECONDS
    figure(f"reply lost: 503 after {took:.2f} s, webhook {waited:.2f} s")
    assert await _heal(cut) <= HEALED_SECONDS


@pytest.mark.timeout(120)
async def test_only_one_store_silent_is_told_apart(cut: Cut) -> None:
    cut.wires[1].blackhole()
    assert (await cut.get("/readyz"))[0] == 200, "Valkey may vanish"
    assert (await cut.get("/api/halls"))[0] == 200
    said, took = await cut.say("开饭店")
    assert "食品经营许可" in said
    assert took <= WEBHOOK_SECONDS
    cut.heal()
    cut.wires[0].blackhole()
    assert (await cut.get("/readyz"))[0] == 503
    assert await _heal(cut) <= HEALED_SECONDS


@pytest.mark.timeout(120)
async def test_the_worker_outlives_the_silence(
    cut: Cut, world: World, tmp_path: Path, figure: Figure
) -> None:
    async with _worker(cut.settings, tmp_path) as worker:
        await _delivered(world)
        cut.blackhole()
        await asyncio.sleep(4)
        assert worker.returncode is None
        cut.heal()
        began = perf_counter()
        await _delivered(world)
        figure(f"worker delivered {perf_counter() - began:.1f} s after the wire was whole")
        assert worker.returncode is None


async def _delivered(world: World) -> None:
    """Announce something, and wait until the worker has delivered it."""
    async with world.transaction() as tx:
        tx.announce(cases.CaseDecided(new_id()))
    async with asyncio.timeout(30):
        while await sql.value(  # noqa: ASYNC110 - another process's doing
            "SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL"
            " AND name = 'CaseDecided'"
        ):
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _worker(settings: Settings, home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "citydesk", "work"),
        env=environment_of(settings, home / "work"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


@pytest.mark.timeout(60)
async def test_without_our_limits_the_same_silence_hangs(
    cut: Cut, tmp_path: Path, database: str, figure: Figure
) -> None:
    pool: Any = await asyncpg.create_pool(
        host=str(tmp_path / "pg"), user="postgres", database=database, min_size=1, max_size=2
    )
    assert await pool.fetchval("SELECT 1") == 1
    cut.wires[0].blackhole()
    asking = asyncio.ensure_future(pool.fetchval("SELECT 1"))
    done, _ = await asyncio.wait({asking}, timeout=WEBHOOK_SECONDS + 1)
    figure(f"control: asyncpg's own pool answered {len(done)} of 1 in {WEBHOOK_SECONDS + 1:.1f} s")
    assert not done
    pool.terminate()
    with suppress(Exception):
        await asking
