"""Working calendar and clocks (工作日历、计时): which days offices work, and when a limit ends.

The State Council publishes each year's holidays and made-up working days (调休); a year is
imported once published and may get a new edition. Beyond the last published year days are counted
Monday to Friday and every date so counted is marked provisional: nothing is refused for want of a
calendar, no card falls on such a date, and it is counted again when the year is published.

One engine counts everything with a deadline (``deadline``): a budget of time, run from an instant,
stopped by pauses, each credited up to its approved days. Timers are deadlines that are kept: for
a case, a consultation; they start, pause, resume, are extended and stop with their subject, fall
due at rungs exactly once, and can always be explained.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from citydesk.workdays.budgets import Budget, Pause, Unit, working_days
from citydesk.workdays.bundled import bundled_calendar
from citydesk.workdays.deadlines import Deadline, Limit, deadline, reached, used
from citydesk.workdays.explaining import Segment, day_words, explained
from citydesk.workdays.hours import OFFICE_HOURS, Hours
from citydesk.workdays.refusals import CalendarFaulty, LimitFaulty, NoSuchTimer, PauseOverlaps
from citydesk.workdays.rules import DAY_SECONDS, Calendar, Due, DueDate
from citydesk.workdays.timers import Subject, Timer, TimerKind

if TYPE_CHECKING:
    from citydesk.workdays.actions import Imported, import_year, load
    from citydesk.workdays.events import CalendarPublished, DueMoved, TimerEvent, TimerExpired
    from citydesk.workdays.falling import PassedRung, claim_rungs
    from citydesk.workdays.queries import (
        calendar,
        explain,
        running_clock,
        timers_of,
        timers_on,
    )
    from citydesk.workdays.recounting import recount_after_publishing, recount_timers
    from citydesk.workdays.running import (
        Starting,
        extend_timer,
        hand_over_timers,
        resume_timers,
        start_timer,
        start_timers,
        stop_timers,
        suspend_timers,
        turn_timers,
    )
    from citydesk.workdays.years import Day, DayKind, Year, bundled_years, read_year

# Counting needs no database; a command that only counts starts in a fraction of the time.
_STORED = {
    "actions": ("Imported", "import_year", "load"),
    "events": ("CalendarPublished", "DueMoved", "TimerEvent", "TimerExpired"),
    "falling": ("PassedRung", "claim_rungs"),
    "queries": ("calendar", "explain", "running_clock", "timers_of", "timers_on"),
    "recounting": ("recount_after_publishing", "recount_timers"),
    "running": (
        *("Starting", "extend_timer", "hand_over_timers", "resume_timers", "start_timer"),
        *("start_timers", "stop_timers", "suspend_timers", "turn_timers"),
    ),
    "years": ("Day", "DayKind", "Year", "bundled_years", "read_year"),
}
_ROOMS = {word: room for room, words in _STORED.items() for word in words}


def __getattr__(word: str) -> Any:
    """Fetch a word that needs the database when it is first spoken."""
    if word not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {word!r}")
    found = getattr(import_module(f"{__name__}.{_ROOMS[word]}"), word)
    globals()[word] = found
    return found


__all__ = [
    "DAY_SECONDS",
    "OFFICE_HOURS",
    "Budget",
    "Calendar",
    "CalendarFaulty",
    "CalendarPublished",
    "Day",
    "DayKind",
    "Deadline",
    "Due",
    "DueDate",
    "DueMoved",
    "Hours",
    "Imported",
    "Limit",
    "LimitFaulty",
    "NoSuchTimer",
    "PassedRung",
    "Pause",
    "PauseOverlaps",
    "Segment",
    "Starting",
    "Subject",
    "Timer",
    "TimerEvent",
    "TimerExpired",
    "TimerKind",
    "Unit",
    "Year",
    "bundled_calendar",
    "bundled_years",
    "calendar",
    "claim_rungs",
    "day_words",
    "deadline",
    "explain",
    "explained",
    "extend_timer",
    "hand_over_timers",
    "import_year",
    "load",
    "reached",
    "read_year",
    "recount_after_publishing",
    "recount_timers",
    "resume_timers",
    "running_clock",
    "start_timer",
    "start_timers",
    "stop_timers",
    "suspend_timers",
    "timers_of",
    "timers_on",
    "turn_timers",
    "used",
    "working_days",
]
