"""The folder ``.citydesk``: what `make run` keeps between two starts, and nothing else.

::

    secrets.json   generated secrets of development, mode 0600
    postgres/ valkey/   the data
    run/           sockets, and who is running (``up.lock``, ``up.json``)
    log/           one log a process
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOLD = tuple(
    f"CITYDESK_{name}"
    for name in (
        *("DATABASE_URL", "REDIS_URL", "PORT", "SANDBOX_PORT", "PUBLIC_URL"),
        "SCANNER_ADDRESS",
    )
)


class AlreadyRunning(Exception):
    """Another `citydesk up` holds the folder; the message says so in both languages."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of this checkout: ``CITYDESK_HOME``, or ``.citydesk`` where we stand."""

    folder: Path

    @classmethod
    def here(cls) -> "Home":
        """Return the folder, whether or not it exists yet."""
        return cls(Path(os.environ.get("CITYDESK_HOME") or ".citydesk").absolute())

    @property
    def run(self) -> Path:
        """Return the folder of sockets and of the running group's name."""
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        """Return the folder of the logs."""
        return self.folder / "log"

    def make(self) -> None:
        """Make the folders, closed to others."""
        for folder in (self.folder, self.run, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one running group.

        Raises:
            AlreadyRunning: somebody else holds it.
        """
        self.make()
        with (self.run / "up.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                told = _read(self.run / "up.json")
                where = told.get("CITYDESK_PUBLIC_URL", "starting or stopping")
                raise AlreadyRunning(
                    f"citydesk is already running in this folder ({where}). Stop that one first.\n"
                    f"citydesk 已在本目录运行（{where}）。如需重新启动，请先停止它。"
                ) from None
            try:
                yield
            finally:
                (self.run / "up.json").unlink(missing_ok=True)

    def tell(self, settings: Mapping[str, str]) -> None:
        """Let other commands find the running group's servers."""
        write_private(self.run / "up.json", json.dumps({name: settings[name] for name in TOLD}))

    def running(self) -> dict[str, str]:
        """Return what the running group told, or nothing when none runs."""
        return _read(self.run / "up.json") if self.in_use else {}

    @property
    def in_use(self) -> bool:
        """Tell whether a group is starting, running or stopping in this folder."""
        try:
            with (self.run / "up.lock").open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


def _read(path: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all of it or none."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
