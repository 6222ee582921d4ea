"""A timer: a deadline that is kept for a subject, as a value; nothing here reads or writes."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from operator import itemgetter
from uuid import UUID

from citydesk.kit.clock import in_city
from citydesk.workdays.budgets import Budget, Pause, in_order, whole
from citydesk.workdays.deadlines import Deadline, Limit, deadline, effective_end, used
from citydesk.workdays.explaining import Segment, explained
from citydesk.workdays.refusals import LimitFaulty
from citydesk.workdays.rules import Calendar
from citydesk.workdays.rungs import Ladders, Rung, falls_at


class TimerKind(StrEnum):
    """What a timer is for."""

    PRE_REVIEW = "pre_review"
    CORRECTION_DECISION = "correction_decision"  # 5 working days to ask for papers, or accept
    CORRECTION = "correction"  # the applicant's own time to bring what was asked for
    PROMISED = "promised"
    STATUTORY = "statutory"
    SPECIAL = "special"
    LINK = "link"
    CERTIFICATE = "certificate"
    SERVICE = "service"
    CONSULT = "consult"
    COMPLAINT = "complaint"
    DEFERRED_MATERIAL = "deferred_material"  # papers a case was accepted without (容缺受理)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whose clock it is: a case, a consultation."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Extension:
    """Units added to a budget, when, and why (行政许可法 art. 42)."""

    at: datetime
    value: int
    reason: str


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer as it stands. Instants are UTC.

    ``due_at``: when the budget is used up, open pauses counted up to their approved days; None
    once stopped, or while an open pause without approved days holds it. ``due_on``: the last day,
    as a citizen is told (the earliest possible while held). ``passed``: the rungs it has passed.
    """

    id: UUID
    subject: Subject
    kind: TimerKind
    anchor_at: datetime
    budget: Budget
    no: int = 0
    organ_id: UUID | None = None
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    stopped_at: datetime | None = None
    voided: bool = False
    passed: frozenset[str] = frozenset()
    calendar_version: int = 0
    due_at: datetime | None = None
    due_on: date = date.min
    provisional: bool = False
    consumed_seconds: int = 0
    running_since: datetime | None = None
    next_rung_at: datetime | None = None
    next_rung_key: str | None = None

    @property
    def limit(self) -> Limit:
        """The terms its deadline is counted by."""
        extra = sum(each.value for each in self.extensions)
        return Limit(self.anchor_at, self.budget, self.pauses, extra)

    @property
    def live(self) -> bool:
        """Whether it has not been stopped."""
        return self.stopped_at is None

    @property
    def open_pause(self) -> Pause | None:
        """The pause nobody has ended yet, even if its approved days are used up."""
        return next((each for each in self.pauses if each.to_at is None), None)

    def suspended(self, now: datetime, calendar: Calendar) -> bool:
        """Tell whether the clock stands still now: in a pause whose approved days still last."""
        now = whole(now)
        return self.live and any(
            each.from_at <= now and ((end := effective_end(each, calendar)) is None or now < end)
            for each in self.pauses
        )

    def used_seconds(self, now: datetime, calendar: Calendar) -> int:
        """Return the seconds of its budget used by now, or by the instant it was stopped."""
        return used(self.limit, calendar, min(now, self.stopped_at or now))


def suspended(timer: Timer, at: datetime, approved_days: int | None, reason: str) -> Timer:
    """Return the timer paused from an instant on.

    Raises:
        PauseOverlaps: it is paused already, or was at that time.
    """
    pause = Pause(max(at, timer.anchor_at), None, approved_days, reason)
    return replace(timer, pauses=in_order((*timer.pauses, pause)))


def resumed(timer: Timer, at: datetime) -> Timer:
    """Return the timer with its open pause ended; the same timer if none is open."""
    pauses = tuple(
        replace(each, to_at=max(at, each.from_at)) if each.to_at is None else each
        for each in timer.pauses
    )
    return replace(timer, pauses=pauses)


def extended(timer: Timer, at: datetime, value: int, reason: str) -> Timer:
    """Return the timer with units added to its budget.

    Raises:
        LimitFaulty: nothing, or less than nothing, would be added.
    """
    if value <= 0:
        raise LimitFaulty("延长的时间应大于0，请核对。")
    return replace(timer, extensions=(*timer.extensions, Extension(at, value, reason)))


def stopped(timer: Timer, at: datetime, *, voided: bool) -> Timer:
    """Return the timer stopped; an open pause ends with it."""
    return replace(resumed(timer, at), stopped_at=max(at, timer.anchor_at), voided=voided)


def projected(timer: Timer, calendar: Calendar, ladders: Ladders) -> Timer:
    """Return the timer with everything that follows from its terms counted afresh."""
    due = deadline(timer.limit, calendar)
    rung_at, rung_key = _next_rung(timer, due, calendar, ladders)
    consumed, since = _running(timer, calendar)
    return replace(
        timer,
        calendar_version=calendar.version,
        due_at=due.at if timer.live else None,
        due_on=due.on,
        provisional=due.provisional,
        consumed_seconds=consumed,
        running_since=since,
        next_rung_at=rung_at,
        next_rung_key=rung_key,
    )


def rung_of(timer: Timer, key: str, ladders: Ladders) -> Rung:
    """Return the threshold that a timer passes at a rung of its ladder."""
    ladder = ladders.ladder(timer.kind, in_city(timer.anchor_at).date())
    return next(each for each in ladder if each.key == key)


def explain_timer(timer: Timer, calendar: Calendar) -> tuple[Segment, ...]:
    """Explain a timer's deadline; one that was stopped as it stood then."""
    return explained(timer.limit, deadline(timer.limit, calendar), calendar)


def _next_rung(
    timer: Timer, due: Deadline, calendar: Calendar, ladders: Ladders
) -> tuple[datetime | None, str | None]:
    if timer.voided:
        return None, None
    ladder = ladders.ladder(timer.kind, in_city(timer.anchor_at).date())
    coming = [
        (at, rung.key)
        for rung in ladder
        if rung.key not in timer.passed
        and (at := falls_at(rung, timer.limit, due, calendar)) is not None
        and (timer.stopped_at is None or at <= timer.stopped_at)
    ]
    return min(coming, key=itemgetter(0)) if coming else (None, None)


def _running(timer: Timer, calendar: Calendar) -> tuple[int, datetime | None]:
    """Return what was used up to the last change, and since when the clock runs (if it does)."""
    limit = timer.limit
    if timer.stopped_at is not None:
        return used(limit, calendar, timer.stopped_at), None
    last = _last(timer.pauses)
    if last is None:
        return 0, timer.anchor_at
    end = effective_end(last, calendar)
    if end is None:
        return used(limit, calendar, last.from_at), None
    since = max(end, timer.anchor_at)
    return used(limit, calendar, since), since


def _last(pauses: Collection[Pause]) -> Pause | None:
    return max(pauses, default=None, key=lambda each: each.from_at)
