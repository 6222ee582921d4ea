"""A wire that can be cut: a proxy before PostgreSQL or Valkey, on a Unix socket or a TCP port."""

import asyncio
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from types import TracebackType

PART = 65_536


class Wire(AbstractAsyncContextManager["Wire"]):
    """Forwards connections to a socket; ``blackhole`` accepts them and lets nothing through.

    What was connected during a silence never speaks again, also after ``heal``: the harshest of the
    ways in which a network comes back.
    """

    def __init__(self, to: Path, at: Path) -> None:
        self.to, self.at = to, at
        self.silent = False
        self.deaf_to_answers = False
        self.connections = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Wire":
        self.at.parent.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, str(self.at), limit=PART)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._open:
            writer.close()

    def blackhole(self) -> None:
        """Swallow everything from now on, in both directions; hang up on nobody."""
        self.silent = True

    def drop_reply(self) -> None:
        """Let questions through, and lose the answers."""
        self.deaf_to_answers = True

    def heal(self) -> None:
        """Serve new connections again; those of the silence stay dead."""
        for each in self._tasks:
            each.cancel()
        self.silent = self.deaf_to_answers = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        serving = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(serving)
        serving.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await asyncio.Event().wait()
        their_reader, their_writer = await asyncio.open_unix_connection(str(self.to))
        self._open.add(their_writer)
        questions = asyncio.create_task(self._carry(reader, their_writer, answers=False))
        answers = asyncio.create_task(self._carry(their_reader, writer, answers=True))
        try:
            await asyncio.wait({questions, answers}, return_when=asyncio.FIRST_COMPLETED)
            if self.silent or self.deaf_to_answers:  # whoever hangs up is not heard
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            return  # cut for good; neither side is told
        finally:
            questions.cancel()
            answers.cancel()
        for each in (writer, their_writer):
            self._open.discard(each)
            each.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with suppress(OSError):
            while part := await reader.read(PART):
                if self.silent or (answers and self.deaf_to_answers):
                    continue
                writer.write(part)
                await writer.drain()
