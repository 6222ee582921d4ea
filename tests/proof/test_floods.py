"""Bodies without end, and JSON made to harm its reader (limits.md T25, T28).

A flood is refused with 413 at the limit of its route, and the server's memory grows by no more than
twice that limit. The control is the same flood on the application without its guard.

A server does other things as well (its first index, its garbage), and memory does not say for whom
it was taken. So the server is left to settle first, and a round may be repeated: what a flood costs
it costs every time.
"""

import asyncio
import gzip
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from citydesk.kit.clock import SystemClock
from citydesk.kit.guard import Limits
from citydesk.settings import Settings
from citydesk.world import World
from tests.mobile_api.wire import token_of
from tests.people import Outside
from tests.proof.running import Running, serving
from tests.proof.wires import Heard, post, tell

FULL = os.environ.get("PROOF_SCALE") == "full"
FLOOD = (200 if FULL else 48) << 20
PART = 1 << 16
UPLOAD = "/api/cases/00000000-0000-7000-8000-000000000000/materials/m?name=a.pdf"
ROUNDS = 3
ROUTES = ("/wechat?signature=a", "/api/case-progress", "/api/sessions/refresh", UPLOAD)

Figure = Callable[[str], None]


@pytest.fixture
async def running(settings: Settings, world: World, tmp_path: Path) -> AsyncIterator[Running]:
    async with serving(settings, tmp_path / "home") as started:
        await started.settled()
        yield started


async def _flood(port: int, path: str, token: str, *, chunked: bool) -> Heard:
    lines = [f"Authorization: Bearer {token}", f"Idempotency-Key: {'k' * 20}"]
    lines.append("Transfer-Encoding: chunked" if chunked else f"Content-Length: {FLOOD}")
    chunk = b"x" * PART
    part = b"%x\r\n%b\r\n" % (PART, chunk) if chunked else chunk
    parts = [post(path, b"", *lines, length=False)] + [part] * (FLOOD // PART)
    return await tell(port, *parts, seconds=10, patient=False)


async def _grown(running: Running, path: str, token: str, *kinds: bool) -> int:
    """By how many bytes the memory grew under floods at once (chunked or not), all refused."""
    await running.settled()
    running.forget_peak()
    before = running.resident()
    floods = [_flood(running.port, path, token, chunked=kind) for kind in kinds]
    heard = await asyncio.gather(*floods)
    assert [each.status for each in heard] == [413] * len(kinds), path
    return running.peak() - before


async def _least_grown(
    running: Running, path: str, token: str, *kinds: bool, enough: int
) -> tuple[int, int]:
    """The least growth of a few rounds, tried until it is no more than enough; and how many."""
    grown = [await _grown(running, path, token, *kinds)]
    while min(grown) > enough and len(grown) < ROUNDS:
        grown.append(await _grown(running, path, token, *kinds))
    return min(grown), len(grown)


@pytest.mark.timeout(120)
async def test_a_flood_is_refused_at_the_limit_and_memory_stays(
    running: Running, world: World, outside: Outside, figure: Figure
) -> None:
    token = await token_of(replace(world, clock=SystemClock()), outside, "zhang")
    for path in ROUTES:  # once for all that is made at the first time
        for kind in (False, True):
            await _flood(running.port, path, token, chunked=kind)
    most = 2 * Limits().upload_bytes
    for path in ROUTES:
        for kind in (False, True):
            grown, rounds = await _least_grown(running, path, token, kind, enough=most)
            kept = "chunked" if kind else "of a told length"
            figure(
                f"{path.partition('?')[0][:24]} {kept}: 413, memory +{grown / 1e6:.1f} MB"
                f" (round {rounds})"
            )
            assert grown <= most
    four = (True,) * 4
    grown, rounds = await _least_grown(running, UPLOAD, token, *four, enough=4 * most)
    figure(f"four floods at once: memory +{grown / 1e6:.1f} MB (round {rounds})")
    assert grown <= 4 * most


@pytest.mark.timeout(120)
async def test_without_the_guard_the_same_flood_is_swallowed(
    settings: Settings, world: World, tmp_path: Path, figure: Figure
) -> None:
    async with serving(settings, tmp_path, "-m", "tests.proof.unguarded") as running:
        await running.settled()
        running.forget_peak()
        before = running.resident()
        heard = await _flood(running.port, "/api/case-progress", "", chunked=False)
        grown = running.peak() - before
    figure(f"control: {heard.status}, memory +{grown / 1e6:.1f} MB")
    assert grown > 2 * Limits().upload_bytes


DEEP = 200_000
CORPUS: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b"{",
    "deep lists": b"[" * DEEP,
    "deep lists, closed": b"[" * 8_000 + b"]" * 8_000,
    "deep objects": b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    "33 levels": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "a long number": b'{"number":' + b"9" * 15_000 + b"}",
    "a million digits": b'{"number":' + b"9" * 1_000_000 + b"}",
    "an exponent": b'{"number":1e999999999}',
    "a small exponent": b'{"number":1e-999999999}',
    "NaN": b'{"number":NaN}',
    "Infinity": b'{"number":-Infinity}',
    "a name twice": b'{"number":"a","number":"b"}',
    "half a pair": b'{"number":"\\ud800"}',
    "the other half": b'{"number":"\\udc00\\ud800"}',
    "a NUL": b'{"number":"\\u0000"}',
    "broken UTF-8": b'{"number":"\xff\xfe"}',
    "overlong UTF-8": b'{"number":"\xc0\xaf"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"number":"a"}'.encode("utf-16"),
    "a control character": b'{"number":"a\nb"}',
    "a prototype": b'{"__proto__":{"a":1},"constructor":{"prototype":{}}}',
    "a list": b"[]",
    "a text": b'"a"',
    "null": b"null",
    "a comma too many": b'{"number":"a",}',
    "a comment": b'{/*a*/"number":"a"}',
    "twice": b"{}{}",
    "many empty objects": b'{"a":[' + b"{}," * 5_000 + b"{}]}",
    "many names": b"{" + b",".join(b'"%x":1' % n for n in range(1_500)) + b"}",
    "a long name": b'{"' + b"a" * 15_000 + b'":1}',
    "escapes without end": b'{"' + b"\\" * 15_000,
    "gzip": gzip.compress(b"a" * 10_000_000),
}


@pytest.mark.timeout(120)
async def test_no_json_is_a_fault(
    running: Running, world: World, outside: Outside, figure: Figure
) -> None:
    token = await token_of(replace(world, clock=SystemClock()), outside, "zhang")
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    statuses: Counter[int] = Counter()
    async with aiohttp.ClientSession(running.url) as asking:
        for method, path in (
            ("POST", "/api/case-progress"),
            ("POST", "/api/sessions/refresh"),
            ("POST", "/api/officer-sessions"),
            ("PUT", "/api/cases/00000000-0000-7000-8000-000000000000/form"),
            ("POST", "/api/cases"),
            ("POST", "/api/appointments"),
        ):
            for name, body in CORPUS.items():
                key = {"Idempotency-Key": f"corpus-{name}-0123456789"}
                more = {"Content-Encoding": "gzip"} if name == "gzip" else {}
                with suppress(aiohttp.ClientOSError):  # hung up while we were still talking
                    async with asking.request(
                        method, path, data=body, headers={**head, **key, **more}
                    ) as answer:
                        statuses[answer.status] += 1
                        assert 400 <= answer.status < 500, (path, name, answer.status)
                        assert answer.content_type == "application/problem+json", (path, name)
                        if name.startswith(("deep", "33")):
                            assert answer.status in (400, 413), (path, name)
    figure(f"{len(CORPUS)} bodies on 6 routes: {dict(sorted(statuses.items()))}, no 5xx")
