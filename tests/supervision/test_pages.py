"""The supervisors' pages: from a figure to the rows, from a row to the test that failed."""

import re
from html import unescape

from playwright.async_api import Browser, expect

from citydesk import guides, identity, seed, supervision
from citydesk.identity import Role
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.supervision import Measure
from portal.charts import POLICY
from tests.city import planted
from tests.guides.making import a_guide, code
from tests.journeys.browsing import Desk as BrowserDesk
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk
from tests.supervision.test_trials import only, shut


async def supervisor(world: World, desk: Desk, login: str) -> Desk:
    """Take a supervisor on, and sign them in at a browser."""
    password = await identity.add_officer(world, login, "冯示例")
    await identity.add_post(world, login, Role.SUPERVISOR, "zhengwu", None)
    told = await desk.sign_in(login, password)
    assert told.status == 303, told.text
    return desk


async def test_a_figure_leads_to_its_rows_and_to_the_test_that_failed(
    world: World, surfer: Surfer, clock: SetClock
) -> None:
    await planted(world)
    await only(world, a_guide(), a_guide(item_code=code(2), name="示例灯笼悬挂许可"))
    await shut(world, "shenhe")
    await supervision.lay_matrix(world)
    await supervision.try_items(world, seconds=60)
    desk = await supervisor(world, Desk(surfer), "jiandu-a")
    assert (await surfer.get("/desk")).headers["location"] == "/supervision"
    assert "还没达到" in await desk.shown("/supervision")
    rates = await desk.shown("/supervision/rates?measure=entry&by=district")
    assert "目标" in rates
    rows = re.search(r'href="(/supervision/rates/items\?[^"]*code=210103[^"]*)"', rates)
    assert rows is not None
    listed = await desk.shown(unescape(rows[1]))
    assert listed.count("大厅没有开放的受理窗口") == 2
    item = await desk.shown(f"/supervision/items/{code()}")
    assert "WindowsClosed" not in item
    assert "大厅没有开放的受理窗口" in item
    assert "自助终端还没有接入" in item
    told = await desk.send(f"/supervision/items/{code()}")
    assert told.status == 303
    for path in ("/supervision/rates?measure=bookable&by=department", "/supervision/rates?by=city"):
        assert (await surfer.get(path)).status == 200
    picture = await surfer.get("/supervision/rates/chart.svg?measure=entry&by=district")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["content-security-policy"] == POLICY
    assert "<script" not in picture.text
    assert "沈河区" in picture.text
    assert "code=210103" in picture.text


async def test_registers_are_kept_on_their_pages(
    world: World, surfer: Surfer, clock: SetClock
) -> None:
    await only(world, a_guide())
    desk = await supervisor(world, Desk(surfer), "jiandu-a")
    # The baseline: not without a tick, once, never again.
    assert (await desk.send("/supervision/materials")).status == 422
    frozen = await desk.send("/supervision/materials", sure="yes")
    assert frozen.status == 303
    assert "按办件量" in await desk.shown("/supervision/materials")
    proof = "/supervision/exceptions"
    again = await desk.send("/supervision/materials", proof_from=proof, sure="yes")
    assert (again.status, "只能冻结一次" in again.text) == (409, True)
    # An exception: what was typed stays; whoever asked does not decide.
    wrong = await desk.send(proof, item_code="nothing", measure="online", reason="涉密事项")
    assert (wrong.status, "涉密事项" in wrong.text) == (404, True)
    asked = {"item_code": code(), "measure": "online", "reason": "涉密事项", "valid_to": ""}
    assert (await desk.send(proof, **asked)).status == 303
    [exception] = await supervision.exceptions(world)
    one = f"{proof}/{exception.id}"
    assert (await desk.send(one, proof_from=proof, action="approve")).status == 403
    await desk.out()
    desk = await supervisor(world, desk, "jiandu-b")
    assert (await desk.send(one, proof_from=proof, action="approve")).status == 303
    assert (await supervision.city_rate(world, Measure.ONLINE)).excepted == 1
    register = await desk.shown(proof)
    assert "jiandu-a" in register
    assert "jiandu-b" in register
    # Former pages.
    department = (await guides.departments(world))[0].name
    lines = f"http://gsj.example.cn/a.html,{department},{code()}"
    at = "/supervision/former-pages"
    assert "第1行" in (await desk.send(at, lines="http://gsj.example.cn,没有这个局")).text
    assert (await desk.send(at, lines=lines)).status == 303
    assert "gsj.example.cn" in await desk.shown(f"{at}?state=unknown")
    [page] = (await supervision.former_pages(world)).items
    assert (await desk.send(f"{at}/{page.id}", proof_from=at)).status == 303
    assert (await supervision.former_pages(world)).items == []
    assert (await surfer.get("/supervision/parity")).status == 200


async def test_only_supervisors_and_administrators_come_in(world: World, surfer: Surfer) -> None:
    paths = ("/supervision", "/supervision/materials", "/supervision/rates/chart.svg")
    for path in paths:
        assert (await surfer.get(path)).status == 303
    password = await identity.add_officer(world, "qiantai-b", "钱示例")
    await identity.add_post(world, "qiantai-b", Role.BACK_OFFICE, "shijianju", None)
    await Desk(surfer).sign_in("qiantai-b", password)
    for path in paths:
        assert (await surfer.get(path)).status == 403


async def test_the_chart_is_seen_in_a_browser_and_its_bars_lead_on(
    world: World, server: str, browser: Browser
) -> None:
    await only(world, a_guide())
    await supervision.try_items(world, seconds=60)
    page = await (await browser.new_context(base_url=server)).new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    password = await identity.add_officer(world, "jiandu-a", "冯示例")
    await identity.add_post(world, "jiandu-a", Role.SUPERVISOR, "zhengwu", None)
    log_in = seed.LogIn("jiandu-a", password, "")
    await BrowserDesk(page).signs_in(log_in, "效能监管总览")
    await page.get_by_role("link", name="看图和明细").click()
    picture = page.locator(".chart img")
    await expect(picture).to_be_visible()
    drawn = "each => each.complete && each.naturalWidth > 100"
    assert await picture.evaluate(drawn)
    await picture.click()
    await page.locator("a", has=page.locator("rect")).first.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("的事项")
    assert refused == []
