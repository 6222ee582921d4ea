"""What deadlines are counted by: the calendar and the ladders in force, kept in each process."""

from dataclasses import dataclass
from datetime import date

from citydesk.kit import sql
from citydesk.workdays.rules import Calendar
from citydesk.workdays.rungs import CountedBy, Ladders, Rung
from citydesk.workdays.timers import Timer, projected
from citydesk.workdays.years import DayKind
from citydesk.world import World

# Editions and rungs are only ever added, so their number and the newest one tell whether any is
# new; both, because a rolled-back import may have been read inside its own transaction. A value
# rather than a question: whoever asks the tables something anyway asks for it along the way.
STATE = """(
    SELECT count(*) || ' ' || coalesce(max(id::text), '')
        || (SELECT count(*) || coalesce(max(id::text), '') FROM rung_rule)
    FROM calendar_year)
"""
_STATE = f"SELECT {STATE}"

_IN_FORCE = """
    SELECT latest.year, day.date, day.kind
    FROM (
        SELECT DISTINCT ON (year) id, year FROM calendar_year ORDER BY year, version DESC
    ) AS latest
    LEFT JOIN calendar_day AS day ON day.calendar_year_id = latest.id
"""

_RUNGS = """
    SELECT timer_kind, valid_from, rung_key, counted_by, over_days, version
    FROM rung_rule ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What deadlines are counted by: the calendar, and the ladders of timers."""

    calendar: Calendar
    ladders: Ladders

    def counted(self, timer: Timer) -> Timer:
        """Return a timer with everything that follows from its terms counted afresh."""
        return projected(timer, self.calendar, self.ladders)


@dataclass(slots=True)
class _Kept:
    """This process's copy of the rules and the state of the tables it was made from."""

    state: str | None = None
    book: RuleBook = RuleBook(Calendar(frozenset(), frozenset(), frozenset()), Ladders({}))


async def rule_book(world: World, state: str | None = None) -> RuleBook:
    """Return the calendar and the ladders in force.

    ``state`` is what a question to the tables has just answered for ``STATE``; without it, one
    short question is asked.
    """
    kept = world.kept(_Kept)
    state = state or str(await sql.value(_STATE))
    if kept.state != state:
        editions = int(state.partition(" ")[0])
        kept.book, kept.state = RuleBook(await _in_force(editions), await _ladders()), state
    return kept.book


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


async def _ladders() -> Ladders:
    return Ladders.of_rows(
        (
            row["timer_kind"],
            row["valid_from"],
            Rung(
                row["rung_key"],
                CountedBy(row["counted_by"]),
                row["over_days"],
                row["version"],
            ),
        )
        for row in await sql.rows(_RUNGS)
    )
