"""What a deadline is made of: a budget of time, and the pauses that stop it."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise

from citydesk.kit.clock import in_city
from citydesk.workdays.refusals import LimitFaulty, PauseOverlaps

MOST_UNITS = 100_000


class Unit(StrEnum):
    """In what a budget is counted; the two working units stand still outside office hours."""

    WORKING_DAY = "working_day"
    WORKING_HOUR = "working_hour"
    CALENDAR_DAY = "calendar_day"
    HOUR = "hour"
    MINUTE = "minute"
    MONTH = "month"
    YEAR = "year"


WORKING = frozenset({Unit.WORKING_DAY, Unit.WORKING_HOUR})
WHOLE_DAYS = frozenset({Unit.CALENDAR_DAY, Unit.MONTH, Unit.YEAR})
UNIT_WORDS = {
    Unit.WORKING_DAY: "个工作日",
    Unit.WORKING_HOUR: "个工作小时",
    Unit.CALENDAR_DAY: "天",
    Unit.HOUR: "小时",
    Unit.MINUTE: "分钟",
    Unit.MONTH: "个月",
    Unit.YEAR: "年",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """So much time: 7 working days, 15 days, 2 months.

    Raises:
        LimitFaulty: negative, or longer than any limit of any law.
    """

    value: int
    unit: Unit = Unit.WORKING_DAY

    def __post_init__(self) -> None:
        if not 0 <= self.value <= MOST_UNITS:
            raise LimitFaulty(f"期限应为0至{MOST_UNITS}之间的整数，请核对。")

    @property
    def words(self) -> str:
        """The budget in Chinese: 7个工作日."""
        return f"{self.value}{UNIT_WORDS[self.unit]}"


def working_days(value: int) -> Budget:
    """Return a budget of working days."""
    return Budget(value, Unit.WORKING_DAY)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time that does not count: from one instant up to, not including, another.

    ``to_at`` None: still open. ``approved_days``: the working days it may credit at most, as told
    in writing (行政许可法 art. 45); None: as long as it lasts. By the whole second.
    """

    from_at: datetime
    to_at: datetime | None = None
    approved_days: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "from_at", whole(self.from_at))
        if self.to_at is not None:
            object.__setattr__(self, "to_at", whole(self.to_at))
            if self.to_at < self.from_at:
                raise LimitFaulty("暂停的结束时间早于开始时间，请核对。")
        if self.approved_days is not None and not 0 <= self.approved_days <= MOST_UNITS:
            raise LimitFaulty(f"批准天数应为0至{MOST_UNITS}之间的整数，请核对。")


def in_order(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """Return pauses by their beginning; an empty one overlaps nothing.

    Raises:
        PauseOverlaps: two of them share a second.
    """
    if len(pauses) < 2:
        return pauses
    found = tuple(sorted(pauses, key=lambda pause: pause.from_at))
    lasting = [pause for pause in found if pause.to_at != pause.from_at]
    for one, other in pairwise(lasting):
        if one.to_at is None or other.from_at < one.to_at:
            raise PauseOverlaps("两段暂停时间重叠，请先结束前一段再开始。")
    return found


def whole(instant: datetime) -> datetime:
    """Return an instant in UTC by the whole second: what a clock on the wall shows."""
    return instant.astimezone(UTC).replace(microsecond=0)


def months_after(start: date, months: int) -> date:
    """Return the same day so many months on, or that month's last day (民法典 art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def days_of(budget: Budget, anchor_at: datetime) -> int:
    """Return the days of a budget of whole days, counted from an instant."""
    if budget.unit is Unit.CALENDAR_DAY:
        return budget.value
    start = in_city(anchor_at).date()
    months = budget.value * (12 if budget.unit is Unit.YEAR else 1)
    return (months_after(start, months) - start).days
