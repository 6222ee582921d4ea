"""A newcomer's first minutes with the simulator, in a real browser, against the real desk."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from asgi import create_app
from sandbox.config import Config
from tests.serving import served

GRAVE = ("serious", "critical")
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture
def config(clock) -> Config:
    """The sandbox at the desk's own time; 张示例 and 李示例 follow the account."""
    return Config.for_tests(
        starts_at=clock.now().timestamp(), clock_frozen=True, followers="zhang,li"
    )


@pytest.fixture
def settings(settings, outside):
    """The desk lets this sandbox's phones show its pages."""
    return replace(settings, sandbox_port=urlsplit(outside.url).port)


@pytest.fixture
async def desk(world, outside, listener) -> AsyncIterator[str]:
    async with served(create_app(world), listener) as url:
        await outside.post("webhook", url=f"{url}/wechat")
        yield url


@pytest.fixture
async def page(browser, outside) -> AsyncIterator[Page]:
    """A laptop's window, closed before the sandbox is.

    A script's error or a breach of a page's policy fails the test.
    """
    context = await browser.new_context(viewport=LAPTOP, locale="zh-CN", reduced_motion="reduce")
    window = await context.new_page()
    window.set_default_timeout(10_000)
    wrong: list[str] = []
    window.on("pageerror", lambda error: wrong.append(str(error)))
    window.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield window
    await context.close()
    assert not wrong


async def grave(page: Page) -> list[str]:
    """What axe finds that would shut somebody out."""
    found = await Axe().run(page)
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes']]}"
        for each in found.response["violations"]
        if each["impact"] in GRAVE
    ]


async def test_a_newcomer_asks_taps_is_told_and_opens_a_page(page, outside, desk):
    await page.goto(f"{outside.url}/?people=zhang,li")
    phone = page.get_by_role("region", name="张示例（想开饭店，示例）")
    log = phone.get_by_role("log")
    await phone.get_by_role("textbox").fill("开饭店")
    await phone.get_by_role("button", name="发送").click()
    await expect(log.locator(".me .bubble")).to_have_text("开饭店")
    await expect(log.get_by_text("食品经营许可").first).to_be_visible()
    await expect(log.get_by_role("button", name="已送达")).to_be_visible()

    await log.get_by_role("button", name="看材料清单").click()
    await expect(log.get_by_text("要带的材料").last).to_be_visible()

    await outside.send_template("zhang", url=f"{desk}/")
    card = log.locator(".service")
    await expect(card.get_by_text("服务通知")).to_be_visible()
    await expect(card.get_by_text("已受理")).to_be_visible()
    assert await grave(page) == []

    await card.get_by_role("button", name="查看详情").click()
    inside = phone.frame_locator("iframe")
    await expect(inside.get_by_role("heading", level=1)).to_be_visible()
    await outside.send_text("zhang", "您的材料已收到")
    await phone.get_by_role("button", name="公众号发来一条新消息").click()
    await expect(log.get_by_text("您的材料已收到")).to_be_visible()
    await expect(phone.locator("iframe")).to_have_count(0)

    await log.get_by_role("button", name="已送达").first.click()
    details = page.get_by_role("dialog", name="这条消息的往来").frame_locator("iframe")
    await expect(details.get_by_text("msg_signature", exact=True)).to_be_visible()
    await expect(details.get_by_role("heading", name="收到回复")).to_be_visible()


async def test_a_stranger_follows_and_the_menu_works(page, outside, desk):
    await page.goto(f"{outside.url}/?people=wang")
    phone = page.get_by_role("region", name="王示例（退休老人，示例）")
    await expect(phone.get_by_role("textbox")).to_be_hidden()
    await phone.get_by_role("button", name="关注公众号").click()
    await expect(phone.get_by_text("您好，这里是沈阳政务服务")).to_be_visible()
    menu = phone.get_by_role("group", name="公众号菜单")
    await expect(menu.get_by_text("还没有发布菜单")).to_be_visible()
    below = [
        {"type": "click", "name": "热门事项", "key": "hot"},
        {"type": "view", "name": "网上大厅", "url": f"{desk}/"},
    ]
    url = f"{outside.url}/cgi-bin/menu/create?access_token={await outside.token()}"
    body = f'{{"button":[{{"name":"查办事","sub_button":{below}}}]}}'.replace("'", '"')
    async with outside.http.post(url, data=body.encode()) as answer:
        assert (await answer.json(content_type=None))["errcode"] == 0
    await menu.get_by_role("button", name="查办事").click()
    await menu.get_by_role("button", name="热门事项").click()
    await expect(phone.get_by_text("点了菜单“热门事项”")).to_be_visible()
    await menu.get_by_role("button", name="查办事").click()
    await menu.get_by_role("button", name="网上大厅").click()
    inside = phone.frame_locator("iframe")
    await expect(inside.get_by_role("heading", level=1)).to_be_visible()


async def test_a_silent_desk_shows_the_fault_bubble(page, outside):
    await outside.post("webhook", url="http://127.0.0.1:9/wechat")
    await page.goto(f"{outside.url}/?people=zhang")
    await page.get_by_role("button", name="开饭店", exact=True).click()
    await expect(page.get_by_text("该公众号暂时无法提供服务，请稍后再试")).to_be_visible()
    await expect(page.get_by_role("button", name="推送 3 次失败")).to_be_visible()


async def test_the_panel_moves_time_and_adds_a_fault_and_no_page_shuts_anybody_out(page, outside):
    await page.goto(f"{outside.url}/panel")
    await page.get_by_role("button", name="过 1 小时").click()
    await expect(page.get_by_text("时间已调整")).to_be_visible()
    await expect(page.get_by_text("2026年03月02日 10:00")).to_be_visible()
    await page.get_by_role("button", name="接口慢 6 秒").click()
    await expect(page.get_by_text("慢 6 秒，正常回答，还有 1 次")).to_be_visible()
    assert await grave(page) == []
    for viewport in (LAPTOP, PHONE):
        await page.set_viewport_size(viewport)
        for path in ("/?people=zhang,li", "/panel", "/simulator/miniprogram?path=pages/home"):
            await page.goto(outside.url + path)
            await page.wait_for_load_state()
            assert await grave(page) == []
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= viewport["width"]


async def test_the_ledger_renews_itself_and_large_type_is_remembered(page, outside):
    await page.goto(f"{outside.url}/panel")
    await page.get_by_role("button", name="大字").click()
    await outside.send_template("zhang")
    row = page.get_by_role("row").filter(has_text="/cgi-bin/message/template/send")
    await expect(row).to_be_visible()
    await page.goto(f"{outside.url}/")
    await expect(page.get_by_role("button", name="大字")).to_have_attribute("aria-pressed", "true")
