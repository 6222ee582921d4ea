"""The sandbox served for real on loopback, a webhook that answers as told, and a control client."""

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from wechatpy.crypto import WeChatCrypto

from sandbox.app import create_sandbox
from sandbox.config import Config
from tests.portal.conftest import browser as browser
from tests.serving import served

TEMPLATE = "sandbox-case-progress".ljust(43, "0")
DATA = {
    "thing1": {"value": "食品经营许可"},
    "character_string2": {"value": "SY20260302000001"},
    "phrase3": {"value": "已受理"},
    "time4": {"value": "2026-03-02 09:00"},
}


@dataclass
class Outside:
    """What a test holds of the outside world: the account's API and the control plane."""

    url: str
    config: Config
    http: aiohttp.ClientSession
    scanner: str = ""

    async def ctl(self, method: str, path: str, /, expect: int = 200, **told: Any) -> Any:
        body = told or None
        async with self.http.request(method, f"{self.url}/_ctl/{path}", json=body) as answer:
            assert answer.status == expect, await answer.text()
            return await answer.json()

    async def post(self, path: str, /, **told: Any) -> Any:
        return await self.ctl("POST", path, **told)

    async def get(self, path: str) -> Any:
        return await self.ctl("GET", path)

    async def person(self, who: str) -> dict[str, Any]:
        return await self.get(f"people/{who}")

    async def phone(self, who: str, at_least: int = 0) -> list[dict[str, Any]]:
        return (await self.get(f"people/{who}/phone?at_least={at_least}"))["phone"]

    async def token(self) -> str:
        return (await self.stable_token())["access_token"]

    async def stable_token(self, **more: Any) -> dict[str, Any]:
        asked = {
            "grant_type": "client_credential",
            "appid": self.config.wechat_app_id,
            "secret": self.config.wechat_app_secret,
        }
        return await self.call("/cgi-bin/stable_token", **(asked | more))

    async def call(self, path: str, token: str | None = None, **told: Any) -> dict[str, Any]:
        params = {} if token is None else {"access_token": token}
        async with self.http.post(f"{self.url}{path}", params=params, json=told) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "application/json; encoding=utf-8"
            return await answer.json(content_type=None)

    async def read(self, path: str, **params: str) -> dict[str, Any]:
        async with self.http.get(f"{self.url}{path}", params=params) as answer:
            assert answer.status == 200
            return await answer.json(content_type=None)

    async def send_template(
        self, who: str, token: str | None = None, **more: Any
    ) -> dict[str, Any]:
        told = {
            "touser": (await self.person(who))["openid"],
            "template_id": TEMPLATE,
            "data": DATA,
        }
        token = await self.token() if token is None else token
        return await self.call("/cgi-bin/message/template/send", token, **(told | more))

    async def send_text(self, who: str, text: str = "您好") -> dict[str, Any]:
        told = {
            "touser": (await self.person(who))["openid"],
            "msgtype": "text",
            "text": {"content": text},
        }
        return await self.call("/cgi-bin/message/custom/send", await self.token(), **told)


Answerer = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@dataclass
class Webhook:
    """A receiver of pushes that keeps what came and answers as the test says."""

    config: Config
    url: str = ""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Answerer | None = None

    async def meet(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.received.append((dict(request.query), body))
        if request.method == "GET":
            return web.Response(text=request.query["echostr"])
        if self.answer is not None:
            return await self.answer(request, body)
        return web.Response(text="success")

    def crypto(self) -> WeChatCrypto:
        parts = (self.config.wechat_token, self.config.wechat_aes_key, self.config.wechat_app_id)
        return WeChatCrypto(*parts)

    def opened(self, index: int = -1) -> str:
        """A received push, checked and deciphered by wechatpy."""
        query, body = self.received[index]
        parts = (query["msg_signature"], query["timestamp"], query["nonce"])
        return self.crypto().decrypt_message(body.decode(), *parts)

    def says(self, xml: str, *, plain: bool = False, status: int = 200) -> None:
        """Answer every push with this XML, enciphered by wechatpy unless `plain`."""

        async def answer(request: web.Request, body: bytes) -> web.StreamResponse:
            stamp = str(int(time.time()))
            sealed = xml if plain else self.crypto().encrypt_message(xml, "nonce", stamp)
            return web.Response(text=sealed, status=status, content_type="text/xml")

        self.answer = answer


@pytest.fixture
def config() -> Config:
    return Config.for_tests()


@pytest.fixture
async def outside(config: Config) -> AsyncIterator[Outside]:
    async with served(create_sandbox(config)) as url, aiohttp.ClientSession() as http:
        outside = Outside(url, config, http)
        outside.scanner = (await outside.get("state"))["scanner"]
        yield outside


@pytest.fixture
async def webhook(outside: Outside, config: Config) -> AsyncIterator[Webhook]:
    hook = Webhook(config)
    app = web.Application()
    app.router.add_route("*", "/wechat", hook.meet)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # else no TCP_NODELAY: 40 ms each
    listener.bind(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    hook.url = f"http://127.0.0.1:{listener.getsockname()[1]}/wechat"
    await outside.post("webhook", url=hook.url)
    try:
        yield hook
    finally:
        await runner.cleanup()


@pytest.fixture
async def follower(outside: Outside, webhook: Webhook) -> dict[str, Any]:
    """张示例, who follows the account; no push is open."""
    person = await outside.post("people/zhang/follow", push=False)
    webhook.received.clear()
    return person
