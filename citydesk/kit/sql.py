"""Prepared SQL on the current connection, for the paths that must be quick.

Joins the open transaction, if there is one. ``$1, $2`` placeholders; asyncpg keeps the statement
prepared. The ORM keeps the models, the migrations and everything else.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from itertools import chain
from typing import Any, cast

from asyncpg import UniqueViolationError
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.connection import get_connection

from citydesk.kit.held import Held, held

__all__ = ["UniqueViolationError", "given", "one_connection", "put", "row", "rows", "run", "value"]

Row = Mapping[str, Any]


@asynccontextmanager
async def one_connection() -> AsyncIterator[None]:
    """Ask several questions over one connection instead of taking one for each.

    Only for questions right after each other: whoever holds a connection keeps it from others. In
    a transaction this changes nothing, for that has one already.
    """
    if held.get() is not None:
        yield
        return
    async with _current().acquire_connection() as connection:
        token = held.set(Held(connection))
        try:
            yield
        finally:
            held.reset(token)


def _current() -> AsyncpgDBClient:
    return cast(AsyncpgDBClient, get_connection("default"))  # PostgreSQL is the only dialect


def _connected() -> AbstractAsyncContextManager[Any]:
    return held.get() or _current().acquire_connection()


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


async def put(place: str, statement: str, *values: Any) -> None:
    """Write to a place together with other writes of the open transaction, as one statement.

    It is written before anything else is asked there; see ``held``. Outside a transaction: at once.
    """
    holder = held.get()
    if holder is None or not holder.in_transaction:
        await run(statement, *values)
    else:
        await holder.put(place, statement, values)


def given(
    types: tuple[str, ...], found: Sequence[tuple[Any, ...]], first: int = 1
) -> tuple[str, Iterable[Any]]:
    """Write rows into a statement, as ``FROM (...) AS new``: the text and its values.

    ``types``: of the columns; ``first``: the number of the first value.
    """
    if len(found) > _FEW:
        return _many(types, first), map(list, zip(*found, strict=True))
    return _several(types, len(found), first), chain(*found)


_FEW = 4  # arrays cost more; but each number of rows is a statement of its own


@cache
def _several(types: tuple[str, ...], count: int, first: int) -> str:
    numbered = iter(range(first, first + count * len(types)))
    rows = (", ".join(f"${next(numbered)}::{each}" for each in types) for _ in range(count))
    return "VALUES " + ", ".join(f"({each})" for each in rows)


@cache
def _many(types: tuple[str, ...], first: int) -> str:
    arrays = ", ".join(f"${at}::{each}[]" for at, each in enumerate(types, first))
    return f"SELECT * FROM unnest({arrays})"  # noqa: S608 - types of our own tables
