"""The officers' pages in a real browser: usable and accessible. They bring no scripts at all."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize

from citydesk.world import World
from tests.city import planted
from tests.people import Outside, Phone
from tests.portal.desking import filed_case

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
# What the cookie of the large type makes of a page; the phone shows it, the desktop does not.
TYPE = "large => document.documentElement.classList.toggle('large', large)"
SMALLEST_TARGET = 44  # CSS pixels
OBJECTIONS = """() => axe.run({resultTypes: ["violations"]}).then(told => told.violations.map(
    each => each.id + " " + each.nodes[0].target))"""
TARGETS = """() => [...document.querySelectorAll("main a, main button, main select, main summary")]
    .filter(each => each.checkVisibility())
    .map(each => [each.textContent.trim(), each.getBoundingClientRect().height])"""


@pytest.fixture
async def page(browser: Browser, server: str) -> AsyncIterator[Page]:
    """A phone that shows large type."""
    context = await browser.new_context(base_url=server, viewport=PHONE, locale="zh-CN")
    await context.add_cookies([{"name": "citydesk_type", "value": "large", "url": server}])
    yield await context.new_page()
    await context.close()


async def checked(page: Page) -> None:
    """Nothing for axe to find, nothing wider than the screen, nothing too small to touch."""
    await page.evaluate(Axe().axe_script)
    for screen in (DESKTOP, PHONE):
        await page.set_viewport_size(screen)
        await page.evaluate(TYPE, screen is PHONE)
        wrong = await page.evaluate(OBJECTIONS)
        assert not wrong, f"{page.url}: {wrong}"
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{page.url} is {wide} px too wide"
        small = [each for each in await page.evaluate(TARGETS) if each[1] < SMALLEST_TARGET - 0.5]
        assert not small, f"{page.url}: {small}"


async def signed_in(world: World, page: Page, login: str) -> None:
    found = (await planted(world))[login]
    await page.goto("/desk/sign-in")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", found.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk" if login != "guanli" else "**/admin/officers")


async def test_the_desk_is_usable_and_accessible(
    world: World, page: Page, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await page.goto("/desk/sign-in")
    await checked(page)
    await page.fill("[name=login]", "qiantai")
    await page.fill("[name=password]", "wrong")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    await checked(page)
    await signed_in(world, page, "qiantai")
    await checked(page)
    await page.get_by_role("link", name="食品经营许可").click()
    await page.wait_for_url("**/desk/cases/*")
    await checked(page)
    await page.get_by_role("button", name="收件", exact=True).click()
    await page.get_by_text("已收件，已通知申请人。").wait_for()
    await page.get_by_text("一次性告知补正", exact=True).click()
    await checked(page)
    await page.get_by_label("材料不清晰，请重新提供。").check()
    await page.get_by_role("button", name="确认一次性告知补正").click()
    await page.get_by_text("补正通知已发出。").wait_for()
    assert await page.get_by_text(case["case_no"]).count()
    await checked(page)
    for path in ("/desk", "/desk/check-in", "/desk?q=1", "/admin/officers"):
        await page.goto(path)
        await checked(page)


async def test_the_administrators_pages_are_usable_and_accessible(world: World, page: Page) -> None:
    await signed_in(world, page, "guanli")
    for path in (
        *("/admin/officers", "/admin/officers?q=none", "/admin/officers/qiantai"),
        *("/admin/new-officer", "/admin/windows", "/desk/posts"),
    ):
        await page.goto(path)
        await checked(page)
    await page.goto("/admin/windows?hall=shenhe")
    await page.locator(".table-action").first.click()
    await page.wait_for_url(lambda url: not url.endswith("hall=shenhe"))
    await checked(page)
    await page.goto("/admin/officers/qiantai")
    await page.get_by_role("button", name="重置密码").click()
    await page.locator(".secret").wait_for()
    await checked(page)
