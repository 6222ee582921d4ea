"""What can befall a case on its way, through the officers' pages, the phone and the chat."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from citydesk import supervision
from citydesk.identity import Role
from citydesk.kit.clock import SetClock
from citydesk.seed import LogIn
from citydesk.world import World
from tests.city import planted
from tests.journeys.browsing import Desk, chosen
from tests.journeys.test_restaurant import drained, filed, officer, signed_in_citizen
from tests.people import Outside, Phone
from tests.portal.desking import hired

ITEM = "食品经营许可(新办)"
WHO = "zhang"


@dataclass
class Story:
    """A filed case, the officer's browser, the citizen's, and the chat."""

    world: World
    outside: Outside
    clock: SetClock
    server: str
    office: Page
    street: Page
    case: dict[str, Any]
    log_ins: dict[str, LogIn]
    front: Phone
    phone: Phone

    @property
    def desk(self) -> Desk:
        return Desk(self.office)

    async def by_api(self, login: str, *steps: tuple[str, dict[str, Any]]) -> None:
        """Steps that other tests play by hand."""
        someone = await officer(self.phone, self.world, login)
        for path, told in steps:
            (await someone.post(f"/officer/cases/{self.case['id']}/{path}", told)).ok()

    async def sits_down(self, login: str) -> None:
        """Another officer takes the chair, and opens the case."""
        await self.desk.signs_in(self.log_ins[login])
        await self.office.goto(f"/desk/cases/{self.case['id']}")

    async def step(self, name: str) -> Locator:
        """Open a step of the page; its form."""
        box = self.office.locator(f"#step-{name}")
        if await box.get_attribute("open") is None:
            await box.locator("summary").click()
        return box

    async def done(self, box: Locator, button: str, said: str) -> None:
        await box.get_by_role("button", name=button).click()
        await expect(self.office.get_by_role("status")).to_have_text(said)

    async def later(self, **by: float) -> None:
        """Time passes: what is due falls, and is told."""
        await drained(self.world)
        self.clock.move(**by)
        await self.outside.at(self.clock)
        await supervision.fire_rungs(self.world)
        await drained(self.world)

    async def on_the_phone(self, *words: str) -> None:
        """The citizen looks at the case: these words stand on the page."""
        at = f"{self.server}/my/cases/{self.case['id']}"
        await self.street.goto(f"{self.outside.url}/simulator/open?person={WHO}&url={at}")
        for summary in await self.street.locator("summary").all():
            await summary.click()
        for word in words:
            await expect(self.street.locator("main")).to_contain_text(word)

    async def in_the_chat(self, *words: str) -> None:
        """The citizen sends 进度: the answer says these words."""
        told = await self.outside.says(WHO, "进度")
        for word in words:
            assert word in told, told

    async def pushed(self, word: str) -> None:
        await drained(self.world)
        pushes = [each for each in await self.outside.on_phone(WHO) if each["kind"] == "template"]
        assert any(word in str(each["fields"]) for each in pushes), pushes[-1]


@pytest.fixture
async def story(
    world: World,
    outside: Outside,
    phone: Phone,
    clock: SetClock,
    server: str,
    browser: Browser,
) -> AsyncIterator[Story]:
    """A restaurant's case, received at the front desk."""
    log_ins = await planted(world)
    await outside.control("POST", f"people/{WHO}/follow")
    citizen = await signed_in_citizen(phone, outside, WHO)
    code = (await phone.get("/guides", q="开饭店")).ok()["items"][0]["item_code"]
    case = await filed(citizen, (await phone.get(f"/guides/{code}")).ok(), code)
    contexts = [await browser.new_context(base_url=server, locale="zh-CN") for _ in range(2)]
    office, street = [await each.new_page() for each in contexts]
    for page in (office, street):
        page.set_default_timeout(20_000)
    front = await officer(phone, world, "qiantai")
    found = Story(world, outside, clock, server, office, street, case, log_ins, front, phone)
    await found.by_api("qiantai", ("pre-review-pass", {}), ("receipt", {}))
    yield found
    for each in contexts:
        await each.close()


async def test_a_correction_and_a_special_procedure(story: Story) -> None:
    await story.sits_down("qiantai")
    box = await story.step("request_correction")
    await box.get_by_label("材料不清晰，请重新提供。").check()
    await box.get_by_label("补正期限（天）").fill("10")
    await story.done(box, "确认一次性告知补正", "补正通知已发出。")
    await story.pushed("请在3月12日前补正材料")
    await story.on_the_phone("需要补正材料", "材料不清晰，请重新提供。", "2026年3月12日")
    await story.street.get_by_role("link", name="去补正").click()
    await chosen(story.street, story.street.locator("input[type=file]").first)
    await expect(story.street.get_by_role("status")).to_contain_text("已上传")
    await story.street.get_by_role("button", name="提交补正").click()
    await expect(story.street.locator("main")).to_contain_text("已提交补正材料")
    await story.later(hours=1)

    await story.by_api("qiantai", ("acceptance", {}))
    await story.by_api("houtai", ("review", {}))
    await story.desk.signs_out()
    await story.sits_down("houtai")
    box = await story.step("start_special")
    await box.get_by_label("特别程序").select_option("专家评审")
    await box.get_by_label("所需时间（工作日）").fill("3")
    await box.get_by_label("告知书文号").fill("示例告知〔2026〕7号")
    await box.get_by_label("具体说明").fill("油烟排放需要专家评审。")
    await story.done(box, "确认开始特别程序", "特别程序已开始，办理期限暂停计算，已告知申请人。")
    await story.pushed("特别程序中，承诺3月12日前办结")
    told = ("专家评审，需要3个工作日，不计入办理期限", "示例告知〔2026〕7号", "油烟排放")
    await story.on_the_phone("特别程序中", *told, "因专家评审暂停计时")
    await story.in_the_chat("特别程序中", *told, "为什么是这一天", "因专家评审暂停计时")

    await story.later(days=1)
    await story.sits_down("houtai")  # another morning
    box = await story.step("end_special")
    await box.get_by_label("结果").select_option("通过")
    await story.done(box, "确认登记特别程序结果", "特别程序结果已登记。")
    await story.pushed("恢复计时，承诺3月10日前办结")
    await story.on_the_phone("审查中", "特别程序结束", "承诺办结日期调整为2026年3月10日")
    await expect(story.office.locator("main")).to_contain_text("2026年3月10日")


async def test_an_extension_and_a_refusal_with_its_remedy(story: Story) -> None:
    await story.by_api("qiantai", ("acceptance", {}))
    await story.by_api("houtai", ("review", {}))
    await story.sits_down("fuzeren")
    box = await story.step("extend")
    await box.get_by_label("延长（工作日）").fill("12")
    await box.get_by_label("情况复杂，需要进一步核查。").check()
    await box.get_by_role("button", name="确认批准延长办理期限").click()
    await expect(story.office.locator("#step-extend")).to_contain_text("天数不对")
    box = await story.step("extend")
    await box.get_by_label("延长（工作日）").fill("10")
    await story.done(box, "确认批准延长办理期限", "办理期限已延长，理由已告知申请人。")
    await story.pushed("办理期限延长，最迟4月14日")
    told = ("办理期限延长", "经本机关负责人批准", "情况复杂，需要进一步核查。")
    await story.on_the_phone(*told, "行政许可法第四十二条第一款", "2026年3月9日")  # as promised
    await story.in_the_chat(*told)
    await story.desk.signs_out()

    await story.sits_down("houtai")
    box = await story.step("decide")
    await box.get_by_label("不予许可", exact=True).check()
    await box.get_by_label("现场核查不合格。").check()
    await story.done(box, "提交决定", "决定已作出。")
    await story.pushed("不予许可")
    told = ("不予许可：现场核查不合格。", "行政复议", "行政诉讼")
    await story.on_the_phone(*told, "行政许可法第三十八条")
    await story.in_the_chat(*told)


async def test_a_case_that_two_departments_handle_together(story: Story) -> None:
    await story.by_api("qiantai", ("acceptance", {}))
    await story.by_api("houtai", ("review", {}))
    await story.sits_down("houtai")
    box = await story.step("start_joint")
    await box.get_by_label("办理方式").select_option("general")
    await box.get_by_label("部门1", exact=True).select_option("gongan")
    await box.get_by_label("部门1的期限（工作日）").fill("3")
    await story.done(box, "确认发起联合办理", "联合办理已发起。")
    await story.pushed("多部门联合办理已开始")
    await expect(story.office.locator("#step-decide")).to_have_count(0)  # it waits for the other
    await expect(story.office.locator("main")).to_contain_text("协办部门")
    await story.on_the_phone("开始联合办理", "（3个工作日）")
    await story.desk.signs_out()

    password = await hired(story.world, "xieban", (Role.BACK_OFFICE, "gongan", None))
    story.log_ins["xieban"] = LogIn("xieban", password, "")
    await story.desk.signs_in(story.log_ins["xieban"])
    await story.desk.opens(ITEM)
    await expect(story.office.locator("main")).to_contain_text("协办件")
    await expect(story.office.locator("main")).to_contain_text("2026年3月5日")  # its own clock
    await story.desk.takes("开始审查", "已开始审查。")
    box = await story.step("decide")
    await box.get_by_label("准予许可", exact=True).check()
    await story.done(box, "提交决定", "决定已作出。")
    await story.desk.signs_out()

    await story.sits_down("houtai")
    await expect(story.office.locator("main")).to_contain_text("协办部门已办完")
    box = await story.step("decide")
    await box.get_by_label("准予许可", exact=True).check()
    await story.done(box, "提交决定", "决定已作出。")
    await story.on_the_phone("已作出决定", "协办部门已办完", "准予")
    await story.in_the_chat("已作出决定", "协办部门已办完")
