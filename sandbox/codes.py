"""Codes that work once and for a few minutes: mini-program log-in, authorization codes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.clock import Clock

T = TypeVar("T")
KEPT_CODES = 20_000


@dataclass(slots=True)
class _Code(Generic[T]):
    meaning: T
    ends_at: float
    used: bool = False


class CodeRefused(Exception):
    """The code cannot be redeemed: `used` is True when it already was."""

    def __init__(self, used: bool) -> None:
        super().__init__("used" if used else "unknown or expired")
        self.used = used


class OneTimeCodes(Generic[T]):
    """Issues codes with a meaning and gives each meaning back once."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._codes: dict[str, _Code[T]] = {}

    def issue(self, meaning: T) -> str:
        """A fresh code for this meaning."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(meaning, self._clock.now() + self._seconds)
        while len(self._codes) > KEPT_CODES:
            del self._codes[next(iter(self._codes))]
        return code

    def redeem(self, code: str) -> T:
        """The meaning, the first time. Raises CodeRefused afterwards, when late, when unknown."""
        found = self._codes.get(code)
        if found is None or self._clock.now() >= found.ends_at:
            raise CodeRefused(used=False)
        if found.used:
            raise CodeRefused(used=True)
        found.used = True
        return found.meaning
