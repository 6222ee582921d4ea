"""Prepared SQL joins what is open; and no wait for the database is without end."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from time import perf_counter

import pytest
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from citydesk.kit import postgres as kit_postgres
from citydesk.kit import sql
from citydesk.kit.postgres import LimitedPool
from citydesk.kit.transaction import transaction
from models.inbox import InboxMessage

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CONNECTIONS = 5  # as tests/kit/conftest.py opens

pytestmark = pytest.mark.usefixtures("tables")


def quiet() -> None:
    return None


async def test_rows_row_and_value_read_what_run_wrote() -> None:
    await sql.run("CREATE TABLE lamp (id int PRIMARY KEY, word text)")
    assert await sql.run("INSERT INTO lamp VALUES ($1, $2), ($3, $4)", 1, "王", 2, "李") == 2
    assert [dict(row) for row in await sql.rows("SELECT * FROM lamp ORDER BY id")] == [
        {"id": 1, "word": "王"},
        {"id": 2, "word": "李"},
    ]
    found = await sql.row("SELECT word FROM lamp WHERE id = $1", 2)
    assert found is not None
    assert found["word"] == "李"
    assert await sql.row("SELECT word FROM lamp WHERE id = $1", 3) is None
    assert await sql.value("SELECT word FROM lamp WHERE id = $1", 1) == "王"
    assert await sql.value("SELECT word FROM lamp WHERE id = $1", 3) is None


async def test_run_tells_how_many_rows_it_touched() -> None:
    assert await sql.run("CREATE TABLE lamp (id int PRIMARY KEY)") == 0
    assert await sql.run("INSERT INTO lamp SELECT generate_series(1, 12)") == 12
    assert await sql.run("UPDATE lamp SET id = id + 100 WHERE id <= 3") == 3
    assert await sql.run("DELETE FROM lamp WHERE id = 0") == 0
    assert await sql.run("INSERT INTO lamp VALUES (4) ON CONFLICT DO NOTHING") == 0


async def test_it_joins_the_open_transaction() -> None:
    async def change() -> None:
        async with transaction(NOW, quiet):
            await sql.run("CREATE TABLE lamp (id int PRIMARY KEY)")
            assert await sql.run("INSERT INTO lamp VALUES (1)") == 1
            assert await sql.value("SELECT count(*) FROM lamp") == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change()
    assert await sql.value("SELECT to_regclass('lamp')") is None


async def test_it_and_the_orm_see_the_same_transaction() -> None:
    async with transaction(NOW, quiet):
        await InboxMessage.create(created_at=NOW, source="orm", external_id="1")
        assert await sql.value("SELECT count(*) FROM inbox_message WHERE source = 'orm'") == 1
        await sql.run("UPDATE inbox_message SET external_id = '2' WHERE source = 'orm'")
        assert (await InboxMessage.get(source="orm")).external_id == "2"


async def test_a_broken_rule_of_uniqueness_can_be_caught() -> None:
    await sql.run("CREATE TABLE lamp (id int PRIMARY KEY)")
    await sql.run("INSERT INTO lamp VALUES (1)")
    with pytest.raises(sql.UniqueViolationError):
        await sql.run("INSERT INTO lamp VALUES (1)")


async def test_who_gets_no_connection_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kit_postgres.ACQUIRE_SECONDS == 1.0
    monkeypatch.setattr(kit_postgres, "ACQUIRE_SECONDS", 0.2)
    assert await sql.value("SELECT 1") == 1
    async with AsyncExitStack() as held:
        pool = get_connection("default")._pool  # type: ignore[attr-defined]
        assert isinstance(pool, LimitedPool)
        for _ in range(CONNECTIONS):
            await held.enter_async_context(pool.acquire())
        for wait in (sql.value("SELECT 1"), InboxMessage.all().count(), _transaction()):
            began = perf_counter()
            with pytest.raises(TimeoutError):
                await wait
            assert 0.15 < perf_counter() - began < 1
    assert await sql.value("SELECT 1") == 1, "once there is room again, all is well"


async def _transaction() -> None:
    async with in_transaction():
        raise AssertionError("there was no connection to open one on")


async def test_a_statement_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (kit_postgres.COMMAND_SECONDS, kit_postgres.CONNECT_SECONDS) == (10.0, 1.0)
    pool = get_connection("default")
    await sql.value("SELECT 1")
    assert pool._pool._connect_kwargs["command_timeout"] == 10.0  # type: ignore[attr-defined]
    assert pool._pool._connect_kwargs["timeout"] == 1.0  # type: ignore[attr-defined]


async def test_a_transaction_that_was_cut_off_gives_its_connection_back() -> None:
    async def cut(ready: asyncio.Event) -> None:
        async with transaction(NOW, quiet):
            await sql.value("SELECT 1")
            ready.set()
            await asyncio.sleep(60)

    for _ in range(CONNECTIONS * 3):
        ready = asyncio.Event()
        task = asyncio.create_task(cut(ready))
        await ready.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await sql.value("SELECT 1") == 1
