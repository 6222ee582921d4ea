"""The child that opens files: ``python -m citydesk.kit.contents.child``; one after the other.

In comes a length (8 bytes, big endian) and a file. Out goes the length of a JSON line, the line
and, if a picture was cleaned, its new bytes. It ends when its parent is gone, or when a file takes
more of the processor than it may.
"""

import json
import resource
import signal
import struct
import sys
from typing import Any, BinaryIO

from citydesk.kit.contents import images, kinds, ofd, pdf
from citydesk.kit.contents.unfit import Unfit, broken, too_complex

MOST_MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 4


def seen(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Look at one file; return what is told of it, and its new bytes (none: as they were)."""
    try:
        kind = kinds.kind_of(content)
        if kind == kinds.PDF:
            return {"kind": kind, "pages": pdf.look(content)}, b""
        if kind == kinds.OFD:
            return {"kind": kind, "pages": ofd.look(content)}, b""
        return {"kind": kind, "pages": 1}, images.look(content, kind)
    except Unfit as unfit:
        why = unfit
    except (MemoryError, RecursionError):
        why = too_complex()
    except Exception:  # whatever a library makes of a broken file
        why = broken()
    return {"unfit": why.detail, "fault": why.fault}, b""


def main() -> None:
    """Look at files until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    coming, going = sys.stdin.buffer, sys.stdout.buffer
    while head := coming.read(8):
        [length] = struct.unpack(">Q", head)
        content = coming.read(length)
        if len(content) < length:
            return
        _let_run(CPU_SECONDS)
        _tell(going, *seen(content))


def _let_run(seconds: int) -> None:
    """Allow so many more seconds of the processor; then the system ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _tell(going: BinaryIO, told: dict[str, Any], content: bytes) -> None:
    line = json.dumps({**told, "bytes": len(content)}).encode()
    going.write(struct.pack(">I", len(line)) + line + content)
    going.flush()


if __name__ == "__main__":
    main()
