"""The outside world's own clock: real time plus an offset, or standing still on request."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")


class Clock:
    """Epoch seconds that a test may move; WeChat counts its days in Asia/Shanghai."""

    def __init__(self, starts_at: float | None = None, frozen: bool = False) -> None:
        self._offset = 0.0
        self._stopped_at: float | None = None
        if starts_at is not None:
            self.set(starts_at)
        if frozen:
            self.freeze()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still until it is moved."""
        return self._stopped_at is not None

    def now(self) -> float:
        """Epoch seconds."""
        return time.time() + self._offset if self._stopped_at is None else self._stopped_at

    def seconds(self) -> int:
        """Whole epoch seconds, as WeChat writes them."""
        return int(self.now())

    def day(self) -> str:
        """The date in Asia/Shanghai, where daily quotas begin anew at midnight."""
        return datetime.fromtimestamp(self.now(), CITY).date().isoformat()

    def move(self, seconds: float) -> None:
        """Let time pass (or, with a negative number, go back)."""
        self.set(self.now() + seconds)

    def set(self, epoch_seconds: float) -> None:
        """Put the hands to an instant; a running clock runs on from there."""
        if self._stopped_at is not None:
            self._stopped_at = epoch_seconds
        else:
            self._offset = epoch_seconds - time.time()

    def freeze(self) -> None:
        """Stop the clock where it is."""
        self._stopped_at = self.now()

    def run(self) -> None:
        """Let the clock run on from where it stands."""
        if self._stopped_at is not None:
            now, self._stopped_at = self._stopped_at, None
            self.set(now)
