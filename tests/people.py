"""The people of the tests, and what they hold: a phone, a WeChat account, an officer's desk."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import orjson

from citydesk.kit.clock import Clock
from sandbox.config import Config


@dataclass
class Told:
    """An answer of the API."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    def ok(self, status: int | None = None) -> Any:
        """The JSON of an answer that must be a good one."""
        good = self.status < 300 if status is None else self.status == status
        assert good, f"{self.status} {self.body.decode()[:1000]}"
        return self.json if self.body else None

    def refused(self, status: int, problem: str) -> Any:
        """The problem document of an answer that must be this refusal."""
        assert self.status == status, f"{self.status} {self.body.decode()[:1000]}"
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json["type"] == f"/problems/{problem}", self.json
        return self.json


@dataclass
class Phone:
    """An HTTP client that may carry a token; every creating POST gets a fresh key by itself."""

    session: aiohttp.ClientSession
    token: str | None = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: bytes | None = None,
        key: str | None = "",
        headers: dict[str, str] | None = None,
        **params: str,
    ) -> Told:
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if key is not None and method == "POST":
            sent["Idempotency-Key"] = key or str(uuid4())
        async with self.session.request(
            method,
            f"/api{path}",
            json=json,
            data=data,
            headers=sent,
            params=params,
            allow_redirects=False,
        ) as answer:
            return Told(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **params: str) -> Told:
        return await self.ask("GET", path, **params)

    async def post(self, path: str, json: Any = None, **more: Any) -> Told:
        return await self.ask("POST", path, json=json, **more)

    def signed_in(self, token: str) -> "Phone":
        return Phone(self.session, token)


@dataclass
class Outside:
    """The sandbox as a test steers and reads it."""

    url: str
    session: aiohttp.ClientSession
    config: Config
    scanner: str = ""
    people: dict[str, Any] = field(default_factory=dict)

    async def control(self, method: str, path: str, /, **told: Any) -> Any:
        async with self.session.request(method, f"/_ctl/{path}", json=told or None) as answer:
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def at(self, clock: Clock) -> None:
        """Set the outside world's clock by ours; call it whenever ours has been moved."""
        await self.control("POST", "clock", now=clock.now().timestamp())

    async def person(self, who: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.control("GET", f"people/{who}")
        return found

    async def says(self, who: str, text: str, **more: Any) -> str:
        """A person types into the account; return what the account answers in the chat."""
        told = await self.control("POST", f"people/{who}/say", text=text, **more)
        return answer_in(told)

    async def on_phone(self, who: str, at_least: int = 0) -> list[dict[str, Any]]:
        """Everything that reached a person's phone, oldest first."""
        told = await self.control("GET", f"people/{who}/phone?at_least={at_least}")
        found: list[dict[str, Any]] = told["phone"]
        return found


def answer_in(told: dict[str, Any]) -> str:
    """The bubbles a person sees in what the sandbox tells of a push."""
    return "\n".join(told["shown"])
