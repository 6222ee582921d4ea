"""Access tokens of the applications: /cgi-bin/token and /cgi-bin/stable_token (protocol A13)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sandbox.clock import Clock

LIFE_SECONDS = 7200
OVERLAP_SECONDS = 300
FORCED_PER_DAY = 20
FORCED_APART_SECONDS = 30
KEPT_TOKENS = 5_000


@dataclass(slots=True)
class Token:
    """One token: for whom, and the instant it dies (epoch seconds)."""

    value: str
    app_id: str
    dies_at: float


class Tokens:
    """Issues tokens and says whether one is good; the two ways of asking do not share tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, Token] = {}
        self._stable: dict[str, Token] = {}
        self._classic: dict[str, Token] = {}
        self._forced: dict[str, list[tuple[str, float]]] = {}

    def classic(self, app_id: str) -> tuple[str, int]:
        """A new token and its life in seconds; the old one dies within five minutes."""
        now = self._clock.now()
        old = self._classic.get(app_id)
        if old is not None:
            old.dies_at = min(old.dies_at, now + OVERLAP_SECONDS)
        self._classic[app_id] = self._issue(app_id)
        return self._classic[app_id].value, LIFE_SECONDS

    def stable(self, app_id: str) -> tuple[str, int]:
        """The same token until five minutes before its end, then a new one beside the old."""
        now = self._clock.now()
        token = self._stable.get(app_id)
        if token is None or token.dies_at - now <= OVERLAP_SECONDS:
            token = self._stable[app_id] = self._issue(app_id)
        return token.value, int(token.dies_at - now)

    def forced(self, app_id: str) -> tuple[str, int] | int:
        """A new token at once, killing the old. Returns 45009 after 20 a day, 45011 within 30 s."""
        now, today = self._clock.now(), self._clock.day()
        earlier = self._forced.setdefault(app_id, [])
        if sum(day == today for day, _ in earlier) >= FORCED_PER_DAY:
            return 45009
        if earlier and now - earlier[-1][1] < FORCED_APART_SECONDS:
            return 45011
        earlier.append((today, now))
        self.revoke(app_id)
        return self.stable(app_id)

    def revoke(self, app_id: str) -> None:
        """Kill the stable token of an application now (a bearer gets 40001)."""
        token = self._stable.pop(app_id, None)
        if token is not None:
            self._issued.pop(token.value, None)

    def revoke_all(self) -> None:
        """Kill every token of every application."""
        self._issued.clear()
        self._stable.clear()
        self._classic.clear()

    def check(self, value: str, app_id: str) -> int:
        """0 when good; 41001 missing, 40001 unknown or another application's, 42001 expired."""
        if not value:
            return 41001
        token = self._issued.get(value)
        if token is None or token.app_id != app_id:
            return 40001
        return 0 if self._clock.now() < token.dies_at else 42001

    def _issue(self, app_id: str) -> Token:
        token = Token(f"90_{secrets.token_urlsafe(96)}", app_id, self._clock.now() + LIFE_SECONDS)
        self._issued[token.value] = token
        while len(self._issued) > KEPT_TOKENS:
            del self._issued[next(iter(self._issued))]
        return token
