"""A question from the chat to everybody's guide: the phone, the officers' pages, the push."""

import re
from uuid import UUID

from playwright.async_api import Browser, Page, expect

from citydesk import guides, supervision
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.city import planted
from tests.journeys.browsing import Desk
from tests.journeys.test_restaurant import drained
from tests.people import Outside
from tests.pushes import pushes_on
from tests.wechat.door import follow, tap

WHO = "zhang"
QUESTION = "我姓张，电话10012345678。店在二楼没有电梯，能不能开饭店？"
ANSWER = "可以。二楼要有两个疏散楼梯，请先到消防窗口登记。"
ASKED = "店在二楼、没有电梯，能开饭店吗？"


async def opens(page: Page, outside: Outside, server: str, path: str) -> None:
    """The citizen opens a page of ours on the phone of the simulator."""
    await page.goto(f"{outside.url}/simulator/open?person={WHO}&url={server}{path}")


async def test_a_question_of_the_chat_is_answered_in_time_and_helps_the_next_one(
    world: World, outside: Outside, server: str, clock: SetClock, browser: Browser
) -> None:
    log_ins = await planted(world)
    contexts = [await browser.new_context(base_url=server, locale="zh-CN") for _ in range(2)]
    office, street = [await each.new_page() for each in contexts]
    desk = Desk(office)

    await follow(outside, WHO)
    guide = await outside.says(WHO, "开饭店")
    code = (await guides.search(world, "开饭店"))[0].code
    await tap(outside, WHO, guide, f"c:{code}")
    shown = await outside.says(WHO, QUESTION)
    told = await tap(outside, WHO, shown, "C:yes")
    assert "2026年3月9日（星期一）前答复" in told

    clock.move(days=3)  # a warning falls: the officer sees it
    await outside.at(clock)
    await supervision.fire_rungs(world)
    await desk.signs_in(log_ins["houtai"])
    await office.get_by_role("link", name="红黄牌").click()
    await office.get_by_role("link", name="咨询：食品经营许可(新办)").click()
    await expect(office.locator("main")).to_contain_text("店在二楼没有电梯")
    await expect(office.locator("main")).to_contain_text("预警")
    await office.get_by_text("为什么是这一天").click()
    await expect(office.locator(".why").first).to_contain_text("5个工作日")
    await office.locator("summary", has_text="办事指南：要点").click()
    await office.locator("details[open] a", has_text="引用").click()
    box = office.get_by_label("答复内容")
    await expect(box).to_have_value(re.compile("按《食品经营许可"))
    await box.fill(ANSWER)
    await desk.takes("答复并通知办事人", "已答复，已通知办事人。")
    await office.get_by_text("改写后提交公开").click()
    await office.get_by_role("button", name="提交公开").click()
    await expect(office.get_by_role("alert")).to_contain_text("手机号码")
    await office.get_by_label("问题", exact=True).fill(ASKED)
    await desk.takes("提交公开", "已提交公开，由另一个人审核。")
    await desk.signs_out()

    await drained(world)
    [push] = await pushes_on(outside, WHO)
    assert push["fields"]["phrase3"] == "已答复"
    await opens(street, outside, server, push["url"].removeprefix(server))
    await expect(street.locator("main")).to_contain_text("二楼要有两个疏散楼梯")
    await street.get_by_text("没说清楚，追问一次").click()
    await street.get_by_label("还想问什么").fill("楼梯有没有宽度的要求？")
    await street.get_by_role("button", name="提交追问").click()
    await expect(street.get_by_role("status")).to_contain_text("追问已提交")
    assert "楼梯" in await outside.says(WHO, "我的咨询")

    await desk.signs_in(log_ins["fuzeren"])
    await office.get_by_role("link", name="公开答复").click()
    await office.get_by_role("link", name=ASKED).click()
    await desk.takes("同意公开", "已公开。")
    await office.get_by_role("link", name="咨询投诉").click()
    await office.get_by_role("link", name="咨询：食品经营许可(新办)").click()
    await office.get_by_label("答复内容").fill("每个楼梯净宽不小于1.1米。")
    await desk.takes("答复并通知办事人", "已答复，已通知办事人。")
    await desk.signs_out()
    await street.reload()
    await street.get_by_role("button", name="有帮助，办结").click()
    await expect(street.get_by_role("status")).to_have_text("谢谢您的评价。")

    await street.goto(f"{server}/guides/{code}")
    await street.get_by_role("link", name="大家问过的").first.click()
    await expect(street.locator("main")).to_contain_text(ASKED)
    await desk.signs_in(log_ins["bianji"], "办事指南")
    await office.get_by_role("link", name="公开答复").click()
    await office.get_by_role("link", name="可收进指南").click()
    await office.get_by_role("link", name=ASKED).click()
    await desk.takes("收进草稿", "已收进这份草稿的常见问题，检查后请提交审核。")
    draft = await guides.draft(world, UUID(office.url.rpartition("/")[2]))
    assert draft.content["faqs"][-1] == {"question": ASKED, "answer": ANSWER}
    for each in contexts:
        await each.close()
