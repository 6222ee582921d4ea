"""The virus scanner: clamd, spoken to by its own protocol over TCP (INSTREAM).

Commands begin with ``z`` and end with a NUL; so does the answer. A file goes in chunks, each after
its length in four bytes, big endian; a length of nought ends it (man clamd, INSTREAM). clamd takes
up to its ``StreamMaxLength``, which must be above our largest paper.
"""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from citydesk.kit.transaction import refuse_to_wait_inside_one
from citydesk.kit.troubles import GatewayTrouble

CONNECT_SECONDS = 2.0
SILENT_SECONDS = 10.0  # between two steps of one scan
TOTAL_SECONDS = 60.0
CHUNK_BYTES = 64 * 1024
LONGEST_ANSWER = 1024
LONGEST_FINDING = 120
_FOUND = re.compile(r"stream: (.+) FOUND")
_ADDRESS = re.compile(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class VirusScanner:
    """A clamd at an address, ``host:port``."""

    address: str

    async def scan(self, content: AsyncIterator[bytes]) -> str | None:
        """Have a file scanned; return what was found in it, by the scanner's name, or None.

        Raises:
            GatewayTrouble: the scanner is away, too slow, or could not scan it.
        """
        async with self._connected() as (reader, writer):
            writer.write(b"zINSTREAM\0")
            async for piece in content:
                for start in range(0, len(piece), CHUNK_BYTES):
                    chunk = piece[start : start + CHUNK_BYTES]
                    writer.write(struct.pack(">I", len(chunk)) + chunk)
                    await _drained(writer)
            writer.write(struct.pack(">I", 0))
            await _drained(writer)
            said = await _answer(reader)
        if said == "stream: OK":
            return None
        if found := _FOUND.fullmatch(said):
            return found.group(1)[:LONGEST_FINDING]
        raise GatewayTrouble(f"virus scanner: {said[:100]}")

    async def check(self) -> str:
        """Return the scanner's version, once it answers a ping; raises GatewayTrouble."""
        if (said := await self._asked(b"zPING\0")) != "PONG":
            raise GatewayTrouble(f"virus scanner: {said[:100]}")
        return await self._asked(b"zVERSION\0")

    async def _asked(self, command: bytes) -> str:
        async with self._connected() as (reader, writer):
            writer.write(command)
            await _drained(writer)
            return await _answer(reader)

    @asynccontextmanager
    async def _connected(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        refuse_to_wait_inside_one("virus scanner")
        where = _ADDRESS.fullmatch(self.address)
        if where is None:
            raise GatewayTrouble("virus scanner: no address is set", sent=False)
        host, port = where.group(1).strip("[]"), int(where.group(2))
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                async with asyncio.timeout(CONNECT_SECONDS):
                    reader, writer = await asyncio.open_connection(host, port, limit=LONGEST_ANSWER)
                try:
                    yield reader, writer
                finally:
                    writer.close()
                    with suppress(OSError, TimeoutError):
                        async with asyncio.timeout(CONNECT_SECONDS):
                            await writer.wait_closed()
        except TimeoutError:
            raise GatewayTrouble("virus scanner: too slow") from None
        except (OSError, OverflowError, EOFError, asyncio.LimitOverrunError) as broken:
            raise GatewayTrouble(f"virus scanner: {type(broken).__name__}") from None


async def _drained(writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(SILENT_SECONDS):
        await writer.drain()


async def _answer(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(SILENT_SECONDS):
        said = await reader.readuntil(b"\0")
    return said[:-1].decode("utf-8", "replace").strip()
