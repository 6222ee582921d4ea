"""When a slot may be booked, given back, and checked in to."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from citydesk.appointments.refusals import NotHeld, SlotFull, TooEarly, TooLate
from citydesk.kit.clock import CITY

CANCEL_NOTICE = timedelta(hours=2)
CHECK_IN_BEFORE = timedelta(minutes=30)
CHECK_IN_AFTER = timedelta(minutes=15)
REMINDERS = (timedelta(hours=24), timedelta(hours=2))
MOST_HELD = 5


class AppointmentState(StrEnum):
    """Where an appointment stands."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    CHECKED_IN = "checked_in"
    NO_SHOW = "no_show"


def check_bookable(starts_at: datetime, now: datetime, bookable_days: int) -> None:
    """Refuse a slot that has begun, or is further ahead than the hall books."""
    if starts_at <= now:
        raise TooLate("这个时段已经开始，请另选时段。", starts_at=starts_at.isoformat())
    if starts_at - now > timedelta(days=bookable_days + 1):
        raise TooEarly(f"只能预约{bookable_days}天以内的时段。", bookable_days=bookable_days)


def check_room(booked: int, places: int) -> None:
    """Refuse a slot in which every place is taken."""
    if booked >= places:
        raise SlotFull("这个时段已约满，请另选时段。", places=places)


def check_held(state: str) -> None:
    """Refuse an appointment that is no longer held."""
    if state != AppointmentState.CONFIRMED:
        raise NotHeld("这个预约已经取消、签到或过号，不能再操作。", state=state)


def check_cancellable(starts_at: datetime, now: datetime) -> None:
    """Refuse to give a place back within two hours of the slot."""
    if starts_at - now < CANCEL_NOTICE:
        raise TooLate("开始前2小时内不能取消，请直接到大厅说明。", starts_at=starts_at.isoformat())


def check_check_in(starts_at: datetime, now: datetime) -> None:
    """Admit check-in from 30 minutes before to 15 minutes after the slot begins."""
    if now < starts_at - CHECK_IN_BEFORE:
        raise TooEarly("还没到签到时间，开始前30分钟可以签到。", starts_at=starts_at.isoformat())
    if now > starts_at + CHECK_IN_AFTER:
        raise TooLate("签到时间已过，请重新预约或现场取号。", starts_at=starts_at.isoformat())


def slot_times(
    day: date, opens_at: str, closes_at: str, slot_minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    """Cut a day's opening hours (city time) into whole slots."""
    start = datetime.combine(day, time.fromisoformat(opens_at), CITY)
    close = datetime.combine(day, time.fromisoformat(closes_at), CITY)
    step = timedelta(minutes=slot_minutes)
    while start + step <= close:
        yield start, start + step
        start += step
