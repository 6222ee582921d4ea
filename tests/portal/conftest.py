"""What tests of the portal hold: a browser's HTTP client, and a real browser."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from citydesk.world import World
from tests.portal.notebook import create_notebook
from tests.serving import served

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def template(planted_template: str) -> str:
    """These tests begin in the sample city."""
    return planted_template


@dataclass
class Shown:
    """A page as an HTTP client sees it."""

    status: int
    headers: Any
    text: str


@dataclass
class Surfer:
    """An HTTP client with a browser's cookies, that follows no redirect by itself."""

    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Shown:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, **fields: Any) -> Shown:
        return await self.ask("POST", path, data=fields)

    def holds(self, name: str, value: str) -> None:
        """Put a cookie into the browser."""
        self.session.cookie_jar.update_cookies({name: value})

    def cookie(self, name: str) -> str:
        """The value of a cookie of this browser; "" for none."""
        return next((each.value for each in self.session.cookie_jar if each.key == name), "")

    async def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Shown:
        sent = {**self.headers, **(headers or {})}
        async with self.session.request(
            method, path, headers=sent, allow_redirects=False, **more
        ) as answer:
            return Shown(answer.status, answer.headers, await answer.text())


@pytest.fixture
async def surfer(server: str) -> AsyncIterator[Surfer]:
    """Nobody signed in, no cookies yet; cookies of an address without a name are kept."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(server, cookie_jar=jar) as session:
        yield Surfer(session)


@pytest.fixture
async def notebook(world: World) -> AsyncIterator[Surfer]:
    """A surfer of a small portal with forms of its own (notebook.py)."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        served(create_notebook(world)) as url,
        aiohttp.ClientSession(url, cookie_jar=jar) as session,
    ):
        yield Surfer(session)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium; must be there when CI is set, otherwise its tests are skipped."""
    path = shutil.which(CHROMIUM) or shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: browser tests need it")
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        await started.close()
