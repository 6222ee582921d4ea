"""Old links of departments: registered, looked at, and sent on to the guide."""

import pytest

from citydesk import guides, supervision
from citydesk.gateways.former_sites import FormerSites, NotLookedAt, checked
from citydesk.kit.clock import SetClock
from citydesk.kit.http import open_http
from citydesk.world import World
from models.supervision import FormerState
from tests.people import Outside
from tests.portal.conftest import Surfer


async def states(world: World) -> dict[str, tuple[FormerState, str]]:
    page = await supervision.former_pages(world)
    return {
        each.place.partition("/former-site/")[2]: (each.state, each.detail) for each in page.items
    }


async def test_a_daily_look_tells_redirected_from_live_from_dead(
    world: World, outside: Outside, clock: SetClock
) -> None:
    item = (await guides.search(world, "开饭店"))[0]
    ours, site = world.settings.public_url, f"{outside.url}/former-site"
    target = f"{ours}/guides/{item.code}"
    for page, fate in {
        "moved.html": {"target": target},
        "itself.html": {"target": target, "by_itself": True},
        "twice.html": {"target": "/former-site/moved.html", "status": 302},
        "home.html": {"target": f"{ours}/"},
        "elsewhere.html": {"target": "/former-site/new.html"},
        "gone.html": {"status": 410},
        "round.html": {"target": "/former-site/round.html"},
        "ill.html": {"status": 503},
    }.items():
        await outside.control("POST", "former-pages", page=page, **fate)
    pages = ("live", "moved", "itself", "twice", "home", "elsewhere", "gone", "round", "ill")
    lines = "\n".join(f"{site}/{page}.html,{item.department},{item.code}" for page in pages)
    assert await supervision.register_former_pages(world, None, lines) == len(pages)
    assert await supervision.register_former_pages(world, None, lines) == 0
    assert await supervision.check_former_pages(world) == len(pages) - 1
    assert await supervision.check_former_pages(world) == 0  # once a day is enough
    found = await states(world)
    assert {page: state for page, (state, _) in found.items()} == {
        "live.html": FormerState.STILL_LIVE,
        "moved.html": FormerState.REDIRECTED,
        "itself.html": FormerState.REDIRECTED,
        "twice.html": FormerState.REDIRECTED,
        "home.html": FormerState.REDIRECTED,
        "elsewhere.html": FormerState.STILL_LIVE,
        "gone.html": FormerState.DEAD,
        "round.html": FormerState.STILL_LIVE,
        "ill.html": FormerState.UNKNOWN,
    }
    assert found["home.html"][1] == "转到了平台，但不是登记的那个页面"
    # Three days without an answer: it is dead; a page mended is seen the next day.
    await outside.control("POST", "former-pages", page="live.html", target=target)
    for _ in range(2):
        clock.move(days=1)
        await supervision.check_former_pages(world)
    found = await states(world)
    assert found["ill.html"][0] is FormerState.DEAD
    assert found["live.html"] == (FormerState.REDIRECTED, "")


async def test_an_old_site_that_sends_people_on_ends_at_the_guide(
    world: World, outside: Outside, surfer: Surfer
) -> None:
    item = (await guides.search(world, "开饭店"))[0]
    site = f"{outside.url}/former-site"
    pages = ("moved/1.html", "gone/2.html", "bszn/3.html")
    lines = "\n".join(f"{site}/{page},{item.department},{item.code}" for page in pages)
    await supervision.register_former_pages(world, None, lines)
    await supervision.check_former_pages(world)
    assert {page: state for page, (state, _) in (await states(world)).items()} == {
        "moved/1.html": FormerState.REDIRECTED,
        "gone/2.html": FormerState.DEAD,
        "bszn/3.html": FormerState.STILL_LIVE,
    }
    async with outside.session.get("/former-site/moved/1.html", allow_redirects=False) as old:
        onward = old.headers["location"].removeprefix(world.settings.public_url)
    told = await surfer.get(onward)
    assert told.headers["location"] == f"{world.settings.public_url}/guides/{item.code}"


async def test_a_faulty_line_is_named_and_nothing_is_taken(world: World) -> None:
    department = (await guides.departments(world))[0].name
    lines = [
        f"http://www.example.cn/1.html,{department}",
        f"ftp://www.example.cn/2.html,{department}",
        "http://www.example.cn/3.html,没有这个局",
        f"http://www.example.cn/4.html,{department},nothing",
        f"{world.settings.public_url}/guides,{department}",
    ]
    with pytest.raises(supervision.BadFormerPage) as refused:
        await supervision.register_former_pages(world, None, "\n".join(lines))
    said = [each["detail"][:5] for each in refused.value.facts["errors"]]
    assert said == ["第2行：网", "第3行：部", "第4行：没", "第5行：这"]
    assert (await supervision.former_pages(world)).items == []


async def test_old_links_lead_to_the_guide(world: World, surfer: Surfer) -> None:
    item = (await guides.search(world, "开饭店"))[0]
    lines = [
        f"http://gsj.example.cn/bszn/show.asp?id=7,{item.department},{item.code}",
        f"http://gsj.example.cn/,{item.department}",
        f"http://gsj.example.cn/%B0%EC%CA%C2.htm,{item.department},{item.code}",
    ]
    await supervision.register_former_pages(world, None, "\n".join(lines))
    ours = world.settings.public_url
    for path in (
        "/former/gsj.example.cn/bszn/show.asp?id=7",
        "/former/GSJ.example.cn:80/bszn/show.asp?id=7",
    ):
        told = await surfer.get(path)
        assert (told.status, told.headers["location"]) == (301, f"{ours}/guides/{item.code}")
    unknown = await surfer.get("/former/gsj.example.cn/bszn/show.asp?id=8")
    assert unknown.status == 404
    assert "这个旧网页已经停用" in unknown.text
    # The old name itself pointed at us: the address as it stood in people's bookmarks.
    old = {"Host": "gsj.example.cn"}
    told = await surfer.get("/bszn/show.asp?id=7", **old)
    assert (told.status, told.headers["location"]) == (301, f"{ours}/guides/{item.code}")
    told = await surfer.get("/", **old)
    assert told.headers["location"].startswith(f"{ours}/departments/%")
    assert (await surfer.get("/", Host="www.example.cn")).status == 200
    assert (await supervision.former_visits(world)).visits == 4


async def test_a_path_in_another_alphabet_is_the_same_page_however_it_is_written(
    world: World,
) -> None:
    item = (await guides.search(world, "开饭店"))[0]
    line = f"http://gsj.example.cn/%B0%EC%CA%C2.htm,{item.department},{item.code}"
    await supervision.register_former_pages(world, None, line)
    for written in (
        "http://gsj.example.cn/%b0%ec%ca%c2.htm",
        "https://gsj.example.cn/%B0%EC%CA%C2.htm",
    ):
        assert await supervision.former_target(world, written) == f"/guides/{item.code}"
    assert await supervision.former_target(world, "http://gsj.example.cn/") is None


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.cn/",
        "http:///path",
        "http://user:word@example.cn/",
        "http://example.cn:99999/",
        "http://exa mple.cn/",
        "javascript:alert(1)",
        "http://" + "a" * 1000,
    ],
)
def test_what_is_no_address_of_the_web_is_not_looked_at(address: str) -> None:
    with pytest.raises(NotLookedAt):
        checked(address)


async def test_in_production_nobody_makes_us_look_into_our_own_network() -> None:
    async with open_http() as http:
        for host in ("127.0.0.1", "localhost", "10.0.0.8", "169.254.169.254", "[::1]", "[fd00::1]"):
            with pytest.raises(NotLookedAt):
                await FormerSites(http, inside=False).look(f"http://{host}/guide.html")
