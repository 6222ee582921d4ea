from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from citydesk import guides
from citydesk.guides.links import AT_ONCE
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.guides.making import a_guide, code, elements
from tests.serving import served

FORM = {
    **elements()["materials"][0],
    "blank_form": {"name": "空白表", "href": "/files/gone"},
    "sample": {"name": "样表", "href": "/files/there"},
}


async def _file(request: Request) -> PlainTextResponse:
    there = request.url.path == "/files/there"
    return PlainTextResponse("", 200 if there else 404)


@pytest.fixture
async def ours(world: World) -> AsyncIterator[World]:
    """A world whose public address is a small site: one file is there, everything else is not."""
    site = Starlette(routes=[Route("/{path:path}", _file)])
    async with served(site) as url:
        settings = replace(world.settings, public_url=url)
        await sql.run("TRUNCATE service_item CASCADE")
        yield replace(world, settings=settings)


async def publish(world: World, elsewhere: str) -> None:
    result = {**elements()["result"], "sample": {"name": "样本", "href": "/files/there"}}
    court = {"name": "示例法院", "url": f"{world.settings.public_url}/files/there"}
    guide = a_guide(materials=[FORM], result=result, online_url=elsewhere, litigation_court=court)
    await guides.publish(world, guide)


async def test_a_dead_link_and_one_that_leads_away_are_reported_by_element(
    ours: World, clock: SetClock
) -> None:
    await publish(ours, "https://elsewhere.invalid/form")
    assert await guides.check_links(ours) == 2
    faults = {each.element: each for each in await guides.link_faults(ours)}
    assert faults["materials.0.blank_form.href"].status == 404
    assert faults["online_url"].fault == "不是本平台的地址"
    assert set(faults) == {"materials.0.blank_form.href", "online_url"}
    assert faults["online_url"].label == "网办地址"
    assert await guides.link_faults(ours, "gongan") == []
    assert await guides.check_links(ours) == 0, "looked at once a day"
    clock.move(days=1)
    assert await guides.check_links(ours) == 2


async def test_a_link_taken_out_of_the_guide_leaves_the_report(ours: World) -> None:
    await publish(ours, "https://elsewhere.invalid/form")
    await guides.check_links(ours)
    await guides.publish(ours, a_guide())
    await guides.check_links(ours)
    urls = await sql.rows("SELECT url FROM link_finding")
    assert [row["url"] for row in urls] == [f"/guides/{code()}/papers/result"]


async def test_one_run_looks_at_so_many_and_the_next_goes_on(ours: World) -> None:
    many = [
        a_guide(item_code=code(number), name=f"示例风筝{number}号") for number in range(AT_ONCE + 5)
    ]
    await guides.publish_all(ours, many)
    await guides.check_links(ours)
    unseen = "SELECT count(*) FROM link_finding WHERE status IS NULL"
    assert await sql.value(unseen) == 5
    await guides.check_links(ours)
    assert await sql.value(unseen) == 0
