"""Calls to the outside: every wait ends, and what fails says whether anything left."""

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import perf_counter

import orjson
import pytest

from citydesk.kit import http as kit_http
from citydesk.kit.http import LARGEST_ANSWER, Http, open_http
from citydesk.kit.transaction import transaction
from citydesk.kit.troubles import GatewayTrouble

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECRET = "access_token=very-secret"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with open_http() as opened:
        yield opened


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server on loopback that does with each connection what a test says."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def answering(body: bytes, *head: bytes, status: bytes = b"200 OK") -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        length = b"Content-Length: %d" % len(body)
        writer.write(b"\r\n".join([b"HTTP/1.1 " + status, length, *head, b"", body]))
        await writer.drain()

    return serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def said(trouble: GatewayTrouble) -> str:
    """All that a log would show of it, causes and all."""
    return "".join(traceback.format_exception(trouble))


async def test_an_answer_is_returned_whatever_its_status(http: Http) -> None:
    async with listening(answering(b'{"errcode":0}', b"X-Kind: a", status=b"418 No")) as url:
        answer = await http.call("GET", url)
    assert (answer.status, answer.headers["x-kind"], answer.json()) == (418, "a", {"errcode": 0})


async def test_json_leaves_as_utf8_and_parameters_in_the_address(http: Http) -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.extend([head, await reader.readexactly(len('{"名":"王"}'.encode()))])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with listening(serve) as url:
        await http.call("POST", f"{url}/x", json={"名": "王"}, params={"a": "1 2"})
    assert seen[0].startswith(b"POST /x?a=1+2 HTTP/1.1\r\n")
    assert b"content-type: application/json\r\n" in seen[0].lower()
    assert orjson.loads(seen[1]) == {"名": "王"}


async def test_no_compressed_answer_is_asked_for(http: Http) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with listening(serve) as url:
        await http.call("GET", url)
    assert b"accept-encoding: identity\r\n" in heads[0]
    assert b"gzip" not in heads[0]


async def test_a_refused_connection_means_nothing_was_sent(http: Http) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x?{SECRET}"
        with pytest.raises(GatewayTrouble) as trouble:
            await http.call("POST", url, json={})
    assert trouble.value.sent is False
    assert "secret" not in said(trouble.value)


async def test_a_server_that_accepts_nobody_is_given_up_before_anything_was_sent(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit_http, "CONNECT_SECONDS", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # fill the queue: the next SYN is dropped
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            began = perf_counter()
            with pytest.raises(GatewayTrouble) as trouble:
                await http.call("GET", f"http://127.0.0.1:{full.getsockname()[1]}/?{SECRET}")
        finally:
            for each in waiting:
                each.close()
    assert trouble.value.sent is False
    assert perf_counter() - began < 1
    assert "secret" not in said(trouble.value)


async def test_a_silent_server_is_given_up_and_may_have_heard_us(http: Http) -> None:
    began = perf_counter()
    async with listening(silent) as url:
        with pytest.raises(GatewayTrouble) as trouble:
            await http.call("POST", f"{url}/x?{SECRET}", json={}, total_seconds=0.2)
    assert 0.15 < perf_counter() - began < 1
    assert trouble.value.sent is True
    assert "secret" not in said(trouble.value)


async def test_a_server_that_drips_is_given_up_in_time(http: Http) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1_000):
            writer.write(b"x")
            await asyncio.sleep(0.02)

    began = perf_counter()
    async with listening(drip) as url:
        with pytest.raises(GatewayTrouble) as trouble:
            await http.call("GET", url, total_seconds=0.2)
    assert perf_counter() - began < 1
    assert trouble.value.sent is True


async def test_an_answer_cut_off_is_trouble(http: Http) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    async with listening(cut) as url:
        with pytest.raises(GatewayTrouble) as trouble:
            await http.call("POST", f"{url}/?{SECRET}", json={})
    assert trouble.value.sent is True
    assert "secret" not in said(trouble.value)


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
async def test_what_is_not_http_is_trouble(http: Http, first: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)

    async with listening(serve) as url:
        with pytest.raises(GatewayTrouble) as trouble:
            await http.call("POST", f"{url}/?{SECRET}", json={})
    assert trouble.value.sent is True
    assert "secret" not in said(trouble.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/?", "nonsense?", "http://[?", "?"])
async def test_an_address_that_is_none_is_trouble_and_is_not_shown(http: Http, url: str) -> None:
    with pytest.raises(GatewayTrouble) as trouble:
        await http.call("GET", url + SECRET)
    assert "secret" not in said(trouble.value)


async def test_the_largest_answer_is_one_mebibyte(http: Http) -> None:
    async with listening(answering(b"x" * LARGEST_ANSWER)) as url:
        assert len((await http.call("GET", url)).body) == LARGEST_ANSWER
    async with listening(answering(b"x" * (LARGEST_ANSWER + 1))) as url:
        with pytest.raises(GatewayTrouble, match="over 1048576 bytes"):
            await http.call("GET", url)


async def test_an_endless_answer_is_not_read_to_its_end(http: Http) -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing() and sent < 64 * LARGEST_ANSWER:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    async with listening(endless) as url:
        with pytest.raises(GatewayTrouble, match="over"):
            await http.call("GET", url)
        await asyncio.sleep(0.05)
    assert sent < 32 * LARGEST_ANSWER


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'"\\ud800"', b"\xff", b"[" * 5_000])
async def test_an_answer_that_is_not_json_is_trouble_only_when_read_as_such(
    http: Http, body: bytes
) -> None:
    async with listening(answering(body)) as url:
        answer = await http.call("GET", url)
    assert answer.body == body
    with pytest.raises(GatewayTrouble, match="200 is not JSON"):
        answer.json()


async def test_a_redirect_is_an_answer_and_is_not_followed(http: Http) -> None:
    moved = answering(b"", b"Location: http://127.0.0.1:1/", status=b"302 Found")
    async with listening(moved) as url:
        assert (await http.call("GET", url)).status == 302


async def test_cookies_are_not_kept(http: Http) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\n\r\n")

    async with listening(serve) as url:
        await http.call("GET", url)
        await http.call("GET", url)
    assert not any(b"cookie" in head for head in heads)


class Dropping:
    """A server that answers the first requests and drops every connection after them."""

    def __init__(self, answers: int) -> None:
        self.answers = answers
        self.requests = 0
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while await self.heard(reader):
            self.requests += 1
            if self.requests > self.answers:
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    async def heard(self, reader: asyncio.StreamReader) -> bool:
        """Whether another request came, and not the end."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        if b"Content-Length: 2" in head:
            await reader.readexactly(2)
        return True


@pytest.mark.parametrize("answers", [0, 1], ids=["a new connection", "a kept connection"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_one_time_code_leaves_once_even_when_the_connection_drops(
    http: Http, answers: int, method: str
) -> None:
    server = Dropping(answers)
    body: dict[str, str] | None = {} if method == "POST" else None
    async with listening(server) as url:
        for _ in range(answers):
            await http.call("GET", url)
        with pytest.raises(GatewayTrouble) as trouble:
            await http.call(method, f"{url}/?{SECRET}", json=body, once=True)
        await asyncio.sleep(0.05)
    assert (server.requests, server.connections) == (answers + 1, 1)
    assert trouble.value.sent is True
    assert "secret" not in said(trouble.value)


@pytest.mark.parametrize("answers", [0, 1], ids=["a new connection", "a kept connection"])
async def test_what_may_be_repeated_is_asked_a_second_time_by_itself(
    http: Http, answers: int
) -> None:
    # The positive control of the test above: without ``once`` this server hears two requests.
    server = Dropping(answers)
    async with listening(server) as url:
        for _ in range(answers):
            await http.call("GET", url)
        with pytest.raises(GatewayTrouble):
            await http.call("GET", url)
    assert server.requests == answers + 2


async def test_what_is_asked_once_still_says_that_it_never_left(http: Http) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(GatewayTrouble) as trouble:
            await http.call("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/", once=True)
    assert trouble.value.sent is False


@pytest.mark.usefixtures("tables")
async def test_nobody_waits_on_the_network_inside_a_transaction(http: Http) -> None:
    calls = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await answering(b"{}")(reader, writer)

    async with listening(serve) as url:
        async with transaction(datetime(2026, 3, 2, tzinfo=UTC), lambda: None):
            with pytest.raises(AssertionError) as refused:
                await http.call("GET", f"{url}/x?{SECRET}")
        assert calls == 0
        assert "secret" not in str(refused.value)
        assert (await http.call("GET", url)).json() == {}
