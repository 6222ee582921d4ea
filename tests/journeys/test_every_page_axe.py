"""Every page there is, with something on it: axe finds nothing that would shut somebody out."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from citydesk import consultations, guides, notifications, supervision
from citydesk.guides.queries import Versions
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.supervision import Measure
from portal.app import PAGES
from tests.city import planted
from tests.consultations.making import hired
from tests.journeys.browsing import Desk
from tests.journeys.test_restaurant import (
    answer_to,
    drained,
    filed,
    officer,
    signed_in_citizen,
)
from tests.people import Outside, Phone

pytestmark = pytest.mark.timeout(300)  # many pages each: half a minute of a machine of its own
GRAVE = ("serious", "critical")
# Only what is wrong, and of that only what is told below.
FAULTS = """() => axe.run({resultTypes: ["violations"]}).then(told => told.violations.map(
    each => ({id: each.id, impact: each.impact, target: each.nodes[0].target})))"""
SCREENS: list[ViewportSize] = [{"width": 360, "height": 740}, {"width": 1280, "height": 800}]
# LOOKS=folder keeps a picture of every page, and adds the screen that finds no new faults by axe.
LOOKS = os.environ.get("LOOKS", "")
if LOOKS:
    SCREENS.append({"width": 430, "height": 932})
WHO = "zhang"
ANSWERERS = (Role.BACK_OFFICE, Role.DEPARTMENT_HEAD)
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
    *("/consultations", "/consultations?item={code}&q=空腹", "/consultations?q=没有"),
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
    *("/my/cases/{case}/papers", "/my/cases/{draft}/papers"),
    *("/my/cases/{case}/correction", "/my/cases/{case}/withdraw", "/my/cases/{code}"),
    *("/my/cases/{taken_in}/correction", "/my/cases/{taken_in}/mandate-end"),
    "/my/situation/{code}",
    *("/my/consultations", "/my/consultations/new", "/my/consultations/new?item={code}"),
    *("/my/consultations/{asked}", "/my/consultations/{answered}"),
]
DESK = [
    *("/desk", "/desk?q=1", "/desk/cards", "/desk/posts", "/desk/check-in", "/desk/cases/{case}"),
    *("/desk/guide-faults?q=开饭店", "/desk/guide-faults/{code}"),
    *("/desk/window", "/desk/window?q=开饭店", "/desk/window/new/{code}"),
    *("/desk/window/{walk_in}", "/desk/window/{taken_in}/receipt"),
]
ANSWERING = [
    *("/desk/consultations", "/desk/consultations?pile=over", "/desk/consultations/{asked}"),
    *("/desk/consultations/{answered}", "/desk/public-answers", "/desk/public-answers/{answer}"),
    *("/desk/public-answers?tab=published", "/desk/public-answers/{published}"),
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
    "/supervision/cards",
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
HEAD = ["/desk/cards", "/desk/cards/{card}/appeal"]
# Addresses that lead on, or give a file: there is no page of their own.
ONWARD = {
    *("/admin", "/display", "/wechat-login", "/desk/sign-out", "/my/identity/return"),
    *("/desk/cases/{case_id}/papers/{paper_id}", "/files/{name}"),
    *("/supervision/rates/chart.svg", "/former/{rest:path}"),
}


def test_no_page_is_forgotten_here() -> None:
    pages = (*PUBLIC, *MINE, *DESK, *HEAD, *ANSWERING, *ADMIN, *SUPERVISION, *EDITORS, *KNOWLEDGE)
    shown = [each.partition("?")[0] for each in pages]
    there = {each.path for each in PAGES if each.method == "GET"} - ONWARD
    assert [each for each in there if not any(_is(each, path) for path in shown)] == []


def _is(pattern: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", pattern), path) is not None


@pytest.fixture
async def context(browser: Browser, server: str) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(
        base_url=server,
        viewport=SCREENS[0],
        locale="zh-CN",
        reduced_motion="reduce",  # a bubble half faded in has too little contrast
    )
    opened.set_default_timeout(20_000)
    yield opened
    await opened.close()


@pytest.fixture
async def known(world: World, outside: Outside, phone: Phone, clock: SetClock) -> dict[str, Any]:
    """A case waiting for a correction, a draft, a booking: their ids for the addresses."""
    await planted(world)
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
    talk = await talked(world, citizen, code)
    walk_in, taken_in = await came_to_the_window(outside, front, guide, code)
    await drained(world)
    return {
        **talk,
        "code": code,
        "case": case["id"],
        "appointment": booked["id"],
        "day": day,
        "citizen": citizen,
        "paper": papers[0],
        "walk_in": walk_in,
        "taken_in": taken_in,
        "told": urlencode([(f"q.{key}", each) for key, some in answers.items() for each in some]),
    }


async def came_to_the_window(
    outside: Outside, front: Phone, guide: dict[str, Any], code: str
) -> tuple[str, str]:
    """Two cases begun at a window by an agent: one unfinished, one accepted with a paper owed."""
    people = [await outside.person(each) for each in (WHO, "li")]
    applicant, agent = [{"name": each["name"], "id_no": each["id_number"]} for each in people]
    content = guide["content"]
    form = {each["key"]: answer_to(each) for each in content["form_fields"]}
    told = {"item_code": code, "applicant": applicant, "agent": agent, "form": form}
    first, second = [(await front.post("/officer/cases", told)).ok(201)["id"] for _ in range(2)]
    by_need: dict[str, list[str]] = {}
    for each in content["materials"]:
        by_need.setdefault(each["necessity"], []).append(each["code"])
    papers = {"originals": dict.fromkeys(by_need["required"], 1), "mandate": "示例委字1号"}
    (await front.post(f"/officer/cases/{second}/receipt", papers)).ok()
    later = {"deferral": {"materials": by_need["deferrable"][:1], "signed": True}}
    (await front.post(f"/officer/cases/{second}/acceptance", later)).ok()
    return first, second


async def talked(world: World, citizen: Phone, code: str) -> dict[str, Any]:
    """A question that waits, one that is answered and public, one proposed to be so."""
    ask = {"kind": "consult", "item_code": code, "text": "健康证要空腹去办吗？"}
    ids = [(await citizen.post("/consultations", ask)).ok(201)["id"] for _ in range(3)]
    back, head = [await hired(world, f"k.{role.value}", role) for role in ANSWERERS]
    found = []
    for each in ids[1:]:
        await consultations.answer(world, back, UUID(each), "不用空腹，带身份证就行。")
        told = ("健康证要空腹办吗", "不用空腹，带身份证就行。")
        found.append((await consultations.propose(world, back, UUID(each), *told)).id)
    await consultations.approve(world, head, found[0])
    return dict(zip(("asked", "answered", "published", "answer"), [*ids[:2], *found], strict=True))


async def answered(phone: Phone, code: str) -> dict[str, list[str]]:
    """Answer every question of a guide with its first option."""
    answers: dict[str, list[str]] = {}
    while question := (await phone.post(f"/guides/{code}/guidance", {"answers": answers})).ok()[
        "next_question"
    ]:
        answers[question["key"]] = [question["options"][0]["key"]]
    return answers


async def look(page: Page, paths: list[str], known: dict[str, Any], origin: str = "") -> list[str]:
    """Open each page; give what axe finds, and which are wider than a screen.

    A page is opened once, on the small phone, and then shown on the other screens: its styles see
    to that, and opening it anew would cost more than all of axe.
    """
    found = []
    for path in paths:
        await page.goto(origin + path.format(**known))
        await page.evaluate(Axe().axe_script)
        for screen in SCREENS:
            await page.set_viewport_size(screen)
            found += [f"{path} at {screen['width']}: {each}" for each in await faults(page)]
            if LOOKS:
                name = re.sub(r"[^\w?=&]+", "-", path).strip("-")[-80:] or "home"
                shot = Path(LOOKS) / f"{screen['width']}-{name}.png"
                await page.screenshot(path=shot, full_page=True)
        await page.set_viewport_size(SCREENS[0])
    return found


async def faults(page: Page) -> list[str]:
    """What is wrong with a page as it is shown now."""
    found = [
        f"{each['id']} {each['target']}"
        for each in await page.evaluate(FAULTS)
        if each["impact"] in GRAVE
    ]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("too wide")
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
    log_ins = await planted(world)
    await Desk(page).signs_in(log_ins["guanli"], "人员与岗位")
    guides.note_unanswered(world, "鼓捣饕餮", "wechat", guides.Reason.UNKNOWN)
    guides.note_unanswered(world, "今天下雨吗", "wechat", guides.Reason.WEATHER)
    await guides.write_down(world)
    await page.goto("/editors/questions")
    await page.get_by_role("link", name="鼓捣饕餮").click()
    await page.wait_for_url("**/editors/questions/*")
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
    world: World, context: BrowserContext, known: dict[str, Any], clock: SetClock
) -> None:
    page = await context.new_page()
    log_ins = await planted(world)
    desk = Desk(page)
    await desk.signs_in(log_ins["qiantai"])
    found = await look(page, DESK, known)
    await page.goto("/desk")
    await page.get_by_role("link", name="食品经营许可").first.click()
    await page.get_by_text("预审退回", exact=True).click()
    found += await look(page, [page.url], known)
    await desk.signs_out()
    await desk.signs_in(log_ins["fuzeren"])
    found += await look(page, ANSWERING, known)
    await desk.signs_out()
    await desk.signs_in(log_ins["guanli"], "人员与岗位")
    await page.goto("/admin/windows?hall=shenhe")
    first = await page.locator(".table-action").first.get_attribute("href")
    known["window"] = (first or "").rpartition("/")[2]
    found += await look(page, ADMIN, known)
    await desk.signs_out()
    clock.move(days=3)  # cards fall
    await supervision.fire_rungs(world)
    await desk.signs_in(log_ins["fuzeren"])
    await page.goto("/desk/cards")
    appeal = page.get_by_role("link", name="申诉").first
    known["card"] = str(await appeal.get_attribute("href")).split("/")[3]
    found += await look(page, HEAD, known)
    await page.get_by_label("理由和证据").fill("当天系统停机检修，附检修通知。")
    await page.get_by_role("button", name="提交申诉").click()
    await expect(page.get_by_text("申诉等待处理")).to_be_visible()
    await desk.signs_out()
    await desk.signs_in(log_ins["jiandu"], "效能监管总览")
    found += await look(page, ["/supervision/cards"], known)
    await page.get_by_label("撤销卡片").check()
    await page.get_by_label("答复").fill("情况属实，予以撤销。")
    await page.get_by_role("button", name="提交处理结果").click()
    await expect(page.get_by_text("已撤销").first).to_be_visible()
    assert not found, "\n".join(found)


async def test_no_page_of_an_editor_shuts_anybody_out(
    world: World, context: BrowserContext, server: str
) -> None:
    log_ins = await planted(world)
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
    log_ins = await planted(world)
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
