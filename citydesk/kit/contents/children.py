"""Two children that open files, kept at hand by this process, each with a thread that waits."""

import asyncio
import atexit
import json
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from citydesk.kit.contents.kinds import LARGEST, kind_of
from citydesk.kit.contents.unfit import Unfit, too_complex
from citydesk.kit.refusals import TooMany

LOOK_SECONDS = 12.0  # its start counts; the processor it may use is bounded closer
CHILDREN = 2
MOST_WAITING = 40
COMMAND = (sys.executable, "-m", "citydesk.kit.contents.child")


class Busy(TooMany):
    """More files wait to be looked at than would be done in bearable time."""

    title = "Too many files at once"


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that was looked at: its kind, its pages, and the bytes to keep."""

    media_type: str
    pages: int
    content: bytes


async def look_at(content: bytes, largest: int = LARGEST) -> Seen:
    """Open a file apart from everything else and tell what it is; nothing else waits for it.

    Raises:
        Unfit: it may not come in; says why. Busy: too many wait already.
    """
    _ = kind_of(content, largest)
    if _children.waiting >= MOST_WAITING:
        raise Busy("现在上传的人很多，请过几秒再传。", retry_after_seconds=5)
    return await asyncio.wrap_future(_children.look(content))


class _Children:
    """The threads, and the child of each."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(CHILDREN, thread_name_prefix="contents")
        self._own = threading.local()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.waiting = 0
        atexit.register(self.end)

    def look(self, content: bytes) -> Any:
        """Have one file looked at when its turn comes."""
        self.waiting += 1
        turn = self._threads.submit(self._ask, content)
        turn.add_done_callback(self._done)
        return turn

    def _done(self, _: Any) -> None:
        self.waiting -= 1

    def _ask(self, content: bytes) -> Seen:
        """Ask this thread's child; one that dies or takes too long is replaced the next time."""
        child = self._child()
        late = threading.Timer(LOOK_SECONDS, child.kill)
        late.start()
        try:
            told, cleaned = _exchange(child, content)
        except (OSError, EOFError, ValueError):
            self._drop(child)
            raise too_complex() from None
        finally:
            late.cancel()
        if "unfit" in told:
            raise Unfit(told["unfit"], told["fault"])
        return Seen(told["kind"], told["pages"], cleaned or content)

    def _child(self) -> "subprocess.Popen[bytes]":
        child: subprocess.Popen[bytes] | None = getattr(self._own, "child", None)
        if child is None or child.poll() is not None:
            child = subprocess.Popen(  # noqa: S603 - our own program, no word of anybody's in it
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._own.child = child
            self._running.add(child)
        return child

    def _drop(self, child: "subprocess.Popen[bytes]") -> None:
        child.kill()
        self._running.discard(child)
        self._own.child = None
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # it was not told everything
                    continue
        child.wait()

    def end(self) -> None:
        """End the children with this process."""
        for child in list(self._running):
            self._drop(child)


def _exchange(child: "subprocess.Popen[bytes]", content: bytes) -> tuple[dict[str, Any], bytes]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(struct.pack(">Q", len(content)))
    child.stdin.write(content)
    child.stdin.flush()
    [length] = struct.unpack(">I", _exactly(child, 4))
    told: dict[str, Any] = json.loads(_exactly(child, length))
    return told, _exactly(child, told["bytes"])


def _exactly(child: "subprocess.Popen[bytes]", count: int) -> bytes:
    assert child.stdout is not None
    found = child.stdout.read(count)
    if len(found) < count:
        raise EOFError
    return found


_children = _Children()
