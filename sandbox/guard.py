"""What stands in front of every route: bounds, the ledger, and the faults that strike a call."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.answers import json_response, refusal
from sandbox.config import is_loopback, is_loopback_host
from sandbox.faults import Fault
from sandbox.ledger import KEPT_BYTES, Entry
from sandbox.outside import Outside

BODY_BYTES = 4 * 1024 * 1024
READ_SECONDS = 10.0
OWN = ("/_ctl/", "/simulator/", "/panel")  # not the outside world: the window onto it
READING = ("GET", "HEAD")


class _Gone(Exception):
    """The caller hung up while still sending."""


class _TooLarge(Exception):
    """The body is larger than anything WeChat accepts here."""


class Guard:
    """Reads the body, writes the ledger, plays the fault and lets the answer go, in this order."""

    def __init__(self, outside: Outside, app: ASGIApp) -> None:
        self._outside = outside
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = _misaddressed(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(_read(receive), READ_SECONDS)
        except _Gone:
            return
        except (_TooLarge, TimeoutError) as bad:
            status = 413 if isinstance(bad, _TooLarge) else 408
            answer = refusal(self._outside.clock.now(), 45002, status=status)
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        if scope["path"] == "/" or scope["path"].startswith(OWN):
            await self._own(scope, receive, send, body)
        else:
            await self._outside_call(scope, receive, send, body)

    async def _own(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        """The control plane and its pages: no ledger, no faults; nothing by order of others."""
        if scope["method"] not in READING and _sent_by_others(scope):
            told = {"errcode": 403, "errmsg": "only pages of this machine may do that"}
            await json_response(told, 403)(scope, receive, send)
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _outside_call(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        outside = self._outside
        path, query = scope["path"], scope["query_string"].decode("ascii", "replace")
        entry = outside.ledger.note(outside.clock.now(), "in", scope["method"], path, query, body)
        fault = outside.faults.meet(path)
        if fault is None:
            messages = await self._done(scope, receive, body)
        else:
            entry.fault = fault.name()
            messages = await self._spoilt(fault, scope, receive, body)
            entry.notes["done"] = fault.does
        if not messages:
            await _hang_up(receive, send)
            return
        _close_entry(entry, messages)
        for message in messages:
            await send(message)

    async def _spoilt(
        self, fault: Fault, scope: Scope, receive: Receive, body: bytes
    ) -> list[Message]:
        """What the caller gets when a fault strikes; nothing means a closed connection."""
        await asyncio.sleep(fault.delay_seconds)
        if fault.drop == "before":
            return []
        if fault.errcode is not None:
            answer: Response = refusal(self._outside.clock.now(), fault.errcode)
            return await _messages(answer, scope, receive)
        if fault.http_status is not None:
            answer = PlainTextResponse("<html>sandbox fault</html>", fault.http_status)
            return await _messages(answer, scope, receive)
        messages = await self._done(scope, receive, body)
        if fault.duplicate:
            messages = await self._done(scope, receive, body)
        if fault.drop == "after":
            return []
        return _halved(messages) if fault.truncated else messages

    async def _done(self, scope: Scope, receive: Receive, body: bytes) -> list[Message]:
        return await _messages(self._app, scope, _replay(body, receive))


async def _messages(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(dict(scope), receive, keep)
    return sent


def _halved(messages: list[Message]) -> list[Message]:
    body = b"".join(message.get("body", b"") for message in messages)
    half = body[: len(body) // 2]
    start = dict(messages[0])
    headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
    start["headers"] = [*headers, (b"content-length", str(len(half)).encode())]
    return [start, {"type": "http.response.body", "body": half}]


def _close_entry(entry: Entry, messages: list[Message]) -> None:
    entry.status = messages[0]["status"]
    entry.answer = b"".join(message.get("body", b"") for message in messages)[:KEPT_BYTES]


def _misaddressed(scope: Scope) -> Response | None:
    """A refusal for a call whose Host is not this machine: no page may be lured here by DNS."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    host = hosts[0] if len(hosts) == 1 else ""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if is_loopback_host(name):
        return None
    return json_response({"errcode": 403, "errmsg": "the sandbox answers on loopback only"}, 403)


def _sent_by_others(scope: Scope) -> bool:
    """Whether a browser says that a page from beyond this machine sends this."""
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    return not all(map(is_loopback, origins))


async def _read(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES:
            raise _TooLarge
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body again, then whatever the connection says afterwards."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without a byte of answer.

    ASGI has no word for it, so the server's transport is taken from behind `send`; a server that
    hides it answers 500, which a caller must survive as well.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
