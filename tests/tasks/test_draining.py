import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from citydesk.kit import outbox, sql
from citydesk.kit.announced import Announced, Reaction, one_by_one
from citydesk.kit.clock import SetClock
from citydesk.kit.refusals import Conflict
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from tasks.draining import PARK_AFTER_TRIES, Drain, wait_seconds
from tests.pushes import BallLost, announce, rows, waiting


@pytest.fixture
async def desk(world: World) -> World:
    """The world with nothing announced in it."""
    await sql.run("DELETE FROM outbox_message")
    return world


class Book:
    """Reactions that write down what they were given."""

    def __init__(self, *, poisoned: frozenset[int] = frozenset(), fault: Any = None) -> None:
        self.read: list[int] = []
        self.batches: list[int] = []
        self.poisoned = poisoned
        self.fault = fault or RuntimeError("poison")

    async def in_batches(
        self, world: World, batch: Sequence[Announced]
    ) -> Mapping[UUID, BaseException]:
        self.batches.append(len(batch))
        bad = {each.id: self.fault for each in batch if self.number(each) in self.poisoned}
        self.read += [self.number(each) for each in batch if each.id not in bad]
        return bad

    async def breaking(
        self, world: World, batch: Sequence[Announced]
    ) -> Mapping[UUID, BaseException]:
        """Breaks as a whole when one of the batch is poisoned."""
        if any(self.number(each) in self.poisoned for each in batch):
            raise self.fault
        return await self.in_batches(world, batch)

    async def singly(self, world: World, announced: Announced) -> None:
        if self.number(announced) in self.poisoned:
            raise self.fault
        self.read.append(self.number(announced))

    @staticmethod
    def number(each: Announced) -> int:
        assert isinstance(each.event, BallLost)
        return each.event.number


def drain(world: World, reaction: Reaction, **more: Any) -> Drain:
    return Drain(world, {BallLost: [reaction]}, **more)


async def lose(world: World, *numbers: int) -> None:
    await announce(world, *(BallLost(each) for each in numbers))


async def test_everything_announced_is_delivered_once_and_in_batches(desk: World) -> None:
    book = Book()
    await lose(desk, *range(450))

    assert await drain(desk, book.in_batches).until_empty() == 450

    assert sorted(book.read) == list(range(450))
    assert max(book.batches) == 200
    assert await drain(desk, book.in_batches).until_empty() == 0


async def test_two_workers_share_the_work(desk: World) -> None:
    book = Book()
    await lose(desk, *range(300))

    done = await asyncio.gather(
        *(drain(desk, book.in_batches, batch=20).until_empty() for _ in range(3))
    )

    assert sum(done) == 300
    assert sorted(book.read) == list(range(300))


@pytest.mark.parametrize("way", ["in_batches", "breaking", "singly"])
async def test_a_poisoned_event_delays_no_other(desk: World, way: str) -> None:
    book = Book(poisoned=frozenset({7}))
    reaction = getattr(book, way)
    await lose(desk, *range(20))

    await drain(desk, one_by_one(reaction) if way == "singly" else reaction).until_empty()

    assert sorted(book.read) == [each for each in range(20) if each != 7]
    assert await waiting() == 1


async def test_a_row_that_cannot_be_read_fails_alone(desk: World) -> None:
    book = Book()
    await lose(desk, 1, 2, 3)
    await sql.run("UPDATE outbox_message SET facts = '{}' WHERE facts->>'number' = '2'")

    await drain(desk, book.in_batches).until_empty()

    assert sorted(book.read) == [1, 3]


async def test_a_failed_event_comes_again_later_and_later_and_is_parked_in_the_end(
    desk: World, clock: SetClock
) -> None:
    book = Book(poisoned=frozenset({1}))
    await lose(desk, 1)
    work = drain(desk, book.in_batches)

    for tries in range(1, PARK_AFTER_TRIES + 1):
        await work.until_empty()
        [row] = await rows("SELECT tries, due_at, parked_at, last_error FROM outbox_message")
        assert row["tries"] == tries
        assert row["last_error"] == "RuntimeError: poison"
        wait = (row["due_at"] - clock.now()).total_seconds()
        if tries < PARK_AFTER_TRIES:
            assert min(2**tries, 3600) <= wait <= min(2**tries, 3600) * 1.1
            clock.set(row["due_at"])

    assert row["parked_at"] is not None
    clock.move(days=1)
    await work.until_empty()
    assert len(book.batches) == PARK_AFTER_TRIES

    book.poisoned = frozenset()
    assert await outbox.release(clock.now()) == 1
    await work.until_empty()
    assert book.read == [1]


async def test_a_refusal_is_an_answer_and_is_not_asked_again(desk: World, clock: SetClock) -> None:
    book = Book(poisoned=frozenset({1}), fault=Conflict("已经办过了。"))
    await lose(desk, 1)

    await drain(desk, book.in_batches).until_empty()

    [row] = await rows("SELECT delivered_at, last_error FROM outbox_message")
    assert row["delivered_at"] == clock.now()
    assert row["last_error"] == "Conflict: 已经办过了。"


async def test_who_is_told_to_wait_waits(desk: World, clock: SetClock) -> None:
    trouble = GatewayTrouble("busy", retry_after_seconds=900)
    book = Book(poisoned=frozenset({1}), fault=trouble)
    await lose(desk, 1)

    await drain(desk, book.in_batches).until_empty()

    [row] = await rows("SELECT due_at FROM outbox_message")
    assert timedelta(seconds=900) <= row["due_at"] - clock.now() <= timedelta(seconds=990)


async def test_an_event_of_another_version_is_left_for_the_newer_worker(
    desk: World, clock: SetClock
) -> None:
    book = Book()
    await lose(desk, 1, 2)
    await sql.run("UPDATE outbox_message SET name = 'BallBurst' WHERE facts->>'number' = '1'")
    work = drain(desk, book.in_batches)

    for _ in range(30):
        await work.until_empty()
        clock.move(hours=1)

    [row] = await rows("SELECT tries, parked_at FROM outbox_message WHERE delivered_at IS NULL")
    assert row == {"tries": 0, "parked_at": None}
    state = await outbox.state(clock.now(), work.names)
    assert (state.waiting, state.unknown, state.parked) == (1, 1, 0)


async def test_a_reminder_waits_for_its_time(desk: World, clock: SetClock) -> None:
    book = Book()
    async with desk.transaction() as tx:
        tx.announce(BallLost(1), due_at=clock.now() + timedelta(hours=24))
    work = drain(desk, book.in_batches)

    await work.until_empty()
    assert book.read == []
    clock.move(hours=24)
    await work.until_empty()
    assert book.read == [1]


async def test_another_worker_takes_over_what_a_dead_one_held(desk: World) -> None:
    book = Book()
    await lose(desk, 1)
    [dead] = await outbox.lease(desk.clock.now(), ["BallLost"], seconds=0.2)

    await drain(desk, book.in_batches).until_empty()
    assert book.read == []  # the lease still holds
    await asyncio.sleep(0.25)
    await drain(desk, book.in_batches).until_empty()
    assert book.read == [1]
    assert await outbox.close([dead], desk.clock.now()) == 0  # the dead one cannot close it


async def test_a_lease_is_renewed_while_the_work_goes_on(desk: World) -> None:
    begun, read = asyncio.Event(), []

    async def slow(_: World, batch: Sequence[Announced]) -> Mapping[UUID, BaseException]:
        begun.set()
        await asyncio.sleep(0.5)
        read.append(len(batch))
        return {}

    await lose(desk, 1)
    first = asyncio.create_task(drain(desk, slow, lease_seconds=0.3).until_empty())
    await begun.wait()
    await asyncio.sleep(0.4)  # longer than the lease that was not renewed
    assert await outbox.lease(desk.clock.now(), ["BallLost"]) == []
    assert await first == 1
    assert read == [1]


async def test_what_a_worker_lost_it_cannot_put_off(desk: World, clock: SetClock) -> None:
    await lose(desk, 1)
    [lost] = await outbox.lease(clock.now(), ["BallLost"], seconds=0)
    [ours] = await outbox.lease(clock.now(), ["BallLost"])

    late = outbox.Late(lost, clock.now() + timedelta(hours=1), "lost")
    assert await outbox.put_off([late], clock.now()) == 0
    assert await outbox.close([ours], clock.now()) == 1


async def test_the_metrics_tell_what_waits_and_what_a_person_must_look_at(
    desk: World, clock: SetClock
) -> None:
    await lose(desk, 1, 2, 3)
    await sql.run("UPDATE outbox_message SET parked_at = due_at WHERE facts->>'number' = '1'")
    clock.move(seconds=90)

    found = await outbox.state(clock.now(), ["BallLost"])

    assert (found.waiting, found.parked, found.oldest_seconds) == (2, 1, 90)
    shown = generate_latest().decode()
    assert "citydesk_outbox_parked 1.0" in shown
    assert "citydesk_outbox_oldest_seconds 90.0" in shown


@given(st.integers(1, 100), st.one_of(st.none(), st.integers(0, 100_000)))
def test_a_wait_is_never_shorter_than_told_and_at_most_a_tenth_longer(
    tries: int, told: int | None
) -> None:
    wait = wait_seconds(tries, GatewayTrouble("busy", retry_after_seconds=told))
    least = max(min(2.0**tries, 3600), told or 0)
    assert least <= wait <= least * 1.1
