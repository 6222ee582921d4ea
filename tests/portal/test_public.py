"""The public pages: what stands on them, how they are guarded, and what they never say."""

import re
from dataclasses import replace

import aiohttp
import pytest

from asgi import create_app
from citydesk import guides, organs
from citydesk.settings import PRODUCTION
from citydesk.world import World
from portal.app import PAGES, routes
from portal.assets import assets
from tests.portal.conftest import Surfer
from tests.serving import served

FOOD = "11990000MB000003554000901001000"
PUBLIC = ["/", "/guides", "/guides?q=开饭店", f"/guides/{FOOD}", "/departments"]
PUBLIC += ["/departments/gongan", "/life-events", "/life-events/birth"]


async def listed(world: World) -> None:
    """An item known by name only."""
    text = "id,source,department,main_item,name,code,type_name\n"
    text += "1,prov,沈阳市公安局,大件,爆破作业许可<b>,X-1,行政许可\n"
    await guides.import_list(world, guides.read_list(text.encode()))
    await guides.refresh(world)


@pytest.mark.parametrize("path", PUBLIC)
async def test_every_public_page_has_one_heading_and_a_way_on(surfer: Surfer, path: str) -> None:
    page = await surfer.get(path)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.count("<h1") == 1
    assert '<html lang="zh-CN">' in page.text
    assert 'href="#main"' in page.text
    assert "12345" in page.text
    assert 'href="/my"' in page.text


@pytest.mark.parametrize("path", [*PUBLIC, "/nowhere"])
async def test_nothing_from_elsewhere_runs_shows_or_frames_a_page(
    surfer: Surfer, world: World, path: str
) -> None:
    page = await surfer.get(path)
    policy = page.headers["content-security-policy"]
    for rule in ("default-src 'none'", "style-src 'self'", "script-src 'self'", "base-uri 'none'"):
        assert f"{rule};" in policy
    sandbox = f"http://127.0.0.1:{world.settings.sandbox_port}"
    assert re.search(rf"frame-ancestors [^;]*{re.escape(sandbox)}", policy)
    assert page.headers.getall("x-content-type-options") == ["nosniff"]
    assert page.headers.getall("referrer-policy") == ["no-referrer"]
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)


async def test_in_production_nobody_frames_a_page_and_nothing_says_demonstration(
    world: World,
) -> None:
    real = replace(world.settings, mode=PRODUCTION, public_url="https://desk.example")
    app = create_app(replace(world, settings=real))
    async with served(app) as url, aiohttp.ClientSession(url) as session:
        page = await Surfer(session).get("/")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    assert "演示环境" not in page.text


@pytest.mark.parametrize("path", PUBLIC)
async def test_an_unchanged_page_is_not_sent_again(surfer: Surfer, path: str) -> None:
    page = await surfer.get(path)
    assert page.headers["cache-control"] == "private, no-cache"
    assert page.headers["vary"] == "Cookie"
    again = await surfer.get(path, **{"If-None-Match": f'"x", {page.headers["etag"]}'})
    assert (again.status, again.text) == (304, "")
    assert (await surfer.get(path, **{"If-None-Match": '"x"'})).status == 200


async def test_home_offers_search_hot_items_life_events_and_departments(
    surfer: Surfer, world: World
) -> None:
    page = await surfer.get("/")
    assert '<form class="search" action="/guides"' in page.text
    assert "autofocus" not in page.text
    for item in await guides.hot(world, 8):
        assert f'href="/guides/{item.code}"' in page.text
    for event in (await guides.life_events(world))[:8]:
        assert f'href="/life-events/{event.event}"' in page.text
    assert "/departments/" in page.text


async def test_search_answers_in_the_order_of_the_desk(surfer: Surfer, world: World) -> None:
    page = await surfer.get("/guides?q=开饭店")
    found = await guides.search(world, "开饭店", 20)
    assert re.findall(r'class="row" href="/guides/(\w+)"', page.text) == [i.code for i in found]
    assert found[0].code == FOOD
    assert 'value="开饭店"' in page.text


async def test_a_search_without_an_answer_says_what_to_do(surfer: Surfer) -> None:
    page = await surfer.get("/guides?q=量子飞船")
    assert "没有找到合适的事项" in page.text
    assert 'href="tel:12345"' in page.text
    assert "大家常办" in page.text


async def test_a_search_typed_by_ear_is_understood(surfer: Surfer) -> None:
    page = await surfer.get("/guides?q=戶赵")
    assert page.status == 200
    page = await surfer.get("/guides?q=胡照")
    assert "普通护照签发" in page.text


async def test_something_near_is_asked_about(surfer: Surfer) -> None:
    page = await surfer.get("/guides?q=大连的社会保障卡补领")
    assert "没有找到合适的事项" in page.text
    assert "大连的事请问当地" in page.text
    assert "您是不是要找" in page.text
    assert "社会保障卡补领、换领" in page.text


async def test_an_emergency_is_told_a_number(surfer: Surfer) -> None:
    page = await surfer.get("/guides?q=救命有人晕倒了")
    assert "请先打电话求助" in page.text
    assert "120" in page.text
    assert "大家常办" not in page.text


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "{{ 999*1013 }}{% raw %}",
        "javascript:alert(1)",
        "</title><script>alert(1)</script>",
        "\u202e\ud7ff\u2028",
        "a" * 5000,
        "%00%ff",
    ],
)
async def test_what_is_typed_into_the_search_is_only_ever_text(surfer: Surfer, typed: str) -> None:
    page = await surfer.ask("GET", "/guides", params={"q": typed})
    assert page.status == 200
    assert "<script" not in page.text
    assert "<img src=x" not in page.text
    assert " onmouseover='" not in page.text
    assert "1011987" not in re.sub(r"\d{8,}|v=\w+", "", page.text)


@pytest.mark.parametrize("query", ["q=%00", "q=%ff%fe", "q=a&q=b", "cursor=x", "cursor=%00&q="])
async def test_no_query_is_a_fault(surfer: Surfer, query: str) -> None:
    page = await surfer.get(f"/guides?{query}")
    assert page.status in (200, 422)


async def test_the_catalogue_is_read_page_by_page(surfer: Surfer) -> None:
    path, seen = "/guides", set[str]()
    for _ in range(20):
        page = await surfer.get(path)
        codes = re.findall(r'class="row" href="/guides/(\w+)"', page.text)
        assert codes
        assert not seen & set(codes)
        seen |= set(codes)
        onward = re.search(r'href="([^"]+)" rel="next"', page.text)
        if onward is None:
            break
        path = onward.group(1).replace("&amp;", "&")
    assert len(seen) >= 160
    assert "回到第一页" in page.text


async def test_a_guide_shows_every_element_in_the_order_one_needs_them(
    surfer: Surfer, world: World
) -> None:
    page = await surfer.get(f"/guides/{FOOD}")
    guide = await guides.published(world, FOOD)
    order = ["要带什么", "在哪办", "多久", "多少钱", "跑几次", "什么条件能办", "办理流程"]
    headings = re.findall(r"<h2>([^<]+)</h2>", page.text)
    assert headings == [*order, "依据", "常见问题", "您的权利"]
    for each in guide.content.materials:
        assert each.name in page.text
    for faq in guide.content.faqs:
        assert faq.answer in page.text
    for basis in guide.content.legal_basis:
        assert basis.law in page.text
    for hall in await organs.halls(world):
        if hall.code in {place.hall for place in guide.content.places}:
            assert hall.address in page.text
    assert f"第 {guide.version_no} 版 · {guide.hash8}" in page.text
    assert "截至 2026年3月2日" in page.text
    assert ">示例<" in page.text
    assert f'href="/my/file/{FOOD}"' in page.text
    assert f'href="/my/book/{FOOD}"' in page.text


async def test_every_guide_of_the_sample_catalogue_can_be_read(
    surfer: Surfer, world: World
) -> None:
    cursor, read = None, 0
    while True:
        some = await guides.published_page(world, cursor=cursor, limit=50)
        for entry in some.items:
            page = await surfer.get(f"/guides/{entry.code}")
            assert page.status == 200, entry.name
            content = (await guides.published(world, entry.code)).content
            assert ("/my/book/" in page.text) == content.is_schedule
            assert ("/my/file/" in page.text) == content.is_online
            read += 1
        cursor = some.next_cursor
        if cursor is None:
            break
    assert read >= 160


async def test_an_item_without_a_guide_says_so_and_whom_to_ask(
    surfer: Surfer, world: World
) -> None:
    await listed(world)
    page = await surfer.get("/guides/X-1")
    assert page.status == 200
    assert "指南待完善" in page.text
    assert "爆破作业许可&lt;b&gt;" in page.text
    assert 'href="tel:12345"' in page.text
    assert "/my/book/" not in page.text


@pytest.mark.parametrize("path", ["/guides/nope", "/guides/%00", "/guides/%E4%B8%AD%3Cb%3E"])
async def test_a_guide_that_is_not_there_leads_on(surfer: Surfer, path: str) -> None:
    page = await surfer.get(path)
    assert page.status == 404
    assert "没有找到" in page.text
    assert '<a class="button" href="/">回首页</a>' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_departments_are_found_by_code_and_by_name(surfer: Surfer) -> None:
    page = await surfer.get("/departments")
    assert "沈阳市公安局" in page.text
    by_code = await surfer.get("/departments/gongan")
    by_name = await surfer.get("/departments/沈阳市公安局")
    assert "<h1>沈阳市公安局</h1>" in by_code.text
    assert by_code.status == by_name.status == 200
    assert (await surfer.get("/departments/nobody")).status == 404
    assert (await surfer.get("/departments/%00")).status == 404


async def test_every_life_event_lists_its_items(surfer: Surfer, world: World) -> None:
    for event in await guides.life_events(world):
        page = await surfer.get(f"/life-events/{event.event}")
        codes = re.findall(r'class="row" href="/guides/(\w+)"', page.text)
        assert codes == list(event.item_codes)
    assert (await surfer.get("/life-events/nothing")).status == 404


async def test_large_type_is_a_choice_that_stays(surfer: Surfer) -> None:
    page = await surfer.get("/guides?q=护照")
    switch = re.search(r'class="type-switch" href="([^"]+)"', page.text)
    assert switch is not None
    chosen = await surfer.get(switch.group(1).replace("&amp;", "&"))
    assert (chosen.status, chosen.headers["location"]) == (303, "/guides?q=%E6%8A%A4%E7%85%A7")
    assert '<html lang="zh-CN" class="large">' in (await surfer.get("/")).text
    await surfer.get("/display?type=normal&back=//evil.example")
    assert '<html lang="zh-CN">' in (await surfer.get("/")).text


async def test_the_choice_of_type_leads_to_no_other_site(surfer: Surfer) -> None:
    chosen = await surfer.get("/display?type=large&back=//evil.example")
    assert chosen.headers["location"] == "/"


async def test_files_are_kept_for_a_year_under_the_name_of_their_content(surfer: Surfer) -> None:
    page = await surfer.get("/")
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert found
    for path in found:
        file = await surfer.get(path)
        assert file.status == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    file = await surfer.get("/static/portal.css")
    assert file.headers["cache-control"] == "no-cache"
    held = {"If-None-Match": file.headers["etag"]}
    assert (await surfer.get("/static/portal.css", **held)).status == 304
    for path in ("/static/nope.css", "/static/..%2Fapp.py", "/static/"):
        assert (await surfer.get(path)).status == 404


async def test_what_is_not_there_is_told_in_the_voice_of_its_door(surfer: Surfer) -> None:
    page = await surfer.get("/nowhere")
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    problem = await surfer.get("/api/nowhere")
    assert (problem.status, problem.headers["content-type"]) == (404, "application/problem+json")
    wrong = await surfer.ask("DELETE", "/")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD")
    assert (await surfer.get("/healthz")).text == "ok"
    head = await surfer.ask("HEAD", "/")
    assert (head.status, head.text) == (200, "")


def test_every_page_says_who_may_see_it_and_what_it_is() -> None:
    for each in PAGES:
        assert each.who.label
        assert each.handler.__doc__, each.path
        assert each.method in ("GET", "POST")
        assert (each.limit > 0) == (each.method == "POST")
    addresses = [(each.method, each.path) for each in PAGES]
    assert len(set(addresses)) == len(addresses)
    assert {getattr(each, "path", "") for each in routes()} == {
        *(path for _, path in addresses),
        "/static/{name}",
    }


def test_no_file_of_ours_asks_another_site() -> None:
    for name, asset in assets().items():
        text = asset.body.decode("utf-8", "replace").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\((?!data:)", text), name
