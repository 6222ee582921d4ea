"""The one place that asks the computer what time it is."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def today(self) -> date:
        """Return the date on the city's calendars."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Return the date on the city's calendars."""
        return self.now().astimezone(CITY).date()


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self._now

    def today(self) -> date:
        """Return the date on the city's calendars."""
        return self._now.astimezone(CITY).date()

    def move(self, **by: float) -> None:
        """Move forwards: ``clock.move(days=1)``."""
        self._now += timedelta(**by)

    def set(self, now: datetime) -> None:
        """Jump to an instant."""
        self._now = now


def in_city(at: datetime) -> datetime:
    """Show an instant on the city's wall clocks (Asia/Shanghai)."""
    return at.astimezone(CITY)


def full_day(day: date) -> str:
    """Write a day as people do: 2026年12月4日."""
    return f"{day.year}年{day.month}月{day.day}日"
