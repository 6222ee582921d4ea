"""The calendar in force."""

from dataclasses import dataclass
from datetime import date

from citydesk.kit import sql
from citydesk.workdays.rules import Calendar
from citydesk.workdays.years import DayKind
from citydesk.world import World

# Editions are only ever added, so their number and the newest one tell whether any is new; both,
# because a rolled-back import may have been read inside its own transaction.
_STATE = "SELECT count(*) AS editions, coalesce(max(id::text), '') AS newest FROM calendar_year"

_IN_FORCE = """
    SELECT latest.year, day.date, day.kind
    FROM (
        SELECT DISTINCT ON (year) id, year FROM calendar_year ORDER BY year, version DESC
    ) AS latest
    LEFT JOIN calendar_day AS day ON day.calendar_year_id = latest.id
"""


@dataclass(slots=True)
class _Kept:
    """This process's copy of the calendar and the state of the tables it was made from."""

    state: tuple[int, str] | None = None
    calendar: Calendar = Calendar(frozenset(), frozenset(), frozenset())  # noqa: RUF009 - frozen


async def calendar(world: World) -> Calendar:
    """Return the calendar in force; one short question to the tables while it has not changed."""
    kept = world.kept(_Kept)
    found = await sql.row(_STATE)
    state = (found["editions"], found["newest"]) if found else (0, "")
    if kept.state != state:
        kept.calendar, kept.state = await _in_force(state[0]), state
    return kept.calendar


async def _in_force(editions: int) -> Calendar:
    rows = await sql.rows(_IN_FORCE)
    days: dict[str, set[date]] = {kind: set() for kind in DayKind}
    for row in rows:
        if row["date"] is not None:
            days[row["kind"]].add(row["date"])
    return Calendar(
        holidays=frozenset(days[DayKind.HOLIDAY]),
        made_up=frozenset(days[DayKind.MAKEUP_WORKDAY]),
        years=frozenset(row["year"] for row in rows),
        version=editions,
        closures=frozenset(days[DayKind.LOCAL_CLOSURE]),
    )
