"""What people come for is counted, weighed every night, and breaks ties; nobody is named in it."""

import asyncio
from datetime import timedelta

import aiohttp

from citydesk import guides
from citydesk.guides.search.popularity import COUNTED_DAYS, FEWEST_USES, MOST_WAITING, Counts
from citydesk.kit import sql
from citydesk.world import World
from tasks import timetable
from tests.guides.making import a_guide, code
from tests.guides.search.teaching import first
from tests.people import Outside
from tests.wechat.door import follow

QUAIL, CRANE = "示例鹌鹑饲养登记", "示例白鹤饲养登记"


async def two_alike(world: World) -> None:
    """Two guides a question may mean alike: 示例饲养登记."""
    await guides.publish(world, a_guide(item_code=code(1), name=QUAIL, plain_labels=[]))
    await guides.publish(world, a_guide(item_code=code(2), name=CRANE, plain_labels=[]))
    await guides.refresh(world)


async def opened(world: World, item_code: str, times: int) -> None:
    for _ in range(times):
        guides.note_opened(world, item_code)
    await guides.write_uses(world)


async def weighed(world: World) -> int:
    changed = await timetable.weigh_popularity(world)
    await guides.refresh(world)
    return changed


async def test_what_is_opened_more_often_goes_first_of_two_that_fit_alike(world: World) -> None:
    await two_alike(world)
    for favourite, other in ((1, 2), (2, 1)):
        await sql.run("DELETE FROM item_use")
        await opened(world, code(favourite), 3 * FEWEST_USES)
        await opened(world, code(other), 2)
        assert await weighed(world) > 0
        assert await first(world, "示例饲养登记") == (QUAIL, CRANE)[favourite - 1]
        hot = await guides.hot(world, 8)
        assert hot[0].item_code == code(favourite)
        assert len(hot) == len({each.item_id for each in hot}) == 8
    assert await weighed(world) == 0  # the same counts change nothing, and no index is swapped


async def test_few_uses_leave_the_list_of_the_staffs_standing(world: World) -> None:
    before = [each.name for each in await guides.hot(world, 8)]
    await two_alike(world)
    await opened(world, code(1), 3)
    assert await weighed(world) == 0
    assert [each.name for each in await guides.hot(world, 8)] == before
    assert await sql.value("SELECT count(*) FROM service_item WHERE popularity IS NOT NULL") == 0


async def test_what_was_opened_long_ago_is_forgotten(world: World) -> None:
    await two_alike(world)
    await opened(world, code(1), 3 * FEWEST_USES)
    assert await weighed(world) > 0
    await sql.run("UPDATE item_use SET used_on = $1", guides.counted_since(world) - timedelta(1))
    assert await weighed(world) > 0
    assert await sql.value("SELECT count(*) FROM item_use") == 0
    assert await sql.value("SELECT count(*) FROM service_item WHERE popularity IS NOT NULL") == 0
    assert world.clock.today() - guides.counted_since(world) == timedelta(COUNTED_DAYS)


async def test_the_days_of_an_item_are_one_row_whoever_writes(world: World) -> None:
    await two_alike(world)
    await opened(world, code(1), 2)
    await opened(world, code(1), 3)
    guides.note_opened(world, "X-unknown")
    for agent in ("Googlebot/2.1", "citydesk-prober", "Baiduspider"):
        guides.note_opened(world, code(2), agent)
    assert await guides.write_uses(world) == 1  # the unknown one: no item has its code
    assert await guides.write_uses(world) == 0
    rows = await sql.rows("SELECT used_on, times FROM item_use")
    assert [tuple(row.values()) for row in rows] == [(world.clock.today(), 5)]


async def test_a_flood_of_codes_fills_no_memory(world: World) -> None:
    for number in range(MOST_WAITING + 10):
        guides.note_opened(world, f"X-{number}")
    assert len(world.kept(Counts).opened) == MOST_WAITING


async def test_every_door_counts_a_guide_that_is_opened(
    world: World, server: str, outside: Outside
) -> None:
    await follow(outside)
    food = (await guides.search(world, "食品经营许可(新办)", 1))[0].item_code
    await outside.says("zhang", "开饭店")
    paths = (f"/guides/{food}", f"/api/guides/{food}")
    async with aiohttp.ClientSession(server) as session:
        for path in paths:
            for agent in ("Mozilla/5.0", "citydesk-prober"):
                async with session.get(path, headers={"User-Agent": agent}) as page:
                    assert page.status == 200
    counted = world.kept(Counts).opened[food]
    uses = "SELECT sum(times) FROM item_use JOIN service_item i ON i.id = item_id WHERE i.code = $1"
    async with asyncio.timeout(5):  # the application itself writes them down
        while (await sql.value(uses, food) or 0) < len(paths) + 1:
            await guides.write_uses(world)
            await asyncio.sleep(0.05)
    assert await sql.value(uses, food) == len(paths) + 1, counted
