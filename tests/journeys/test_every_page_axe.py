"""Every page there is, with something on it: axe finds nothing that would shut somebody out."""

import os
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from citydesk import notifications, seed
from citydesk.kit.clock import SetClock
from citydesk.world import World
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
    *("/", "/guides", "/guides?q=开饭店", "/guides?q=量子飞船", "/guides/{code}"),
    *("/departments", "/departments/gongan", "/life-events", "/life-events/birth"),
    *("/nowhere", "/wechat-login/return", "/desk/sign-in"),
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
]
DESK = ["/desk", "/desk?q=1", "/desk/posts", "/desk/check-in", "/desk/cases/{case}"]
ADMIN = [
    *("/admin/officers", "/admin/officers/qiantai", "/admin/new-officer"),
    *("/admin/windows", "/admin/windows/{window}"),
]
OUTSIDE = [
    *("/?people=zhang,li", "/panel", "/simulator/exchanges/1"),
    *("/simulator/exchanges/999999", "/simulator/miniprogram?path=pages/home"),
]
# Addresses that lead on, or give a file: there is no page of their own.
ONWARD = {
    *("/admin", "/display", "/wechat-login", "/desk/sign-out", "/my/identity/return"),
    "/desk/cases/{case_id}/papers/{paper_id}",
}


def test_no_page_is_forgotten_here() -> None:
    shown = [each.partition("?")[0] for each in (*PUBLIC, *MINE, *DESK, *ADMIN)]
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
    await drained(world)
    return {
        "code": code,
        "case": case["id"],
        "appointment": booked["id"],
        "day": day,
        "citizen": citizen,
    }


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
