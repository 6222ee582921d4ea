"""What a web log-in in WeChat leaves behind: codes' meanings, access and refresh tokens (A12)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.people import Person, wechat_id

ACCESS_SECONDS = 7_200
REFRESH_SECONDS = 30 * 86_400
KEPT = 5_000


@dataclass(frozen=True, slots=True)
class WebLogin:
    """Who opened a page of the account, for which scope; `snapshot` gives them a virtual openid."""

    person: Person
    scope: str
    snapshot: bool = False

    @property
    def openid(self) -> str:
        """The openid the page gets: of no use to anybody when it is a snapshot's."""
        if self.snapshot:
            return wechat_id("snapshot", self.person.key)
        return self.person.openid


@dataclass(slots=True)
class _Kept:
    login: WebLogin
    dies_at: float


class WebTokens:
    """Tokens that stand for one person at one account; they are not the account's own tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._access: dict[str, _Kept] = {}
        self._refresh: dict[str, _Kept] = {}

    def issue(self, login: WebLogin) -> tuple[str, str]:
        """A new access token and a new refresh token."""
        access = self._keep(self._access, login, ACCESS_SECONDS)
        return access, self._keep(self._refresh, login, REFRESH_SECONDS)

    def renew(self, refresh: str) -> tuple[str, WebLogin] | int:
        """A new access token for a refresh token; or 40030 (unknown), 42002 (expired)."""
        kept = self._refresh.get(refresh)
        if kept is None:
            return 40030
        if self._clock.now() >= kept.dies_at:
            return 42002
        return self._keep(self._access, kept.login, ACCESS_SECONDS), kept.login

    def login(self, access: str) -> WebLogin | int:
        """Whose token this is; or 40001 (unknown), 42001 (expired)."""
        kept = self._access.get(access)
        if kept is None:
            return 40001
        return kept.login if self._clock.now() < kept.dies_at else 42001

    def _keep(self, tokens: dict[str, _Kept], login: WebLogin, seconds: float) -> str:
        value = f"90_{secrets.token_urlsafe(64)}"
        tokens[value] = _Kept(login, self._clock.now() + seconds)
        while len(tokens) > KEPT:
            del tokens[next(iter(tokens))]
        return value
