"""Working calendar (工作日历): which days offices work, and when a limit of working days ends.

The State Council publishes each year's holidays and made-up working days (调休); a year is
imported once published and may get a new edition. Beyond the last published year days are counted
Monday to Friday and every date so counted is marked provisional: nothing is refused for want of a
calendar, no card falls on such a date, and it is counted again when the year is published.
"""

from citydesk.workdays.actions import Imported, import_year, load
from citydesk.workdays.events import CalendarPublished
from citydesk.workdays.queries import calendar
from citydesk.workdays.refusals import CalendarFaulty
from citydesk.workdays.rules import DAY_SECONDS, Calendar, Due, DueDate
from citydesk.workdays.years import Day, DayKind, Year, bundled_years, read_year

__all__ = [
    "DAY_SECONDS",
    "Calendar",
    "CalendarFaulty",
    "CalendarPublished",
    "Day",
    "DayKind",
    "Due",
    "DueDate",
    "Imported",
    "Year",
    "bundled_years",
    "calendar",
    "import_year",
    "load",
    "read_year",
]
