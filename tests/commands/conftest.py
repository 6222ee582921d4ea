import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0


def alive(pid: int) -> bool:
    """A zombie is dead: only its parent has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split(") ")[1][0] not in "ZX"
    except OSError:
        return False


def within(seconds: float, what: Callable[[], bool]) -> bool:
    """Tell whether something comes true in so many seconds."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


class Desk:
    """A folder of its own, in which commands run as a person would run them."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / ".citydesk"
        self.out = folder / "out"
        self.started: subprocess.Popen[bytes] | None = None
        # An emptied environment: nothing of this test run's own, not even HOME.
        self.environment = {
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C",
            "CITYDESK_HOME": str(self.home),
            "CITYDESK_PORT": "0",
            "CITYDESK_SANDBOX_PORT": "0",
        }

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "citydesk", *words],
            cwd=ROOT,
            env=self.environment | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )

    def up(self) -> "Desk":
        """Start the group and wait until it says that it is ready."""
        with self.out.open("wb") as out:
            self.started = subprocess.Popen(
                [sys.executable, "-m", "citydesk", "up"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        if not within(PATIENCE_SECONDS, lambda: self.url != "" or not self.runs):
            raise AssertionError(f"never ready:\n{self.said}")
        assert self.runs, self.said
        return self

    @property
    def runs(self) -> bool:
        return self.started is not None and self.started.poll() is None

    @property
    def said(self) -> str:
        return self.out.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        found = re.search(r"^ready: (http://127\.0\.0\.1:\d+)$", self.said, re.MULTILINE)
        return found[1] if found else ""

    def children(self) -> dict[str, int]:
        """The processes of the group, by what they are."""
        assert self.started is not None
        task = Path(f"/proc/{self.started.pid}/task/{self.started.pid}/children")
        pids = [int(each) for each in task.read_text(encoding="utf-8").split()]
        return {_kind(pid): pid for pid in pids}

    def told(self) -> dict[str, str]:
        """What the running group lets other commands know."""
        found: dict[str, str] = json.loads((self.home / "run" / "up.json").read_text("utf-8"))
        return found

    def stop(self, with_signal: signal.Signals = signal.SIGINT) -> int:
        assert self.started is not None
        self.started.send_signal(with_signal)
        return self.started.wait(20)


def _kind(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    for kind in ("postgres", "valkey", "sandbox", "work", "serve"):
        if any(kind in word.rsplit("/", 1)[-1] for word in words[:4]):
            return kind
    return words[0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    if desk.runs:
        desk.stop(signal.SIGKILL)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of this folder see no setting of the person who runs them."""
    for name in [name for name in os.environ if name.startswith("CITYDESK_")]:
        monkeypatch.delenv(name)
