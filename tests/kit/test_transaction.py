"""One use case, one transaction: what is announced leaves only with the change itself."""

import asyncio
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Event, refuse_to_wait_inside_one, transaction

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SOMEONE = UUID("01990000-0000-7000-8000-000000000001")

pytestmark = pytest.mark.usefixtures("tables")


@dataclass(frozen=True, slots=True)
class LampLit(Event):
    """For these tests: somebody lit a lamp."""

    lamp_id: UUID
    times: int = 1


class Bell:
    """A nudge that remembers how often it rang, and what was in the outbox by then."""

    def __init__(self) -> None:
        self.rung = 0

    def __call__(self) -> None:
        self.rung += 1


@pytest.fixture
def bell() -> Bell:
    return Bell()


async def outbox() -> list[Mapping[str, Any]]:
    return list(await sql.rows("SELECT * FROM outbox_message ORDER BY id"))


async def counts() -> list[int]:
    found = await sql.rows("SELECT (facts->>'times')::int AS n FROM outbox_message ORDER BY n")
    return [row["n"] for row in found]


async def test_an_event_is_written_with_the_change_it_announces(bell: Bell) -> None:
    async with transaction(NOW, bell) as tx:
        tx.announce(LampLit(SOMEONE))
    [row] = await outbox()
    assert (row["name"], row["created_at"], row["due_at"]) == ("LampLit", NOW, NOW)
    assert (row["tries"], row["delivered_at"], row["parked_at"], row["leased_until"]) == (
        0,
        None,
        None,
        None,
    )
    assert await sql.value("SELECT facts->>'lamp_id' FROM outbox_message") == str(SOMEONE)


async def test_an_identifier_as_the_database_gives_it_can_be_announced(bell: Bell) -> None:
    read = await sql.value("SELECT $1::uuid", SOMEONE)
    async with transaction(NOW, bell) as tx:
        tx.announce(LampLit(read))
    assert await sql.value("SELECT facts->>'lamp_id' FROM outbox_message") == str(SOMEONE)


async def test_events_keep_the_order_in_which_they_were_announced(bell: Bell) -> None:
    async with transaction(NOW, bell) as tx:
        for number in range(20):
            tx.announce(LampLit(SOMEONE, number))
    found = await sql.rows("SELECT (facts->>'times')::int AS n FROM outbox_message ORDER BY id")
    assert [row["n"] for row in found] == list(range(20))


async def test_nobody_sees_an_event_before_its_change(bell: Bell) -> None:
    async def seen_by_another() -> int:
        found: int = await sql.value("SELECT count(*) FROM outbox_message")
        return found

    looking = asyncio.Event()
    look = asyncio.create_task(_when(looking, seen_by_another))
    async with transaction(NOW, bell) as tx:
        tx.announce(LampLit(SOMEONE))
        looking.set()
        assert await look == 0
    assert len(await outbox()) == 1


async def _when(looking: asyncio.Event, look: Any) -> Any:
    await looking.wait()
    return await look()


async def test_a_change_that_fails_announces_nothing(bell: Bell) -> None:
    async def change() -> None:
        async with transaction(NOW, bell) as tx:
            tx.announce(LampLit(SOMEONE))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await change()
    assert await outbox() == []
    assert bell.rung == 0


async def test_a_cancelled_change_announces_nothing(bell: Bell) -> None:
    begun = asyncio.Event()

    async def change() -> None:
        async with transaction(NOW, bell) as tx:
            tx.announce(LampLit(SOMEONE))
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(change())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await outbox() == []
    assert bell.rung == 0


async def test_a_change_whose_event_cannot_be_written_is_undone(bell: Bell) -> None:
    async def change() -> None:
        async with transaction(NOW, bell) as tx:
            await sql.run("CREATE TABLE lamp (id int)")
            tx.announce(LampLit("\ud800"))  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        await change()
    assert await sql.value("SELECT to_regclass('lamp')") is None
    assert bell.rung == 0


async def test_a_savepoint_that_fails_takes_its_announcements_back(bell: Bell) -> None:
    async def part() -> None:
        async with transaction(NOW, bell) as inner:
            inner.announce(LampLit(SOMEONE, 2))
            async with transaction(NOW, bell) as deepest:
                deepest.announce(LampLit(SOMEONE, 3))
            raise RuntimeError

    async with transaction(NOW, bell) as tx:
        tx.announce(LampLit(SOMEONE, 1))
        with pytest.raises(RuntimeError):
            await part()
        tx.announce(LampLit(SOMEONE, 4))
    assert await counts() == [1, 4]
    assert bell.rung == 1


async def test_a_savepoint_undoes_its_rows_and_leaves_the_others(bell: Bell) -> None:
    async def part() -> None:
        async with transaction(NOW, bell):
            await sql.run("INSERT INTO lamp VALUES (2)")
            await sql.run("INSERT INTO lamp VALUES (1)")

    async with transaction(NOW, bell):
        await sql.run("CREATE TABLE lamp (id int PRIMARY KEY)")
        await sql.run("INSERT INTO lamp VALUES (1)")
        with pytest.raises(sql.UniqueViolationError):
            await part()
        await sql.run("INSERT INTO lamp VALUES (3)")
    assert [row["id"] for row in await sql.rows("SELECT id FROM lamp ORDER BY id")] == [1, 3]


async def test_savepoints_that_succeed_announce_with_the_whole(bell: Bell) -> None:
    async with transaction(NOW, bell) as tx:
        async with transaction(NOW, bell) as inner:
            assert inner is tx
            inner.announce(LampLit(SOMEONE, 1))
        assert bell.rung == 0
        tx.announce(LampLit(SOMEONE, 2))
    assert await counts() == [1, 2]
    assert bell.rung == 1


async def test_an_outer_failure_takes_everything_back(bell: Bell) -> None:
    async def change() -> None:
        async with transaction(NOW, bell):
            async with transaction(NOW, bell) as inner:
                inner.announce(LampLit(SOMEONE))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change()
    assert await outbox() == []
    assert bell.rung == 0


async def test_a_future_event_lies_in_the_outbox_until_it_is_due(bell: Bell) -> None:
    later = NOW + timedelta(days=3)
    async with transaction(NOW, bell) as tx:
        tx.announce(LampLit(SOMEONE), due_at=later)
    [row] = await outbox()
    assert (row["due_at"], row["created_at"]) == (later, NOW)
    assert bell.rung == 0, "nothing is due: nobody is woken"


async def test_the_worker_is_woken_when_something_is_due(bell: Bell) -> None:
    async with transaction(NOW, bell) as tx:
        tx.announce(LampLit(SOMEONE), due_at=NOW + timedelta(days=3))
        tx.announce(LampLit(SOMEONE), due_at=NOW - timedelta(seconds=1))
    assert bell.rung == 1


async def test_a_quiet_change_wakes_nobody(bell: Bell) -> None:
    async with transaction(NOW, bell):
        await sql.value("SELECT 1")
    assert bell.rung == 0


async def test_the_worker_is_woken_only_after_the_commit() -> None:
    asking: list[asyncio.Task[Any]] = []

    def nudge() -> None:
        refuse_to_wait_inside_one("a nudge")
        question = sql.value("SELECT count(*) FROM outbox_message")
        asking.append(asyncio.get_running_loop().create_task(question))

    async with transaction(NOW, nudge) as tx:
        tx.announce(LampLit(SOMEONE))
    assert await asking[0] == 1


async def test_a_worker_that_cannot_be_woken_does_not_hurt_the_change() -> None:
    def broken() -> None:
        raise ConnectionError("no Valkey")

    async with transaction(NOW, broken) as tx:
        tx.announce(LampLit(SOMEONE))
    assert len(await outbox()) == 1


async def test_announcing_after_the_end_is_a_fault_of_ours(bell: Bell) -> None:
    async with transaction(NOW, bell) as tx:
        pass
    with pytest.raises(AssertionError, match="LampLit"):
        tx.announce(LampLit(SOMEONE))


async def test_two_changes_at_once_do_not_mix(bell: Bell) -> None:
    both = asyncio.Barrier(2)

    async def change(number: int, fails: bool) -> None:
        async with transaction(NOW, bell) as tx:
            tx.announce(LampLit(SOMEONE, number))
            await both.wait()
            if fails:
                raise RuntimeError

    done = await asyncio.gather(change(1, False), change(2, True), return_exceptions=True)
    assert isinstance(done[1], RuntimeError)
    assert await counts() == [1]


async def test_waiting_inside_a_transaction_is_refused(bell: Bell) -> None:
    refuse_to_wait_inside_one("outside")
    async with transaction(NOW, bell):
        with pytest.raises(AssertionError, match="POST http://x/y: never wait"):
            refuse_to_wait_inside_one("POST http://x/y")
        async with transaction(NOW, bell):
            pass
        with pytest.raises(AssertionError):
            refuse_to_wait_inside_one("still inside")
    refuse_to_wait_inside_one("outside again")


async def test_after_a_failed_transaction_waiting_is_allowed_again(bell: Bell) -> None:
    with pytest.raises(RuntimeError):
        async with transaction(NOW, bell):
            raise RuntimeError
    refuse_to_wait_inside_one("outside again")


async def test_many_events_are_one_statement_and_all_arrive(bell: Bell) -> None:
    ids = [new_id() for _ in range(1_000)]
    async with transaction(NOW, bell) as tx:
        for each in ids:
            tx.announce(LampLit(each))
    found = await sql.rows("SELECT facts->>'lamp_id' AS id FROM outbox_message ORDER BY id")
    assert {row["id"] for row in found} == {str(each) for each in ids}
    assert bell.rung == 1


async def test_a_number_is_held_by_one_transaction_until_its_end(bell: Bell) -> None:
    for number in (7, -(2**63), 2**63 - 1):
        async with transaction(NOW, bell, number) as first:
            assert first.claimed
            assert not await asyncio.create_task(_claims(number), context=Context())
            assert await asyncio.create_task(_claims(8), context=Context()), "another one is free"
        assert await _claims(number), "it is free again"


async def _claims(number: int) -> bool:
    async with transaction(NOW, Bell(), number) as tx:
        return tx.claimed
