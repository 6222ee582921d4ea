"""What the chat says when it has no guide, and while it has only just been started."""

import asyncio
import socket
from dataclasses import replace
from time import perf_counter

import aiohttp
import pytest

from asgi import create_app
from citydesk import guides
from citydesk.guides.search import shelf
from citydesk.guides.search.shelf import Shelf
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.servers import PostgresServer
from citydesk.settings import Settings
from citydesk.world import World, open_world
from tests.people import Outside
from tests.schema import run_on
from tests.serving import served
from tests.wechat.door import follow, links, says, texts
from wechat.app import BUDGET_SECONDS
from wechat.guides import STARTING
from wechat.words import BUSY_OUTSIDE

HANDED_OVER = [
    ("你是机器人吗", "我是办事助手", "常办的事"),
    ("滚犊子", "很抱歉没帮上您", "常办的事"),
    ("明天下雨吗", "12121", "常办的事"),
    ("大连的社会保障卡补领", "大连的事请问当地", "您是不是要找"),
    ("闯红灯扣几分", "12123", ""),
    ("饕餮", "没找到这件事", "常办的事"),
]


@pytest.fixture
async def followed(server: str, outside: Outside) -> str:
    """The application, and somebody who follows the account."""
    await follow(outside)
    return server


async def test_no_guide_is_a_polite_hand_over_and_never_a_wrong_guide(
    followed: str, outside: Outside
) -> None:
    for said, told, offered in HANDED_OVER:
        answer = await outside.says("zhang", said)
        assert told in answer, said
        assert offered in answer, said
        assert "【" not in answer  # no guide's overview
        if offered:
            assert links(answer)
            assert "【" in await outside.says("zhang", "1")  # picked from what was offered


async def test_an_emergency_is_told_a_number_and_nothing_else(
    followed: str, outside: Outside
) -> None:
    answer = await outside.says("zhang", "救命有人晕倒了")
    assert "120" in answer
    assert not links(answer)


async def test_what_went_unanswered_is_written_down_masked(
    followed: str, world: World, outside: Outside
) -> None:
    await outside.says("zhang", "饕餮 990000199001010070")
    await outside.says("zhang", "开饭店")
    assert await guides.write_down(world) <= 1  # the application may have done so already
    row = await sql.row("SELECT channel, reason, times FROM unanswered_question")
    assert row is not None
    assert tuple(row.values()) == ("wechat", "unknown", 1)
    assert await sql.value("SELECT count(*) FROM unanswered_question") == 1


async def test_the_chat_says_that_it_is_only_starting(
    followed: str, world: World, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "FIRST_SECONDS", 0.05)
    kept = world.kept(Shelf)
    await guides.refresh(world)
    async with kept.rebuilding:
        kept.index, ready = None, kept.index
        for said in ("开饭店", "热门"):
            assert await outside.says("zhang", said) == STARTING
        kept.index = ready
    assert "【" in await outside.says("zhang", "开饭店")


async def test_a_start_without_a_database_answers_honestly_and_heals(
    settings: Settings,
    postgres: PostgresServer,
    template: str,
    outside: Outside,
    listener: socket.socket,
    clock: SetClock,
) -> None:
    late = f"late_{settings.database_url.partition('?')[0].rpartition('/')[2]}"
    away = replace(settings, database_url=postgres.url(late))
    try:
        async with (
            open_world(away, clock=clock, connections=4) as world,
            served(create_app(world), listener) as url,
            aiohttp.ClientSession(url) as session,
        ):
            await outside.control("POST", "webhook", url=f"{url}/wechat")
            await follow(outside)
            assert (await session.get("/healthz")).status == 200
            assert (await session.get("/readyz")).status == 503
            began = perf_counter()
            [attempt] = texts(await says(outside, "zhang", "开饭店"))
            assert attempt == BUSY_OUTSIDE
            assert perf_counter() - began < BUDGET_SECONDS
            asked = await session.get("/api/guides", params={"q": "开饭店"})
            assert (asked.status, asked.headers["retry-after"]) == (503, "5")
            await run_on(postgres.dsn(), f'CREATE DATABASE "{late}" TEMPLATE "{template}"')
            async with asyncio.timeout(10):
                while world.kept(Shelf).index is None:  # noqa: ASYNC110 - another task's work
                    await asyncio.sleep(0.01)
            assert (await session.get("/readyz")).status == 200
            assert "【" in await outside.says("zhang", "补办身份证")
    finally:
        await run_on(postgres.dsn(), f'DROP DATABASE IF EXISTS "{late}" WITH (FORCE)')


async def test_a_fragment_is_read_after_the_guide_shown_last(
    followed: str, outside: Outside
) -> None:
    assert "食品经营许可" in await outside.says("zhang", "食品经营许可证怎么办")
    assert "【食品经营许可注销】" in await outside.says("zhang", "那注销呢")
    assert "【护士执业注册】" in await outside.says("zhang", "护士执业注册")  # stands on its own
    await outside.control("POST", "people/li/follow")
    assert "【食品经营许可" not in await outside.says("li", "那注销呢")  # nobody else's guide
