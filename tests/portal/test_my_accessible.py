"""My pages in a real browser: without JavaScript, for everybody, with nothing for axe to find."""

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

from citydesk.world import World
from portal.sessions import CITIZEN_COOKIE
from tests.cases.making import PDF, kite_guide
from tests.people import Outside
from tests.portal.conftest import Surfer
from tests.portal.phone import named

SCREENS: list[ViewportSize] = [{"width": 360, "height": 740}, {"width": 430, "height": 932}]
OBJECTIONS = """() => axe.run({resultTypes: ["violations"]}).then(told => told.violations.map(
    each => [each.id, each.nodes.map(node => node.html)]))"""


async def examined(page: Page) -> list[Any]:
    """What axe objects to on a small phone and on a large one, and where the page is too wide."""
    await page.evaluate(Axe().axe_script)
    found = []
    for screen in reversed(SCREENS):
        await page.set_viewport_size(screen)
        found += await page.evaluate(OBJECTIONS)
        if await page.evaluate("document.documentElement.scrollWidth") > screen["width"]:
            found.append(f"wider than {screen['width']}")
    return found


async def test_filing_and_booking_are_for_everybody(
    browser: Browser, surfer: Surfer, server: str, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    code = await kite_guide(world)
    cookie = {"name": CITIZEN_COOKIE, "value": surfer.cookie(CITIZEN_COOKIE), "url": server}
    context = await browser.new_context(base_url=server, viewport=SCREENS[0], locale="zh-CN")
    await context.add_cookies([cookie])  # type: ignore[list-item]
    page = await context.new_page()

    await page.goto(f"/my/file/{code}")
    await page.locator("[name=hall]").first.wait_for()
    if await page.locator("select[name=hall]").count():
        await page.select_option("select[name=hall]", index=1)
    else:
        await page.locator("input[name=hall]").first.check()
    await page.click("[value=start]")
    await page.fill("[name=form-phone]", "12")
    await page.click("[value=next]")
    await expect(page.locator("#errors")).to_have_count(1)
    await expect(page.locator("[name=form-phone]")).to_have_value("12")
    assert await examined(page) == []

    await page.goto(page.url.partition("#")[0])
    await page.goto(f"/my/file/{code}?step=papers")
    chosen = {"name": "风筝.pdf", "mimeType": "application/pdf", "buffer": PDF}
    await expect(page.get_by_text("不超过 20 MB").first).to_be_attached()  # its script has run
    await page.locator("input[type=file]").first.set_input_files(chosen)  # type: ignore[arg-type]
    await page.get_by_text("已上传并保存。").wait_for()  # choosing sends, where scripts run
    assert await examined(page) == []

    for path in ("/my", "/my/cases", "/my/identity", "/my/identity/unbind", "/my/messages"):
        await page.goto(path)
        assert await examined(page) == [], path
    await context.close()
