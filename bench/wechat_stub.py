"""A WeChat API that answers at once: token, template message, and what it has received.

    python -m bench.wechat_stub PORT

A raw asyncio protocol, so that the stub is not what is measured. Like WeChat it drops a repeated
client_msg_id. ``/_stub/reset?delay_ms=20`` begins anew; ``/_stub/seen`` tells how many calls came,
and of each message its case number (character_string2) and when it came (CLOCK_MONOTONIC).
"""

import asyncio
import re
import sys
from time import monotonic

import orjson
import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
TOKEN = b'{"access_token":"stub-token","expires_in":7200}'


class Phones:
    """Everything received since the last reset."""

    def __init__(self) -> None:
        self.reset(0.0)

    def reset(self, delay: float) -> None:
        self.delay = delay
        self.first: dict[str, tuple[str, float]] = {}
        self.calls = 0

    def receive(self, body: bytes) -> bytes:
        self.calls += 1
        told = orjson.loads(body)
        number = told["client_msg_id"]
        if number not in self.first:
            self.first[number] = (told["data"]["character_string2"]["value"], monotonic())
        return b'{"errcode":0,"errmsg":"ok","msgid":%d}' % (int(number[-15:], 16))

    def seen(self) -> bytes:
        return orjson.dumps({"calls": self.calls, "messages": list(self.first.values())})


class Wire(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, phones: Phones) -> None:
        self.phones = phones
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (split := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:split]
            found = _LENGTH.search(head)
            end = split + 4 + (int(found.group(1)) if found else 0)
            if len(self.buffer) < end:
                return
            body, self.buffer = self.buffer[split + 4 : end], self.buffer[end:]
            self._answer(head.split(b" ", 2)[1], body)

    def _answer(self, target: bytes, body: bytes) -> None:
        delay = 0.0
        if target.startswith(b"/cgi-bin/message/template/send"):
            answer, delay = self.phones.receive(body), self.phones.delay
        elif target.startswith(b"/cgi-bin/stable_token"):
            answer = TOKEN
        elif target.startswith(b"/_stub/reset"):
            self.phones.reset(int(target.rpartition(b"=")[2] or 0) / 1000)
            answer = b"{}"
        else:
            answer = self.phones.seen()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; encoding=utf-8\r\n"
        whole = head + b"Content-Length: %d\r\n\r\n" % len(answer) + answer
        if delay:
            asyncio.get_running_loop().call_later(delay, self.transport.write, whole)
        else:
            self.transport.write(whole)


async def serve(port: int) -> None:
    """Serve until killed."""
    phones = Phones()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Wire(phones), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
