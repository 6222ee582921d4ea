"""Three hundred connections that never finish their sentence (limits.md T26).

Heads, bodies and silence, a byte every three seconds: all are closed within fifteen seconds, and
whoever speaks plainly hardly notices. The control is the application on uvicorn as it comes.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import aiohttp
import pytest

from citydesk.settings import Settings
from citydesk.world import World
from tests.proof.running import Running, serving
from tests.proof.wires import post, tell

EACH = 60
CLOSED_SECONDS = 15.0
WATCH_SECONDS = 17.0
DRIP_SECONDS = 3.0
SLOW_BY = 2.0
NOISE_SECONDS = 0.02

OPENINGS: dict[str, bytes] = {
    "nothing": b"",
    "half a line": b"GET /healthz",
    "half a head": b"POST /api/case-progress HTTP/1.1\r\nHost: city\r\nX-Slow: a",
    "half a body": post("/api/case-progress", b"", "Content-Length: 1000", length=False) + b"{",
    "half a push": post("/wechat?nonce=1", b"", "Content-Length: 1000", length=False) + b"<",
}

Figure = Callable[[str], None]


async def _slow(port: int, opening: bytes) -> float:
    """Seconds until the server hung up; infinite when it did not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = perf_counter()

    async def drip() -> None:
        with suppress(ConnectionError):
            writer.write(opening)
            while opening:
                await asyncio.sleep(DRIP_SECONDS)
                writer.write(b"a")
                await writer.drain()

    dripping = asyncio.create_task(drip())
    try:
        async with asyncio.timeout(WATCH_SECONDS):
            with suppress(ConnectionError):
                while await reader.read(4_096):
                    pass
            return perf_counter() - began
    except TimeoutError:
        return float("inf")
    finally:
        dripping.cancel()
        writer.close()


async def _besieged(running: Running) -> dict[str, list[float]]:
    tasks = {
        name: [asyncio.create_task(_slow(running.port, opening)) for _ in range(EACH)]
        for name, opening in OPENINGS.items()
    }
    return {name: list(await asyncio.gather(*each)) for name, each in tasks.items()}


async def _p99(running: Running, seconds: float) -> float:
    """How long a citizen waits, at worst but one in a hundred."""
    took: list[float] = []
    until = perf_counter() + seconds
    async with aiohttp.ClientSession(running.url) as asking:
        while perf_counter() < until:
            began = perf_counter()
            async with asking.get("/api/halls") as answer:
                assert answer.status == 200
                await answer.read()
            took.append(perf_counter() - began)
            await asyncio.sleep(0.01)
    return sorted(took)[int(len(took) * 0.99)]


@pytest.mark.timeout(120)
async def test_all_are_closed_in_time_and_nobody_else_waits(
    settings: Settings, world: World, tmp_path: Path, figure: Figure
) -> None:
    async with (
        serving(settings, tmp_path / "home") as running,
        serving(settings, tmp_path / "bare", "-m", "tests.proof.unguarded") as bare,
    ):
        quiet = await _p99(running, 2)
        control = asyncio.create_task(_besieged(bare))
        siege = asyncio.create_task(_besieged(running))
        busy = await _p99(running, 8)
        closed = await siege
        alive = sum(took > WATCH_SECONDS for each in (await control).values() for took in each)
    worst = {name: max(each) for name, each in closed.items()}
    figure(
        f"{EACH * len(OPENINGS)} connections, last closed after "
        + ", ".join(f"{name} {took:.1f} s" for name, took in worst.items())
        + f"; p99 of others {quiet * 1000:.1f} -> {busy * 1000:.1f} ms"
        + f"; control: {alive} of {EACH * len(OPENINGS)} alive after {WATCH_SECONDS:.0f} s"
    )
    assert max(worst.values()) <= CLOSED_SECONDS
    assert busy <= SLOW_BY * quiet + NOISE_SECONDS
    assert alive >= EACH, "the control held nothing open: no proof"


@pytest.mark.timeout(60)
async def test_one_connection_too_many_is_turned_away(
    settings: Settings, world: World, tmp_path: Path, figure: Figure
) -> None:
    async with serving(settings, tmp_path / "home", CITYDESK_LIMIT_CONNECTIONS="20") as running:
        held = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(20)]
        heard = await tell(running.port)
        figure(f"beyond 20 connections: {heard.status}")
        assert heard.status == 503
        assert b"retry-after: 5" in heard.text
        assert b"application/problem+json" in heard.text
        assert heard.closed
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.2)
        assert (await tell(running.port, b"GET /healthz HTTP/1.0\r\n\r\n")).status == 200


@pytest.mark.timeout(60)
async def test_a_head_has_a_size_and_a_deadline_and_says_so(
    settings: Settings, world: World, tmp_path: Path
) -> None:
    short = {"CITYDESK_LIMIT_HEADER_SECONDS": "1", "CITYDESK_LIMIT_BODY_SECONDS": "1"}
    async with serving(settings, tmp_path / "home", **short) as running:
        port = running.port
        head = b"GET /healthz HTTP/1.1\r\nHost: city\r\n"
        many = b"".join(b"X-%d: 1\r\n" % n for n in range(200))
        assert (await tell(port, head + many + b"\r\n")).status == 431
        assert (await tell(port, head + b"X: " + b"a" * 40_000 + b"\r\n\r\n")).status == 431
        endless = [head + b"X: "] + [b"a" * 10_000] * 100
        assert (await tell(port, *endless, pause=0.001)).status == 431
        assert (await tell(port, b"GET /" + b"a" * 40_000)).status == 431
        plain = await tell(port, b"POST /wechat HTTP/1.1\r\n" + many + b"\r\n")
        assert plain.status == 431
        assert b"text/plain" in plain.text
        assert (await tell(port, head, seconds=3)).status == 408
        assert (await tell(port, b"\r\n", seconds=3)).closed
        late = await tell(port, post("/api/case-progress", b"")[:-5] + b" 9\r\n\r\n{", seconds=3)
        assert late.status == 408
        assert late.closed
        assert b'"/problems/too-slow"' in late.text
        trailers = [b"5\r\n{   }\r\n0\r\n", *[b"X: " + b"a" * 9_000] * 20]
        chunked = post("/api/case-progress", b"", "Transfer-Encoding: chunked", length=False)
        heard = await tell(port, chunked, *trailers, pause=0.001)
        assert heard.status == 400
        assert heard.answers == 1
        unread = await tell(port, post("/api/cases/x/materials/y", b"", length=False))
        assert unread.status == 401
