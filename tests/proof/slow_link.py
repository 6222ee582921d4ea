"""A slow line between a phone and the application: what the application said last is lost with it.

Without it almost every answer would be home before a kill could strike, and nothing be proved.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def slow_link(host: str, port: int, delay_seconds: float) -> AsyncIterator[str]:
    """Give the address of a line to an application; its answers come so much later."""

    lines: set[asyncio.Task[None]] = set()

    def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(carry(reader, writer))
        lines.add(line)
        line.add_done_callback(lines.discard)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            _hang_up(writer)
            return
        forth = asyncio.create_task(_forth(reader, far_writer))
        try:
            while heard := await far_reader.read(65_536):
                await asyncio.sleep(delay_seconds)
                if far_reader.at_eof():  # the line went dead before this got through
                    break
                writer.write(heard)
        except OSError:
            pass  # cut off in the middle of a word
        finally:
            forth.cancel()
            _hang_up(writer, far_writer)

    server = await asyncio.start_server(answered, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)


def _hang_up(*writers: asyncio.StreamWriter) -> None:
    for each in writers:
        each.transport.abort()
        each.close()


async def _forth(reader: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while heard := await reader.read(65_536):
            far.write(heard)
            await far.drain()
        far.write_eof()
