"""What an outside system tells us counts once."""

import asyncio
from datetime import UTC, datetime

import pytest

from citydesk.kit import sql
from citydesk.kit.inbox import first_time
from citydesk.kit.transaction import transaction

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("tables")


def quiet() -> None:
    return None


async def told(source: str, external_id: str) -> bool:
    async with transaction(NOW, quiet):
        return await first_time(NOW, source, external_id)


async def noted() -> int:
    found: int = await sql.value("SELECT count(*) FROM inbox_message")
    return found


async def test_a_message_is_new_only_once() -> None:
    assert await told("wechat", "1")
    assert not await told("wechat", "1")
    assert not await told("wechat", "1")


async def test_the_same_number_from_another_system_is_another_message() -> None:
    assert await told("wechat", "1")
    assert await told("provider", "1")
    assert await told("wechat", "2")


async def test_of_twenty_twins_at_once_one_is_the_first() -> None:
    answers = await asyncio.gather(*(told("wechat", "1") for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]
    assert await noted() == 1


async def test_a_note_falls_with_the_effect_so_that_the_next_try_counts() -> None:
    async def effect() -> None:
        async with transaction(NOW, quiet):
            assert await first_time(NOW, "wechat", "1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await effect()
    assert await noted() == 0
    assert await told("wechat", "1")


async def test_a_twin_waits_and_is_the_first_when_the_other_fails() -> None:
    noted_first, go_on = asyncio.Event(), asyncio.Event()

    async def failing() -> None:
        async with transaction(NOW, quiet):
            assert await first_time(NOW, "wechat", "1")
            noted_first.set()
            await go_on.wait()
            raise RuntimeError

    one = asyncio.create_task(failing())
    await noted_first.wait()
    two = asyncio.create_task(told("wechat", "1"))
    await asyncio.sleep(0.05)
    assert not two.done(), "its answer depends on how the first one ends"
    go_on.set()
    assert await two
    with pytest.raises(RuntimeError):
        await one


async def test_a_message_noted_twice_in_one_transaction_is_not_new_twice() -> None:
    async with transaction(NOW, quiet):
        assert await first_time(NOW, "wechat", "1")
        assert not await first_time(NOW, "wechat", "1")
