"""The first story again, as a newcomer plays it: in a browser, by simulator and portal."""

from collections.abc import AsyncIterator, Sequence

import pytest
from playwright.async_api import Browser, Page, expect

from citydesk import notifications
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.city import planted
from tests.journeys.browsing import CHOSEN, TYPED, Camera, Desk, Handset, chosen
from tests.journeys.test_restaurant import drained
from tests.people import Outside

ITEM = "食品经营许可(新办)"
# Width, height, and how many points of a picture one pixel of the page has.
PHONE, DESKTOP = (420, 900, 1.5), (800, 680, 1)
TO_THE_TOP = "each => scrollTo(0, each.getBoundingClientRect().top + scrollY - 16)"


@pytest.fixture
async def windows(browser: Browser, server: str) -> AsyncIterator[tuple[Page, Page]]:
    """The newcomer's two browsers; a script's error or a breach of a page's policy fails."""
    wrong: list[str] = []
    opened = []
    for width, height, sharpness in (PHONE, DESKTOP):
        context = await browser.new_context(
            base_url=server,
            viewport={"width": width, "height": height},
            device_scale_factor=sharpness,
            locale="zh-CN",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if _breach(said.text) else None)
        opened.append(page)
    yield opened[0], opened[1]
    for page in opened:
        await page.context.close()
    assert not wrong


def _breach(said: str) -> bool:
    return "Content Security Policy" in said or "Refused to" in said


async def test_a_citizen_opens_a_restaurant_in_the_browser(
    world: World, outside: Outside, clock: SetClock, windows: tuple[Page, Page]
) -> None:
    async def later(minutes: int) -> None:
        """Let the worker do what is due, and time pass."""
        await drained(world)
        clock.move(minutes=minutes)
        await outside.at(clock)

    log_ins = await planted(world)
    await notifications.publish_menu(world, None)
    camera = Camera()
    street, office = windows
    desk = Desk(office)
    await office.goto("/")
    await camera.take(office, "home")
    await office.set_viewport_size({"width": 1000, "height": 860})

    phone = await asks(street, outside, camera)
    await later(2)
    await proves_the_name_and_books(phone, camera)
    await later(3)
    await files(phone, camera)
    await later(40)

    await desk.signs_in(log_ins["qiantai"])
    await desk.opens(ITEM)
    await desk.takes("预审通过", "已预审通过，已通知申请人。")
    await later(20)
    await desk.takes("收件", "已收件，已通知申请人。")
    await later(10)
    await camera.take(office, "case")
    await office.get_by_text("一次性告知补正", exact=True).click()
    await office.get_by_label("材料不清晰，请重新提供。").check()
    await office.get_by_label("具体说明").first.fill("平面图请标明后厨位置。")
    await desk.takes("确认一次性告知补正", "补正通知已发出。")
    await later(15)

    await corrects(phone)
    await later(25)
    await office.reload()
    await desk.takes("受理", "已受理，承诺日期已告知申请人。")
    await expect(office.get_by_text("2026年3月9日").first).to_be_visible()  # 5 working days
    await desk.signs_out()
    await later(60)

    await desk.signs_in(log_ins["houtai"])
    await desk.opens(ITEM)
    await desk.takes("开始审查", "已开始审查。")
    await later(90)
    await office.get_by_label("准予许可", exact=True).check()
    await desk.takes("提交决定", "决定已作出。")
    await later(10)
    await desk.takes("办结", "已办结，已通知申请人领取结果。")
    await desk.signs_out()
    await later(30)

    await phone.pushed("办结通知")
    await phone.says("进度")
    told = phone.log.locator(".bubble").last
    for word in (f"{ITEM}：已办结", "一次性告知", "2026年3月9日", "出件窗口"):
        await expect(told).to_contain_text(word)

    await desk.signs_in(log_ins["chujian"])
    await desk.opens(ITEM)
    await desk.takes("确认送达", "已送达，办件完成。")
    await later(1)
    await reads_the_timeline(phone, camera)


async def asks(street: Page, outside: Outside, camera: Camera) -> Handset:
    """Follow the account, say 开饭店, look at the list of papers."""
    await street.goto(f"{outside.url}/?people=zhang")
    phone = Handset(street, street.get_by_role("region", name="张示例"))
    await phone.region.get_by_role("button", name="关注公众号").click()
    await expect(phone.log.get_by_text("您好，这里是沈阳政务服务")).to_be_visible()
    await phone.says("开饭店")
    await expect(phone.log.get_by_text(f"【{ITEM}】")).to_be_visible()
    await expect(phone.log.get_by_text("已送达").last).to_be_visible()
    await camera.take(street, "chat", phone.region)
    await phone.presses("看材料清单")
    await expect(phone.log.get_by_text("要带的材料").last).to_be_visible()
    await phone.presses("预约 / 网上办")
    return phone


async def proves_the_name_and_books(phone: Handset, camera: Camera) -> None:
    """Open the booking in the phone: signed in silently, the real name once, a morning slot."""
    await phone.presses("点这里选大厅和时段")
    await phone.goes_on("开始实名核验", "统一身份认证（示例）")
    await phone.inside.get_by_role("button", name="张示例").click()
    await phone.arrives("预约到大厅办")
    await phone.inside.get_by_label("沈河区政务服务中心").check()
    await phone.goes_on("下一步：选日期", "预约到大厅办")
    await phone.inside.get_by_label("2026年3月3日").check()
    await phone.goes_on("下一步：选时段", "预约到大厅办")
    await phone.inside.get_by_label("09:00–09:30").check()
    await camera.take(phone.page, "booking", phone.region)
    await phone.goes_on("确认预约", "我的预约")
    await expect(phone.inside.get_by_text("沈河区政务服务中心").first).to_be_visible()
    await phone.closes_the_page()


async def files(phone: Handset, camera: Camera) -> None:
    """Fill the form, hand in every paper that must be there, submit."""
    await phone.pushed("预约成功通知", "沈河区政务服务中心")
    await phone.presses("点这里填表、传材料")
    page = phone.inside
    await page.get_by_label("由哪个大厅办理").select_option(label="沈河区政务服务中心")
    await phone.goes_on("开始填写", "第1步，共2步：填写申请")
    for label, text in TYPED.items():
        await page.get_by_label(label, exact=True).fill(text)
    for label, text in CHOSEN.items():
        await page.get_by_label(label, exact=True).select_option(text)
    await page.get_by_role("heading", level=1).evaluate(TO_THE_TOP)
    await camera.take(phone.page, "filing", phone.region)
    await phone.goes_on("保存，下一步传材料", "第2步，共2步：上传材料")
    missing = page.get_by_role("listitem").filter(has_text="必须上传")
    for left in reversed(range(await missing.count())):
        await chosen(page, missing.first.get_by_label("的文件"))
        await expect(missing).to_have_count(left)
    await phone.goes_on("提交申请", "回执")
    await phone.closes_the_page()


async def corrects(phone: Handset) -> None:
    """Open the page the notice leads to, hand the plan in anew."""
    card = await phone.pushed("补正通知", "请在3月17日前补正材料")
    await card.get_by_role("button", name="查看详情").click()
    page = phone.inside
    await page.get_by_role("link", name="去补正").click()
    await phone.arrives("补正材料")
    await expect(page.get_by_text("平面图请标明后厨位置")).to_be_visible()
    plan = page.get_by_role("listitem").filter(has_text="经营场所平面布局和操作流程图").first
    await chosen(page, plan.get_by_label("的文件"))
    await expect(page.get_by_role("status")).to_have_text("已上传并保存。")
    await phone.goes_on("提交补正", ITEM)
    await expect(page.get_by_role("status")).to_have_text("补正已提交，窗口会重新核对。")
    await phone.closes_the_page()


async def reads_the_timeline(phone: Handset, camera: Camera) -> None:
    """Open the last notice: the case is served, and everything that happened stands there."""
    card = await phone.pushed("办结通知", "已送达")
    await card.get_by_role("button", name="查看详情").click()
    await phone.arrives(ITEM)
    happened = phone.inside.get_by_role("heading", name="办到哪了")
    await expect(happened).to_be_visible()
    words: Sequence[str] = ("结果已送达", "一次性告知", "窗口已收件", "已提交申请")
    for word in words:
        await expect(phone.inside.get_by_text(word).first).to_be_visible()
    await happened.evaluate(TO_THE_TOP)
    await camera.take(phone.page, "progress", phone.region)
