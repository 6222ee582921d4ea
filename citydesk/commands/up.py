"""``citydesk up``: everything a person needs to try citydesk, on one machine, by one word."""

import asyncio
import os
import socket
import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import perf_counter

from citydesk.commands import sandbox
from citydesk.commands.complaints import INTERRUPTED, complain
from citydesk.commands.development import PRODUCTION, environment, servers
from citydesk.commands.home import AlreadyRunning, Home
from citydesk.commands.ports import PortTrouble, free, listen
from citydesk.commands.sample import SAMPLE, fetched, greeting
from citydesk.kit.embedding import ServerTrouble
from citydesk.kit.lifelines import dies_with_parent, end_with_parent
from citydesk.kit.processes import Child, ChildDied, Group, on_signals

READY_SECONDS = 60.0
LOOK_SECONDS = 0.05
STEPS = 4
CITYDESK = (sys.executable, "-m", "citydesk")


class Progress:
    """Says which step runs, and how long the ones before took."""

    def __init__(self) -> None:
        self._began = perf_counter()
        self._step = 0

    def step(self, what: str) -> None:
        """Name the step that begins."""
        self._step += 1
        print(f"[{self._step}/{STEPS}] {what} … ({self.seconds:.1f} s)", flush=True)

    @property
    def seconds(self) -> float:
        """Return the seconds since the beginning."""
        return perf_counter() - self._began


@dataclass(frozen=True, slots=True)
class Members:
    """The three processes of ours, in the order in which they stop."""

    app: Child
    worker: Child
    sandbox: Child

    listening: socket.socket

    @classmethod
    def of(cls, logs: Path, sandbox_port: int, listening: socket.socket) -> "Members":
        """Describe them, not started yet."""
        number = listening.fileno()
        serve = (*CITYDESK, "serve", "--fd", str(number))
        return cls(
            listening=listening,
            app=Child("app", serve, logs / "app.log", restarts=True, descriptors=[number]),
            worker=Child(
                "worker",
                (*CITYDESK, "work"),
                logs / "worker.log",
                restarts=True,
                stop_seconds=4.0,
                ready_event="worker ready",
            ),
            sandbox=Child(
                "sandbox", sandbox.command(sandbox_port), logs / "sandbox.log", stop_seconds=1.5
            ),
        )


def up(asked: Namespace) -> int:
    """Set up, run until told to stop, stop in order; 1 when something does not work."""
    if os.environ.get("CITYDESK_MODE") == PRODUCTION:
        return complain("`citydesk up` is for development. In production: citydesk serve, work")
    if "MAKELEVEL" in os.environ:  # nobody but `make run` waits for us: go when it goes
        end_with_parent()
    try:
        return _up(Home.here(), Progress())
    except AlreadyRunning as running:
        return complain(str(running))
    except (PortTrouble, ServerTrouble, ChildDied) as trouble:
        return complain(str(trouble))
    except KeyboardInterrupt:
        return INTERRUPTED


def _up(home: Home, progress: Progress) -> int:
    with ExitStack() as closing:
        closing.enter_context(home.held())
        progress.step("ports and secrets")
        listening = closing.enter_context(listen("CITYDESK_PORT", 8000))
        sandbox_port = free("CITYDESK_SANDBOX_PORT", 8900)
        settings = environment(
            home,
            port=listening.getsockname()[1],
            sandbox_port=sandbox_port,
            scanner_port=free("CITYDESK_SANDBOX_SCANNER_PORT", 0),
        )
        progress.step("PostgreSQL and Valkey")
        settings |= closing.enter_context(servers(home))
        home.tell(settings)
        members = Members.of(home.logs, sandbox_port, listening)
        return asyncio.run(_live(settings, members, progress))


async def _live(settings: Mapping[str, str], members: Members, progress: Progress) -> int:
    """Start the group, say that it is ready, live until told to stop, and stop in order."""
    told = asyncio.Event()
    group = Group(settings, told)
    on_signals(told.set)
    try:
        await group.add(members.sandbox)
        progress.step("tables and sample city")
        samples = await group.during(_prepared(settings))
        if samples is not None:
            progress.step("app and worker")
            await group.add(members.worker)
            await group.add(members.app)
            await group.during(_ready(settings, members.worker))
        if not told.is_set():
            print(greeting(settings, samples or [], progress.seconds), flush=True)
            group.up = True
            await group.during(asyncio.Event().wait())
        print("stopping: app, worker, sandbox, Valkey, PostgreSQL …", flush=True)
        return 0
    finally:
        members.listening.close()
        await group.stop([members.app, members.worker, members.sandbox])


async def _prepared(settings: Mapping[str, str]) -> list[str]:
    """Migrate and seed in a process of its own; return the sample log-ins it told."""
    child = await asyncio.create_subprocess_exec(
        *(*CITYDESK, "seed"),
        env=dict(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=dies_with_parent(),
    )
    assert child.stdout is not None
    samples = []
    try:
        async for line in child.stdout:
            text = line.decode(errors="replace").rstrip()
            if text.startswith(SAMPLE):
                samples.append(text.removeprefix(SAMPLE))
            else:
                print(f"      {text}", flush=True)
        if await child.wait():
            raise ChildDied("The database could not be prepared; the reason stands above.")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return samples


async def _ready(settings: Mapping[str, str], worker: Child) -> None:
    """Wait until the app serves, the sandbox answers and the worker works."""
    asked = {
        "app": (int(settings["CITYDESK_PORT"]), "/readyz"),
        "sandbox": (int(settings["CITYDESK_SANDBOX_PORT"]), "/_ctl/state"),
    }
    try:
        async with asyncio.timeout(READY_SECONDS):
            for port, path in asked.values():
                await _answers(port, path)
            await worker.ready.wait()
    except TimeoutError:
        raise ChildDied(
            f"Not ready within {READY_SECONDS:g} s. The logs are in .citydesk/log."
        ) from None


async def _answers(port: int, path: str) -> None:
    while True:
        status, _ = await asyncio.to_thread(fetched, port, path)
        if status == HTTPStatus.OK:
            return
        await asyncio.sleep(LOOK_SECONDS)
