"""A large file from a telephone: in parts, and gone on with when the network is back."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, Route, expect

from citydesk import cases
from citydesk.world import World
from models.cases import PaperUpload
from portal.handing_in import PAPER
from portal.sessions import CITIZEN_COOKIE
from tests.cases.test_uploads import LARGE
from tests.people import Outside
from tests.portal.conftest import Surfer
from tests.portal.test_my_cases import asker, begun, case_of, required, send, typed


@pytest.fixture
async def page(browser: Browser, server: str) -> AsyncIterator[Page]:
    """A telephone."""
    context = await browser.new_context(
        base_url=server, viewport={"width": 360, "height": 740}, locale="zh-CN"
    )
    yield await context.new_page()
    await context.close()


async def test_a_large_file_goes_on_where_the_network_left_it(
    page: Page, surfer: Surfer, outside: Outside, world: World, server: str
) -> None:
    code, path, shown = await begun(world, surfer, outside)
    case_id, form = case_of(path), f"/my/file/{code}"
    await send(surfer, form, shown, act="next", case=case_id, **typed())
    [paper, *_] = await required(world, code)
    cookie = {"name": CITIZEN_COOKIE, "value": surfer.cookie(CITIZEN_COOKIE), "url": server}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]
    await page.goto(f"{form}?case={case_id}&step=papers")
    place = page.locator(f"#{PAPER}{paper}")
    await expect(place.get_by_text("不超过 20 MB")).to_be_visible()
    calls = 0

    async def lossy(route: Route) -> None:
        """The network is gone from the third call on."""
        nonlocal calls
        calls += 1
        await (route.abort() if calls > 2 else route.continue_())

    await page.clock.install()
    await page.route("**/uploads", lossy)
    chosen = {"name": "租赁合同.pdf", "mimeType": "application/pdf", "buffer": LARGE}
    await place.locator("input[type=file]").set_input_files(chosen)  # type: ignore[arg-type]
    again = place.get_by_role("button", name="继续上传")
    for _ in range(100):  # it tries again after 1, 2 and 4 seconds, which do not really pass
        if await again.count():
            break
        await page.clock.run_for(1_000)
        await asyncio.sleep(0.05)
    await expect(again).to_be_visible()
    await expect(place.get_by_role("alert")).to_contain_text("已传的部分还在")
    upload = await PaperUpload.get()
    assert upload.received_bytes == cases.LARGEST_PART
    await page.unroute("**/uploads")
    await again.click()
    await expect(place.get_by_role("link", name="租赁合同.pdf")).to_be_visible()
    case = await cases.fetch_for(await asker(world, surfer), UUID(case_id))
    [held] = await cases.papers(world, case)
    assert held.size_bytes == len(LARGE)
    assert await PaperUpload.all().count() == 0
    wrong = {"name": "a.exe", "mimeType": "application/pdf", "buffer": b"MZ" * 600_000}
    await place.locator("input[type=file]").set_input_files(wrong)  # type: ignore[arg-type]
    await expect(place.get_by_role("alert")).to_contain_text("只能上传")
    large = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-" * (5 << 20)}
    await place.locator("input[type=file]").set_input_files(large)  # type: ignore[arg-type]
    await expect(place.get_by_role("alert")).to_contain_text("超过20MB")
