"""Every page there is, with something on it: axe finds nothing that would shut somebody out."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from citydesk import guides, notifications, seed, supervision
from citydesk.guides.queries import Versions
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.supervision import Measure
from portal.app import PAGES
from tests.journeys.browsing import Desk
from tests.journeys.test_restaurant import drained, filed, officer, signed_in_citizen
from tests.people import Outside, Phone

GRAVE = ("serious", "critical")
ONLY_FAULTS = {"resultTypes": ["violations"]}  # what is right need not be told at length
SCREENS = {"small phone": (360, 740), "desktop": (1280, 800)}
# LOOKS=folder keeps a picture of every page, and adds the screen that finds no new faults by axe.
LOOKS = os.environ.get("LOOKS", "")
if LOOKS:
    SCREENS["large phone"] = (430, 932)
WHO = "zhang"
PUBLIC = [
    *("/", "/guides", "/guides?q=开饭店", "/guides?q=量子飞船", "/guides?q=救命", "/guides/{code}"),
    *("/departments", "/departments/gongan", "/life-events", "/life-events/birth"),
    "/progress",
    *("/nowhere", "/wechat-login/return", "/desk/sign-in"),
    "/former/www.example.cn/old.html",
    *("/themes", "/themes/person/社会保障", "/a-z?letter=S", "/halls/shenhe"),
    *("/halls?district=210103000000", "/halls?lat=41.8&lon=123.4"),
    *("/guides/{code}/questions", "/guides/{code}/questions?{told}"),
    *("/guides/{code}/papers/{paper}", "/guides/{code}/papers/result"),
]
NAMELESS = ["/my", "/my/identity", "/my/identity?next=/my/cases", "/my/cases", "/my/messages"]
MINE = [
    *("/my", "/my/cases", "/my/messages", "/my/identity", "/my/identity/unbind"),
    *("/my/appointments", "/my/appointments/{appointment}/cancel"),
    *("/my/book/{code}", "/my/book/{code}?hall=shenhe", "/my/book/{code}?hall=shenhe&day={day}"),
    *(
        "/my/file/{code}",
        "/my/file/{code}?case={draft}",
        "/my/file/{code}?case={draft}&step=papers",
    ),
    *("/my/cases/{draft}", "/my/cases/{case}", "/my/cases/{case}/receipt"),
    *("/my/cases/{case}/correction", "/my/cases/{case}/withdraw", "/my/cases/{code}"),
    "/my/situation/{code}",
]
DESK = [
    *("/desk", "/desk?q=1", "/desk/cards", "/desk/posts", "/desk/check-in", "/desk/cases/{case}"),
    *("/desk/guide-faults?q=开饭店", "/desk/guide-faults/{code}"),
]
EDITORS = [
    *("/editors", "/editors?state=published", "/editors/new", "/editors/import"),
    *("/editors/drafts/{draft}", "/editors/drafts/{draft}/edit/bring"),
    *("/editors/drafts/{draft}/edit/ways", "/editors/drafts/{draft}/piece/materials/0"),
    *("/editors/drafts/{draft}/diff", "/editors/drafts/{draft}/preview?as=chat"),
    *("/editors/drafts/{draft}/preview?as=app", "/editors/drafts/{draft}/preview?as=hall"),
    *("/editors/items/{code}", "/editors/jobs/{job}", "/editors/reports"),
    *("/editors/items/{code}/regions", "/editors/items/{code}/regions/{region}"),
    *("/editors/reports/{report}", "/desk/guide-faults"),
]
ADMIN = [
    *("/admin/officers", "/admin/officers/qiantai", "/admin/new-officer"),
    *("/admin/windows", "/admin/windows/{window}"),
]
SUPERVISION = [
    *("/supervision", "/supervision/rates", "/supervision/rates?measure=entry&by=department"),
    *("/supervision/rates/items?by=city", "/supervision/items/{code}", "/supervision/parity"),
    *("/supervision/exceptions", "/supervision/former-pages", "/supervision/materials"),
]
KNOWLEDGE = [
    *("/editors/questions", "/editors/questions?tab=talk", "/editors/questions/{question}"),
    *("/editors/knowledge", "/editors/knowledge?q=开饭店", "/editors/knowledge/new"),
    *("/editors/knowledge/{line}", "/editors/life-events", "/editors/life-events/new"),
    *("/editors/life-events/{event}", "/editors/life-events/birth"),
]
OUTSIDE = [
    *("/?people=zhang,li", "/panel", "/simulator/exchanges/1"),
    *("/simulator/exchanges/999999", "/simulator/miniprogram?path=pages/home"),
]
# Addresses that lead on, or give a file: there is no page of their own.
ONWARD = {
    *("/admin", "/display", "/wechat-login", "/desk/sign-out", "/my/identity/return"),
    "/desk/cases/{case_id}/papers/{paper_id}",
    *("/supervision/rates/chart.svg", "/former/{rest:path}"),
}


def test_no_page_is_forgotten_here() -> None:
    pages = (*PUBLIC, *MINE, *DESK, *ADMIN, *SUPERVISION, *EDITORS, *KNOWLEDGE)
    shown = [each.partition("?")[0] for each in pages]
    there = {each.path for each in PAGES if each.method == "GET"} - ONWARD
    assert [each for each in there if not any(_is(each, path) for path in shown)] == []


def _is(pattern: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", pattern), path) is not None


@pytest.fixture(params=SCREENS.values(), ids=SCREENS.keys())
async def context(
    request: pytest.FixtureRequest, browser: Browser, server: str
) -> AsyncIterator[BrowserContext]:
    width, height = request.param
    opened = await browser.new_context(
        base_url=server,
        viewport={"width": width, "height": height},
        locale="zh-CN",
        reduced_motion="reduce",  # a bubble half faded in has too little contrast
    )
    opened.set_default_timeout(20_000)
    yield opened
    await opened.close()


@pytest.fixture
async def known(world: World, outside: Outside, phone: Phone, clock: SetClock) -> dict[str, Any]:
    """A case waiting for a correction, a draft, a booking: their ids for the addresses."""
    await seed.plant(world)
    await notifications.publish_menu(world, None)
    await outside.control("POST", f"people/{WHO}/follow")
    await outside.says(WHO, "开饭店")
    citizen = await signed_in_citizen(phone, outside, WHO)
    code = (await phone.get("/guides", q="开饭店")).ok()["items"][0]["item_code"]
    guide = (await phone.get(f"/guides/{code}")).ok()
    case = await filed(citizen, guide, code)
    day = (clock.today() + timedelta(days=1)).isoformat()
    slot = (await phone.get("/halls/shenhe/slots", on=day)).ok()[0]["id"]
    wanted = {"slot_id": slot, "item_code": code}
    booked = (await citizen.post("/appointments", wanted)).ok(201)
    front = await officer(phone, world, "qiantai")
    at = f"/officer/cases/{case['id']}"
    for step, told in (
        ("pre-review-pass", {}),
        ("receipt", {}),
        ("correction-notice", {"reason": "平面图请标明后厨位置"}),
    ):
        (await front.post(f"{at}/{step}", told)).ok()
    await filed(citizen, guide, code)  # one that waits at the front desk
    answers = await answered(phone, code)
    (await citizen.ask("PUT", f"/guides/{code}/my-situation", json={"answers": answers})).ok()
    papers = [each["code"] for each in guide["content"]["materials"] if each["blank_form"]]
    await drained(world)
    return {
        "code": code,
        "case": case["id"],
        "appointment": booked["id"],
        "day": day,
        "citizen": citizen,
        "paper": papers[0],
        "told": urlencode([(f"q.{key}", each) for key, some in answers.items() for each in some]),
    }


async def answered(phone: Phone, code: str) -> dict[str, list[str]]:
    """Answer every question of a guide with its first option."""
    answers: dict[str, list[str]] = {}
    while question := (await phone.post(f"/guides/{code}/guidance", {"answers": answers})).ok()[
        "next_question"
    ]:
        answers[question["key"]] = [question["options"][0]["key"]]
    return answers


async def look(page: Page, paths: list[str], known: dict[str, Any], origin: str = "") -> list[str]:
    """Open each page; give what axe finds, and which are wider than the screen."""
    found = []
    for path in paths:
        await page.goto(origin + path.format(**known))
        report = await Axe().run(page, options=ONLY_FAULTS)
        found += [
            f"{path}: {each['id']} {each['nodes'][0]['target']}"
            for each in report.response["violations"]
            if each["impact"] in GRAVE
        ]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path}: too wide")
        if LOOKS:
            width = await page.evaluate("innerWidth")
            name = re.sub(r"[^\w?=&]+", "-", path).strip("-")[-80:] or "home"
            await page.screenshot(path=Path(LOOKS) / f"{width}-{name}.png", full_page=True)
    return found


async def test_no_page_for_anyone_or_of_the_simulator_shuts_anybody_out(
    context: BrowserContext, known: dict[str, Any], outside: Outside
) -> None:
    page = await context.new_page()
    found = await look(page, PUBLIC, known)
    found += await look(page, OUTSIDE, known, outside.url)
    assert not found, "\n".join(found)


async def test_no_page_of_a_citizen_shuts_anybody_out(
    context: BrowserContext, known: dict[str, Any], outside: Outside, server: str
) -> None:
    page = await context.new_page()
    await page.goto("/my")  # not from a phone of the simulator: WeChat asks who it is
    found = await look(page, [page.url], known)
    at_my = f"{outside.url}/simulator/open?person={{}}&url={server}/my"
    await page.goto(at_my.format("li"))
    found += await look(page, NAMELESS, known)
    await page.goto("/my/identity")
    await page.get_by_role("button", name="开始实名核验").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("统一身份认证（示例）")
    found += await look(page, [page.url], known)
    await page.goto(at_my.format(WHO))
    await expect(page.get_by_text("已实名")).to_be_visible()
    found += await look(page, ["/my/file/{code}"], known)  # nothing begun yet
    hall = {"item_code": known["code"], "hall_code": "shenhe", "form": {}}
    known["draft"] = (await known["citizen"].post("/cases", hall)).ok(201)["id"]
    found += await look(page, MINE, known)
    assert not found, "\n".join(found)


async def test_no_page_of_who_teaches_the_search_shuts_anybody_out(
    world: World, context: BrowserContext, known: dict[str, Any]
) -> None:
    page = await context.new_page()
    log_ins = {each.login: each for each in await seed.plant(world)}
    await Desk(page).signs_in(log_ins["guanli"], "人员与岗位")
    guides.note_unanswered(world, "鼓捣饕餮", "wechat", guides.Reason.UNKNOWN)
    guides.note_unanswered(world, "今天下雨吗", "wechat", guides.Reason.WEATHER)
    await guides.write_down(world)
    await page.goto("/editors/questions")
    await page.get_by_role("link", name="鼓捣饕餮").click()
    known["question"] = page.url.rpartition("/")[2]
    await page.get_by_label("规范说法", exact=True).fill("食品经营许可(新办)")
    await page.get_by_role("button", name="看会改变什么").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("加上这一条，会改变什么")
    found = await look(page, [page.url], known)
    line = await guides.proposed_line(world, "stop_phrase", "饕餮")
    officer_id = await sql.row("SELECT id, officer_id FROM post WHERE role = 'admin'")
    assert officer_id is not None
    editor = Officer(officer_id["officer_id"], officer_id["id"], Role.ADMIN, None, None, new_id())
    known["line"] = await guides.add_line(world, editor, line, "测试")
    known["event"] = "birth"
    found += await look(page, KNOWLEDGE, known)
    assert not found, "\n".join(found)


async def test_no_page_of_an_officer_shuts_anybody_out(
    world: World, context: BrowserContext, known: dict[str, Any]
) -> None:
    page = await context.new_page()
    log_ins = {each.login: each for each in await seed.plant(world)}
    desk = Desk(page)
    await desk.signs_in(log_ins["qiantai"])
    found = await look(page, DESK, known)
    await page.goto("/desk")
    await page.get_by_role("link", name="食品经营许可").first.click()
    await page.get_by_text("预审退回", exact=True).click()
    found += await look(page, [page.url], known)
    await desk.signs_out()
    await desk.signs_in(log_ins["guanli"], "人员与岗位")
    await page.goto("/admin/windows?hall=shenhe")
    first = await page.locator(".table-action").first.get_attribute("href")
    known["window"] = (first or "").rpartition("/")[2]
    found += await look(page, ADMIN, known)
    assert not found, "\n".join(found)


async def test_no_page_of_an_editor_shuts_anybody_out(
    world: World, context: BrowserContext, server: str
) -> None:
    log_ins = {each.login: each for each in await seed.plant(world)}
    code = (await guides.search(world, "开饭店"))[0].code
    page = await context.new_page()
    desk = Desk(page)
    await desk.signs_in(log_ins["qiantai"])
    await page.goto(f"/desk/guide-faults/{code}")
    await page.get_by_label("哪里不对").fill("电话打不通。")
    await page.get_by_role("button", name="告诉编辑").click()
    await desk.signs_out()
    await desk.signs_in(log_ins["bianji"], "办事指南")
    known = {"code": code, "region": "210106000000"}
    await page.goto(f"/editors/items/{code}/regions")
    await page.get_by_label("由谁认领").select_option("铁西区")
    await page.get_by_role("button", name="认领", exact=True).click()
    await page.goto(f"/editors/items/{code}")
    await page.get_by_role("button", name="开始修订").click()
    known["draft"] = await the_last_part(page, "/editors/drafts/")
    await page.goto(f"/editors/drafts/{known['draft']}/edit/where")
    await page.get_by_label("监督电话").fill("?")
    await page.get_by_role("button", name="保存", exact=True).last.click()
    await page.goto("/editors")
    await page.get_by_role("checkbox").first.check()
    await page.get_by_role("button", name="批量提交审核").click()
    await drained(world)
    await expect(page.get_by_text("没办成").first).to_be_visible()
    known["job"] = await the_last_part(page, "/editors/jobs/")
    await page.goto("/editors/reports")
    await page.locator("a.row").first.click()
    known["report"] = await the_last_part(page, "/editors/reports/")
    found = await look(page, EDITORS, known)
    assert not found, "\n".join(found)


async def the_last_part(page: Page, path: str) -> str:
    """Wait until the address lies below a path; give what comes after it."""
    await page.wait_for_url(f"**{path}*")
    return page.url.rpartition("/")[2]


async def test_no_page_of_a_supervisor_shuts_anybody_out(
    world: World, server: str, context: BrowserContext, clock: SetClock
) -> None:
    log_ins = {each.login: each for each in await seed.plant(world)}
    code = (await guides.search(world, "开饭店"))[0].code
    page = await context.new_page()
    await Desk(page).signs_in(log_ins["jiandu"], "效能监管总览")
    found = await look(page, ["/supervision/materials", "/supervision/exceptions"], {})
    await supervised(world, code, clock)
    found += await look(page, SUPERVISION, {"code": code})
    assert not found, "\n".join(found)


async def supervised(world: World, code: str, clock: SetClock) -> None:
    """Something in every register: tests, an alarm, an exception, an old page, the baseline."""
    officer = Officer(uuid4(), uuid4(), Role.SUPERVISOR, None, None, uuid4())
    entry = await guides.entry(world, code)
    await supervision.lay_matrix(world)
    await supervision.try_item(world, code)
    await supervision.freeze_baseline(world, officer)
    await supervision.ask_exception(world, officer, code, Measure.ONLINE, "涉密事项，不能上网")
    lines = f"http://www.example.cn/1.html,{entry.department},{code}"
    await supervision.register_former_pages(world, officer, lines)
    stale = world.kept(Versions)
    guide = await guides.published(world, code)
    clock.move(seconds=5)
    stale.keep(replace(guide, version_no=guide.version_no + 1))
    await supervision.compare_item(world, code)
    assert await supervision.alarms(world, open_only=True)
