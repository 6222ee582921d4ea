"""The ladder of a timer: the thresholds it passes on its way, as dated data.

A rung counted by the *instant* falls at the first second after so many days over the budget have
been used (model 4.3: "used >= budget - 2" is over -2). One counted by the *day* falls at midnight
after the last day a citizen was told, as the law's own consequences do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from citydesk.kit.clock import CITY
from citydesk.workdays.deadlines import Deadline, Limit, budget_seconds, day_seconds, reached
from citydesk.workdays.rules import Calendar

EXPIRED = "expired"  # not a card: what the law or the machine does when time is over
_A_DAY = timedelta(days=1)


class CountedBy(StrEnum):
    """Which of the two notions of a date a rung goes by."""

    INSTANT = "instant"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Rung:
    """One threshold: passed when so many days over the budget (below it, if negative) are used."""

    key: str
    counted_by: CountedBy
    over_days: int
    version: str


@dataclass(frozen=True, slots=True)
class Ladders:
    """Every ladder by kind of timer, each with the day from which it holds."""

    by_kind: Mapping[str, tuple[tuple[date, tuple[Rung, ...]], ...]]

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[str, date, Rung]]) -> "Ladders":
        """Gather ladders from (kind, valid from, rung)."""
        gathered: dict[str, dict[date, list[Rung]]] = {}
        for kind, valid_from, rung in rows:
            gathered.setdefault(kind, {}).setdefault(valid_from, []).append(rung)
        return cls(
            {
                kind: tuple((since, tuple(rungs)) for since, rungs in sorted(dated.items()))
                for kind, dated in gathered.items()
            }
        )

    def ladder(self, kind: str, on: date) -> tuple[Rung, ...]:
        """Return the ladder of a kind in force on a day; empty if it has none."""
        held = [rungs for since, rungs in self.by_kind.get(kind, ()) if since <= on]
        return held[-1] if held else ()


def falls_at(rung: Rung, limit: Limit, due: Deadline, calendar: Calendar) -> datetime | None:
    """Return the true instant of a rung; None while it is provisional, held, or never comes.

    A threshold that would be passed before any time was used is left out.
    """
    if rung.counted_by is CountedBy.DAY:
        if due.provisional:
            return None
        last = calendar.after(due.on, rung.over_days - 1)
        return None if last.provisional else datetime.combine(last.on + _A_DAY, time(), CITY)
    over = (rung.over_days - 1) * day_seconds(limit.budget, calendar)
    threshold = budget_seconds(limit, calendar) + over
    if threshold < 0:
        return None
    at, provisional = reached(limit, calendar, threshold + 1)
    return None if provisional else at
