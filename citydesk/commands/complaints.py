"""How a command says that something does not work, and with which status it ends."""

import sys

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells count


def complain(text: str) -> int:
    """Say it on the error stream; return the status of failure."""
    print(text, file=sys.stderr, flush=True)
    return FAILED
