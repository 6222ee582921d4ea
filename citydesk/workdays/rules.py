"""Counting working days and working hours: weekends rest, unless the State Council swaps them.

Two notions of "in seven working days" live side by side (docs: model.md 4.3):

* the *day* rule, which a citizen is told: the first day is not counted and the last one runs to
  the close of work (Civil Code art. 201; Administrative Licensing Law art. 82: limits are working
  days, without statutory holidays);
* the *instant* rule, by which supervision cards fall: seven times eight office hours after the
  second of acceptance.

They give the same date except when acceptance lies at or before opening time.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from citydesk.kit.clock import CITY, in_city
from citydesk.workdays.hours import OFFICE_HOURS, Hours

DAY_SECONDS = OFFICE_HOURS.day_seconds

_WORKING_WEEKDAYS = 5
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a limit; provisional while a year it runs through is not yet published."""

    on: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Due:
    """The instant (UTC) at which a limit is used up; provisional as in a due date."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The published working calendar: its holidays, its made-up working days, its years.

    In a year that is not published offices are taken to work Monday to Friday, and whatever was
    counted through it is marked provisional. Nothing here raises for want of a calendar.
    ``closures`` are days on which the city's halls stay shut by a local decision: no appointments,
    but legal limits run on, for a city cannot lengthen its own limits. ``version`` grows with
    every edition of any year; ``hours`` are the hours of a working day, whose sum is a day.
    """

    holidays: frozenset[date]
    made_up: frozenset[date]
    years: frozenset[int]
    version: int = 0
    closures: frozenset[date] = frozenset()
    hours: Hours = OFFICE_HOURS
    _off: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _on: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        off = (day.toordinal() for day in self.holidays - self.made_up if not _weekend(day))
        on = (day.toordinal() for day in self.made_up if _weekend(day))
        object.__setattr__(self, "_off", tuple(sorted(off)))
        object.__setattr__(self, "_on", tuple(sorted(on)))

    @property
    def published_to(self) -> date | None:
        """The last day that is certain: the end of the last published year; None without any."""
        return date(max(self.years), 12, 31) if self.years else None

    def works(self, day: date) -> bool:
        """Tell whether a day counts as a working day."""
        return day in self.made_up or not (_weekend(day) or day in self.holidays)

    def opens(self, day: date) -> bool:
        """Tell whether the halls open on a day: a working day without a local closure."""
        return self.works(day) and day not in self.closures

    def certain(self, first: date, last: date) -> bool:
        """Tell whether every year from one day to another has been published."""
        return all(year in self.years for year in range(first.year, last.year + 1))

    def between(self, start: date, end: date) -> int:
        """Count the working days after start, up to and including end; negative if end is first."""
        return self._worked_to(end) - self._worked_to(start)

    def after(self, start: date, days: int) -> DueDate:
        """Return the last day of a limit of so many working days (the *day* rule).

        The day of the start is not counted. A limit of 0 days ends on the day it starts.
        """
        if days < 0:
            raise ValueError(f"{days} working days: a limit is not negative")
        day, left = start, days
        while left:  # leap as if every day worked: never too far, and the last leap really is so
            leap = day + timedelta(days=left)
            left -= self.between(day, leap)
            day = leap
        return DueDate(day, provisional=days > 0 and not self.certain(start + _A_DAY, day))

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Count the office seconds (the hours of working days) from one instant to another.

        Instants are taken by the whole second, so that splitting an interval never changes the
        sum. Negative if the end comes first.
        """
        return self._seconds_to(_wall(end)) - self._seconds_to(_wall(start))

    def instant_after(self, start: datetime, *, days: int = 0, seconds: int = 0) -> Due:
        """Return the first instant at which so much office time has passed (the *instant* rule).

        A day is the sum of its hours. A card falls at the first second *after* this instant.
        """
        budget = days * self.hours.day_seconds + seconds
        if budget < 0:
            raise ValueError(f"{budget} working seconds: a budget is not negative")
        wall = _wall(start)
        if budget == 0:
            return Due(start.astimezone(UTC), provisional=False)
        first, whole = wall.date(), self.hours.day_seconds
        used_today = self._seconds_to(wall) - self._worked_to(first - _A_DAY) * whole
        full, rest = divmod(used_today + budget - 1, whole)
        day = self.after(first - _A_DAY, full + 1).on
        reached = timedelta(seconds=self.hours.reached(rest + 1))
        at = datetime.combine(day, time(), CITY) + reached
        return Due(at.astimezone(UTC), provisional=not self.certain(first, day))

    def _worked_to(self, day: date) -> int:
        """Count the working days from the first of January of year 1, a Monday, to a day."""
        ordinal = day.toordinal()
        weeks, days = divmod(ordinal, 7)
        weekdays = weeks * _WORKING_WEEKDAYS + min(days, _WORKING_WEEKDAYS)
        return weekdays - bisect_right(self._off, ordinal) + bisect_right(self._on, ordinal)

    def _seconds_to(self, wall: datetime) -> int:
        """Count the office seconds from the beginning of the count of days to a wall-clock time."""
        day = wall.date()
        worked = self._worked_to(day - _A_DAY) * self.hours.day_seconds
        if not self.works(day):
            return worked
        return worked + self.hours.used_by(wall.hour * 3600 + wall.minute * 60 + wall.second)


def _weekend(day: date) -> bool:
    return day.weekday() >= _WORKING_WEEKDAYS


def _wall(instant: datetime) -> datetime:
    """Return the city's wall-clock time of an instant."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant}: an instant needs its time zone")
    return in_city(instant)
