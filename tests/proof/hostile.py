"""Sends what takes longest to read, as fast as it is answered; a process of its own.

    python -m tests.proof.hostile <port> <seconds> <file of requests>

The file holds requests, each behind its length in four bytes. Prints how many were answered.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic

CALLERS = 3


def requests_in(path: Path) -> Iterator[bytes]:
    """The requests of the file, in order."""
    rest = path.read_bytes()
    while rest:
        end = 4 + int.from_bytes(rest[:4], "big")
        yield rest[4:end]
        rest = rest[end:]


async def _call(port: int, requests: list[bytes], turn: Iterator[int], until: float) -> int:
    answered = 0
    while monotonic() < until:
        request = requests[next(turn) % len(requests)]
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            async with asyncio.timeout(5):
                answered += bool(await reader.read())
            writer.close()
    return answered


async def main() -> None:
    """Attack until the time is over."""
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    requests, turn = list(requests_in(Path(sys.argv[3]))), count()
    until = monotonic() + seconds
    done = await asyncio.gather(*(_call(port, requests, turn, until) for _ in range(CALLERS)))
    print(sum(done))


if __name__ == "__main__":
    asyncio.run(main())
