"""How an embedded server starts, ends with us, and leaves its data whole."""

import fcntl
import re
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self

from citydesk.kit.lifelines import LINUX, dies_with_parent, end, tail
from citydesk.kit.not_root import SYSTEM_ENVIRONMENT

START_SECONDS = 60.0
LEAVE_SECONDS = 20.0
STOP_SECONDS = 8.0
SOCKET_PATH_BYTES = 107  # sun_path of Linux, less the closing zero
_POLL_SECONDS = 0.01
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
SET_THE_URLS = (
    "The embedded servers need Linux with glibc (x86-64 or arm64). Elsewhere, set "
    "CITYDESK_DATABASE_URL and CITYDESK_REDIS_URL to servers of your own.\n"
    "内置数据库只能在 Linux（glibc）上运行；请改用自己的服务器，设置上面两个变量。"
)


class ServerTrouble(Exception):
    """An embedded server cannot run here, or did not start; the message says what to do."""


class EmbeddedServer(ABC):
    """A server that we start, that keeps its data in a folder, and that ends with us.

    Args:
        folder: holds ``data``, ``log`` and ``lock``; made when missing, mode 0700.
        durable: False trades safety in a power cut for speed (tests).
        sockets: a folder for the socket; by default inside ``folder``, or a temporary folder
            when that path is longer than a socket address can be.
        log: file that the server writes to.
    """

    name: ClassVar[str]
    socket_name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        sockets: Path | None = None,
        log: Path | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.durable = durable
        self.log = log or self.folder / "log"
        self.sockets = (sockets or self.folder / "socket").absolute()
        self._temporary: Path | None = None
        self._lock: IO[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _command(self) -> list[str]:
        """Prepare the data and return the server's command line."""

    @abstractmethod
    def _answers(self) -> bool:
        """Tell whether the server takes connections."""

    def _forget_the_dead(self) -> None:
        """Clear what a killed predecessor left; called once nobody else can be running."""
        for left in self.sockets.glob(f"{self.socket_name}*"):
            left.unlink(missing_ok=True)

    def start(self) -> Self:
        """Start the server and wait until it answers.

        Raises:
            ServerTrouble: it cannot run here, is running already, or did not come up.
        """
        if not LINUX:
            raise ServerTrouble(SET_THE_URLS)
        _private(self.folder)
        try:
            self._lock = _locked(self.folder / "lock", self.name)
            self._choose_socket_folder()
            self._forget_the_dead()
            self._launch()
            self._wait()
        except PermissionError as fault:
            self.stop()
            raise ServerTrouble(str(fault)) from None
        except BaseException:
            self.stop()
            raise
        return self

    def _choose_socket_folder(self) -> None:
        path = str(self.sockets / f"{self.socket_name}.lock")
        if len(path.encode()) > SOCKET_PATH_BYTES or not _PLAIN_PATH.fullmatch(path):
            self._temporary = self.sockets = Path(tempfile.mkdtemp(prefix="citydesk-"))
        _private(self.sockets)

    def _launch(self) -> None:
        assert self._lock is not None
        command = self._command()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                cwd=self.folder,
                env=SYSTEM_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the terminal's Ctrl-C is for us; we pass it on in order
                pass_fds=[self._lock.fileno()],  # the lock is free once its last process has left
                preexec_fn=dies_with_parent(self.stop_signal),
            )

    def _wait(self) -> None:
        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise ServerTrouble(f"{self.name} did not start:\n{tail(self.log)}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server, in order if it listens, and let the folder go."""
        if self.process is not None:
            end(self.process, self.stop_signal, STOP_SECONDS)
            self.process = None
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _locked(path: Path, name: str) -> IO[bytes]:
    """Take the folder's lock, waiting for a stopping predecessor to leave."""
    file = path.open("ab")
    until = time.monotonic() + LEAVE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > until:
                file.close()
                raise ServerTrouble(f"{name} is already running on these data.") from None
            time.sleep(_POLL_SECONDS * 5)
