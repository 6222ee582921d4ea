"""Writes that are put go together, and whoever asks next finds them written."""

import asyncio
import contextvars
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from citydesk.kit import sql
from citydesk.kit.held import Held
from citydesk.kit.transaction import transaction
from models.inbox import InboxMessage

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_PUT = """
    INSERT INTO inbox_message (id, created_at, source, external_id)
    VALUES (gen_random_uuid(), $1, $2, $3)
"""
_names = count()

pytestmark = pytest.mark.usefixtures("tables")


def quiet() -> None:
    return None


async def put(source: str, place: str | None = None) -> None:
    await sql.put(place or f"place {next(_names)}", _PUT, NOW, source, str(next(_names)))


async def there(source: str) -> int:
    found: int = await sql.value("SELECT count(*) FROM inbox_message WHERE source = $1", source)
    return found


async def elsewhere(source: str) -> int:
    """What another connection sees."""
    return await asyncio.create_task(there(source), context=contextvars.Context())


async def test_what_was_put_is_one_statement_and_leaves_with_the_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    write = Held._write

    async def counted(self: Held) -> None:
        written.append(" + ".join(place for place, _, _ in self._put))
        await write(self)

    monkeypatch.setattr(Held, "_write", counted)
    async with transaction(NOW, quiet):
        for place in ("a", "b", "c"):
            await put("together", place)
    assert written == ["a + b + c"]
    assert await there("together") == 3


async def test_whoever_asks_next_finds_it_written_the_orm_too() -> None:
    async with transaction(NOW, quiet):
        await put("asked")
        assert await there("asked") == 1
        await put("asked")
        assert await InboxMessage.filter(source="asked").count() == 2
        await put("asked")
        assert await InboxMessage.filter(source="asked").update(source="changed") == 3
        await put("asked")
    assert (await there("asked"), await there("changed")) == (1, 3)
    async with in_transaction():
        await put("asked")
    assert await there("asked") == 2


async def test_two_writes_to_one_place_are_made_one_after_the_other() -> None:
    async with transaction(NOW, quiet):
        await sql.put("lamp", _PUT, NOW, "twice", "1")
        change = "UPDATE inbox_message SET external_id = external_id || $2 WHERE source = $1"
        await sql.put("lamp", change, "twice", "!")
        await sql.put("lamp", change, "twice", "?")
    assert (await InboxMessage.get(source="twice")).external_id == "1!?"


async def _putting(source: str, *, breaks: bool = True) -> None:
    async with transaction(NOW, quiet):
        await put(source)
        if breaks:
            raise ZeroDivisionError


async def test_what_is_taken_back_takes_back_what_was_put() -> None:
    with pytest.raises(ZeroDivisionError):
        await _putting("gone")
    assert await there("gone") == 0
    async with transaction(NOW, quiet):
        await put("before")
        with pytest.raises(ZeroDivisionError):
            await _putting("inside")
        await _putting("inside, and well", breaks=False)
        await put("after")
    found = [await there(each) for each in ("before", "inside", "inside, and well", "after")]
    assert found == [1, 0, 1, 1]


async def _putting_the_same_twice() -> None:
    async with transaction(NOW, quiet):
        await sql.run(_PUT, NOW, "unique", "1")
        await sql.put("a", _PUT, NOW, "fine", "1")
        await sql.put("b", _PUT, NOW, "unique", "1")


async def test_a_write_that_fails_at_the_end_takes_the_whole_transaction_back() -> None:
    with pytest.raises(sql.UniqueViolationError):
        await _putting_the_same_twice()
    assert (await there("unique"), await there("fine")) == (0, 0)
    await _putting("fine", breaks=False)
    assert await there("fine") == 1, "the connection is as good as before"


async def test_outside_a_transaction_it_is_written_at_once() -> None:
    await put("alone")
    assert await elsewhere("alone") == 1
    async with sql.one_connection():
        await put("alone")
        assert await elsewhere("alone") == 2


async def test_tasks_of_one_transaction_take_turns() -> None:
    async with transaction(NOW, quiet):
        await asyncio.gather(*(put("turns") for _ in range(5)), *(there("turns") for _ in range(5)))
        assert await there("turns") == 5


@pytest.mark.parametrize("many", [1, 4, 5, 60])
async def test_rows_are_written_into_a_statement_few_or_many(many: int) -> None:
    rows: list[tuple[Any, ...]] = [(at, None if at % 2 else f"word {at}") for at in range(many)]
    text, values = sql.given(("int", "text"), rows, 2)
    statement = f"SELECT $1::int AS one, new.* FROM ({text}) AS new (a, b)"  # noqa: S608
    found = await sql.rows(statement, 7, *values)
    assert [tuple(each.values()) for each in found] == [(7, *each) for each in rows]
