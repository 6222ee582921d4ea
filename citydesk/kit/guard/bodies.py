"""Bodies, counted and timed while they stream in; plain ASGI, no framework."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from citydesk.kit.deadlines import AtMost
from citydesk.kit.guard.answers import written
from citydesk.kit.guard.limits import Limits
from citydesk.kit.guard.refusals import TooLarge, TooSlow, too_large, too_slow

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Rooms = Sequence[tuple[str, str]]

SLUGS = {TooLarge: "too-large", TooSlow: "too-slow"}
CLOSE = (b"connection", b"close")


class Guard:
    """Stands before an application and lets only so much of a body through, in time.

    ``rooms`` names the limit of each address by how it begins; anything else has ``json_bytes``.
    A body over its limit raises TooLarge where the application reads it, a late one TooSlow: the
    application may answer that in its own voice, with 413 or 408; otherwise the guard does.
    """

    def __init__(self, inner: Application, rooms: Rooms = ()) -> None:
        self.inner = inner
        self.rooms = tuple(rooms)
        self.open(Limits())

    def open(self, limits: Limits) -> None:
        """Take the limits of the settings; until then the defaults stand."""
        self.limits = limits
        self._rooms = [(prefix, getattr(limits, name)) for prefix, name in self.rooms]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through; a request without a body costs next to nothing."""
        announced, chunked = 0, False
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"content-length":
                    announced = int(value)  # the server has let only digits through
                elif name == b"transfer-encoding":
                    chunked = True
        if not announced and not chunked:
            await self.inner(scope, receive, send)
            return
        room = self.room(scope["path"])
        if announced > room:
            await _refuse(too_large(room), scope, send)
        else:
            await self._watched(scope, receive, send, room)

    def room(self, path: str) -> int:
        """How many bytes a body sent to this address may have."""
        for prefix, most in self._rooms:
            if path.startswith(prefix):
                return int(most)
        return self.limits.json_bytes

    async def _watched(self, scope: Scope, receive: Receive, send: Send, room: int) -> None:
        body = _Body(receive, send, room, self.limits)
        try:
            await self.inner(scope, body.receive, body.send)
        except (TooLarge, TooSlow) as refusal:
            if refusal is not body.refusal or body.started:
                raise
        if body.refusal is not None and not body.started:
            await _refuse(body.refusal, scope, send)


class _Body:
    """One body on its way in, and the answer to it on its way out."""

    __slots__ = (
        *("_limits", "_receive", "_room", "_send", "_until"),
        *("ended", "got", "refusal", "started"),
    )

    def __init__(self, receive: Receive, send: Send, room: int, limits: Limits) -> None:
        self._receive, self._send, self._room, self._limits = receive, send, room, limits
        self._until = 0.0
        self.got = 0
        self.ended = self.started = False
        self.refusal: TooLarge | TooSlow | None = None

    async def receive(self) -> Message:
        """Receive the next part; every part that comes buys some more time."""
        if self.refusal is not None:
            raise self.refusal
        if self.ended:
            return await self._receive()  # waits for the caller to hang up: no hurry
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + self._limits.body_seconds
        try:
            with AtMost(max(self._until - now, 0.0)):
                message = await self._receive()
        except TimeoutError:
            self.refusal = too_slow()
            raise self.refusal from None
        part = message.get("body", b"")
        self.got += len(part)
        self._until += len(part) / self._limits.body_bytes_per_second
        if self.got > self._room:
            self.refusal = too_large(self._room)
            raise self.refusal
        self.ended = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send the application's answer, unless it has missed that its body was refused."""
        if message["type"] == "http.response.start":
            if self.refusal is not None and message["status"] != self.refusal.status:
                return
            self.started = True
            if isinstance(self.refusal, TooSlow):
                message["headers"] = [*message.get("headers", ()), CLOSE]
        if self.started:
            await self._send(message)


async def _refuse(refusal: TooLarge | TooSlow, scope: Scope, send: Send) -> None:
    slug = SLUGS[type(refusal)]
    headers, body = written(slug, refusal.title, refusal.status, refusal.detail, scope)
    if isinstance(refusal, TooSlow):
        headers.append(CLOSE)
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
