"""A virus scanner on the wire: clamd's own protocol over TCP, as far as a desk speaks it.

PING, VERSION and INSTREAM, in the `z` form (ends with NUL) and the `n` form (ends with a newline).
It knows one thing that is harmful: the test file of EICAR, which harms nobody and which every
scanner calls harmful; here it may stand anywhere in a file. Faults strike it under the path
`scanner`: `delay_seconds` makes it slow, `drop` closes the connection, `errcode` and `http_status`
make it say that it could not scan, `truncated` breaks its answer off.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct

from sandbox.faults import Fault
from sandbox.outside import Outside

PATH = "scanner"
VERSION = "ClamAV 1.4.9/27900/Mon Mar  2 09:00:00 2026"
LARGEST = 25 * 1024 * 1024  # StreamMaxLength, as clamd comes
SILENT_SECONDS = 30.0
# In pieces, or this very file would be put away by the scanner of whoever has a copy of it.
EICAR = "".join(
    ("X5O!P%@AP[4", "\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-", "ANTIVIRUS-TEST-", "FILE!$H+H*")
).encode()


class Scanner:
    """One listening scanner; its port is known once it is open."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self, port: int) -> None:
        """Listen on loopback; 0 takes any free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more, and let go of whoever is being served."""
        if self._server is not None:
            self._server.close()
        serving = list(self._serving)
        for each in serving:
            each.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
                async with asyncio.timeout(SILENT_SECONDS):
                    await self._answer(reader, writer)
        finally:
            self._serving.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {b"z": b"\0", b"n": b"\n"}.get(await reader.readexactly(1))
        if ends is None:
            writer.write(b"UNKNOWN COMMAND\n")
            return
        command = (await reader.readuntil(ends))[:-1].decode("ascii", "replace")
        outside = self._outside
        entry = outside.ledger.note(outside.clock.now(), "in", command[:20], PATH)
        fault = outside.faults.meet(PATH)
        if fault is not None:
            entry.fault = fault.name()
            await asyncio.sleep(fault.delay_seconds)
            if fault.drop == "before":
                return
        said = await self._said(command, reader, fault)
        entry.answer = said.encode()
        if fault is not None and fault.drop == "after":
            return
        told = said.encode() + ends
        writer.write(told[: len(told) // 2] if fault is not None and fault.truncated else told)
        await writer.drain()

    async def _said(self, command: str, reader: asyncio.StreamReader, fault: Fault | None) -> str:
        if command == "PING":
            return "PONG"
        if command == "VERSION":
            return VERSION
        if command != "INSTREAM":
            return "UNKNOWN COMMAND"
        content = await _stream(reader)
        if content is None:
            return "INSTREAM size limit exceeded. ERROR"
        if fault is not None and (fault.errcode is not None or fault.http_status is not None):
            return "stream: Can't allocate memory ERROR"
        return "stream: Eicar-Test-Signature FOUND" if EICAR in content else "stream: OK"


async def _stream(reader: asyncio.StreamReader) -> bytes | None:
    """A file in chunks, each after its length; None when it is longer than is scanned."""
    content = bytearray()
    while True:
        [length] = struct.unpack(">I", await reader.readexactly(4))
        if length == 0:
            return bytes(content)
        if len(content) + length > LARGEST:
            return None
        content += await reader.readexactly(length)
