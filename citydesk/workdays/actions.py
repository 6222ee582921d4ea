"""Publishing a year's calendar."""

from dataclasses import dataclass

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.workdays.events import CalendarPublished
from citydesk.workdays.ladder_files import load_ladders
from citydesk.workdays.years import Year, bundled_years, check_year
from citydesk.world import World

# Two imports at once would number the same edition twice: one waits for the other.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('workdays.import'))"

_LATEST = """
    SELECT version, digest FROM calendar_year WHERE year = $1 ORDER BY version DESC LIMIT 1
"""

_WRITE_YEAR = """
    INSERT INTO calendar_year (id, created_at, year, version, source, published_on, digest)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_WRITE_DAYS = """
    INSERT INTO calendar_day (id, created_at, calendar_year_id, date, kind, name)
    SELECT id, $2, $3, date, kind, name
    FROM unnest($1::uuid[], $4::date[], $5::text[], $6::text[]) AS new (id, date, kind, name)
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the year, the edition now in force, and whether anything changed."""

    year: int
    edition: int
    changed: bool


async def import_year(world: World, year: Year) -> Imported:
    """Bring a year's calendar into force; the same calendar again changes nothing.

    A changed one becomes a new edition; earlier editions are kept. Announces CalendarPublished.

    Raises:
        CalendarFaulty: a day outside the year, twice, a made-up working day on a weekday, a
            statutory holiday missing.
    """
    check_year(year)
    async with world.transaction() as tx:
        await sql.run(_ONE_AT_A_TIME)
        latest = await sql.row(_LATEST, year.year)
        if latest and latest["digest"] == year.digest:
            return Imported(year.year, latest["version"], changed=False)
        edition = latest["version"] + 1 if latest else 1
        await _write(world, year, edition)
        tx.announce(CalendarPublished(year.year, edition))
    return Imported(year.year, edition, changed=True)


async def load(world: World) -> list[Imported]:
    """Bring the bundled years and ladders into force where they never were.

    Answers which years changed. An operator's own later edition stays in force: a bundled year is
    read once, by its digest.
    """
    bundled = bundled_years()
    await load_ladders(world)
    async with world.transaction():
        known = {row["digest"] for row in await sql.rows("SELECT digest FROM calendar_year")}
        return [await import_year(world, year) for year in bundled if year.digest not in known]


async def _write(world: World, year: Year, edition: int) -> None:
    year_id, now = new_id(), world.clock.now()
    await sql.run(
        _WRITE_YEAR,
        year_id,
        now,
        year.year,
        edition,
        year.source,
        year.published_on,
        year.digest,
    )
    await sql.run(
        _WRITE_DAYS,
        [new_id() for _ in year.days],
        now,
        year_id,
        [day.date for day in year.days],
        [day.kind.value for day in year.days],
        [day.name for day in year.days],
    )
