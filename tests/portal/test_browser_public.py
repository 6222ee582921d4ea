"""The public pages in a real browser: usable, accessible, and whole without JavaScript."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from citydesk import guides
from citydesk.world import World

FOOD = "11990000MB000003554000901001000"
SMALL, LARGE_PHONE, DESKTOP = (360, 740), (430, 932), (1280, 800)
PATHS = [
    *("/", "/guides", "/guides?q=开饭店", "/guides?q=胡照", "/guides?q=量子飞船"),
    *(f"/guides/{FOOD}", "/guides/X-1", "/departments", "/departments/gongan"),
    *("/life-events", "/life-events/birth", "/nowhere"),
]
SMALLEST_TARGET = 44  # CSS pixels
# How each page is looked at: on which screen, in large type or not, by axe or not.
LOOKS = [
    *((SMALL, False, False), (DESKTOP, False, True)),
    *((LARGE_PHONE, True, False), (SMALL, True, True)),
]
# What the cookie of the large type makes of a page.
TYPE = "large => document.documentElement.classList.toggle('large', large)"


async def opened(
    browser: Browser, server: str, size: tuple[int, int], *, large: bool, scripts: bool = True
) -> BrowserContext:
    context = await browser.new_context(
        base_url=server,
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        locale="zh-CN",
    )
    if large:
        await context.add_cookies([{"name": "citydesk_type", "value": "large", "url": server}])
    return context


@pytest.fixture
async def page(browser: Browser, server: str) -> AsyncIterator[Page]:
    """A small phone, with scripts switched off."""
    context = await opened(browser, server, SMALL, large=False, scripts=False)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def listed(world: World) -> None:
    """An item known by name only."""
    text = (
        "id,source,department,main_item,name,code,type_name\n1,prov,沈阳市公安局,大件,甲,X-1,许可\n"
    )
    await guides.import_list(world, guides.read_list(text.encode()))
    await guides.refresh(world)


@pytest.mark.usefixtures("listed")
async def test_every_public_page_fits_its_screen_is_easy_to_tap_and_leaves_axe_nothing_to_find(
    browser: Browser, server: str
) -> None:
    context = await opened(browser, server, SMALL, large=True)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda said: errors.append(said.text) if "Content Sec" in said.text else None
    )
    found = []
    for path in PATHS:
        await page.goto(path)
        for size, large, examined in LOOKS:
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await page.evaluate(TYPE, large)
            found += [f"{path} at {size}: {each}" for each in await wrong(page, size[0], examined)]
    assert not found, "\n".join(found)
    assert not [said for said in errors if "404" not in said]  # /nowhere
    await context.close()


async def wrong(page: Page, width: int, examined: bool) -> list[str]:
    """What does not fit, what is too small to tap; and what axe finds, where it is asked."""
    found: list[str] = await page.evaluate(TOO_SMALL, SMALLEST_TARGET)
    if await page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the screen")
    if examined:
        told = (await Axe().run(page)).response["violations"]
        found += [f"{each['id']} {each['nodes'][0]['target']}" for each in told]
    return found


# Links inside a sentence are exempt (WCAG 2.5.8); everything else one taps has its height.
TOO_SMALL = """least => [...document.querySelectorAll('a, button, input, summary')]
    .filter(each => each.checkVisibility() && !each.classList.contains('skip'))
    .filter(each => getComputedStyle(each).display !== 'inline')
    .filter(each => each.getBoundingClientRect().height < least - 0.5)
    .map(each => each.outerHTML.slice(0, 120))"""


async def test_a_citizen_finds_what_to_bring_without_javascript(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("搜索要办的事").fill("开个饭店要什么手续")
    await page.get_by_role("button", name="搜索").click()
    await page.get_by_role("link", name="食品经营许可(新办)").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "食品经营许可(新办)"
    await expect(page.get_by_role("heading", name="要带什么")).to_be_visible()
    await expect(page.get_by_role("heading", name="食品经营许可申请书")).to_be_visible()
    await page.get_by_text("沈河区政务服务中心").click()
    await expect(page.get_by_text("沈阳市沈河区示例路20号")).to_be_visible()
    book = page.get_by_role("link", name="预约到大厅办")
    assert await book.get_attribute("href") == f"/my/book/{FOOD}"


async def test_a_citizen_goes_from_a_life_event_to_its_first_step(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="生孩子").click()
    await page.get_by_role("link", name="生育登记").click()
    assert "/guides/" in page.url
    assert await page.get_by_role("heading", level=1).inner_text() == "生育登记"


async def test_large_type_is_switched_on_and_stays_on(page: Page) -> None:
    await page.goto("/departments")
    before = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    await page.get_by_role("link", name="切换到大字版").click()
    await expect(page.get_by_role("link", name="切换到标准字号")).to_be_visible()
    await page.wait_for_load_state()  # the styles, too
    assert page.url.endswith("/departments")
    after = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert after >= 1.25 * before
    await page.get_by_role("link", name="首页").click()
    await expect(page.get_by_role("link", name="切换到标准字号")).to_be_visible()


async def test_the_keyboard_reaches_the_page_past_its_head(page: Page) -> None:
    await page.goto("/departments")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    assert await skip.evaluate("each => each === document.activeElement")
    box = await skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    await page.keyboard.press("Enter")
    await page.wait_for_url("**#main")
