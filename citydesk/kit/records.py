"""Rows of our models by prepared SQL: the ORM's objects without the ORM's making of statements.

For the paths that must be quick. A statement's text is made once for a model and some columns, and
stays prepared on its connection; building it anew each time costs more than running it. Conditions
are SQL of ours with ``$1, $2`` for the values. What joins several tables is written in ``sql``.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from tortoise import fields
from tortoise.models import Model

from citydesk.kit import sql

__all__ = [
    "all_of",
    "appending",
    "fresh",
    "insert",
    "made",
    "one_of",
    "part_of",
    "parts_of",
    "update",
]

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
_NEW = {**_STORED, "_saved_in_db": False}


async def one_of(model: type[M], condition: str, *values: Any) -> M | None:
    """Return the first row that meets a condition (which may end in FOR UPDATE), or None."""
    found = await sql.row(_select(model, condition), *values)
    return None if found is None else made(model, found)


async def all_of(model: type[M], condition: str, *values: Any) -> list[M]:
    """Return every row that meets a condition; the condition also orders and limits."""
    return [made(model, found) for found in await sql.rows(_select(model, condition), *values)]


async def part_of(model: type[M], names: tuple[str, ...], condition: str, *values: Any) -> M | None:
    """Return the first object that meets a condition, or None, as ``parts_of``."""
    found = await sql.row(_select(model, condition, names), *values)
    return None if found is None else made(model, found, names)


async def parts_of(model: type[M], names: tuple[str, ...], condition: str, *values: Any) -> list[M]:
    """Return objects that hold some columns only; any other is an AttributeError."""
    found = await sql.rows(_select(model, condition, names), *values)
    return [made(model, row, names) for row in found]


def made(model: type[M], row: Mapping[str, Any], names: tuple[str, ...] = ()) -> M:
    """Make a model's object, as the ORM would, of a row: all of its columns, or first these."""
    wanted, read = _reading(model, names)
    record = model.__new__(model)
    kept = record.__dict__
    kept.update(_STORED)
    kept["_await_when_save"] = {}
    kept.update(zip(wanted, row.values(), strict=not names))
    for name, as_python in read:
        kept[name] = as_python(kept[name])
    return record


def fresh(model: type[M], **columns: Any) -> M:
    """Make a new row's object of values of ours, as its columns hold them; the others get defaults.

    Nothing is converted: what comes from outside is checked at the door, its length when written.
    """
    given, made_anew = _defaults(model)
    record = model.__new__(model)
    kept = record.__dict__
    kept.update(_NEW)
    kept["_await_when_save"] = {}
    kept.update(given)
    for name, make in made_anew:
        if name not in columns:
            kept[name] = make()
    if unknown := columns.keys() - set(_fields(model)):
        raise TypeError(f"{model.__name__} has no column {unknown}")
    kept.update(columns)
    return record


async def insert(record: Model) -> None:
    """Put a new row, with every column as the object has it."""
    await _put(record, _insert(type(record)), *_values(record, _fields(type(record))))
    record._saved_in_db = True


async def update(record: Model, names: Sequence[str]) -> None:
    """Write some columns of a row that is there."""
    if wanted := tuple(names):
        statement = _update(type(record), wanted)
        await sql.run(statement, record.pk, *_values(record, wanted))


async def appending(entry: Model, record: Model, names: Sequence[str]) -> None:
    """Put a new row and some columns of another: a note, and what it is a note of."""
    wanted = tuple(names)
    await insert(entry)
    await _put(record, _update(type(record), wanted), record.pk, *_values(record, wanted))


async def _put(record: Model, statement: str, *values: Any) -> None:
    await sql.put(record._meta.db_table, statement, *values)


def _values(record: Model, names: tuple[str, ...]) -> list[Any]:
    """The values as PostgreSQL takes them; the ORM's fields convert and check what it would not."""
    kept = record.__dict__
    return [
        kept[name] if written is None else written(kept[name], record)
        for name, written in _writing(type(record), names)
    ]


@cache
def _writing(
    model: type[Model], names: tuple[str, ...]
) -> tuple[tuple[str, Callable[[Any, Model], Any] | None], ...]:
    about = model._meta.fields_map
    return tuple((name, _written(about[name])) for name in names)


def _written(field: Any) -> Callable[[Any, Model], Any] | None:
    """How a field's value becomes what PostgreSQL takes; None for as it is."""
    if type(field) is fields.CharField and len(field.validators) == 1:  # that of its length
        longest = field.max_length

        def checked(value: Any, record: Model) -> Any:
            if value is None or len(value) <= longest:
                return value
            return field.to_db_value(value, record)  # says what is wrong with it

        return checked
    if type(field) in _READ:
        return None
    convert: Callable[[Any, Model], Any] = field.to_db_value
    return convert


@cache
def _defaults(
    model: type[Model],
) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    """What a new row's columns hold: the same for all, or made anew for each."""
    about = {name: model._meta.fields_map[name] for name in _fields(model)}
    anew = tuple((name, each.default) for name, each in about.items() if callable(each.default))
    made = {name for name, _ in anew}
    return {name: each.default for name, each in about.items() if name not in made}, anew


@cache
def _reading(model: type[Model], names: tuple[str, ...]) -> _Reading:
    """The fields in the order of their columns, and those that asyncpg does not read itself."""
    about = model._meta.fields_map
    names = names or _fields(model)
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
def _update(model: type[Model], names: tuple[str, ...]) -> str:
    projected = model._meta.fields_db_projection
    said = ", ".join(f'"{projected[name]}" = ${at}' for at, name in enumerate(names, 2))
    return f'UPDATE "{model._meta.db_table}" SET {said} WHERE id = $1'  # noqa: S608
