"""The form in a real browser: kept while one types, what is known proposed; without scripts too."""

import asyncio
import os
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from citydesk import cases, identity
from citydesk.identity import Citizen
from citydesk.world import World
from portal.sessions import CITIZEN_COOKIE
from tests.cases.making import HALL, field, kite_guide
from tests.people import Outside
from tests.portal.conftest import Surfer
from tests.portal.phone import named

LOOKS = os.environ.get("LOOKS", "")
ASKED = [
    field("name", "text", label="姓名", about="applicant_name"),
    field("id_no", "id_no", label="身份证号"),
    field("cell", "mobile", label="手机号"),
    field("unit", "credit_code", label="统一社会信用代码", required=False),
    field("home", "address", label="住址"),
    field("since", "date", label="从哪天起"),
    field("length", "number", label="长度（米）"),
    field("colour", "choice", label="颜色", options=["红", "黄"]),
    field("where", "choices", label="在哪放", options=["河边", "广场", "公园"]),
    field("night", "boolean", label="晚上放吗"),
    field("lamp", "text", label="灯的颜色", when={"night": ["是"]}),
    field("wish", "textarea", label="说明", required=False, hint="没有可以不写"),
]


async def opened(browser: Browser, surfer: Surfer, server: str, **how: Any) -> BrowserContext:
    """A browser with the citizen signed in."""
    context = await browser.new_context(base_url=server, locale="zh-CN", **how)
    context.set_default_timeout(20_000)
    cookie = {"name": CITIZEN_COOKIE, "value": surfer.cookie(CITIZEN_COOKIE), "url": server}
    await context.add_cookies([cookie])  # type: ignore[list-item]
    return context


async def seen(page: Page, name: str) -> None:
    """No fault for axe, nothing wider than the screen; LOOKS=folder keeps a picture."""
    found = (await Axe().run(page)).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if LOOKS:
        await page.screenshot(path=Path(LOOKS) / f"{name}.png", full_page=True)


async def test_a_form_is_kept_while_one_types_and_asks_only_what_is_called_for(
    browser: Browser, surfer: Surfer, server: str, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    citizen = await identity.asker_for_browser(world, surfer.cookie(CITIZEN_COOKIE))
    assert isinstance(citizen, Citizen)
    code = await kite_guide(world, form_fields=ASKED)
    case = await cases.start(world, citizen, code, HALL, {})
    phone = await opened(browser, surfer, server, viewport={"width": 430, "height": 932})
    page = await phone.new_page()
    here = f"/my/file/{code}?case={case.id}"
    await page.goto(here)

    await expect(page.get_by_label("姓名")).to_have_value("张示例")
    await expect(page.get_by_text("来自实名信息，2026年3月2日核验").first).to_be_visible()
    await seen(page, "form-proposed")
    await expect(page.get_by_label("灯的颜色")).to_be_hidden()
    await page.get_by_label("是", exact=True).check()
    await expect(page.get_by_label("灯的颜色")).to_be_visible()
    await page.get_by_label("手机号").fill("12")
    await page.get_by_label("广场").check()
    await page.get_by_label("姓名").fill("")
    await expect(page.locator("[data-draft-told]")).to_have_text("已保存 09:00")
    kept = await cases.filled_form(world, citizen, case.id)
    assert (kept.answers["cell"], kept.answers["where"], kept.answers["night"]) == (
        "12",
        ["广场"],
        True,
    )
    assert "name" not in kept.answers
    assert kept.proposals["name"].standing is cases.Standing.CLEARED

    await another_device(browser, surfer, server, here)
    await page.get_by_label("住址").fill("沈河区示例路1号")
    await expect(page.locator("[data-draft-told]")).to_contain_text("刚在别的设备或页面上改过")
    await page.get_by_role("button", name="保存草稿").click()
    await expect(page.get_by_role("alert")).to_contain_text("刚在别的设备或页面上改过")
    await expect(page.get_by_text("另一处填的是：（空）")).to_be_visible()
    await expect(page.get_by_text("另一处填了这一项，已放进来")).to_be_visible()
    await expect(page.get_by_label("说明")).to_have_value("从电脑上填的")
    await expect(page.get_by_label("住址")).to_have_value("沈河区示例路1号")
    await seen(page, "form-conflict")
    await page.get_by_role("button", name="保存，下一步传材料").click()
    await expect(page.get_by_role("alert")).to_contain_text("已保存。有几处需要修改")
    await expect(page.get_by_role("alert")).to_contain_text("手机号：手机号码不对")
    await seen(page, "form-faults")
    await phone.close()


async def another_device(browser: Browser, surfer: Surfer, server: str, here: str) -> None:
    """The same form on a computer without scripts: every question is there, the button saves."""
    computer = await opened(
        browser, surfer, server, java_script_enabled=False, viewport={"width": 1280, "height": 800}
    )
    page = await computer.new_page()
    await page.goto(here)
    await expect(page.get_by_label("手机号")).to_have_value("12")
    await expect(page.get_by_label("灯的颜色")).to_be_visible()
    await page.get_by_label("说明").fill("从电脑上填的")
    if LOOKS:
        await page.screenshot(path=Path(LOOKS) / "form-computer.png", full_page=True)
    await page.get_by_role("button", name="保存草稿").click()
    # What is wrong is told, but it is saved.
    await expect(page.get_by_text("已保存。有几处需要修改")).to_be_visible()
    await computer.close()


async def test_the_last_words_are_sent_along_when_one_leaves_the_page(
    browser: Browser, surfer: Surfer, server: str, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    citizen = await identity.asker_for_browser(world, surfer.cookie(CITIZEN_COOKIE))
    assert isinstance(citizen, Citizen)
    code = await kite_guide(world)
    case = await cases.start(world, citizen, code, HALL, {})
    phone = await opened(browser, surfer, server, viewport={"width": 360, "height": 740})
    page = await phone.new_page()
    await page.goto(f"/my/file/{code}?case={case.id}")
    await page.locator("[name=form-kite]").fill("走之前填的")
    await page.goto("/my")
    kept: dict[str, Any] = {}
    for _ in range(100):
        kept = (await cases.filled_form(world, citizen, case.id)).answers
        if kept:
            break
        await asyncio.sleep(0.1)
    assert kept["kite"] == "走之前填的"
    await phone.close()
