"""Rows of our models by prepared SQL: the ORM's objects without the ORM's making of statements.

For the paths that must be quick. A statement's text is made once for a model and some columns, and
stays prepared on its connection; building it anew each time costs more than running it. Conditions
are SQL of ours with ``$1, $2`` for the values. What joins several tables is written in ``sql``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from tortoise import fields
from tortoise.models import Model

from citydesk.kit import sql

__all__ = ["all_of", "appending", "insert", "made", "one_of", "parts_of", "update"]

_Reading = tuple[tuple[str, ...], tuple[tuple[str, Callable[..., Any]], ...]]
M = TypeVar("M", bound=Model)
# What asyncpg reads as the ORM's objects hold it: nothing is left to do.
_READ = frozenset(
    (
        *(fields.UUIDField, fields.CharField, fields.TextField, fields.BinaryField),
        *(fields.SmallIntField, fields.IntField, fields.BigIntField, fields.BooleanField),
        *(fields.DatetimeField, fields.DateField),
    )
)
_STORED = {"_partial": False, "_saved_in_db": True, "_custom_generated_pk": True}


async def one_of(model: type[M], condition: str, *values: Any) -> M | None:
    """Return the first row that meets a condition (which may end in FOR UPDATE), or None."""
    found = await sql.row(_select(model, condition), *values)
    return None if found is None else made(model, found)


async def all_of(model: type[M], condition: str, *values: Any) -> list[M]:
    """Return every row that meets a condition; the condition also orders and limits."""
    return [made(model, found) for found in await sql.rows(_select(model, condition), *values)]


async def parts_of(model: type[M], names: tuple[str, ...], condition: str, *values: Any) -> list[M]:
    """Return objects that hold some columns only, for lists; any other is an AttributeError."""
    found = await sql.rows(_select(model, condition, names), *values)
    return [_object(model, zip(names, row.values(), strict=True)) for row in found]


def made(model: type[M], row: Mapping[str, Any]) -> M:
    """Make a model's object of a row that has all of its columns, as the ORM would."""
    names, read = _reading(model)
    record = _object(model, zip(names, row.values(), strict=True))
    kept = record.__dict__
    for name, as_python in read:
        kept[name] = as_python(kept[name])
    return record


def _object(model: type[M], columns: Iterable[tuple[str, Any]]) -> M:
    record = model.__new__(model)
    kept = record.__dict__
    kept.update(_STORED)
    kept["_await_when_save"] = {}
    kept.update(columns)
    return record


async def insert(record: Model) -> None:
    """Write a new row, with every column as the object has it."""
    written = _fields(type(record))
    await sql.run(_insert(type(record)), *_values(record, written))
    record._saved_in_db = True


async def update(record: Model, names: Sequence[str]) -> None:
    """Write some columns of a row that is there."""
    if wanted := tuple(names):
        statement = _update(type(record), wanted, 2)
        await sql.run(statement, record.pk, *_values(record, wanted))


async def appending(entry: Model, record: Model, names: Sequence[str]) -> None:
    """Write a new row and some columns of another in one statement: a note of what changed it."""
    written, wanted = _fields(type(entry)), tuple(names)
    statement = _appending(type(entry), type(record), wanted)
    values = (*_values(entry, written), record.pk, *_values(record, wanted))
    await sql.run(statement, *values)
    entry._saved_in_db = True


def _values(record: Model, names: Sequence[str]) -> list[Any]:
    """The values as PostgreSQL takes them; the ORM's fields check them, as they always do."""
    by_name = type(record)._meta.fields_map
    return [by_name[name].to_db_value(getattr(record, name), record) for name in names]


@cache
def _reading(model: type[Model]) -> _Reading:
    """The fields in the order of their columns, and those that asyncpg does not read itself."""
    about = model._meta.fields_map
    names = _fields(model)
    return names, tuple(
        (name, about[name].to_python_value) for name in names if type(about[name]) not in _READ
    )


@cache
def _fields(model: type[Model]) -> tuple[str, ...]:
    return tuple(model._meta.fields_db_projection)


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(f'"{column}"' for column in model._meta.fields_db_projection.values())


@cache
def _select(model: type[Model], condition: str, names: tuple[str, ...] = ()) -> str:
    projected = model._meta.fields_db_projection
    wanted = tuple(f'"{projected[name]}"' for name in names) or _columns(model)
    return f'SELECT {", ".join(wanted)} FROM "{model._meta.db_table}" WHERE {condition}'  # noqa: S608


@cache
def _insert(model: type[Model]) -> str:
    columns = _columns(model)
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) VALUES ({places})'  # noqa: S608


@cache
def _update(model: type[Model], names: tuple[str, ...], first: int) -> str:
    """``first``: the number of the first value; the one before it is the row's identifier."""
    projected = model._meta.fields_db_projection
    said = ", ".join(f'"{projected[name]}" = ${first + at}' for at, name in enumerate(names))
    return f'UPDATE "{model._meta.db_table}" SET {said} WHERE id = ${first - 1}'  # noqa: S608


@cache
def _appending(entry: type[Model], changed: type[Model], names: tuple[str, ...]) -> str:
    first = len(_columns(entry)) + 2
    return f"WITH appended AS ({_insert(entry)}) {_update(changed, names, first)}"
