"""The calendar that comes with the program, at once and without a database.

Read plainly, without checking: the test suite checks the files themselves through ``years``.
"""

import json
from datetime import date
from functools import cache
from importlib.resources import files

from citydesk.workdays.hours import OFFICE_HOURS, Hours
from citydesk.workdays.rules import Calendar

HOLIDAY, MADE_UP = "holiday", "makeup_workday"


@cache
def bundled_calendar(hours: Hours = OFFICE_HOURS) -> Calendar:
    """Return the calendar of every bundled year, with these office hours."""
    years: set[int] = set()
    days: dict[str, set[date]] = {}
    for each in files("citydesk.workdays").joinpath("data").iterdir():
        if each.name.endswith(".json"):
            year = json.loads(each.read_bytes())
            years.add(year["year"])
            for day in year["days"]:
                days.setdefault(day["kind"], set()).add(date.fromisoformat(day["date"]))
    return Calendar(
        frozenset(days[HOLIDAY]), frozenset(days[MADE_UP]), frozenset(years), hours=hours
    )
