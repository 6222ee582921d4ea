"""Workers for the clock proof: they let rungs fall, in simulated time, until they are killed.

``whole`` is the real thing. ``claim`` has the row locks taken away, so that several workers see
the same timers and only the unique claim stands between them. ``nothing`` has no claim either.
"""

import asyncio
import os
import sys
from datetime import date, datetime

from citydesk import supervision
from citydesk.kit.clock import SystemClock, in_city
from citydesk.settings import Settings
from citydesk.workdays import falling, stored
from citydesk.world import open_world

BASE, STARTED, SPEED = "CLOCK_BASE", "CLOCK_STARTED", "CLOCK_SPEED"
LOCK = "FOR UPDATE OF timer SKIP LOCKED"
CLAIM = "ON CONFLICT (timer_id, rung_key) DO NOTHING"
REST_SECONDS = 0.002


class FastClock:
    """A clock that runs so many times faster since an instant; the same in every process."""

    def __init__(self, base: datetime, started: datetime, speed: float) -> None:
        self._base, self._started, self._speed = base, started, speed
        self._real = SystemClock()

    def now(self) -> datetime:
        return self._base + (self._real.now() - self._started) * self._speed

    def today(self) -> date:
        return in_city(self.now()).date()


def clock_of(told: dict[str, str]) -> FastClock:
    base, started = (datetime.fromisoformat(told[name]) for name in (BASE, STARTED))
    return FastClock(base, started, float(told[SPEED]))


def unguard(mode: str) -> None:
    """Take protections away, and see that they were there."""
    if mode in ("claim", "nothing"):
        assert LOCK in stored.AT_A_RUNG
        stored.AT_A_RUNG = stored.AT_A_RUNG.replace(LOCK, "")
    if mode == "nothing":
        assert CLAIM in falling._CLAIM
        falling._CLAIM = falling._CLAIM.replace(CLAIM, "")


async def main(mode: str) -> None:
    unguard(mode)
    async with open_world(Settings.from_env(), clock=clock_of(dict(os.environ))) as world:
        while True:
            await supervision.fire_rungs(world)
            await asyncio.sleep(REST_SECONDS)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
