"""Officers see a card before it falls, and why it fell."""

from playwright.async_api import Browser

from citydesk import supervision
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.city import planted
from tests.people import Outside, Phone
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk, filed_case, sample
from tests.portal.test_desk_browser import checked, signed_in
from tests.supervision.clocks import at


async def test_the_page_of_a_case_shows_the_card_that_comes_and_the_one_that_fell(
    world: World, surfer: Surfer, phone: Phone, outside: Outside, clock: SetClock
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)  # Monday 2 March, 09:00
    desk = await sample(world, Desk(surfer), "qiantai")
    page = f"/desk/cases/{case['id']}"
    shown = await desk.shown(page)
    assert "将有预警" in shown
    # The instant rule: two times eight hours after opening on Monday are used on Tuesday at 17:00.
    assert "2026年3月4日 09:00后仍未办理，预审将生成预警。" in shown
    clock.set(at("2026-03-04 09:00:02"))
    await supervision.fire_rungs(world)
    await sample(world, desk, "qiantai")  # the session of Monday is over
    shown = await desk.shown(page)
    assert "预审时限已用完，2026年3月4日 09:00:01生成预警。" in shown
    assert "2026年3月2日09:00起算，期限2个工作日，首日不计。" in shown
    assert "将有黄牌" in shown


async def test_the_cards_of_an_organ_lead_to_their_cases(
    world: World, surfer: Surfer, phone: Phone, outside: Outside, clock: SetClock
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    desk = await sample(world, Desk(surfer), "qiantai")
    assert "没有预警，也没有红黄牌。" in await desk.shown("/desk/cards")
    clock.set(at("2026-03-09 09:00:30"))
    await supervision.fire_rungs(world)
    await sample(world, desk, "qiantai")
    shown = await desk.shown("/desk/cards")
    assert shown.index("黄牌</span>") < shown.index("预警</span>"), "the newest first"
    assert f'href="/desk/cases/{case["id"]}"' in shown
    assert case["case_no"] in shown
    assert "（系统恢复后补记）" in shown
    assert "规则（2018版）：超过期限3个工作日后生成黄牌。" in shown
    await desk.out()
    await sample(world, desk, "guanli")
    assert (await surfer.get("/desk/cards")).status == 403


async def test_cards_shut_nobody_out(
    world: World,
    browser: Browser,
    server: str,
    phone: Phone,
    outside: Outside,
    clock: SetClock,
) -> None:
    _, _, case = await filed_case(phone, outside)
    clock.set(at("2026-03-12 09:00:30"))
    await supervision.fire_rungs(world)
    page = await browser.new_page(base_url=server, viewport={"width": 390, "height": 844})
    await signed_in(world, page, "qiantai")
    await page.get_by_role("link", name="红黄牌").click()
    await page.get_by_text("为什么").first.click()
    await checked(page)
    await page.goto(f"/desk/cases/{case['id']}")
    await checked(page)
