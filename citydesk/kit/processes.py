"""A group of processes that starts, lives and stops as one.

Each child writes its log to a file; its warnings also reach the terminal. A child that dies is
named, with the end of its log; those that may be restarted are, a few times, ever later. The group
stops in an order, and no child outlives the group, even a killed one (see ``lifelines``).
"""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from citydesk.kit.lifelines import dies_with_parent, tail

MAX_RESTARTS = 3
STABLE_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.5
T = TypeVar("T")
LINE_BYTES = 1 << 20
KEPT_LOG_BYTES = 20 << 20
_TOLD = frozenset({"warning", "error", "critical"})
_LEFT_OUT = frozenset({"level", "event", "timestamp", "exception", "request_id"})


class ChildDied(Exception):
    """A child ended that should run; says which, how, and the end of its log."""


def _print(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - the group speaks to its terminal


@dataclass(slots=True)
class Child:
    """One process of the group.

    Args:
        name: what people call it.
        command: its command line.
        log: the file its output goes to.
        restarts: whether it is started again when it dies.
        stop_seconds: how long it may take to stop before it is killed.
        ready_event: the event in its log that says it works.
        descriptors: open files it inherits.
    """

    name: str
    command: Sequence[str]
    log: Path
    restarts: bool = False
    stop_seconds: float = 3.0
    ready_event: str | None = None
    descriptors: Sequence[int] = ()
    process: asyncio.subprocess.Process | None = field(default=None, init=False)
    ready: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _copying: "asyncio.Task[None] | None" = field(default=None, init=False)

    async def start(self, environment: Mapping[str, str]) -> None:
        """Start the process; its output flows to its log."""
        if self.log.exists() and self.log.stat().st_size > KEPT_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_BYTES,
            pass_fds=self.descriptors,
            start_new_session=True,  # Ctrl-C is for the group, which stops in its own order
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        self._copying = asyncio.create_task(self._copy(self.process))

    async def _copy(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with self.log.open("ab", buffering=0) as log:
            while chunk := await _line(process.stdout):
                log.write(chunk)
                entry = _entry(chunk)
                if self.ready_event is not None and entry.get("event") == self.ready_event:
                    self.ready.set()
                if told := _worth_telling(entry):
                    _print(f"{self.name}: {told}")

    async def ended(self) -> int:
        """Wait for the end of the process and of its output; return its exit status."""
        assert self.process is not None
        status = await self.process.wait()
        if self._copying is not None:
            await asyncio.wait([self._copying], timeout=1)
        return status

    async def stop(self) -> None:
        """Ask the process to stop; kill it when it does not in time; read its output to the end."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(self.stop_seconds):
                await self.ended()
        except TimeoutError:
            _print(f"{self.name} did not stop within {self.stop_seconds:g} s and was killed")
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.ended()


class Group:
    """Children that live together until they are told to stop, or one ends for good.

    Args:
        environment: what the children find in their environment.
        told: set when the group shall stop.
    """

    def __init__(self, environment: Mapping[str, str], told: asyncio.Event) -> None:
        self.environment = environment
        self.told = told
        self.up = False
        self._children: list[Child] = []
        self._watching: list[asyncio.Task[None]] = []

    async def add(self, child: Child) -> None:
        """Start a child and watch over it."""
        self._children.append(child)
        await child.start(self.environment)
        self._watching.append(asyncio.create_task(self._watch(child)))

    async def _watch(self, child: Child) -> None:
        deaths = 0
        while True:
            began = perf_counter()
            status = await child.ended()
            if perf_counter() - began > STABLE_SECONDS:
                deaths = 0
            deaths += 1
            told = f"{child.name} ended ({_said(status)})."
            if self.told.is_set():
                return
            if not (self.up and child.restarts and deaths <= MAX_RESTARTS):
                end = tail(child.log)
                raise ChildDied(f"{told} The end of its log ({child.log.name}):\n{end}")
            pause = FIRST_PAUSE_SECONDS * 2 ** (deaths - 1)
            _print(f"{told} Starting it again in {pause:g} s ({deaths} of {MAX_RESTARTS}).")
            await asyncio.sleep(pause)
            await child.start(self.environment)

    async def during(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do this while the children live; None when told to stop before it was done.

        Raises:
            ChildDied: a child ended for good before that.
        """
        doing = asyncio.create_task(work)
        told = asyncio.create_task(self.told.wait())
        try:
            await asyncio.wait([doing, told, *self._watching], return_when=asyncio.FIRST_COMPLETED)
            if self.told.is_set():
                return None
            for watch in self._watching:
                if watch.done():
                    watch.result()
            return await doing
        finally:
            doing.cancel()
            told.cancel()
            await asyncio.gather(doing, told, return_exceptions=True)

    async def stop(self, stopping: Sequence[Child]) -> None:
        """Stop the children one after the other, these first and in this order."""
        for watch in self._watching:
            watch.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        for child in [*stopping, *(each for each in self._children if each not in stopping)]:
            await child.stop()


def on_signals(act: Callable[[], None]) -> None:
    """Call this on Ctrl-C, on a request to end, and when the terminal closes."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, act)


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:  # longer than a line may be: the stream has dropped it
        return b"(a line too long for the log)\n"


def _said(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-status).name}"
    return f"killed by signal {-status}"


def _entry(line: bytes) -> dict[str, Any]:
    """Read a line of a log, whether it is ours (JSON) or a library's (level, colon, text)."""
    with suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict):
            return found
    level, _, text = line.decode(errors="replace").rstrip().partition(":")
    return {"level": level.lower(), "event": text.strip()}


def _worth_telling(entry: Mapping[str, Any]) -> str:
    """Shorten a log entry of level warning or above; nothing for the others."""
    if entry.get("level") not in _TOLD:
        return ""
    facts = [f"{key}={entry[key]}" for key in entry if key not in _LEFT_OUT]
    return " ".join([f"{entry['level']}: {entry.get('event', '')}", *facts])[:400]
