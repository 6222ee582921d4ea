"""Children that never outlive their parent, by a promise of the Linux kernel."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1


def dies_with_parent(signal_number: int = signal.SIGKILL) -> Callable[[], None]:
    """Make a ``preexec_fn``: the kernel sends the child this signal when its parent dies.

    Start such a child from the main thread: the kernel watches the thread that started it.
    """
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if LINUX else None

    def promise() -> None:
        if libc is None:
            return
        libc.prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return promise


def end_with_parent(signal_number: int = signal.SIGTERM) -> None:
    """Have the kernel send this process itself a signal when its parent dies."""
    if LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)


def end(process: subprocess.Popen[Any], with_signal: signal.Signals, seconds: float) -> bool:
    """Ask a process to end, then make it; tell whether it ended by itself in time."""
    if process.poll() is not None:
        return True
    process.send_signal(with_signal)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    process.kill()
    process.wait()
    return False


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log."""
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    return f"(no log at {log.name})"
