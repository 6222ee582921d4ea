"""WeChat's quotas per day (45009) and per minute (45011), and what a test may turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.clock import Clock

MENU_SECONDS = 60
MESSAGE_SECONDS = 48 * 3600

# Calls per day of an ordinary service account; protocol A13, A15.
DAY_QUOTAS = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/user/info": 5_000_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/menu/get": 10_000,
}
MINUTE_QUOTAS = {"/cgi-bin/stable_token": 10_000, "/sns/oauth2/access_token": 50_000}


class BadLimit(ValueError):
    """A limit that does not exist or has the wrong type."""


@dataclass(slots=True)
class Switches:
    """What control may change while the sandbox runs.

    `job_finish`: whether TEMPLATESENDJOBFINISH is pushed after a template message.
    `strict_fields`: over-long `thing` fields are refused (47003) instead of cut to 20 characters.
    `cut_seconds`, `tries`: how WeChat calls our webhook. `mode`: plain, compat or safe.
    """

    job_finish: bool = True
    strict_fields: bool = False
    cut_seconds: float = 5.0
    tries: int = 3
    mode: str = "safe"

    def change(self, told: Mapping[str, Any]) -> None:
        """Set the named switches; nothing changes when one is wrong. Raises BadLimit."""
        for name, value in told.items():
            if name not in asdict(self):
                raise BadLimit(f"unknown limit {name!r}")
            kind = type(getattr(self, name))
            if kind is float and type(value) is int:
                continue
            if type(value) is not kind:
                raise BadLimit(f"{name!r} must be a {kind.__name__}")
        if told.get("mode", "safe") not in ("plain", "compat", "safe"):
            raise BadLimit("'mode' is plain, compat or safe")
        if not 0 < told.get("cut_seconds", 1) <= 60 or not 1 <= told.get("tries", 1) <= 10:
            raise BadLimit("'cut_seconds' is 0 to 60, 'tries' 1 to 10")
        for name, value in told.items():
            setattr(self, name, value)


class Quotas:
    """Counts calls by application and path; a day begins at 00:00 Asia/Shanghai."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.day = dict(DAY_QUOTAS)
        self.minute = dict(MINUTE_QUOTAS)
        self._used: dict[tuple[str, str, str], int] = {}

    def spend(self, app_id: str, path: str) -> int:
        """Count one call. Returns 0, or 45009 (day used up) or 45011 (minute used up)."""
        today, minute = self._clock.day(), str(int(self._clock.now() // 60))
        if self._over(app_id, path, today, self.day):
            return 45009
        if self._over(app_id, path, minute, self.minute):
            return 45011
        for span, quota in ((today, self.day), (minute, self.minute)):
            if path in quota:
                key = (app_id, path, span)
                self._used[key] = self._used.get(key, 0) + 1
        if len(self._used) > 10_000:
            self._used = {k: n for k, n in self._used.items() if k[2] in (today, minute)}
        return 0

    def _over(self, app_id: str, path: str, span: str, quota: dict[str, int]) -> bool:
        return path in quota and self._used.get((app_id, path, span), 0) >= quota[path]

    def clear(self) -> None:
        """Forget every count."""
        self._used.clear()

    def change(self, day: Mapping[str, Any], minute: Mapping[str, Any]) -> None:
        """Set quotas by path. Raises BadLimit unless each is a whole number of calls."""
        for told in (day, minute):
            for path, calls in told.items():
                if type(calls) is not int or calls < 0 or not path.startswith("/"):
                    raise BadLimit(f"quota of {path!r} must be a number of calls")
        self.day.update(day)
        self.minute.update(minute)
