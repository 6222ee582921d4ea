"""A person comes to a window, a paper follows later: the officer's browser, the phone, the chat."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from citydesk.world import World
from tests.city import planted
from tests.journeys.browsing import CHOSEN, PDF, TYPED, Desk, chosen
from tests.journeys.test_restaurant import drained, signed_in_citizen
from tests.people import Outside, Phone

LOOKS = os.environ.get("LOOKS", "")
ITEM = "食品经营许可(新办)"
WHO, LATER = "zhang", "从业人员健康证明"
SCREENS = {"small phone": (360, 740), "desktop": (1280, 800)}


@dataclass
class Hall:
    """The officer's browser, the citizen's, and what the sandbox knows of the person."""

    world: World
    outside: Outside
    server: str
    office: Page
    street: Page
    person: dict[str, Any]

    async def look(self, page: Page, name: str) -> None:
        """Keep what a page shows, on a phone and on a desk; only when asked to."""
        if LOOKS:
            for screen, (width, height) in SCREENS.items():
                await page.set_viewport_size({"width": width, "height": height})
                await page.screenshot(path=Path(LOOKS) / f"{name} {screen}.png", full_page=True)

    async def on_the_phone(self, path: str, *words: str) -> None:
        at = f"{self.server}{path}"
        await self.street.goto(f"{self.outside.url}/simulator/open?person={WHO}&url={at}")
        for word in words:
            await expect(self.street.locator("main")).to_contain_text(word)

    async def scans(self, name: str) -> None:
        """Scan one paper in."""
        paper = self.office.locator("ol.papers > li").filter(has_text=name).first
        await paper.locator("input[type=file]").set_input_files(PDF)
        await paper.get_by_role("button", name="上传").click()
        await expect(self.office.get_by_role("status")).to_have_text("已上传。")

    async def taken_over(self, *names: str) -> None:
        for name in names:
            await self.office.get_by_label(f"{name}（份）").first.fill("1")


@pytest.fixture
async def hall(
    world: World, outside: Outside, phone: Phone, server: str, browser: Browser
) -> AsyncIterator[Hall]:
    log_ins = await planted(world)
    await outside.control("POST", f"people/{WHO}/follow")
    _ = await signed_in_citizen(phone, outside, WHO)
    contexts = [await browser.new_context(base_url=server, locale="zh-CN") for _ in range(2)]
    office, street = [await each.new_page() for each in contexts]
    for page in (office, street):
        page.set_default_timeout(20_000)
    await Desk(office).signs_in(log_ins["qiantai"])
    yield Hall(world, outside, server, office, street, await outside.person(WHO))
    for each in contexts:
        await each.close()


async def test_a_restaurant_is_taken_at_a_window_and_one_paper_follows(hall: Hall) -> None:
    office = hall.office
    await office.get_by_role("link", name="窗口收件").click()
    await office.get_by_label("申请人要办什么事").fill("开饭店")
    await office.get_by_role("button", name="找事项").click()
    await hall.look(office, "window")
    await office.get_by_role("link", name=ITEM).first.click()
    await office.get_by_label("申请人姓名").fill(hall.person["name"])
    await office.get_by_label("申请人身份证号码").fill("990000198804120118")
    await office.get_by_role("button", name="开始登记").click()
    await expect(office.get_by_role("alert")).to_contain_text("请先核对身份证原件")
    await office.get_by_label("已核对身份证原件，人证一致").check()
    await office.get_by_role("button", name="开始登记").click()
    await expect(office.get_by_role("alert")).to_contain_text("身份证号码不对")
    await office.get_by_label("申请人身份证号码").fill(hall.person["id_number"])
    await office.get_by_text("由别人代办", exact=True).click()
    agent = office.get_by_label("代办人姓名")
    await agent.fill("赵示例")
    await office.get_by_role("button", name="开始登记").click()
    await expect(office.get_by_role("alert")).to_contain_text("写了代办人的")
    await expect(agent).to_have_value("赵示例")
    await agent.fill("")
    await hall.look(office, "window person")
    await office.get_by_role("button", name="开始登记").click()

    await expect(office.get_by_role("heading", level=1)).to_have_text("窗口收件")
    required = await office.locator("ol.papers > li").filter(has_text="必须交").all()
    names = [((await each.locator("h3").text_content()) or "").split()[0] for each in required]
    await hall.scans(names[0])
    for label, text in TYPED.items():
        await office.get_by_label(label).first.fill(text)
    for label, text in CHOSEN.items():
        await office.get_by_label(label).select_option(text)
    await office.get_by_role("button", name="先保存表单").click()
    await expect(office.get_by_role("status")).to_have_text("表单已保存。")
    await office.get_by_role("button", name="收件，出收件凭证").click()
    await expect(office.get_by_role("alert")).to_contain_text("没有扫描件，也没有写纸质份数")
    await hall.taken_over(*names[1:])
    await hall.look(office, "window case")
    await office.get_by_role("button", name="收件，出收件凭证").click()
    await expect(office.get_by_role("heading", level=1)).to_have_text("收件凭证")
    await expect(office.locator("main")).to_contain_text("纸质1份")
    await hall.look(office, "receipt")
    await office.get_by_role("link", name="回办件").click()
    await hall.look(office, "received")
    case_id = office.url.rpartition("/")[2]

    box = office.locator("#step-accept_deferred")
    await box.locator("summary").click()
    await box.get_by_role("button", name="确认容缺受理").click()
    await expect(box).to_contain_text("需要申请人的承诺")
    await box.get_by_label("申请人已在窗口签署容缺承诺书").check()
    await hall.look(office, "deferral")
    await box.get_by_role("button", name="确认容缺受理").click()
    await expect(office.locator("main")).to_contain_text("容缺材料请在")
    await drained(hall.world)
    pushes = [each for each in await hall.outside.on_phone(WHO) if each["kind"] == "template"]
    assert "已容缺受理，请在3月16日前补材料" in str(pushes[-1]["fields"])
    told = await hall.outside.says(WHO, "进度")
    assert "请在3月16日前补齐容缺材料" in told
    assert LATER in told

    await hall.on_the_phone(f"/my/cases/{case_id}", "请在3月16日前补齐容缺材料", LATER, "已受理")
    await hall.look(hall.street, "my case")
    await hall.street.get_by_role("link", name="去补齐容缺材料").click()
    await hall.look(hall.street, "my deferred papers")
    await hall.street.get_by_role("button", name="提交容缺材料").click()
    await expect(hall.street.get_by_role("alert")).to_contain_text(LATER)
    await chosen(hall.street, hall.street.locator("input[type=file]").first)
    await expect(hall.street.get_by_role("status")).to_contain_text("已上传")
    await hall.street.get_by_role("button", name="提交容缺材料").click()
    await expect(hall.street.locator("main")).to_contain_text("容缺材料已补齐")
    await office.reload()
    await expect(office.locator("main")).to_contain_text("容缺材料已补齐")
