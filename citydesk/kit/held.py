"""A connection that somebody holds: its questions take turns, its writes go together.

Every statement is a message there and one back, which costs more than most statements do. What a
step writes is known before any of it must be read: so a write may be *put*, to go with others as
one statement. Whoever asks anything next over the same connection, the ORM included, finds it
written; at the latest it goes right before the commit. Nothing is put outside a transaction.
"""

import asyncio
import re
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

_PLACE = re.compile(r"\$(\d+)")


class Held:
    """One connection in the hands of one task and of those it has begun."""

    __slots__ = ("_put", "_turn", "connection", "in_transaction")

    def __init__(self, connection: Any, *, in_transaction: bool = False) -> None:
        self.connection = connection
        self.in_transaction = in_transaction
        self._turn = asyncio.Lock()
        self._put: list[tuple[str, str, tuple[Any, ...]]] = []

    async def __aenter__(self) -> Any:
        """Take a turn: everything that was put is written by then."""
        await self._turn.acquire()
        try:
            if self._put:
                await self._write()
        except BaseException:
            self._turn.release()
            raise
        return self.connection

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()

    async def put(self, place: str, statement: str, values: tuple[Any, ...]) -> None:
        """Let a write go with others; a second one to a place makes those before it go first.

        ``place`` is a table, or some rows of one. Parts of a statement do not see each other's
        work, and which goes first nobody can tell: so none may touch what another touches. It
        begins with INSERT, UPDATE or DELETE.
        """
        if any(place == each for each, _, _ in self._put):
            await self.written()
        self._put.append((place, statement, values))

    async def written(self) -> None:
        """Write what was put."""
        if self._put:
            async with self:
                return

    def forget(self) -> None:
        """Drop what was put: it is taken back before it was written."""
        self._put.clear()

    async def _write(self) -> None:
        put, self._put = self._put, []
        statements = tuple((statement, len(values)) for _, statement, values in put)
        await self.connection.execute(_one_of(statements), *(each for _, _, v in put for each in v))


held: ContextVar[Held | None] = ContextVar("held_connection", default=None)


@lru_cache(maxsize=1_000)
def _one_of(statements: tuple[tuple[str, int], ...]) -> str:
    """Make one statement of several, each given with how many values it takes."""
    texts, before = [], 0
    for statement, values in statements:
        texts.append(_moved(statement, before))
        before += values
    *others, last = texts
    written = ", ".join(f"written_{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {written} {last}" if others else last


def _moved(statement: str, by: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + by}", statement) if by else statement
