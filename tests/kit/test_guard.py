"""The guard before a door, spoken to in plain ASGI."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.kit.guard import Guard, Limits, TooLarge, TooSlow

SMALL = Limits(json_bytes=10, upload_bytes=100, webhook_bytes=20, body_seconds=1)
ROOMS = (("/wechat", "webhook_bytes"), ("/papers/", "upload_bytes"))


class Reader:
    """An application that reads its body and says how long it was."""

    def __init__(self, *, reads: bool = True, forgives: bool = False) -> None:
        self.reads, self.forgives = reads, forgives
        self.got: bytes | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", self.reads
        try:
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
            self.got = body
        except (TooLarge, TooSlow):
            if not self.forgives:
                raise
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % len(body)})


async def ask(
    app: Any,
    path: str = "/",
    parts: Sequence[bytes] = (),
    *,
    announced: int | None = None,
    accept: bytes = b"*/*",
    silent: bool = False,
    limits: Limits = SMALL,
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the answer to one request that comes in parts."""
    length = sum(map(len, parts)) if announced is None else announced
    framing = (
        (b"content-length", b"%d" % length)
        if length >= 0
        else (
            b"transfer-encoding",
            b"chunked",
        )
    )
    scope = {"type": "http", "path": path, "headers": [(b"accept", accept), framing]}
    left = list(parts)
    told: list[Any] = []

    async def receive() -> Any:
        if not left:
            await asyncio.sleep(3600)
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left) or silent}

    async def send(message: Any) -> None:
        told.append(message)

    guard = Guard(app, ROOMS)
    guard.open(limits)
    await guard(scope, receive, send)
    [start, *bodies] = told
    assert start["type"] == "http.response.start"
    return start["status"], dict(start["headers"]), b"".join(each["body"] for each in bodies)


async def test_a_body_with_room_passes_unchanged() -> None:
    app = Reader()
    assert (await ask(app, parts=[b"12345", b"67890"]))[0] == 200
    assert app.got == b"1234567890"


async def test_a_body_announced_too_large_never_reaches_the_door() -> None:
    app = Reader()
    status, headers, body = await ask(app, parts=[b"x"], announced=11)
    assert (status, headers[b"content-type"]) == (413, b"application/problem+json")
    assert orjson.loads(body)["type"] == "/problems/too-large"
    assert app.got is None


async def test_a_body_of_no_announced_length_is_counted_as_it_comes() -> None:
    app = Reader()
    assert (await ask(app, parts=[b"123456", b"12345"], announced=-1))[0] == 413
    assert app.got is None
    assert (await ask(Reader(), parts=[b"123456", b"1234"], announced=-1))[0] == 200


@pytest.mark.parametrize(("path", "room"), [("/wechat", 20), ("/papers/1", 100), ("/paper", 10)])
async def test_an_address_has_the_room_it_was_given(path: str, room: int) -> None:
    assert (await ask(Reader(), path, [b"x" * room], announced=-1))[0] == 200
    assert (await ask(Reader(), path, [b"x" * (room + 1)], announced=-1))[0] == 413


async def test_a_body_that_stops_coming_is_given_up_and_the_connection_closed() -> None:
    status, headers, body = await ask(Reader(), parts=[b"1"], announced=5, silent=True)
    assert (status, headers[b"connection"]) == (408, b"close")
    assert orjson.loads(body)["type"] == "/problems/too-slow"


async def test_what_comes_at_a_fair_speed_is_given_the_time_it_takes() -> None:
    fair = Limits(body_seconds=1, body_bytes_per_second=10)

    class Patient(Reader):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            message = await receive()  # ten bytes buy a second more
            receive.__self__._until -= 1.5  # … of which one and a half have gone by
            assert message["body"] == b"x" * 10
            assert (await receive())["body"] == b"y"
            await super().__call__(scope, receive, send)

    app = Patient(reads=False)
    assert (await ask(app, parts=[b"x" * 10, b"y"], limits=fair))[0] == 200


async def test_a_door_that_overlooks_the_refusal_does_not_get_its_way() -> None:
    status, _, body = await ask(Reader(forgives=True), parts=[b"x" * 11], announced=-1)
    assert status == 413
    assert orjson.loads(body)["status"] == 413


async def test_a_door_may_tell_it_in_its_own_voice() -> None:
    async def speaking(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(TooLarge):
            await receive()
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"mine"})

    assert (await ask(speaking, parts=[b"x" * 11], announced=-1))[2] == b"mine"


async def test_a_fault_of_the_door_stays_its_fault() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask(broken, parts=[b"x"])


async def test_wechat_gets_a_word_and_a_browser_a_page() -> None:
    _, headers, body = await ask(Reader(), "/wechat", announced=21)
    assert (headers[b"content-type"], body) == (b"text/plain", b"Body too large")
    _, headers, body = await ask(Reader(), "/guides", announced=11, accept=b"text/html,*/*")
    assert headers[b"content-type"].startswith(b"text/html")
    assert "没有提交成功" in body.decode()
    _, headers, _ = await ask(Reader(), "/api/cases", announced=11, accept=b"text/html")
    assert headers[b"content-type"] == b"application/problem+json"


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=6))
def test_exactly_what_has_room_is_read(parts: list[bytes]) -> None:
    app = Reader()
    status, _, _ = asyncio.run(ask(app, parts=parts, announced=-1))
    whole = b"".join(parts)
    assert (status == 200) is (len(whole) <= 10)
    assert app.got == (whole if status == 200 else None)
