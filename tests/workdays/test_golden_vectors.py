"""The 2018 supervision document and the calendar with made-up days (domain/vectors.md A1, A2)."""

from datetime import date, datetime, timedelta

import chinese_calendar
import pytest

from citydesk import workdays
from citydesk.kit.clock import CITY
from citydesk.workdays import Calendar, DayKind

DAY = workdays.DAY_SECONDS
WEEKDAYS_ONLY = Calendar(frozenset(), frozenset(), frozenset(range(2000, 2101)))


@pytest.fixture(scope="module")
def published() -> Calendar:
    days = [day for year in workdays.bundled_years() for day in year.days]
    return Calendar(
        frozenset(day.date for day in days if day.kind is DayKind.HOLIDAY),
        frozenset(day.date for day in days if day.kind is DayKind.MAKEUP_WORKDAY),
        frozenset(year.year for year in workdays.bundled_years()),
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


ACCEPTED = at("2018-10-15 10:00")


@pytest.mark.parametrize(
    ("subject", "rung", "days_used", "after"),
    [
        # A rung "used >= n" is passed at the first second after n - 1 full days.
        ("case, promise 7, statutory 10", "warning: used >= 7 - 2", 4, "2018-10-19 10:00"),
        ("case", "yellow: used - 7 >= 1", 7, "2018-10-24 10:00"),
        ("case", "red: used - 10 >= 1", 10, "2018-10-29 10:00"),
        ("case with a finished 3-day special procedure", "warning", 4 + 3, "2018-10-24 10:00"),
        ("case with a finished 3-day special procedure", "yellow", 7 + 3, "2018-10-29 10:00"),
        ("case with a finished 3-day special procedure", "red", 10 + 3, "2018-11-01 10:00"),
        ("special procedure of 7 days", "warning: used >= 7 - 2", 4, "2018-10-19 10:00"),
        ("special procedure of 7 days", "yellow: overdue > 0", 7, "2018-10-24 10:00"),
        ("special procedure of 7 days", "red: overdue > 1", 8, "2018-10-25 10:00"),
        ("online pre-review of 2 days", "warning: overdue > 0", 2, "2018-10-17 10:00"),
        ("online pre-review of 2 days", "yellow: overdue > 3", 5, "2018-10-22 10:00"),
        ("online pre-review of 2 days", "red: overdue > 5", 7, "2018-10-24 10:00"),
        ("e-certificate of 3 days", "yellow: overdue > 0", 3, "2018-10-18 10:00"),
        ("consult or complaint of 5 days", "warning: used >= 5 - 2", 2, "2018-10-17 10:00"),
        ("consult or complaint of 5 days", "yellow: overdue >= 1", 5, "2018-10-22 10:00"),
        ("consult or complaint of 5 days", "red: overdue >= 2", 6, "2018-10-23 10:00"),
    ],
)
def test_cards_fall_at_the_instants_of_the_2018_document(
    published: Calendar, subject: str, rung: str, days_used: int, after: str
) -> None:
    due = published.instant_after(ACCEPTED, days=days_used)
    assert due.at == at(after), (subject, rung)
    assert not due.provisional
    used = published.working_seconds(ACCEPTED, due.at + timedelta(seconds=1))
    assert -(-used // DAY) == days_used + 1, "the next second begins the next used day"


@pytest.mark.parametrize(
    ("start", "days", "weekdays_only", "chinese"),
    [
        ("2018-09-28 10:00", 7, "2018-10-09 10:00", "2018-10-12 10:00"),
        ("2018-09-28 18:30", 1, "2018-10-01 17:00", "2018-09-29 17:00"),
        ("2018-09-30 09:00", 1, "2018-10-01 17:00", "2018-09-30 17:00"),
        ("2018-12-28 16:00", 3, "2019-01-02 16:00", "2019-01-03 16:00"),
        ("2019-02-01 10:00", 20, "2019-03-01 10:00", "2019-03-06 10:00"),
    ],
)
def test_made_up_working_days_count(
    published: Calendar, start: str, days: int, weekdays_only: str, chinese: str
) -> None:
    assert WEEKDAYS_ONLY.instant_after(at(start), days=days).at == at(weekdays_only)
    assert published.instant_after(at(start), days=days).at == at(chinese)


def test_a_pause_is_credited_up_to_its_approved_days(published: Calendar) -> None:
    paused = published.working_seconds(at("2018-10-17 10:00"), at("2018-10-24 10:00"))
    assert paused == 5 * DAY
    credited = min(paused, 3 * DAY)
    due = published.instant_after(ACCEPTED, days=7, seconds=credited)
    assert due.at == at("2018-10-29 10:00")


def test_the_two_rules_differ_when_acceptance_falls_at_opening_time(published: Calendar) -> None:
    assert published.after(date(2018, 9, 28), 1).on == date(2018, 9, 29)  # as the instant rule
    assert published.after(date(2018, 9, 30), 1).on == date(2018, 10, 8)  # instant: 30 September


def test_a_year_nobody_has_published_is_provisional(published: Calendar) -> None:
    day = date(2031, 1, 1)
    while day.year == 2031:
        due = published.after(day, 7)
        assert due.provisional
        assert published.works(day) == (day.weekday() < 5)
        day += timedelta(days=1)


def test_2027_is_provisional_and_2026_is_not(published: Calendar) -> None:
    assert published.published_to == date(2026, 12, 31)
    assert published.after(date(2026, 12, 21), 8).provisional is False
    assert published.after(date(2026, 12, 21), 9).provisional is True


def test_the_table_agrees_with_chinesecalendar_on_every_day(published: Calendar) -> None:
    day, differing = date(2018, 1, 1), []
    while day <= date(2026, 12, 31):
        if published.works(day) != chinese_calendar.is_workday(day):
            differing.append(day)
        day += timedelta(days=1)
    assert differing == []
