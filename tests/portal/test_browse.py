"""Finding a matter without a search: by theme, by letter; and the halls near a citizen."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import guides, organs
from citydesk.guides import Audience
from citydesk.organs import Point, distance_m
from citydesk.world import World
from tests.guides.making import a_guide
from tests.people import Phone
from tests.portal.conftest import Surfer

LISTED = """id,source,department,main_item,name,code,type_name
1,prov,示例局,,重庆小面馆备案,CQ-1,行政确认
2,prov,示例局,,5G基站备案,G5-1,行政确认
3,prov,示例局,,ＡＢ类许可,AB-1,行政许可
"""


async def test_every_matter_stands_under_a_theme_of_those_it_is_for(world: World) -> None:
    every = {each.code async for each in _all(world)}
    stood: set[str] = set()
    for audience in Audience:
        for shelf in await guides.themes(world, audience):
            page = await guides.of_theme(world, audience, shelf.name, limit=500)
            assert len(page.items) == shelf.items > 0
            stood |= {each.code for each in page.items}
    assert stood == every
    person = {each.name for each in await guides.themes(world, Audience.PERSON)}
    enterprise = {each.name for each in await guides.themes(world, Audience.ENTERPRISE)}
    assert "婚姻登记" in person - enterprise
    assert "法人注销" in enterprise - person
    assert "投资审批" in {each.name for each in await guides.themes(world, Audience.PROJECT)}
    with pytest.raises(guides.NoSuchTheme):
        await guides.of_theme(world, Audience.PERSON, "法人注销")


async def test_a_letter_holds_the_names_that_begin_with_it_and_new_ones_at_once(
    world: World,
) -> None:
    before = {each.name: each.items for each in await guides.letters(world)}
    await guides.import_list(world, guides.read_list(LISTED.encode()))
    after = {each.name: each.items for each in await guides.letters(world)}
    assert after["C"] == before.get("C", 0) + 1  # 重庆 is read chóng
    assert after["#"] == 1
    assert list(after)[-1] == "#"
    assert [e.code for e in (await guides.of_letter(world, "#")).items] == ["G5-1"]
    assert sum(after.values()) == len([each async for each in _all(world)])
    page = await guides.of_letter(world, "s", limit=3)
    read = list(page.items)
    while page.next_cursor:
        page = await guides.of_letter(world, "S", cursor=page.next_cursor, limit=3)
        read += page.items
    assert len(read) == len({each.code for each in read}) == after["S"]


async def _all(world: World):  # type: ignore[no-untyped-def]
    cursor: str | None = ""
    while cursor is not None:
        page = await guides.published_page(world, cursor=cursor or None, limit=100)
        for each in page.items:
            yield each
        cursor = page.next_cursor


async def test_the_pages_lead_from_home_over_themes_and_letters_to_a_guide(
    surfer: Surfer, world: World
) -> None:
    await guides.publish(world, a_guide(themes=["医疗卫生"]))
    home = (await surfer.get("/")).text
    for way in ("/themes", "/halls", "/a-z", "/departments", "/life-events"):
        assert f'href="{way}"' in home
    themes = (await surfer.get("/themes")).text
    assert themes.count("<h2") == 3
    theme = await surfer.get("/themes/person/医疗卫生")
    assert theme.status == 200
    assert re.search(r'href="/guides/[0-9A-Za-z]+"', theme.text)
    assert (await surfer.get("/themes/person/占卜")).status == 404
    assert (await surfer.get("/themes/nobody/医疗卫生")).status == 404
    letters = (await surfer.get("/a-z?letter=S")).text
    assert "社会保障卡申领" in letters
    assert 'aria-current="page">S' in letters
    assert "没有以" in (await surfer.get("/a-z?letter=I")).text
    assert (await surfer.get("/a-z?letter=S&cursor=x")).status == 422


async def test_halls_near_a_place_come_nearest_first_with_their_way(
    surfer: Surfer, phone: Phone
) -> None:
    near = (await phone.get("/nearby-halls", lat="41.7962", lon="123.4588")).ok()
    assert near[0]["code"] == "shenhe"
    assert near[0]["distance_m"] == 0
    ways = [each["distance_m"] for each in near]
    assert ways == sorted(ways)
    page = (await surfer.get("/halls?lat=41.7962&lon=123.4588")).text
    assert page.index("沈河区政务服务中心") < page.index("大东区政务服务中心")
    assert "约 10 米" in page
    for nowhere in ("lat=x&lon=1", "lat=nan&lon=1", "lat=91&lon=1", "lat=41"):
        assert "约" not in (await surfer.get(f"/halls?{nowhere}")).text
    assert (await phone.get("/nearby-halls", lat="91", lon="0")).status == 422
    (await phone.get("/nearby-halls", lat="41")).refused(422, "invalid")


async def test_halls_of_a_district_and_street_come_before_those_of_the_city(
    surfer: Surfer, phone: Phone, world: World
) -> None:
    streets = (await organs.regions(world, "210106", limit=100)).items
    near = (await phone.get("/nearby-halls", region=streets[0].code)).ok()
    assert [each["code"] for each in near][:1] == ["tiexi"]
    assert {each["region_code"] for each in near[1:6]} == {"210100000000"}
    page = (await surfer.get("/halls?district=210106000000")).text
    assert page.index("铁西区政务服务中心") < page.index("和平区政务服务中心")
    assert streets[0].name in page
    for odd in ("district=999999999999", "district=x", "street=210106001000"):
        assert (await surfer.get(f"/halls?{odd}")).status in (200, 404)
    assert "公安分中心" in (await surfer.get("/halls/police")).text
    assert (await surfer.get("/halls/nowhere")).status == 404


async def test_only_the_page_of_halls_may_ask_where_a_phone_is(surfer: Surfer) -> None:
    assert "geolocation=(self)" in (await surfer.get("/halls")).headers["permissions-policy"]
    assert "geolocation=()" in (await surfer.get("/")).headers["permissions-policy"]


async def test_the_app_reads_the_same_themes_and_letters(phone: Phone, world: World) -> None:
    themes = (await phone.get("/themes", audience="person")).ok()
    assert themes == [
        {"name": each.name, "items": each.items}
        for each in await guides.themes(world, Audience.PERSON)
    ]
    first = themes[0]
    page = (await phone.get("/guides-by-theme", audience="person", theme=first["name"])).ok()
    assert len(page["items"]) == min(first["items"], 20)
    (await phone.get("/guides-by-theme", audience="person", theme="占卜")).refused(
        404, "no-such-theme"
    )
    letters = (await phone.get("/letters")).ok()
    assert [each["name"] for each in letters] == sorted(each["name"] for each in letters)
    found = (await phone.get("/guides-by-letter", letter="s", limit="2")).ok()
    assert found["next_cursor"]


DEGREES = st.floats(-89, 89), st.floats(-179, 179)
POINTS = st.builds(Point, *DEGREES)


@given(POINTS, POINTS, POINTS)
def test_a_way_is_the_same_there_and_back_and_never_shorter_by_a_detour(
    one: Point, other: Point, third: Point
) -> None:
    assert distance_m(one, other) == distance_m(other, one)
    assert distance_m(one, one) == 0
    assert distance_m(one, other) <= distance_m(one, third) + distance_m(third, other) + 2


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert math.isclose(distance_m(Point(41, 123), Point(42, 123)), 111_195, abs_tol=1)
