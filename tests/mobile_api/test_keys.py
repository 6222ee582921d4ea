"""Idempotency-Key: the same request sent again does nothing again."""

import asyncio

import pytest

from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.mobile_api.lamps import Gate
from tests.mobile_api.wire import token_of
from tests.people import Outside, Phone

LAMP = {"name": "路灯"}


async def lamps_up() -> int:
    found: int = await sql.value("SELECT count(*) FROM lamp")
    return found


@pytest.mark.parametrize("key", [None, " ", "a b", "x" * 129])
async def test_what_creates_asks_for_a_key(zhang: Phone, key: str | None) -> None:
    document = (await zhang.post("/lamps", LAMP, key=key)).refused(400, "key-missing")
    assert document["errors"][0]["field"] == "Idempotency-Key"
    assert await lamps_up() == 0


async def test_the_same_request_gets_the_same_answer_and_does_nothing_again(zhang: Phone) -> None:
    first = await zhang.post("/lamps", LAMP, key="k-1")
    again = await zhang.post("/lamps", LAMP, key="k-1")
    assert first.ok(201)
    assert (again.status, again.body) == (first.status, first.body)
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await lamps_up() == 1


async def test_another_body_under_the_same_key_is_refused(zhang: Phone) -> None:
    (await zhang.post("/lamps", LAMP, key="k-1")).ok(201)
    told = await zhang.post("/lamps", {"name": "台灯"}, key="k-1")
    assert told.refused(422, "key-reused")["errors"][0]["field"] == "Idempotency-Key"
    told = await zhang.ask("POST", "/lamps?x=1", json=LAMP, key="k-1")
    told.refused(422, "key-reused")
    assert await lamps_up() == 1


async def test_a_key_belongs_to_one_caller_and_one_route(zhang: Phone, li: Phone) -> None:
    ids = {
        (await phone.post(path, LAMP, key="k-1")).ok(201)["id"]
        for phone in (zhang, li)
        for path in ("/lamps", "/posts")
    }
    assert len(ids) == await lamps_up() == 4


async def test_a_twin_in_flight_is_told_to_come_back(zhang: Phone, world: World) -> None:
    gate = world.kept(Gate)
    slow = {"name": "slow"}
    first = asyncio.create_task(zhang.post("/lamps", slow, key="k-1"))
    await gate.reached.wait()
    twin = await zhang.post("/lamps", slow, key="k-1")
    twin.refused(409, "key-in-flight")
    assert twin.headers["Retry-After"] == "1"
    (await zhang.post("/lamps", LAMP, key="k-2")).ok(201)
    gate.opened.set()
    answer = (await first).ok(201)
    assert (await zhang.post("/lamps", slow, key="k-1")).ok(201) == answer
    assert await lamps_up() == 2


async def test_of_many_twins_at_once_one_acts(zhang: Phone) -> None:
    told = await asyncio.gather(*(zhang.post("/lamps", LAMP, key="k-1") for _ in range(8)))
    assert {each.status for each in told} <= {201, 409}
    assert len({each.body for each in told if each.status == 201}) == 1
    assert await lamps_up() == 1


async def test_a_fault_leaves_nothing_and_the_key_is_free(zhang: Phone) -> None:
    (await zhang.post("/lamps", {"name": "crash"}, key="k-1")).refused(500, "fault")
    assert await lamps_up() == 0
    (await zhang.post("/lamps", LAMP, key="k-1")).ok(201)


async def test_a_refusal_is_not_kept(zhang: Phone) -> None:
    for _ in range(2):
        told = await zhang.post("/lamps", {"name": "full"}, key="k-1")
        told.refused(409, "slot-full")
        assert "Idempotent-Replay" not in told.headers
    assert await lamps_up() == 0
    (await zhang.post("/lamps", {"name": ""}, key="k-1")).refused(422, "invalid")
    (await zhang.post("/lamps", LAMP, key="k-1")).ok(201)


async def test_a_caller_who_hangs_up_finds_the_answer_later(zhang: Phone, world: World) -> None:
    gate = world.kept(Gate)
    slow = {"name": "slow"}
    asking = asyncio.create_task(zhang.post("/lamps", slow, key="k-1"))
    await gate.reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gate.opened.set()
    for _ in range(500):
        told = await zhang.post("/lamps", slow, key="k-1")
        if told.status != 409:
            break
        await asyncio.sleep(0.01)
    told.ok(201)
    assert await lamps_up() == 1


async def test_a_key_is_kept_for_24_hours(
    zhang: Phone, world: World, clock: SetClock, outside: Outside
) -> None:
    first = (await zhang.post("/lamps", LAMP, key="k-1")).ok(201)
    for hours, same in ((23, True), (1, False)):
        clock.move(hours=hours)
        await outside.at(clock)
        later = zhang.signed_in(await token_of(world, outside, "zhang"))
        answer = (await later.post("/lamps", LAMP, key="k-1")).ok(201)
        assert (answer == first) == same
    assert await lamps_up() == 2
