"""What the people of a story in a browser do: a citizen with a phone, an officer at a desk."""

import os
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import FilePayload, FloatRect, FrameLocator, Locator, Page, expect

from citydesk.seed import LogIn
from tests.documents import a_pdf

PDF: FilePayload = {
    "name": "示例.pdf",
    "mimeType": "application/pdf",
    "buffer": a_pdf(),
}
TYPED = {
    "经营场所名称": "示例小馆",
    "经营场所地址": "沈河区示例路1号",
    "经营项目": "热食类食品制售",
    "法定代表人(负责人)": "张示例",
    "经营面积(平方米)": "60",
    "联系电话": "10000000001",
}
CHOSEN = {"主体业态": "餐饮服务经营者", "是否从事网络经营": "否"}


async def chosen(page: Page | FrameLocator, file: Locator, what: FilePayload = PDF) -> None:
    """Choose a file once the page's script listens: it sends what is chosen by itself."""
    await expect(page.get_by_text("不超过 20 MB").first).to_be_attached()  # its script has run
    await file.set_input_files([what])


@dataclass
class Camera:
    """Takes the pictures of the READMEs while the story runs; without PICTURES it takes none."""

    folder: str = os.environ.get("PICTURES", "")

    async def take(self, page: Page, name: str, only: Locator | None = None) -> None:
        """Keep what the page (or one part of it) shows as <name>.png."""
        if not self.folder:
            return
        box: FloatRect | None = await only.bounding_box() if only else None
        path = Path(self.folder) / f"{name}.png"
        await page.screenshot(path=path, clip=box, animations="disabled", caret="hide")


@dataclass
class Handset:
    """One phone of the simulator: the chat, and the page opened over it."""

    page: Page
    region: Locator

    @property
    def log(self) -> Locator:
        return self.region.get_by_role("log")

    @property
    def inside(self) -> FrameLocator:
        """The page that lies over the chat."""
        return self.region.frame_locator("iframe")

    async def says(self, text: str) -> None:
        await self.region.get_by_role("textbox").fill(text)
        await self.region.get_by_role("button", name="发送").click()

    async def presses(self, name: str) -> None:
        """Press the newest link or button of this name in the chat."""
        await self.log.get_by_role("button", name=name).last.click()

    async def pushed(self, title: str, *words: str) -> Locator:
        """Wait for a service notification that says these words; give its card."""
        card = self.log.locator(".service").filter(has_text=title)
        for word in words:
            card = card.filter(has_text=word)
        await expect(card.last).to_be_visible()
        return card.last

    async def closes_the_page(self) -> None:
        await self.region.get_by_role("button", name="关闭网页").click()
        await expect(self.region.locator("iframe")).to_have_count(0)

    async def goes_on(self, button: str, heading: str) -> None:
        """Press a button of the page; the page that comes has this heading."""
        await self.inside.get_by_role("button", name=button, exact=True).click()
        await self.arrives(heading)

    async def arrives(self, heading: str) -> None:
        await expect(self.inside.get_by_role("heading", level=1)).to_have_text(heading)


@dataclass
class Desk:
    """An officer's browser."""

    page: Page

    async def signs_in(self, log_in: LogIn, heading: str = "待办件") -> None:
        await self.page.goto("/desk/sign-in")
        await self.page.get_by_label("登录名").fill(log_in.login)
        await self.page.get_by_label("密码").fill(log_in.password)
        await self.page.get_by_role("button", name="登录", exact=True).click()
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    async def signs_out(self) -> None:
        await self.page.get_by_role("button", name="退出登录").click()
        await expect(self.page.get_by_text("已退出登录。")).to_be_visible()

    async def opens(self, item: str) -> None:
        await self.page.get_by_role("link", name=item).click()
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(item)

    async def takes(self, button: str, said: str) -> None:
        """Take a step; the page says it is done."""
        await self.page.get_by_role("button", name=button, exact=True).click()
        await expect(self.page.get_by_role("status")).to_have_text(said)
