"""Prepared SQL on the current connection, for the paths that must be quick.

Joins the open transaction, if there is one. ``$1, $2`` placeholders; asyncpg keeps the statement
prepared. The ORM keeps the models, the migrations and everything else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import UniqueViolationError
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.connection import get_connection

__all__ = ["UniqueViolationError", "row", "rows", "run", "value"]

Row = Mapping[str, Any]


def _current() -> AsyncpgDBClient:
    client = get_connection("default")
    assert isinstance(client, AsyncpgDBClient), "PostgreSQL is the only dialect"
    return client


async def rows(statement: str, *values: Any) -> Sequence[Row]:
    """Return every row."""
    async with _current().acquire_connection() as connection:
        found: Sequence[Row] = await connection.fetch(statement, *values)
    return found


async def row(statement: str, *values: Any) -> Row | None:
    """Return the first row, or None."""
    async with _current().acquire_connection() as connection:
        found: Row | None = await connection.fetchrow(statement, *values)
    return found


async def value(statement: str, *values: Any) -> Any:
    """Return the first column of the first row, or None."""
    async with _current().acquire_connection() as connection:
        return await connection.fetchval(statement, *values)


async def run(statement: str, *values: Any) -> int:
    """Carry a statement out; return how many rows it touched."""
    async with _current().acquire_connection() as connection:
        said: str = await connection.execute(statement, *values)
    return int(said.rsplit(" ", 1)[-1]) if said[-1:].isdigit() else 0
