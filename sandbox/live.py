"""What happens, told at once to the pages that are looking: server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

MOST_LISTENERS = 24
QUEUED_EVENTS = 256
BEAT_SECONDS = 15.0


class TooManyListeners(Exception):
    """More pages are looking than the sandbox serves."""


class Listener:
    """One page that is looking: at some people, and at everything that concerns all."""

    def __init__(self, people: frozenset[str]) -> None:
        self._people = people
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED_EVENTS + 1)

    def hears(self, person: str | None) -> bool:
        """Whether an event about this person (None: about all) is for this page."""
        return person is None or person in self._people

    def tell(self, frame: bytes) -> bool:
        """Queue an event; False when the page is too slow and must begin anew."""
        if self._waiting.qsize() >= QUEUED_EVENTS:
            return False
        self._waiting.put_nowait(frame)
        return True

    def end(self) -> None:
        """Let the stream end: the page connects again and reads everything afresh."""
        while self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Everything for this page, with a comment now and then that keeps the line open."""
        yield b"retry: 1000\n\n"
        while True:
            try:
                frame = await asyncio.wait_for(self._waiting.get(), BEAT_SECONDS)
            except TimeoutError:
                frame = b": still here\n\n"
            if frame is None:
                return
            yield frame


class Live:
    """All the pages that are looking."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    def publish(self, kind: str, person: str | None = None, **facts: Any) -> None:
        """Tell every page that should hear it; costs nothing when nobody looks."""
        listeners = [each for each in self._listeners if each.hears(person)]
        if not listeners:
            return
        about = {} if person is None else {"person": person}
        data = json.dumps(about | facts, ensure_ascii=False).encode("utf-8", "replace")
        frame = b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"
        for listener in listeners:
            if not listener.tell(frame):
                self._listeners.discard(listener)
                listener.end()

    def listen(self, people: frozenset[str]) -> Listener:
        """One more page. Raises TooManyListeners."""
        if len(self._listeners) >= MOST_LISTENERS:
            raise TooManyListeners
        listener = Listener(people)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """The page is gone."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for listener in list(self._listeners):
            listener.end()
        self._listeners.clear()
