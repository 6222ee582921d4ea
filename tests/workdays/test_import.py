from datetime import date

import pytest

from citydesk import workdays
from citydesk.kit import sql
from citydesk.workdays import CalendarFaulty, Day, DayKind, Year
from citydesk.world import World

FIXED = ("2027-01-01", "2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03")


def a_year(*off: str) -> Year:
    return Year(
        year=2027,
        days=tuple(
            Day(date=date.fromisoformat(each), kind=DayKind.HOLIDAY, name="示例")
            for each in (*FIXED, *off)
        ),
    )


async def announced() -> list[tuple[int, int]]:
    rows = await sql.rows(
        "SELECT facts->>'year' AS year, facts->>'edition' AS edition FROM outbox_message"
        " WHERE name = 'CalendarPublished' ORDER BY id"
    )
    return [(int(row["year"]), int(row["edition"])) for row in rows]


@pytest.fixture
async def bare(world: World) -> World:
    """A world in which no calendar was ever published."""
    await sql.run("DELETE FROM calendar_year")
    await sql.run("DELETE FROM outbox_message")
    return world


async def test_the_bundled_years_are_loaded_once(bare: World) -> None:
    assert (await workdays.calendar(bare)).published_to is None
    assert [each.year for each in await workdays.load(bare)] == list(range(2018, 2027))
    assert await workdays.load(bare) == []
    calendar = await workdays.calendar(bare)
    assert calendar.published_to == date(2026, 12, 31)
    assert calendar.after(date(2018, 9, 30), 1).on == date(2018, 10, 8)
    assert len(await announced()) == 9


async def test_a_new_year_makes_its_dates_certain(bare: World) -> None:
    await workdays.load(bare)
    before = (await workdays.calendar(bare)).after(date(2026, 12, 30), 2)
    assert (before.on, before.provisional) == (date(2027, 1, 1), True)
    assert await workdays.import_year(bare, a_year()) == workdays.Imported(2027, 1, changed=True)
    after = (await workdays.calendar(bare)).after(date(2026, 12, 30), 2)
    assert (after.on, after.provisional) == (date(2027, 1, 4), False)
    assert (await announced())[-1] == (2027, 1)


async def test_the_same_calendar_again_changes_nothing(bare: World) -> None:
    await workdays.import_year(bare, a_year())
    again = await workdays.import_year(bare, a_year())
    assert again == workdays.Imported(2027, 1, changed=False)
    assert await announced() == [(2027, 1)]


async def test_a_changed_calendar_is_a_new_edition_and_the_old_one_is_kept(bare: World) -> None:
    await workdays.import_year(bare, a_year())
    held = await workdays.calendar(bare)
    assert (await workdays.import_year(bare, a_year("2027-02-08"))).edition == 2
    changed = await workdays.calendar(bare)
    assert held.works(date(2027, 2, 8))
    assert not changed.works(date(2027, 2, 8))
    assert changed.version > held.version
    assert await sql.value("SELECT count(*) FROM calendar_day") == 5 + 6
    assert await announced() == [(2027, 1), (2027, 2)]


async def test_an_operators_edition_survives_the_next_start(bare: World) -> None:
    await workdays.load(bare)
    bundled = workdays.bundled_years()[-1]
    more = Day(date=date(2026, 3, 4), kind=DayKind.HOLIDAY, name="示例")
    corrected = bundled.model_copy(update={"days": (*bundled.days, more)})
    await workdays.import_year(bare, corrected)
    assert await workdays.load(bare) == []
    assert not (await workdays.calendar(bare)).works(date(2026, 3, 4))


async def test_a_faulty_calendar_leaves_nothing_behind(bare: World) -> None:
    year = a_year()
    with pytest.raises(CalendarFaulty):
        await workdays.import_year(bare, year.model_copy(update={"days": year.days[:2]}))
    assert await sql.value("SELECT count(*) FROM calendar_year") == 0
    assert await announced() == []


async def import_and_take_back(world: World) -> None:
    async with world.transaction():
        await workdays.import_year(world, a_year("2027-02-08"))
        assert not (await workdays.calendar(world)).works(date(2027, 2, 8))
        raise RuntimeError


async def test_an_import_taken_back_is_forgotten(bare: World) -> None:
    with pytest.raises(RuntimeError):
        await import_and_take_back(bare)
    await workdays.import_year(bare, a_year())
    assert (await workdays.calendar(bare)).works(date(2027, 2, 8))


async def test_the_calendar_is_read_once_while_it_does_not_change(bare: World) -> None:
    await workdays.load(bare)
    assert await workdays.calendar(bare) is await workdays.calendar(bare)
