"""The state of the outside world: one object, fresh after every reset."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any

import aiohttp
from starlette.requests import Request

from sandbox.chats import Chats
from sandbox.clock import Clock
from sandbox.codes import OneTimeCodes
from sandbox.config import Config
from sandbox.faults import Faults
from sandbox.former_site import FormerSite
from sandbox.grants import Grants
from sandbox.ledger import Ledger
from sandbox.limits import Quotas, Switches
from sandbox.live import Live
from sandbox.people import People, Person
from sandbox.provider_keys import ProviderKeys
from sandbox.provider_login import Login
from sandbox.templates import Templates
from sandbox.tokens import Tokens
from sandbox.web_tokens import WebLogin, WebTokens
from sandbox.wechat_crypto import MessageCipher

LOGIN_CODE_SECONDS = 300


class Outside:
    """Everything the sandbox remembers; all of it in memory."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.cipher = MessageCipher(config.wechat_aes_key, config.wechat_app_id)
        self.provider_keys = ProviderKeys()
        self._running: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.live = Live()
        self.scanner_address = ""  # once it listens
        self.reset()

    def reset(self) -> None:
        """Back to the beginning: as after a start, but with the provider's keys kept."""
        for task in self._running:
            task.cancel()
        config = self.config
        self.webhook_url = config.webhook_url
        self.clock = Clock(config.starts_at, config.clock_frozen)
        self.ledger = Ledger()
        self.faults = Faults()
        self.provider_faults: list[str] = []
        self.switches = Switches(
            cut_seconds=config.cut_seconds, tries=config.tries, mode=config.mode
        )
        self.quotas = Quotas(self.clock)
        self.menu: list[dict[str, Any]] = []
        self.menu_id = 0
        self.chats = Chats(self.live)
        self.people = People(config, self.chats.arrived)
        self.tokens = Tokens(self.clock)
        self.grants = Grants(self.clock)
        self.templates = Templates(config.templates)
        self.sent_templates: dict[tuple[str, str], tuple[int, float]] = {}
        self.web_codes: OneTimeCodes[WebLogin] = OneTimeCodes(self.clock, LOGIN_CODE_SECONDS)
        self.web_tokens = WebTokens(self.clock)
        self.login_codes: OneTimeCodes[Person] = OneTimeCodes(self.clock, LOGIN_CODE_SECONDS)
        self.authorizations: OneTimeCodes[Login] = OneTimeCodes(self.clock, LOGIN_CODE_SECONDS)
        self.former_site: FormerSite = {}
        self.live.publish("reset")
        self._last_id = 3_000_000_000_000_000_000 + secrets.randbelow(10**15)

    def next_id(self) -> int:
        """A message id of 19 digits, larger than what a double can hold exactly."""
        self._last_id += 1 + secrets.randbelow(1000)
        return self._last_id

    def http(self) -> aiohttp.ClientSession:
        """The client that pushes to our webhook: no cookies, no proxies, no shared secrets."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                # idle connections go before a server drops them: a lost race would look like a try
                connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=2),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=60),
            )
        return self._session

    async def close(self) -> None:
        """Stop what runs and let go of connections."""
        self.live.close()
        for task in self._running:
            task.cancel()
        await self.settle(5)
        if self._session is not None:
            await self._session.close()

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something in the background until it ends or the world is reset."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen: whatever a push met is in the ledger

    async def settle(self, seconds: float) -> bool:
        """Wait until nothing runs in the background; False when it takes longer than `seconds`."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)
        return not self._running


def outside_of(request: Request) -> Outside:
    """The world a request arrived in."""
    found: Outside = request.app.state.outside
    return found
