"""The same question answered the slow way: minute by minute, sharing nothing with the engine."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

import chinese_calendar

EIGHT = timezone(timedelta(hours=8))
MINUTE = timedelta(minutes=1)
NINE_TO_FIVE = (("09:00", "17:00"),)


@dataclass
class Stop:
    """A pause: from, to (None: open), approved days (None: as long as it lasts)."""

    start: datetime
    end: datetime | None
    approved: int | None


def works(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def minutes_of(day: date, hours: tuple[tuple[str, str], ...]) -> list[datetime]:
    """The first instants of the office minutes of a day."""
    found: list[datetime] = []
    for opens, closes in hours:
        at = datetime.combine(day, time.fromisoformat(opens), EIGHT)
        while at < datetime.combine(day, time.fromisoformat(closes), EIGHT):
            found.append(at)
            at += MINUTE
    return found


def answer(
    start: datetime,
    days: int,
    stops: list[Stop],
    hours: tuple[tuple[str, str], ...] = NINE_TO_FIVE,
) -> tuple[datetime | None, date]:
    """The instant (None: held by an open pause without a cap) and the day."""
    a_day = len(minutes_of(date(2018, 1, 2), hours))
    left, credited, at, day = days * a_day, 0, start, start.date()
    spent = [0] * len(stops)
    while left:
        for minute in minutes_of(day, hours) if works(day) else []:
            if minute < start or not left:
                continue
            place = stopped_by(minute, stops)
            if place is not None:
                approved = stops[place].approved
                if approved is None and stops[place].end is None:
                    return None, nth(start.date(), days, credited, a_day)
                if approved is None or spent[place] < approved * a_day:
                    spent[place] += 1
                    credited += 1
                    continue
            left -= 1
            at = minute + MINUTE
        day += timedelta(days=1)
    return at, nth(start.date(), days, credited, a_day)


def stopped_by(minute: datetime, stops: list[Stop]) -> int | None:
    for place, stop in enumerate(stops):
        if stop.start <= minute and (stop.end is None or minute < stop.end):
            return place
    return None


def nth(start: date, days: int, credited: int, a_day: int) -> date:
    """The n-th working day after a date, moved by credited minutes, a begun day as a whole one."""
    left, day = days + -(-credited // a_day), start
    while left:
        day += timedelta(days=1)
        left -= works(day)
    return day
