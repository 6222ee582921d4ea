"""The official account's access token: fetched once per expiry, however many ask.

``stable_token`` in normal mode gives every caller the same token and kills none (protocol A13).
Inside a process one task fetches and the others wait for it; among processes a short lock in
Valkey does the same. Without Valkey each process fetches for itself, which is harmless.
"""

import asyncio
from dataclasses import dataclass, field
from secrets import token_hex
from time import perf_counter
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from citydesk.gateways.wechat_errors import AccountTrouble
from citydesk.kit.http import Http
from citydesk.kit.logs import logger
from citydesk.kit.troubles import GatewayTrouble

EARLY_SECONDS = 360  # WeChat changes the token 300 s before its end; be there first
LOCK_SECONDS = 6  # longer than one fetch may take
POLL_SECONDS = 0.05
STUCK_SECONDS = 10.0  # a refused token that came back is not asked for again before this

_DELETE_IF = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
)


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    good_until: float


@dataclass(slots=True)
class TokenKeeper:
    """Keeps one application's token; ``token()`` is cheap while it is good."""

    http: Http = field(repr=False)
    valkey: Redis | None = field(repr=False)
    api_url: str
    app_id: str
    app_secret: str = field(repr=False)
    _kept: _Kept | None = field(default=None, repr=False)
    _stuck: str | None = field(default=None, repr=False)
    _stuck_until: float = field(default=0.0, repr=False)
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def key(self) -> str:
        """Where Valkey keeps the token."""
        return f"wx:tok:{self.app_id}"

    async def token(self) -> str:
        """Return a good token; raises GatewayTrouble when WeChat gives none."""
        return self._good() or await self._renewed(None)

    async def token_after(self, failed: str) -> str:
        """Return the token that replaces one WeChat has just refused.

        Raises:
            AccountTrouble: WeChat keeps giving the token that it refuses.
            GatewayTrouble: WeChat gives none.
        """
        token = await self._renewed(failed)
        if token == failed:
            raise AccountTrouble("stable_token: the refused token came back", sent=False)
        return token

    def _good(self) -> str | None:
        kept = self._kept
        return kept.token if kept is not None and perf_counter() < kept.good_until else None

    async def _renewed(self, failed: str | None) -> str:
        async with self._fetching:
            good = self._good()
            if good is not None and good != failed:
                return good
            if failed is not None and failed == self._stuck and perf_counter() < self._stuck_until:
                return failed
            self._kept = await self._shared(failed)
            if self._kept.token == failed:
                self._stuck, self._stuck_until = failed, perf_counter() + STUCK_SECONDS
            return self._kept.token

    async def _shared(self, failed: str | None) -> _Kept:
        try:
            return await self._from_valkey(failed)
        except (RedisError, OSError, TimeoutError) as lost:
            logger().warning("token cache lost", error=type(lost).__name__)
            return (await self._fetch())[0]

    async def _from_valkey(self, failed: str | None) -> _Kept:
        if self.valkey is None:
            return (await self._fetch())[0]
        if failed is not None:
            await self._delete_if(self.key, failed)
        mark, tries = token_hex(8), int(LOCK_SECONDS / POLL_SECONDS)
        for _ in range(tries):
            if (kept := await self._cached(self.valkey)) is not None:
                return kept
            if await self.valkey.set(f"{self.key}:lock", mark, nx=True, ex=LOCK_SECONDS):
                return await self._fetch_for_all(self.valkey, mark)
            await asyncio.sleep(POLL_SECONDS)
        return (await self._fetch())[0]

    async def _cached(self, valkey: Redis) -> _Kept | None:
        async with valkey.pipeline(transaction=True) as pipe:
            asked: Any = pipe  # queues commands; the stubs type them as if they ran
            token, left = await asked.get(self.key).pttl(self.key).execute()
        if token is None or left <= 0:
            return None
        return _Kept(token.decode(), perf_counter() + left / 1000)

    async def _fetch_for_all(self, valkey: Redis, mark: str) -> _Kept:
        try:
            # Another process may have put it there between our look and our lock.
            if (kept := await self._cached(valkey)) is not None:
                return kept
            kept, seconds = await self._fetch()
            try:
                await valkey.set(self.key, kept.token, ex=seconds)
            except (RedisError, OSError, TimeoutError) as lost:
                logger().warning("token not shared", error=type(lost).__name__)
            return kept
        finally:
            await self._unlock(mark)

    async def _unlock(self, mark: str) -> None:
        try:
            await self._delete_if(f"{self.key}:lock", mark)
        except (RedisError, OSError, TimeoutError):
            return  # it expires by itself

    async def _delete_if(self, key: str, value: str) -> None:
        """Delete a key only while it still holds that value: never another's newer token."""
        if self.valkey is not None:
            told: Any = self.valkey.eval(_DELETE_IF, 1, key, value)
            await told

    async def _fetch(self) -> tuple[_Kept, int]:
        asked = {
            "grant_type": "client_credential",
            "appid": self.app_id,
            "secret": self.app_secret,
            "force_refresh": False,
        }
        answer = await self.http.call("POST", f"{self.api_url}/cgi-bin/stable_token", json=asked)
        told = answer.json()
        token = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(token, str) or not token:
            code = told.get("errcode") if isinstance(told, dict) else None
            raise _no_token(answer.status, code)
        seconds = max(int(told.get("expires_in") or 0) - EARLY_SECONDS, 10)
        return _Kept(token, perf_counter() + seconds), seconds


def _no_token(status: int, code: object) -> GatewayTrouble:
    what = f"stable_token: status {status}, errcode {code}"
    if isinstance(code, int) and code in (-1, 45009, 45011):
        return GatewayTrouble(what, sent=False, retry_after_seconds=60 if code != -1 else None)
    if isinstance(code, int):
        return AccountTrouble(what, sent=False, retry_after_seconds=300)
    return GatewayTrouble(what, sent=False)
