"""Connections, watched before they are requests: what no web application ever sees.

uvicorn on httptools waits for ever for the end of a head, takes one of any size, and serves as many
connections as come (limits.md 2b). Here a head must be complete in time and small, a body's framing
must leave no doubt where the next request begins (RFC 9112 6.3, 11.2), and beyond so many
connections one more is turned away. Bodies themselves are ``citydesk.kit.guard``'s.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import httptools
from typing_extensions import override
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from citydesk.kit.guard import Limits
from citydesk.kit.guard.answers import WEBHOOK, written
from citydesk.kit.logs import logger

LINGER_BYTES = 1 << 20
"""How much of a body nobody wants is thrown away so that its sender can read the answer."""
LINGER_SECONDS = 2
"""And for how long."""
FRAMING = 4
"""Chunk sizes and trailers of one body may be so many times as large as a head."""

MALFORMED = ("malformed-request", 400, "请求格式有误。")
LATE = ("request-too-slow", 408, "网络太慢，请求没有收全，请重试。")
HEAD_TOO_LARGE = ("head-too-large", 431, "请求头过大，请清除浏览器中本站的数据后再试。")
CROWDED = ("crowded", 503, "访问的人太多，请稍后再试。")
RETRY_SECONDS = 5

Answer = tuple[str, int, str]


class _Refused(Exception):
    """Stops the parser."""


class GuardedConnection(HttpToolsProtocol):
    """One connection of uvicorn's, with an end to its patience."""

    limits = Limits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deaf = False  # nothing more is read
        self.head_open = False
        self.spent = 0  # bytes of the open head, or of the framing of the open body
        self.drained = 0
        self.why: Answer | None = None
        self.before: RequestResponseCycle | None = None  # the request before the newest
        self.timer: asyncio.TimerHandle | None = None
        self.stuck: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse(CROWDED)
        else:
            self._hurry()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        for each in (self.timer, self.stuck):
            if each is not None:
                each.cancel()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self.deaf:
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        self.spent += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # we speak nothing else: this answer, and no more
            self._last_answer()
        except httptools.HttpParserError:
            self._refuse(self.why or MALFORMED)
        else:
            cycle = self.cycle
            if self.head_open or cycle is None or cycle.more_body:
                self._check_framing()
            else:
                self.spent = 0

    def _check_framing(self) -> None:
        """What is open may not grow for ever, and nothing may wait for ever."""
        if self.head_open:
            if self.spent > self.limits.header_bytes:
                self._refuse(HEAD_TOO_LARGE)
            elif self.timer is None:
                self._hurry()
        elif self.cycle is None or self.cycle.response_complete:  # stray bytes, or nobody listens
            if self.timer is None:
                self._hurry()
        elif self.spent > FRAMING * self.limits.header_bytes:
            self._refuse(MALFORMED)

    def _hurry(self) -> None:
        """From now on the next head must be complete in time."""
        self.timer = self.loop.call_later(self.limits.header_seconds, self._late)

    def _late(self) -> None:
        self.timer = None
        if self.head_open:
            self._refuse(LATE)
        else:  # nothing was asked: nothing is answered
            self.transport.close()

    # --- what the parser tells ---------------------------------------------------------------

    @override
    def on_message_begin(self) -> None:
        self.head_open = True
        HttpToolsProtocol.on_message_begin(self)  # by name: super() is dearer, for every message

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.head_open:
            return  # a trailer: whoever has decided by the head shall not be told otherwise
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    @override
    def on_headers_complete(self) -> None:
        self.head_open = False
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.drained = 0
        headers = self.headers
        once = dict(headers)
        if (
            len(once) < len(headers)
            or b"host" not in once
            or b"transfer-encoding" in once
            or len(headers) > self.limits.headers
            or self.spent > self.limits.header_bytes
        ):
            self.why = self._fault()
            if self.why is not None:
                raise _Refused
        self.before = self.cycle
        HttpToolsProtocol.on_headers_complete(self)

    def _fault(self) -> Answer | None:
        """Why this head is refused, if it is: size, or doubt about where its request ends."""
        headers = self.headers
        if len(headers) > self.limits.headers or self._head_bytes() > self.limits.header_bytes:
            return HEAD_TOO_LARGE
        version = self.parser.get_http_version()
        names = [name for name, _ in headers]
        hosts = names.count(b"host")
        lengths = names.count(b"content-length")
        if hosts > 1 or lengths > 1 or version not in ("1.0", "1.1"):
            return MALFORMED
        if not hosts and version == "1.1":
            return MALFORMED
        if b"transfer-encoding" in names and not (
            lengths == 0
            and version == "1.1"
            and [value.lower() for name, value in headers if name == b"transfer-encoding"]
            == [b"chunked"]
        ):
            return MALFORMED
        return None

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    @override
    def on_body(self, body: bytes) -> None:
        self.spent -= len(body)
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()
            return
        self.drained += len(body)
        if self.drained > LINGER_BYTES:
            self.flow.pause_reading()  # until the end: hanging up now could take the answer along

    @override
    def on_message_complete(self) -> None:
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    @override
    def on_response_complete(self) -> None:
        HttpToolsProtocol.on_response_complete(self)
        cycle = self.cycle
        if cycle.more_body and cycle.response_complete and self.timer is None:
            self.timer = self.loop.call_later(LINGER_SECONDS, self._late)

    # --- the end -----------------------------------------------------------------------------

    def _refuse(self, why: Answer) -> None:
        """Say no and hang up; never while somebody else's answer is due on this connection."""
        self.deaf = True
        cycle = self.cycle
        if self.pipeline and cycle.more_body and self.before is not None:
            self.pipeline.popleft()  # the broken one is the newest; nobody has begun with it
            self.cycle = self.before
            self._last_answer()
            return
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                self._last_answer()
                return
            cycle.disconnected = True  # its body is broken: whatever is made of it goes nowhere
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.close()
                return
        logger().warning("connection refused", why=why[0])
        self.transport.write(self._answer(*why))
        self.transport.close()

    def _last_answer(self) -> None:
        self.deaf = True
        if self.cycle.response_complete:
            self.transport.close()
        self.cycle.keep_alive = False

    def _answer(self, slug: str, status: int, detail: str) -> bytes:
        path = WEBHOOK if bytes(getattr(self, "url", b"")).startswith(WEBHOOK.encode()) else ""
        headers, body = written(slug, HTTPStatus(status).phrase, status, detail, {"path": path})
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
        lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
        lines += [b"%s: %s" % each for each in (*headers, (b"connection", b"close"))]
        return b"\r\n".join([*lines, b"", body])

    @override
    def pause_writing(self) -> None:
        """The caller does not read: for how long, there is a limit to that, too."""
        super().pause_writing()
        if self.stuck is None:
            self.stuck = self.loop.call_later(self.limits.body_seconds, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self.stuck is not None:
            self.stuck.cancel()
            self.stuck = None


def guarded(limits: Limits) -> type[GuardedConnection]:
    """Return the connections of one server, with its limits."""
    return type("GuardedConnection", (GuardedConnection,), {"limits": limits})
