import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi import create_app
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.valkey import Batched
from citydesk.world import World, open_valkey
from tests.people import Outside
from tests.serving import free_listener, served
from tests.wechat.door import follow, says, texts
from wechat.app import WeChatDoor
from wechat.words import BUSY_OUTSIDE, GREETING, HELP


async def test_the_account_answers_while_valkey_is_away(
    world: World, outside: Outside, clock: SetClock
) -> None:
    nobody = free_listener()  # bound, so nobody else takes it; not listening, so nobody answers
    away: Redis = open_valkey(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
    lonely = replace(world, valkey=away, batched=Batched(away))
    async with served(create_app(lonely)) as url:
        await outside.control("POST", "webhook", url=f"{url}/wechat")
        told = await outside.control("POST", "people/zhang/follow", duplicate=2, at_once=True)
        assert {each["reply"]["Content"] for each in told["attempts"]} == {GREETING}
        for said in ("帮助", "开饭店", "进度", "1", "热门"):
            [attempt] = await says(outside, "zhang", said)
            assert (attempt["status"], attempt["problems"]) == (200, [])
            assert texts([attempt]) != [BUSY_OUTSIDE]
    announced = "SELECT count(*) FROM outbox_message WHERE name = 'AccountFollowed'"
    assert await sql.value(announced) == 1  # the inbox keeps effects single
    await away.aclose()
    nobody.close()


@pytest.fixture
async def hasty(world: World, outside: Outside) -> AsyncIterator[str]:
    """The door alone, in a hurry: its budget is three tenths of a second."""
    door = WeChatDoor()
    door.budget_seconds = 0.3
    door.open(world)
    async with served(Starlette(routes=[Mount("/wechat", door)])) as url:
        await outside.control("POST", "webhook", url=f"{url}/wechat/")
        yield url


async def test_a_slow_desk_is_answered_for_in_time(
    hasty: str, world: World, outside: Outside
) -> None:
    await follow(outside)
    async with world.transaction():
        await sql.run("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        [attempt] = await says(outside, "zhang", "进度", tries=1)
        assert texts([attempt]) == [BUSY_OUTSIDE]
        assert attempt["latency_seconds"] < 1.5
        told = await outside.control("POST", "people/li/follow", tries=1)
        assert told["attempts"][0]["status"] == 200  # an event nobody waits for: `success`
        assert told["attempts"][0]["latency_seconds"] < 1.5
        [attempt] = await says(outside, "zhang", "帮助")  # what needs no table is as quick as ever
        assert texts([attempt]) == [HELP]
    [attempt] = await says(outside, "zhang", "进度")
    assert "还没有实名" in texts([attempt])[0]


async def test_the_fallback_is_not_kept_as_the_answer(
    hasty: str, world: World, outside: Outside
) -> None:
    """The same message, tried again when the desk is back, is answered properly."""
    await follow(outside)
    async with world.transaction():
        await sql.run("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        [first] = await says(outside, "zhang", "进度", msg_id=4711, tries=1)
    [again] = await says(outside, "zhang", "进度", msg_id=4711)
    assert texts([first, again])[0] == BUSY_OUTSIDE
    assert texts([first, again])[1] != BUSY_OUTSIDE


async def test_the_budget_leaves_time_within_wechats_five_seconds() -> None:
    assert WeChatDoor.budget_seconds == 4.5


async def test_help_costs_no_query_and_one_command(
    world: World, server: str, outside: Outside
) -> None:
    await follow(outside)
    await says(outside, "zhang", "帮助")
    before = await commands(world)
    async with world.transaction():
        # Nothing can be read from the tables of people while this is held.
        await sql.run("LOCK TABLE account, service_item, service_case IN ACCESS EXCLUSIVE MODE")
        for _ in range(10):
            assert texts(await says(outside, "zhang", "帮助")) == [HELP]
    assert await commands(world) - before == 10


async def commands(world: World) -> int:
    """How often SET was carried out on the Valkey of these tests, and nothing of ours besides."""
    stats = await world.valkey.info("commandstats")
    return sum(
        each["calls"] for name, each in stats.items() if name in ("cmdstat_set", "cmdstat_get")
    )


async def test_a_body_that_never_comes_does_not_hold_a_connection_for_ever(hasty: str) -> None:
    host, _, port = hasty.removeprefix("http://").partition(":")
    for sent in (b"", b"<xml>"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /wechat/?signature=x HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
        writer.write(sent)
        async with asyncio.timeout(2):
            line = await reader.readline()
        assert b" 408 " in line
        writer.close()
