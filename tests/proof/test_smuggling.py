"""Requests whose end two servers could see in different places (limits.md T27; RFC 9112 6.3, 11.2).

Each carries a second request inside. Refused means: 400 (or 431, 413), the connection is closed,
and the second request is never answered. The control is the application on uvicorn as it comes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from citydesk.settings import Settings
from citydesk.world import World
from tests.proof.running import Running, serving
from tests.proof.wires import Heard, tell

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: city\r\n\r\n"
PATH = b"/api/case-progress"


def shape(*lines: bytes, body: bytes = HIDDEN, version: bytes = b"1.1", host: bool = True) -> bytes:
    """One POST with the header lines given, and a request hidden behind it."""
    first = [b"POST %s HTTP/%s" % (PATH, version)] + ([b"Host: city"] if host else [])
    return b"\r\n".join([*first, *lines, b"", b""]) + body


CHUNKED = b"Transfer-Encoding: chunked"
END = b"0\r\n\r\n"
SHAPES: dict[str, bytes] = {
    "length and chunks": shape(b"Content-Length: 5", CHUNKED, body=END + HIDDEN),
    "chunks and length": shape(CHUNKED, b"Content-Length: 5", body=END + HIDDEN),
    "two lengths": shape(b"Content-Length: 2", b"Content-Length: 40", body=b"{}" + HIDDEN),
    "one length twice": shape(b"Content-Length: 2", b"Content-Length: 2", body=b"{}" + HIDDEN),
    "a list of lengths": shape(b"Content-Length: 2, 2", body=b"{}" + HIDDEN),
    "a negative length": shape(b"Content-Length: -2", body=b"{}" + HIDDEN),
    "a length with a sign": shape(b"Content-Length: +2", body=b"{}" + HIDDEN),
    "a length in hex": shape(b"Content-Length: 0x2", body=b"{}" + HIDDEN),
    "an endless length": shape(b"Content-Length: " + b"9" * 30, body=b"{}" + HIDDEN),
    "an unknown coding": shape(b"Transfer-Encoding: gzip", body=END + HIDDEN),
    "chunked, but not last": shape(b"Transfer-Encoding: chunked, identity", body=END + HIDDEN),
    "chunked after another": shape(b"Transfer-Encoding: gzip, chunked", body=END + HIDDEN),
    "a coding in disguise": shape(b"Transfer-Encoding: xchunked", body=END + HIDDEN),
    "two codings": shape(CHUNKED, b"Transfer-Encoding: identity", body=END + HIDDEN),
    "a blank before the colon": shape(b"Transfer-Encoding : chunked", body=END + HIDDEN),
    "chunks in HTTP/1.0": shape(CHUNKED, body=END + HIDDEN, version=b"1.0"),
    "bare line feeds": shape(b"Content-Length: 2", body=b"{}").replace(b"\r\n", b"\n") + HIDDEN,
    "one bare line feed": shape(b"X: 1\nContent-Length: 2", body=b"{}" + HIDDEN),
    "a folded line": shape(
        b"X: 1\r\n Content-Length: 2", b"Content-Length: 2", body=b"{}" + HIDDEN
    ),
    "a bare carriage return": shape(b"X: 1\rContent-Length: 2", body=b"{}" + HIDDEN),
    "a NUL in a value": shape(b"X: a\0b", b"Content-Length: 2", body=b"{}" + HIDDEN),
    "no host": shape(b"Content-Length: 2", body=b"{}" + HIDDEN, host=False),
    "two hosts": shape(b"Host: other", b"Content-Length: 2", body=b"{}" + HIDDEN),
    "a chunk size in disguise": shape(CHUNKED, body=b"0x2\r\n{}\r\n" + END + HIDDEN),
    "a negative chunk size": shape(CHUNKED, body=b"-2\r\n{}\r\n" + END + HIDDEN),
    "an endless chunk size": shape(CHUNKED, body=b"F" * 20 + b"\r\n{}\r\n" + END + HIDDEN),
    "a chunk that does not end": shape(CHUNKED, body=b"2\r\n{}XX" + END + HIDDEN),
    "a chunk with a line feed only": shape(CHUNKED, body=b"2\n{}\n0\n\n" + HIDDEN),
    "an unknown version": shape(b"Content-Length: 2", body=b"{}" + HIDDEN, version=b"3.7"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
    "a blank name": shape(b": 1", b"Content-Length: 2", body=b"{}" + HIDDEN),
    "a tunnel": b"CONNECT city:443 HTTP/1.1\r\nHost: city\r\n\r\n" + HIDDEN,
    "another protocol": shape(
        b"Connection: upgrade", b"Upgrade: h2c", b"Content-Length: 0", body=HIDDEN
    ),
}
ANSWERED_ONCE = {"another protocol"}  # refused by saying nothing of it: one answer, then the end

Figure = Callable[[str], None]


@pytest.fixture
async def running(settings: Settings, world: World, tmp_path: Path) -> AsyncIterator[Running]:
    async with serving(settings, tmp_path / "home") as started:
        yield started


async def _heard(running: Running) -> dict[str, Heard]:
    found = await asyncio.gather(*(tell(running.port, each) for each in SHAPES.values()))
    return dict(zip(SHAPES, found, strict=True))


def _accepted(heard: dict[str, Heard]) -> list[str]:
    """The shapes that were not refused, or whose hidden request was answered."""
    return [
        name
        for name, each in heard.items()
        if each.answers > 1
        or not each.closed
        or (name not in ANSWERED_ONCE and each.status != 400)
        or b"\r\n\r\nok" in each.text
    ]


async def test_every_shape_is_refused_once_and_the_connection_closed(
    running: Running, figure: Figure
) -> None:
    heard = await _heard(running)
    accepted = _accepted(heard)
    figure(f"{len(SHAPES)} shapes: {len(accepted)} accepted, no second answer")
    assert accepted == [], {name: heard[name].text[:200] for name in accepted}
    for name, each in heard.items():
        if name not in ANSWERED_ONCE:
            assert b"application/problem+json" in each.text, name


async def test_in_parts_they_fare_no_better(running: Running) -> None:
    async def dripped(request: bytes) -> Heard:
        parts = [request[at : at + 7] for at in range(0, len(request), 7)]
        return await tell(running.port, *parts, pause=0.001)

    found = await asyncio.gather(*map(dripped, SHAPES.values()))
    assert _accepted(dict(zip(SHAPES, found, strict=True))) == []


async def test_behind_a_good_request_they_get_no_answer_of_their_own(running: Running) -> None:
    good = b"GET /healthz HTTP/1.1\r\nHost: city\r\n\r\n"
    for name, request in SHAPES.items():
        heard = await tell(running.port, good + request)
        assert heard.status == 200, (name, heard.text[:200])
        assert heard.answers <= 2, name
        assert heard.text.count(b"\r\n\r\nok") == 1, name
        assert heard.closed, name


async def test_an_honest_pipeline_is_answered_in_order(running: Running) -> None:
    heard = await tell(running.port, HIDDEN * 3, seconds=0.5)
    assert heard.answers == 3
    assert not heard.closed


async def test_a_trailer_changes_nothing(running: Running) -> None:
    body = b"2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"
    heard = await tell(running.port, shape(CHUNKED, body=body), seconds=0.5)
    assert heard.answers == 1
    assert heard.status == 422


async def test_without_the_guard_some_pass(
    settings: Settings, world: World, tmp_path: Path, figure: Figure
) -> None:
    async with serving(settings, tmp_path, "-m", "tests.proof.unguarded") as running:
        accepted = _accepted(await _heard(running))
    figure(f"control: {len(accepted)} of {len(SHAPES)} accepted: {', '.join(accepted)}")
    assert "no host" in accepted
