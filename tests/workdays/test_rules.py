from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.kit.clock import CITY
from citydesk.workdays.rules import DAY_SECONDS, Calendar

YEARS = frozenset(range(2024, 2029))
days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
instants = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(CITY),
)
calendars = st.builds(
    lambda off, on: Calendar(frozenset(off), frozenset(on), YEARS),
    st.sets(days, max_size=40),
    st.sets(days, max_size=15),
)
limits = st.integers(0, 90)


def naive_after(calendar: Calendar, start: date, limit: int) -> date:
    day = start
    while limit:
        day += timedelta(days=1)
        limit -= calendar.works(day)
    return day


def naive_seconds(calendar: Calendar, start: datetime, end: datetime) -> int:
    total, day = 0, start.date()
    while day <= end.date():
        if calendar.works(day):
            opens = datetime(day.year, day.month, day.day, 9, tzinfo=CITY)
            closes = opens + timedelta(hours=8)
            first, last = max(opens, start), min(closes, end)
            total += max(int((last - first).total_seconds()), 0)
        day += timedelta(days=1)
    return total


def whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


@given(calendars, days, limits)
def test_the_quick_count_agrees_with_going_day_by_day(
    calendar: Calendar, start: date, limit: int
) -> None:
    assert calendar.after(start, limit).on == naive_after(calendar, start, limit)


@given(calendars, days, st.integers(1, 90))
def test_a_limit_ends_on_a_working_day_that_many_days_on(
    calendar: Calendar, start: date, limit: int
) -> None:
    due = calendar.after(start, limit)
    assert calendar.works(due.on)
    assert calendar.between(start, due.on) == limit


@given(calendars, days, limits, limits)
def test_a_longer_limit_never_ends_earlier(
    calendar: Calendar, start: date, limit: int, more: int
) -> None:
    assert calendar.after(start, limit + more).on >= calendar.after(start, limit).on


@given(calendars, days, days, limits)
def test_a_later_start_never_ends_earlier(
    calendar: Calendar, one: date, other: date, limit: int
) -> None:
    first, second = sorted((one, other))
    assert calendar.after(first, limit).on <= calendar.after(second, limit).on


@given(calendars, days, limits, days)
def test_a_new_holiday_never_brings_a_deadline_nearer(
    calendar: Calendar, start: date, limit: int, holiday: date
) -> None:
    later = Calendar(calendar.holidays | {holiday}, calendar.made_up - {holiday}, YEARS)
    assert later.after(start, limit).on >= calendar.after(start, limit).on


@given(calendars, instants, st.integers(0, 90), days)
def test_a_new_holiday_never_brings_a_card_nearer(
    calendar: Calendar, start: datetime, limit: int, holiday: date
) -> None:
    later = Calendar(calendar.holidays | {holiday}, calendar.made_up - {holiday}, YEARS)
    assert later.instant_after(start, days=limit).at >= calendar.instant_after(start, days=limit).at


@given(calendars, days, days, days)
def test_counted_days_add_up(calendar: Calendar, one: date, two: date, three: date) -> None:
    straight = calendar.between(one, three)
    assert straight == calendar.between(one, two) + calendar.between(two, three)


@given(calendars, instants, instants, instants)
def test_splitting_an_interval_never_changes_its_working_seconds(
    calendar: Calendar, one: datetime, two: datetime, three: datetime
) -> None:
    straight = calendar.working_seconds(one, three)
    assert straight == calendar.working_seconds(one, two) + calendar.working_seconds(two, three)


@given(calendars, instants, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_the_quick_seconds_agree_with_going_day_by_day(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    first, last = whole(start), whole(start + span)
    assert calendar.working_seconds(first, last) == naive_seconds(calendar, first, last)


@given(calendars, instants, st.integers(1, 90 * DAY_SECONDS))
def test_the_instant_is_the_first_at_which_the_budget_is_used(
    calendar: Calendar, start: datetime, seconds: int
) -> None:
    due = calendar.instant_after(start, seconds=seconds).at
    assert calendar.working_seconds(start, due) == seconds
    assert calendar.working_seconds(start, due - timedelta(seconds=1)) == seconds - 1


@given(calendars, instants, st.integers(1, 90))
def test_both_rules_give_one_date_unless_the_start_is_before_opening(
    calendar: Calendar, start: datetime, limit: int
) -> None:
    by_instant = calendar.instant_after(start, days=limit).at.astimezone(CITY).date()
    by_day = calendar.after(start.date(), limit).on
    midnight = datetime(start.year, start.month, start.day, tzinfo=CITY)
    nothing_used_yet = calendar.working_seconds(midnight, start) == 0
    if nothing_used_yet and calendar.works(start.date()):
        assert calendar.between(by_instant, by_day) == 1
    else:
        assert by_instant == by_day


def test_nothing_is_raised_beyond_the_published_years_and_the_date_is_provisional() -> None:
    calendar = Calendar(frozenset({date(2026, 1, 1)}), frozenset(), frozenset({2026}))
    assert calendar.published_to == date(2026, 12, 31)
    assert not calendar.after(date(2026, 12, 1), 20).provisional
    assert calendar.after(date(2026, 12, 20), 20).provisional
    due = calendar.after(date(2031, 5, 1), 5)
    assert (due.on, due.provisional) == (date(2031, 5, 8), True)  # Monday to Friday
    card = calendar.instant_after(datetime(2031, 5, 1, 2, tzinfo=UTC), days=5)
    assert card.provisional


def test_a_gap_between_published_years_is_provisional_too() -> None:
    calendar = Calendar(frozenset(), frozenset(), frozenset({2026, 2028}))
    assert calendar.after(date(2026, 12, 1), 300).provisional
    assert calendar.after(date(2026, 12, 31), 1).provisional
    assert not calendar.after(date(2027, 12, 31), 3).provisional


def test_a_calendar_without_any_year_still_counts() -> None:
    calendar = Calendar(frozenset(), frozenset(), frozenset())
    assert calendar.published_to is None
    assert calendar.after(date(2026, 3, 2), 5).on == date(2026, 3, 9)


def test_a_limit_of_no_days_ends_where_it_starts() -> None:
    calendar = Calendar(frozenset(), frozenset(), frozenset())
    saturday = date(2026, 3, 7)
    assert calendar.after(saturday, 0).on == saturday
    evening = datetime(2026, 3, 6, 20, tzinfo=CITY)
    assert calendar.instant_after(evening, days=0).at == evening


def test_a_local_closure_shuts_the_halls_but_stops_no_legal_clock() -> None:
    monday = date(2026, 3, 2)
    calendar = Calendar(frozenset(), frozenset(), YEARS, closures=frozenset({monday}))
    assert calendar.works(monday)
    assert not calendar.opens(monday)


def test_a_negative_limit_and_a_naive_instant_are_faults() -> None:
    calendar = Calendar(frozenset(), frozenset(), YEARS)
    with pytest.raises(ValueError, match="not negative"):
        calendar.after(date(2026, 3, 2), -1)
    with pytest.raises(ValueError, match="not negative"):
        calendar.instant_after(datetime(2026, 3, 2, tzinfo=UTC), days=-1)
    with pytest.raises(ValueError, match="time zone"):
        calendar.instant_after(datetime(2026, 3, 2), days=1)  # noqa: DTZ001 - that is the point
