"""Prepared SQL on the current connection, for the paths that must be quick.

Joins the open transaction, if there is one. ``$1, $2`` placeholders; asyncpg keeps the statement
prepared. The ORM keeps the models, the migrations and everything else.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from asyncpg import UniqueViolationError
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.connection import get_connection

__all__ = ["UniqueViolationError", "one_connection", "row", "rows", "run", "value"]

Row = Mapping[str, Any]


_held: ContextVar[Any] = ContextVar("held_connection", default=None)


def _current() -> AsyncpgDBClient:
    client = get_connection("default")
    assert isinstance(client, AsyncpgDBClient), "PostgreSQL is the only dialect"
    return client


@asynccontextmanager
async def one_connection() -> AsyncIterator[None]:
    """Ask several questions over one connection instead of taking one for each.

    Only for questions right after each other: whoever holds a connection keeps it from others. In
    a transaction this changes nothing, for that has one already.
    """
    client = _current()
    if _held.get() is not None or isinstance(client, TransactionWrapper):
        yield
        return
    async with client.acquire_connection() as connection:
        token = _held.set(connection)
        try:
            yield
        finally:
            _held.reset(token)


def _connected() -> AbstractAsyncContextManager[Any]:
    client = _current()
    held = None if isinstance(client, TransactionWrapper) else _held.get()
    return client.acquire_connection() if held is None else nullcontext(held)


async def rows(statement: str, *values: Any) -> Sequence[Row]:
    """Return every row."""
    async with _connected() as connection:
        found: Sequence[Row] = await connection.fetch(statement, *values)
    return found


async def row(statement: str, *values: Any) -> Row | None:
    """Return the first row, or None."""
    async with _connected() as connection:
        found: Row | None = await connection.fetchrow(statement, *values)
    return found


async def value(statement: str, *values: Any) -> Any:
    """Return the first column of the first row, or None."""
    async with _connected() as connection:
        return await connection.fetchval(statement, *values)


async def run(statement: str, *values: Any) -> int:
    """Carry a statement out; return how many rows it touched."""
    async with _connected() as connection:
        said: str = await connection.execute(statement, *values)
    return int(said.rsplit(" ", 1)[-1]) if said[-1:].isdigit() else 0
