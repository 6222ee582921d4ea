"""One engine for every deadline: golden vectors, laws, and the slow way as a second opinion."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citydesk import workdays
from citydesk.kit.clock import CITY
from citydesk.workdays import Budget, Calendar, Deadline, Hours, Limit, Pause, Unit
from citydesk.workdays.deadlines import Kind, budget_seconds
from tests.workdays import naive
from tests.workdays.naive import EIGHT

PUBLISHED = workdays.bundled_calendar()
DAY = workdays.DAY_SECONDS
HOURS = {
    "09:00-17:00": (("09:00", "17:00"),),
    "09:00-12:00,13:00-17:00": (("09:00", "12:00"), ("13:00", "17:00")),
    "08:30-11:30,13:30-17:00": (("08:30", "11:30"), ("13:30", "17:00")),
}
unhurried = settings(deadline=None)  # the machine may be busy
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def limit(start: str, days: int, *pauses: tuple[str, str | None, int | None]) -> Limit:
    made = (Pause(at(begun), at(end) if end else None, cap) for begun, end, cap in pauses)
    return Limit(at(start), workdays.working_days(days), tuple(made))


def due(given: Limit, calendar: Calendar = PUBLISHED) -> Deadline:
    return workdays.deadline(given, calendar)


# --- golden vectors ------------------------------------------------------------------------------

ACCEPTED = "2018-10-15 10:00"
THREE_DAYS = ("2018-10-16 10:00", "2018-10-19 10:00", 3)
CAPPED = ("2018-10-17 10:00", "2018-10-24 10:00", 3)


@pytest.mark.parametrize(
    ("used_days", "pauses", "after"),
    [
        (4, [], "2018-10-19 10:00"),
        (7, [], "2018-10-24 10:00"),
        (10, [], "2018-10-29 10:00"),
        (4, [THREE_DAYS], "2018-10-24 10:00"),
        (7, [THREE_DAYS], "2018-10-29 10:00"),
        (10, [THREE_DAYS], "2018-11-01 10:00"),
        (2, [], "2018-10-17 10:00"),
        (5, [], "2018-10-22 10:00"),
        (3, [], "2018-10-18 10:00"),
        (6, [], "2018-10-23 10:00"),
        (7, [CAPPED], "2018-10-29 10:00"),
    ],
)
def test_the_2018_document_is_met_to_the_second(
    used_days: int, pauses: list[tuple[str, str | None, int | None]], after: str
) -> None:
    given = limit(ACCEPTED, 7, *pauses)
    assert workdays.reached(given, PUBLISHED, used_days * DAY) == (at(after), False)
    first, _ = workdays.reached(given, PUBLISHED, used_days * DAY + 1)
    assert first == at(after) + SECOND, "a rung is passed at the first second after"


@pytest.mark.parametrize(
    ("start", "days", "instant", "day"),
    [
        ("2018-09-28 10:00", 7, "2018-10-12 10:00", date(2018, 10, 12)),
        ("2018-09-28 18:30", 1, "2018-09-29 17:00", date(2018, 9, 29)),
        ("2018-09-30 09:00", 1, "2018-09-30 17:00", date(2018, 10, 8)),
        ("2018-12-28 16:00", 3, "2019-01-03 16:00", date(2019, 1, 3)),
        ("2019-02-01 10:00", 20, "2019-03-06 10:00", date(2019, 3, 6)),
    ],
)
def test_made_up_days_move_both_dates(start: str, days: int, instant: str, day: date) -> None:
    found = due(limit(start, days))
    assert (found.at, found.on, found.provisional) == (at(instant), day, False)


def test_a_pause_still_open_credits_its_approved_days_and_no_more() -> None:
    still_open = due(limit(ACCEPTED, 7, ("2018-10-17 10:00", None, 3)))
    ended_late = due(limit(ACCEPTED, 7, CAPPED))
    assert (still_open.at, still_open.on) == (ended_late.at, ended_late.on)
    assert still_open.at == at("2018-10-29 10:00")


def test_an_open_pause_without_approved_days_leaves_no_instant() -> None:
    held = due(limit(ACCEPTED, 7, ("2018-10-17 10:00", None, None)))
    assert held.at is None
    assert held.provisional
    assert held.on == date(2018, 10, 24), "the earliest it can be"


def test_a_pause_after_the_time_is_up_moves_nothing() -> None:
    late = ("2018-10-24 10:00", None, None)
    assert due(limit(ACCEPTED, 7, late)).at == at("2018-10-24 10:00")


def test_beyond_the_published_calendar_a_date_is_provisional() -> None:
    assert not due(limit("2026-12-21 10:00", 8)).provisional
    assert due(limit("2026-12-21 10:00", 9)).provisional
    assert due(limit("2017-12-29 10:00", 3)).provisional
    day = date(2031, 1, 1)
    while day.year == 2031:
        assert due(limit(f"{day} 10:00", day.day % 9)).provisional
        day += timedelta(days=1)


def test_a_capped_pause_that_runs_past_the_calendar_does_not_make_the_date_uncertain() -> None:
    found = due(limit("2026-12-01 10:00", 5, ("2026-12-03 10:00", "2027-02-01 10:00", 2)))
    assert (found.at, found.provisional) == (at("2026-12-10 10:00"), False)


def test_the_calendar_without_a_database_is_the_published_one() -> None:
    years = workdays.bundled_years()
    kinds = {day.date: day.kind for year in years for day in year.days}
    off = {day for day, kind in kinds.items() if kind is workdays.DayKind.HOLIDAY}
    on = {day for day, kind in kinds.items() if kind is workdays.DayKind.MAKEUP_WORKDAY}
    assert (PUBLISHED.holidays, PUBLISHED.made_up) == (off, on)
    assert PUBLISHED.years == {year.year for year in years}
    assert len(off) + len(on) == len(kinds)


@pytest.mark.parametrize(
    "text", ["", "9", "17:00-9:00", "09:00-09:00", "24:01-24:02", "9:60-10:00"]
)
def test_hours_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        Hours.parse(text)


def test_hours_may_run_to_midnight() -> None:
    assert Hours.parse("0:00-24:00").day_seconds == 86400
    night = workdays.bundled_calendar(Hours.parse("20:00-24:00"))
    found = due(limit("2018-10-15 22:00", 1), night)
    assert (found.at, found.on) == (at("2018-10-16 22:00"), date(2018, 10, 16))


# --- the slow way --------------------------------------------------------------------------------


@st.composite
def questions(draw: st.DrawFn) -> tuple[datetime, int, list[naive.Stop], str]:
    minute = st.integers(0, 60 * 24 * 8)
    start = datetime(2018, 1, 1, tzinfo=EIGHT) + timedelta(minutes=draw(st.integers(0, 4_000_000)))
    marks = sorted(draw(st.lists(minute, max_size=6, unique=True)))
    marks = [each - 60 * 24 for each in marks]  # some lie before the start
    stops = [
        naive.Stop(
            start + timedelta(minutes=begun),
            start + timedelta(minutes=end),
            draw(st.none() | st.integers(0, 4)),
        )
        for begun, end in zip(marks[::2], marks[1::2], strict=False)
    ]
    if len(marks) % 2:
        begun = start + timedelta(minutes=marks[-1])
        stops.append(naive.Stop(begun, None, draw(st.none() | st.integers(0, 4))))
    return start, draw(st.integers(0, 15)), stops, draw(st.sampled_from(sorted(HOURS)))


@settings(deadline=None, max_examples=150)
@given(questions())
def test_the_engine_agrees_with_counting_minute_by_minute(
    question: tuple[datetime, int, list[naive.Stop], str],
) -> None:
    start, days, stops, hours = question
    pauses = tuple(Pause(each.start, each.end, each.approved) for each in stops)
    calendar = workdays.bundled_calendar(Hours.parse(hours))
    found = due(Limit(start, workdays.working_days(days), pauses), calendar)
    assert (found.at, found.on) == naive.answer(start, days, stops, HOURS[hours])
    assert found.provisional == (found.at is None)


# --- laws ----------------------------------------------------------------------------------------

YEARS = frozenset(range(2023, 2032))
some_days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
calendars = st.builds(
    lambda off, on: Calendar(frozenset(off), frozenset(on), YEARS),
    st.sets(some_days, max_size=30),
    st.sets(some_days, max_size=10),
)
instants = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
units = st.sampled_from(list(Unit))
caps = st.none() | st.integers(0, 20)


@st.composite
def limits(draw: st.DrawFn, *, unit: st.SearchStrategy[Unit] = units) -> Limit:
    anchor = draw(instants)
    marks = sorted(draw(st.lists(st.integers(-3 * 86400, 40 * 86400), max_size=8, unique=True)))
    pauses = tuple(
        Pause(anchor + timedelta(seconds=begun), anchor + timedelta(seconds=end), draw(caps))
        for begun, end in zip(marks[::2], marks[1::2], strict=False)
    )
    chosen = draw(unit)
    most = 3 if chosen in (Unit.MONTH, Unit.YEAR) else 40
    return Limit(anchor, Budget(draw(st.integers(0, most)), chosen), pauses)


def changed(given: Limit, **what: Any) -> Limit:
    terms = {"budget": given.budget, "pauses": given.pauses, "extra": given.extra, **what}
    return Limit(given.anchor_at, **terms)


@unhurried
@given(calendars, limits())
def test_a_pause_never_makes_a_deadline_earlier(calendar: Calendar, given: Limit) -> None:
    for count in range(len(given.pauses)):
        fewer = given.pauses[:count] + given.pauses[count + 1 :]
        without, found = due(changed(given, pauses=fewer), calendar), due(given, calendar)
        assert found.at is not None
        assert without.at is not None
        assert found.at >= without.at
        assert found.on >= without.on


@unhurried
@given(calendars, limits(), st.integers(0, 5))
def test_a_larger_budget_or_an_extension_never_ends_earlier(
    calendar: Calendar, given: Limit, more: int
) -> None:
    larger = Budget(given.budget.value + more, given.budget.unit)
    found, later = due(given, calendar), due(changed(given, budget=larger), calendar)
    assert found.at is not None
    assert later.at is not None
    assert later.at >= found.at
    assert later.on >= found.on
    extended = due(changed(given, extra=more), calendar)
    assert (extended.at, extended.on) == (later.at, later.on)


@unhurried
@given(calendars, limits(unit=st.sampled_from([Unit.WORKING_DAY, Unit.WORKING_HOUR])))
def test_the_trace_adds_up_to_the_budget_and_to_the_time_that_passed(
    calendar: Calendar, given: Limit
) -> None:
    found = due(given, calendar)
    assert found.at is not None
    ran = sum(each.seconds for each in found.trace if each.kind is Kind.RAN)
    credited = sum(each.seconds for each in found.trace if each.kind is Kind.PAUSED)
    assert ran == budget_seconds(given, calendar)
    assert ran + credited == calendar.working_seconds(given.anchor_at, found.at)
    for one, other in pairwise(found.trace):
        assert one.end_at == other.start_at


@unhurried
@given(calendars, limits(unit=st.just(Unit.WORKING_DAY)))
def test_the_budget_is_used_at_the_instant_and_not_a_second_before(
    calendar: Calendar, given: Limit
) -> None:
    found = due(given, calendar)
    budget = budget_seconds(given, calendar)
    assert found.at is not None
    assert workdays.used(given, calendar, found.at) == budget
    if budget:
        assert workdays.used(given, calendar, found.at - SECOND) == budget - 1
    earlier = [workdays.used(given, calendar, found.at - SECOND * back) for back in (9**5, 9**4)]
    assert earlier == sorted(earlier), "what is used never grows less"


@unhurried
@given(calendars, limits(unit=st.just(Unit.WORKING_DAY)), st.integers(1, 40 * 86400))
def test_splitting_a_pause_without_a_cap_changes_nothing(
    calendar: Calendar, given: Limit, cut: int
) -> None:
    free = tuple(Pause(each.from_at, each.to_at) for each in given.pauses)
    split: list[Pause] = []
    for each in free:
        middle = each.from_at + timedelta(seconds=cut)
        if each.to_at is not None and middle < each.to_at:
            split += [Pause(each.from_at, middle), Pause(middle, each.to_at)]
        else:
            split.append(each)
    one, other = (due(changed(given, pauses=each), calendar) for each in (free, tuple(split)))
    assert (one.at, one.on) == (other.at, other.on)


@unhurried
@given(calendars, limits())
def test_what_lies_before_the_start_is_clipped(calendar: Calendar, given: Limit) -> None:
    before = min([given.anchor_at, *(each.from_at for each in given.pauses)])
    earlier = Pause(before - timedelta(days=9), before)
    found = due(changed(given, pauses=(*given.pauses, earlier)), calendar)
    assert (found.at, found.on) == (due(given, calendar).at, due(given, calendar).on)


@unhurried
@given(calendars, limits(unit=st.just(Unit.WORKING_DAY)))
def test_the_last_day_is_never_before_the_instant_and_never_two_days_after(
    calendar: Calendar, given: Limit
) -> None:
    found = due(given, calendar)
    assert found.at is not None
    assert 0 <= calendar.between(found.at.astimezone(CITY).date(), found.on) <= 1


@unhurried
@given(calendars, limits())
def test_every_deadline_can_be_explained(calendar: Calendar, given: Limit) -> None:
    found = due(given, calendar)
    said = workdays.explained(given, found, calendar)
    assert said[0].kind == "began"
    assert workdays.day_words(found.on) in "".join(each.text for each in said)
    assert all(each.text.endswith("。") for each in said)


def test_overlapping_pauses_are_refused_and_touching_ones_are_not() -> None:
    first, second = ("2018-10-16 10:00", "2018-10-17 10:00", None), "2018-10-17 10:00"
    assert due(limit(ACCEPTED, 7, first, (second, "2018-10-18 10:00", None))).at is not None
    with pytest.raises(workdays.PauseOverlaps):
        due(limit(ACCEPTED, 7, first, ("2018-10-17 09:59", None, 2)))
    with pytest.raises(workdays.PauseOverlaps):
        due(limit(ACCEPTED, 7, ("2018-10-16 10:00", None, 1), (second, second[:-5] + "11:00", 1)))
    with pytest.raises(workdays.LimitFaulty):
        Pause(at("2018-10-17 10:00"), at("2018-10-16 10:00"))


def test_a_plain_period_that_ends_on_a_day_off_ends_with_the_next_working_day() -> None:
    """民法典 art. 203: 15 days from 25 September 2018 end in the National Day holidays."""
    fifteen = Limit(at("2018-09-20 10:00"), Budget(15, Unit.CALENDAR_DAY))
    found = due(fifteen)
    assert found.on == date(2018, 10, 8)
    assert found.at == at("2018-10-08 00:00")
    month = Limit(at("2018-12-31 10:00"), Budget(2, Unit.MONTH))
    assert due(month).on == date(2019, 2, 28)


def test_the_explanation_reads_as_a_clerk_would_say_it() -> None:
    given = Limit(
        at(ACCEPTED),
        workdays.working_days(7),
        (Pause(at("2018-10-17 10:00"), at("2018-10-24 10:00"), 3, "专家评审"),),
        extra=2,
    )
    said = [each.text for each in workdays.explained(given, due(given), PUBLISHED)]
    assert said == [
        "2018年10月15日10:00起算，期限7个工作日，首日不计；经批准延长2个工作日，共9个工作日。",
        "10月15日10:00至10月17日10:00，计时2个工作日。",
        "10月17日10:00至10月22日10:00，因专家评审暂停计时，扣除3个工作日；"
        "批准3个工作日，暂停到10月24日10:00才结束，超出部分照常计时。",
        "10月22日10:00至10月31日10:00，计时7个工作日。",
        "2018年10月31日10:00期限用完；最后一天是2018年10月31日（星期三）。",
    ]
