"""What happens to one thing is told in the order in which it happened, whoever delivers it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from citydesk import cases
from citydesk.kit import sql
from citydesk.kit.announced import Announced
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Event
from citydesk.world import World
from tasks.draining import Drain

LIFE: list[type[Event]] = [
    cases.CaseFiled,
    cases.CasePreReviewed,
    cases.CaseReceived,
    cases.CaseAccepted,
    cases.CaseDecided,
    cases.CaseCompleted,
    cases.CaseServed,
]


class Heard:
    """Writes down what was told of which case, the earlier steps the more slowly."""

    def __init__(self, failing: int = 0) -> None:
        self.told: dict[UUID, list[str]] = {}
        self.failing = failing

    async def tell(self, world: Any, batch: Sequence[Announced]) -> Mapping[UUID, BaseException]:
        slow = LIFE[::-1].index(type(batch[0].event))
        await asyncio.sleep(slow * 0.004)
        failed: dict[UUID, BaseException] = {}
        for each in batch:
            if type(each.event) is LIFE[0] and each.tries <= self.failing:
                failed[each.id] = RuntimeError("not now")
            else:
                self.told.setdefault(each.event.case_id, []).append(  # type: ignore[attr-defined]
                    type(each.event).__name__
                )
        return failed


async def announced(world: World, cases_: int) -> list[UUID]:
    """Whole lives of so many cases, each announced in one transaction, in order."""
    await sql.run("DELETE FROM outbox_message")
    ids = [new_id() for _ in range(cases_)]
    async with world.transaction() as tx:
        for step in LIFE:
            for case_id in ids:
                tx.announce(step(case_id))  # type: ignore[call-arg]
    return ids


async def test_steps_of_a_case_are_told_in_order_by_however_many_workers(world: World) -> None:
    ids, heard = await announced(world, 6), Heard()
    drains = [Drain(world, {step: [heard.tell] for step in LIFE}, batch=5) for _ in range(3)]
    while await sql.value("SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL"):
        await asyncio.gather(*(each.until_empty() for each in drains))
    assert heard.told == {each: [step.__name__ for step in LIFE] for each in ids}


async def test_who_waits_for_one_that_fails_waits_twice_and_no_longer(
    world: World, clock: SetClock
) -> None:
    [case_id], heard = await announced(world, 1), Heard(failing=99)
    drain = Drain(world, {step: [heard.tell] for step in LIFE})
    for waited in (0, 60):
        clock.move(seconds=waited)
        await drain.until_empty()
        assert heard.told == {}
    clock.move(seconds=60)
    await drain.until_empty()  # a third failure: the others need not wait any more
    await drain.until_empty()
    assert heard.told == {case_id: [step.__name__ for step in LIFE[1:]]}


async def test_without_the_order_they_would_be_told_as_they_come(world: World) -> None:
    """The control: the same events, with nothing that says what belongs together."""
    ids, heard = await announced(world, 6), Heard()
    await sql.run("UPDATE outbox_message SET order_key = NULL")
    await Drain(world, {step: [heard.tell] for step in LIFE}).until_empty()
    assert set(heard.told) == set(ids)
    assert any(told != [step.__name__ for step in LIFE] for told in heard.told.values())
