"""The load: a few keep-alive connections, each sending the next request when it has its answer.

Plain sockets and epoll, because the client must not be what is measured: about 10 µs a request, so
that one core drives more than any of the servers here can answer.
"""

import re
import select
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

CONNECTIONS = 32
SILENCE_SECONDS = 20.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Outcome:
    """What came back: answers a second, how long they took, and every so-manieth answer."""

    answers: int = 0
    failures: int = 0
    reconnects: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    samples: list[tuple[int, bytes]] = field(default_factory=list)
    failed: bytes = b""  # the first answer that was not good

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds if self.seconds else 0.0

    def wait_ms(self, share: float) -> float:
        """The wait that this share of the answers did not exceed."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


class Load:
    """One run against one port of this machine."""

    def __init__(
        self,
        port: int,
        requests: Sequence[bytes],
        sample_every: int = 500,
        good: bytes = b"200",
        connections: int = CONNECTIONS,
    ) -> None:
        self.port = port
        self.requests = requests
        self.sample_every = sample_every
        self.good = good
        self.connections = connections
        self.next = 0
        self.outcome = Outcome()
        self.epoll = select.epoll()
        # By file number: socket, bytes so far, index of the request, when it was sent.
        self.sockets: dict[int, socket.socket] = {}
        self.parts: dict[int, bytes] = {}
        self.asked: dict[int, tuple[int, float]] = {}

    def run(self, seconds: float) -> Outcome:
        """Ask until the time is over or the requests are used up, then wait for the rest."""
        began = perf_counter()
        self.until = began + seconds
        try:
            for _ in range(min(self.connections, len(self.requests))):
                self._ask(self._connect())
            while self.asked:
                events = self.epoll.poll(SILENCE_SECONDS)
                if not events:
                    raise TimeoutError(f"no answer from port {self.port} for {SILENCE_SECONDS} s")
                for number, _ in events:
                    self._heard(number)
        finally:
            for each in self.sockets.values():
                each.close()
            self.epoll.close()
        self.outcome.seconds = perf_counter() - began
        return self.outcome

    def _connect(self) -> int:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=SILENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = connection.fileno()
        self.sockets[number] = connection
        self.parts[number] = b""
        self.epoll.register(number, select.EPOLLIN)
        return number

    def _ask(self, number: int) -> None:
        now = perf_counter()
        if now >= self.until or self.next >= len(self.requests):
            self.asked.pop(number, None)
            return
        index, self.next = self.next, self.next + 1
        self.asked[number] = (index, now)
        self.sockets[number].sendall(self.requests[index])

    def _heard(self, number: int) -> None:
        if number not in self.sockets:
            return
        try:
            got = self.sockets[number].recv(65536)
        except OSError:
            got = b""
        if not got:
            self._again(number)
            return
        answer = self.parts[number] + got
        if not _whole(answer):
            self.parts[number] = answer
            return
        self.parts[number] = b""
        if number not in self.asked:
            return
        index, since = self.asked[number]
        outcome = self.outcome
        outcome.answers += 1
        outcome.waits.append(perf_counter() - since)
        if answer[9:12] != self.good:
            outcome.failures += 1
            outcome.failed = outcome.failed or answer
        if index % self.sample_every == 0:
            outcome.samples.append((index, answer))
        self._ask(number)

    def _again(self, number: int) -> None:
        """The server hung up: as a browser would, connect anew and repeat the request."""
        unanswered = self.asked.pop(number, None)
        with suppress(OSError):
            self.epoll.unregister(number)
        self.sockets.pop(number).close()
        self.outcome.reconnects += 1
        if self.outcome.reconnects > 100_000:
            raise ConnectionError(f"port {self.port} hangs up all the time")
        if unanswered is not None and perf_counter() < self.until:
            fresh = self._connect()
            self.asked[fresh] = unanswered
            self.sockets[fresh].sendall(self.requests[unanswered[0]])


def _whole(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(answer, 0, head + 2)
    return length is not None and len(answer) >= head + 4 + int(length[1])


def body_of(answer: bytes) -> bytes:
    """What stands behind the headers."""
    return answer.partition(b"\r\n\r\n")[2]
