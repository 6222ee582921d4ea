from datetime import date, time, timedelta

import pytest

from citydesk import appointments, workdays
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.appointments import Availability, Slot
from tasks import outbox
from tests.appointments.making import (
    DAY,
    HALL,
    citizen,
    item,
    officer_of,
    slot,
    starts_at,
)
from tests.people import Outside
from tests.pushes import citizen as known
from tests.pushes import pushes_on


async def drained(world: World) -> None:
    while await outbox.drain(world):
        pass


async def test_reminders_are_announced_for_a_day_and_two_hours_before(
    world: World, clock: SetClock
) -> None:
    async def due() -> list[timedelta]:
        rows = await sql.rows(
            "SELECT due_at FROM outbox_message WHERE name = 'AppointmentReminder' ORDER BY due_at"
        )
        return [begins - row["due_at"] for row in rows]

    wanted, matter = await slot(world, 3), await item(world)
    begins = await starts_at(wanted)
    await appointments.book(world, citizen(), wanted, matter)
    assert await due() == [timedelta(hours=24), timedelta(hours=2)]
    clock.set(begins - timedelta(hours=3))
    await appointments.book(world, citizen(), wanted, matter)
    assert await due() == [timedelta(hours=24), timedelta(hours=2), timedelta(hours=2)]
    clock.set(begins - timedelta(hours=1))
    await appointments.book(world, citizen(), wanted, matter)
    assert len(await due()) == 3


async def test_slots_are_offered_on_days_that_halls_open_and_on_no_other(
    world: World, clock: SetClock
) -> None:
    """Around National Day 2026 the State Council's calendar decides, not the weekday."""
    await Availability.all().delete()
    hall = (await officer_of(world)).hall_id
    assert hall is not None
    await appointments.offer_hours(
        world, hall, "09:00", "10:00", slot_minutes=30, places=2, bookable_days=24
    )
    clock.set(clock.now().replace(month=9, day=18))
    made = await appointments.open_days(world)
    assert await appointments.open_days(world) == 0
    days = {each.starts_at.date() for each in await Slot.all()}
    assert made == 2 * len(days)
    calendar = await workdays.calendar(world)
    span = [date(2026, 9, 18) + timedelta(days=n) for n in range(25)]
    assert days == {day for day in span if calendar.works(day)}
    assert not days & {date(2026, 10, day) for day in range(1, 8)}
    assert any(day.weekday() >= 5 for day in days)  # made-up working days are offered


async def test_no_slot_is_offered_on_a_day_the_city_shuts_its_halls(world: World) -> None:
    bundled = next(year for year in workdays.bundled_years() if year.year == 2026)
    shut = workdays.Day(date=DAY, kind=workdays.DayKind.LOCAL_CLOSURE, name="示例停办")
    await workdays.import_year(world, bundled.model_copy(update={"days": (*bundled.days, shut)}))
    hall = (await officer_of(world)).hall_id
    assert hall is not None
    await appointments.offer_hours(world, hall, "09:00", "10:00", slot_minutes=30, places=2)
    await appointments.open_days(world)
    assert await appointments.open_slots(world, HALL, DAY) == []
    assert await appointments.open_slots(world, HALL, DAY + timedelta(days=1)) != []


async def test_full_slots_are_shown_with_nothing_left_and_begun_ones_not_at_all(
    world: World, clock: SetClock
) -> None:
    full, free = await slot(world, 1), await slot(world, 2, time(11))
    await appointments.book(world, citizen(), full, await item(world))
    shown = await appointments.open_slots(world, HALL, DAY)
    assert [(each.id, each.left) for each in shown] == [(full, 0), (free, 2)]
    clock.set(await starts_at(full) + timedelta(seconds=1))
    assert [each.id for each in await appointments.open_slots(world, HALL, DAY)] == [free]
    assert await appointments.open_slots(world, HALL, DAY - timedelta(days=9)) == []


@pytest.mark.parametrize("on", [date.min, date.max])
async def test_on_the_first_and_the_last_day_a_calendar_knows_no_slot_is_open(
    world: World, on: date
) -> None:
    assert await appointments.open_slots(world, HALL, on) == []


async def test_no_reminder_is_sent_for_a_place_given_back(
    world: World, clock: SetClock, outside: Outside
) -> None:
    who = citizen()
    identity_id = await known(world, outside, "zhang")
    who = type(who)(who.account_id, identity_id, 3, "app", None)
    wanted, matter = await slot(world, 2), await item(world)
    held = await appointments.book(world, who, wanted, matter)
    await drained(world)
    assert len(await pushes_on(outside, "zhang")) == 1
    clock.set(await starts_at(wanted) - timedelta(hours=24))
    await outside.at(clock)
    await drained(world)
    assert len(await pushes_on(outside, "zhang")) == 2  # the reminder of the day before
    await appointments.cancel(world, who, held.id)
    await drained(world)
    assert len(await pushes_on(outside, "zhang")) == 3  # that it was cancelled
    clock.set(await starts_at(wanted) - timedelta(hours=1))
    await outside.at(clock)
    await drained(world)
    assert len(await pushes_on(outside, "zhang")) == 3
    left = await sql.value(
        "SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL AND due_at <= $1",
        clock.now(),
    )
    assert left == 0
