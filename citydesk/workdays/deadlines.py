"""By when: a budget of time, run from an instant, stopped by pauses. The one engine (model 4.3).

A deadline is a fold over time: seconds that count are taken from the budget until none is left;
a pause stops them up to its own approved days. Two dates come out of it, see ``rules``: the
*instant* at which the budget is used up, by which cards fall, and the *day* a citizen is told.
The fold leaves its trace, stretch by stretch, so that every date can be explained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from citydesk.kit.clock import CITY, in_city
from citydesk.workdays.budgets import (
    WHOLE_DAYS,
    WORKING,
    Budget,
    Pause,
    Unit,
    days_of,
    in_order,
    whole,
)
from citydesk.workdays.rules import Calendar

_A_DAY = timedelta(days=1)
_DAY_SECONDS = 24 * 3600


class Kind(StrEnum):
    """What a stretch of time did to the budget."""

    RAN = "ran"
    PAUSED = "paused"
    HELD = "held"  # paused without an end and without approved days: nobody can tell for how long


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of the trace: so many seconds were counted, or credited by its pause.

    Seconds are office seconds for budgets of working time, plain ones otherwise.
    """

    kind: Kind
    start_at: datetime
    end_at: datetime | None
    seconds: int
    pause: Pause | None = None
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A deadline's terms: when it began, its budget, what was added to it, its pauses."""

    anchor_at: datetime
    budget: Budget
    pauses: tuple[Pause, ...] = ()
    extra: int = 0  # units added to the budget by extensions

    @property
    def whole_budget(self) -> Budget:
        """The budget with everything that was added."""
        return Budget(self.budget.value + self.extra, self.budget.unit)


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when. ``at`` (UTC) is None while a pause without approved days holds the clock.

    ``on`` is then the earliest last day possible. Provisional: counted through a year whose
    calendar is not published, or held.
    """

    at: datetime | None
    on: date
    provisional: bool
    trace: tuple[Stretch, ...]


def deadline(limit: Limit, calendar: Calendar) -> Deadline:
    """Count a deadline.

    Raises:
        PauseOverlaps: two pauses share a second.
        OverflowError: the deadline lies beyond the year 9999.
    """
    budget, anchor_at = limit.whole_budget, whole(limit.anchor_at)
    trace, at = _run(anchor_at, _budget_seconds(budget, anchor_at, calendar), limit, calendar)
    credited = sum(each.seconds for each in trace if each.kind is Kind.PAUSED)
    on = _last_day(budget, anchor_at, at, credited, calendar)
    last = on if at is None else max(on, in_city(at).date())
    return Deadline(at, on, at is None or _guessed(budget, anchor_at, last, calendar), trace)


def reached(limit: Limit, calendar: Calendar, seconds: int) -> tuple[datetime | None, bool]:
    """Return when so many seconds have been used, and whether that instant is provisional.

    None while an open pause without approved days holds the clock before that.
    """
    anchor_at = whole(limit.anchor_at)
    _, at = _run(anchor_at, seconds, limit, calendar)
    if at is None:
        return None, True
    return at, _guessed(limit.budget, anchor_at, in_city(at).date(), calendar)


def used(limit: Limit, calendar: Calendar, now: datetime) -> int:
    """Return the seconds used up to an instant: what passed, less what pauses credit."""
    anchor_at, now = whole(limit.anchor_at), whole(now)
    if now <= anchor_at:
        return 0
    credited = 0
    for pause in _clipped(limit.pauses, anchor_at):
        end = effective_end(pause, calendar)
        if pause.from_at < now:
            credited += _passed(limit, calendar, pause.from_at, min(end, now) if end else now)
    return _passed(limit, calendar, anchor_at, now) - credited


def day_seconds(budget: Budget, calendar: Calendar) -> int:
    """Return the seconds that make one day of such a budget."""
    return calendar.hours.day_seconds if budget.unit in WORKING else _DAY_SECONDS


def budget_seconds(limit: Limit, calendar: Calendar) -> int:
    """Return the seconds of a limit's whole budget, extensions included."""
    return _budget_seconds(limit.whole_budget, whole(limit.anchor_at), calendar)


def _run(
    anchor_at: datetime, left: int, limit: Limit, calendar: Calendar
) -> tuple[tuple[Stretch, ...], datetime | None]:
    """Use up so many seconds from the anchor on; the trace, and when the last one was used."""
    trace: list[Stretch] = []
    at = anchor_at
    for pause in _clipped(limit.pauses, anchor_at):
        before = _passed(limit, calendar, at, pause.from_at)
        if before >= left:
            break  # used up before this pause began: it comes too late to move anything
        if pause.from_at > at:
            trace.append(Stretch(Kind.RAN, at, pause.from_at, before))
        left -= before
        end = effective_end(pause, calendar)
        if end is None:
            trace.append(Stretch(Kind.HELD, pause.from_at, None, 0, pause))
            return tuple(trace), None
        credited = _passed(limit, calendar, pause.from_at, end)
        capped = pause.to_at is None or end < pause.to_at
        trace.append(Stretch(Kind.PAUSED, pause.from_at, end, credited, pause, capped))
        at = end
    reached_at = _after(limit, calendar, at, left)
    trace.append(Stretch(Kind.RAN, at, reached_at, left))
    return tuple(trace), reached_at


def _clipped(pauses: Sequence[Pause], anchor_at: datetime) -> list[Pause]:
    """Return pauses in order, without what lies before the anchor."""
    found: list[Pause] = []
    for pause in in_order(tuple(pauses)):
        if pause.to_at is not None and pause.to_at <= max(anchor_at, pause.from_at):
            continue
        begun = max(pause.from_at, anchor_at)
        found.append(Pause(begun, pause.to_at, pause.approved_days, pause.reason))
    return found


def effective_end(pause: Pause, calendar: Calendar) -> datetime | None:
    """Return when a pause stops crediting: at its end, or when its approved days are used up.

    Approved days are working days whatever the budget is counted in (行政许可法 art. 82).
    """
    if pause.approved_days is None:
        return pause.to_at
    most = pause.approved_days * calendar.hours.day_seconds
    if pause.to_at and calendar.working_seconds(pause.from_at, pause.to_at) <= most:
        return pause.to_at
    return calendar.instant_after(pause.from_at, seconds=most).at


def _passed(limit: Limit, calendar: Calendar, start: datetime, end: datetime) -> int:
    if limit.budget.unit in WORKING:
        return calendar.working_seconds(start, end)
    return int((end - start).total_seconds())


def _after(limit: Limit, calendar: Calendar, start: datetime, seconds: int) -> datetime:
    if limit.budget.unit in WORKING:
        return calendar.instant_after(start, seconds=seconds).at
    at = start + timedelta(seconds=seconds)
    if limit.budget.unit not in WHOLE_DAYS or not seconds:
        return at
    day = in_city(at).date()
    works = _first_working(day, calendar)
    return at if works == day else datetime.combine(works, time(), CITY).astimezone(UTC)


def _budget_seconds(budget: Budget, anchor_at: datetime, calendar: Calendar) -> int:
    if budget.unit is Unit.WORKING_DAY:
        return budget.value * calendar.hours.day_seconds
    if budget.unit in WHOLE_DAYS:
        return days_of(budget, anchor_at) * _DAY_SECONDS
    return budget.value * (60 if budget.unit is Unit.MINUTE else 3600)


def _last_day(
    budget: Budget, anchor_at: datetime, at: datetime | None, credited: int, calendar: Calendar
) -> date:
    """Return the day a citizen is told; while held, the earliest it can be.

    The first day is not counted (民法典 art. 201); what pauses credit moves the day by whole days,
    a begun one counting as one. A last day of a plain period that falls on a day off moves to the
    next working day (民法典 art. 203).
    """
    start = in_city(anchor_at).date()
    moved = -(-credited // day_seconds(budget, calendar))
    if budget.unit is Unit.WORKING_DAY:
        return calendar.after(start, budget.value + moved).on
    if budget.unit in WHOLE_DAYS:
        day = start + timedelta(days=days_of(budget, anchor_at) + moved)
        return _first_working(day, calendar) if budget.value else day
    return in_city(at).date() if at is not None else start


def _first_working(day: date, calendar: Calendar) -> date:
    return day if calendar.works(day) else calendar.after(day, 1).on


def _guessed(budget: Budget, anchor_at: datetime, last: date, calendar: Calendar) -> bool:
    """Tell whether a date rests on a year whose calendar is not published."""
    if budget.unit in WORKING:
        return not calendar.certain(in_city(anchor_at).date(), last)
    return budget.unit in WHOLE_DAYS and not calendar.certain(last, last)
