from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.appointments import NotHeld, SlotFull, TooEarly, TooLate, rules
from citydesk.kit.clock import CITY
from citydesk.kit.refusals import Refusal

NOON = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
moments = st.timedeltas(min_value=timedelta(days=-40), max_value=timedelta(days=40))


def refused(check: object, *values: object) -> type[Refusal] | None:
    try:
        check(*values)  # type: ignore[operator]
    except Refusal as refusal:
        return type(refusal)
    return None


@given(moments, st.integers(0, 30))
def test_a_slot_is_booked_before_it_begins_and_not_too_far_ahead(
    ahead: timedelta, days: int
) -> None:
    told = refused(rules.check_bookable, NOON + ahead, NOON, days)
    if ahead <= timedelta():
        assert told is TooLate
    else:
        assert told is (TooEarly if ahead > timedelta(days=days + 1) else None)


@given(st.integers(0, 50), st.integers(0, 50))
def test_there_is_room_while_a_place_is_left(booked: int, places: int) -> None:
    assert refused(rules.check_room, booked, places) is (None if booked < places else SlotFull)


@given(moments)
def test_a_place_is_given_back_until_two_hours_before(ahead: timedelta) -> None:
    told = refused(rules.check_cancellable, NOON + ahead, NOON)
    assert told is (None if ahead >= timedelta(hours=2) else TooLate)


@given(moments)
def test_one_checks_in_from_half_an_hour_before_to_a_quarter_after(late: timedelta) -> None:
    told = refused(rules.check_check_in, NOON, NOON + late)
    if late < timedelta(minutes=-30):
        assert told is TooEarly
    else:
        assert told is (None if late <= timedelta(minutes=15) else TooLate)


@pytest.mark.parametrize("state", rules.AppointmentState)
def test_only_a_held_place_is_given_back_or_checked_in_to(state: rules.AppointmentState) -> None:
    held = state is rules.AppointmentState.CONFIRMED
    assert refused(rules.check_held, state.value) is (None if held else NotHeld)


@given(
    st.dates(date(2018, 1, 1), date(2030, 12, 31)),
    st.integers(0, 23 * 60),
    st.integers(0, 12 * 60),
    st.integers(5, 240),
)
def test_a_day_is_cut_into_whole_slots_that_touch_and_never_overlap(
    day: date, opens: int, hours: int, minutes: int
) -> None:
    closes = min(opens + hours, 24 * 60 - 1)
    first, last = (time(*divmod(each, 60)) for each in (opens, closes))
    cut = list(rules.slot_times(day, f"{first:%H:%M}", f"{last:%H:%M}", minutes))
    assert len(cut) == (closes - opens) // minutes
    for at, (begin, end) in enumerate(cut):
        assert end - begin == timedelta(minutes=minutes)
        assert begin.astimezone(CITY).date() == day
        assert begin == datetime.combine(day, first, CITY) + at * timedelta(minutes=minutes)
    assert all(end.astimezone(CITY).time() <= last for _, end in cut)
