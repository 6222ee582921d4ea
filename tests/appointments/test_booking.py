import asyncio
from datetime import time, timedelta

import pytest

from citydesk import appointments, guides, identity
from citydesk.appointments import AppointmentState, SlotFull
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.appointments import Appointment, Slot
from tasks import outbox
from tests.appointments.making import (
    DAY,
    announced,
    check_the_books,
    citizen,
    item,
    officer_of,
    slot,
    starts_at,
)
from tests.cases.making import kite_guide
from tests.people import Outside


async def drained(world: World) -> None:
    while await outbox.drain(world):
        pass


@pytest.mark.parametrize("places", [1, 3])
async def test_a_rush_of_forty_for_the_last_places_sells_exactly_those(
    world: World, places: int
) -> None:
    wanted, matter = await slot(world, places), await item(world)
    results = await asyncio.gather(
        *(appointments.book(world, citizen(), wanted, matter) for _ in range(40)),
        return_exceptions=True,
    )
    got = [each for each in results if isinstance(each, Appointment)]
    assert len(got) == places, [repr(each) for each in results if each not in got][:3]
    assert all(isinstance(each, SlotFull) for each in results if each not in got)
    assert await check_the_books(wanted) == places
    assert await announced("AppointmentBooked") == places
    assert len({each.code for each in got}) == places


async def test_taking_and_giving_back_at_once_keeps_the_books_right(world: World) -> None:
    wanted, matter = await slot(world, 3), await item(world)

    async def come_and_go() -> None:
        who = citizen()
        for _ in range(3):
            try:
                held = await appointments.book(world, who, wanted, matter)
            except SlotFull:
                continue
            await appointments.cancel(world, who, held.id)

    results = await asyncio.gather(*(come_and_go() for _ in range(8)), return_exceptions=True)
    assert results == [None] * 8
    assert await check_the_books(wanted) == 0
    assert (await Slot.get(id=wanted)).booked == 0


async def test_the_database_itself_refuses_one_place_too_many(world: World) -> None:
    wanted = await slot(world, 2)
    with pytest.raises(Exception, match="slot_never_overbooked"):
        await sql.run("UPDATE slot SET booked = 3 WHERE id = $1", wanted)


async def test_one_matter_is_booked_once_a_day(world: World) -> None:
    morning, later = await slot(world, 5), await slot(world, 5, time(11))
    next_day = await slot(world, 5, on=DAY + timedelta(days=1))
    matter, other = await item(world), await item(world, 2)
    who = citizen()
    results = await asyncio.gather(
        *(appointments.book(world, who, each, matter) for each in (morning, later) * 3),
        return_exceptions=True,
    )
    [held] = [each for each in results if isinstance(each, Appointment)]
    refused = [each for each in results if each is not held]
    assert all(isinstance(each, appointments.AlreadyBooked) for each in refused)
    await appointments.book(world, who, next_day, matter)
    await appointments.book(world, who, later, other)
    await appointments.cancel(world, who, held.id)
    await appointments.book(world, who, morning, matter)
    for each in (morning, later, next_day):
        await check_the_books(each)


async def test_nobody_holds_more_than_five_places_even_when_asking_at_once(world: World) -> None:
    matter, who = await item(world), citizen()
    days = [await slot(world, 9, on=DAY + timedelta(days=n)) for n in range(8)]
    results = await asyncio.gather(
        *(appointments.book(world, who, each, matter) for each in days), return_exceptions=True
    )
    got = [each for each in results if isinstance(each, Appointment)]
    assert len(got) == 5
    assert all(
        isinstance(each, appointments.TooManyAppointments) for each in results if each not in got
    )
    await appointments.cancel(world, who, got[0].id)
    left = [each for each in days if each not in {held.slot_id for held in got}]  # type: ignore[attr-defined]
    await appointments.book(world, who, left[0], matter)


async def test_a_slot_that_cannot_be_booked_says_why(world: World, clock: SetClock) -> None:
    matter, who = await item(world), citizen()
    wanted = await slot(world, 1)
    far = await slot(world, 1, on=DAY + timedelta(days=60))
    elsewhere = await slot(world, 1, hall="city")
    with pytest.raises(identity.LevelTooLow):
        await appointments.book(world, citizen(level=2), wanted, matter)
    with pytest.raises(appointments.NoSuchSlot):
        await appointments.book(world, who, new_id(), matter)
    with pytest.raises(guides.NoSuchGuide):
        await appointments.book(world, who, wanted, "no-such-item")
    with pytest.raises(appointments.TooEarly):
        await appointments.book(world, who, far, matter)
    with pytest.raises(appointments.NotBookable):
        await appointments.book(world, who, elsewhere, matter)
    await kite_guide(world, is_schedule=False)
    with pytest.raises(appointments.NotBookable):
        await appointments.book(world, who, wanted, matter)
    await kite_guide(world)
    clock.set(await starts_at(wanted))
    with pytest.raises(appointments.TooLate):
        await appointments.book(world, who, wanted, matter)
    assert (await Slot.get(id=wanted)).booked == 0
    assert await announced("AppointmentBooked") == 0


async def test_a_place_is_given_back_until_two_hours_before_and_taken_again(
    world: World, clock: SetClock
) -> None:
    wanted, matter, first, second = await slot(world, 1), await item(world), citizen(), citizen()
    held = await appointments.book(world, first, wanted, matter)
    begins = await starts_at(wanted)
    clock.set(begins - timedelta(hours=2))
    ended = await appointments.cancel(world, first, held.id)
    assert ended.state == AppointmentState.CANCELLED
    assert await check_the_books(wanted) == 0
    with pytest.raises(appointments.NotHeld):
        await appointments.cancel(world, first, held.id)
    again = await appointments.book(world, second, wanted, matter)
    clock.move(seconds=1)
    with pytest.raises(appointments.TooLate):
        await appointments.cancel(world, second, again.id)
    assert await check_the_books(wanted) == 1


async def test_a_foreign_appointment_and_a_missing_one_are_told_alike(
    world: World, clock: SetClock
) -> None:
    wanted, matter, owner = await slot(world, 2), await item(world), citizen()
    held = await appointments.book(world, owner, wanted, matter)
    clock.set(await starts_at(wanted))
    other_hall = await officer_of(world, "city")
    told = set()
    for stranger in (citizen(), citizen(level=0)):
        for found in (held.id, new_id()):
            with pytest.raises(appointments.NoSuchAppointment) as refused:
                await appointments.cancel(world, stranger, found)
            told.add(refused.value.detail)
    assert len(told) == 1
    told = set()
    for asker in (citizen(), other_hall):
        for code in (held.code, "AAAAAAAA"):
            with pytest.raises(appointments.NoSuchAppointment) as refused:
                await appointments.check_in(world, asker, code)
            told.add(refused.value.detail)
    assert len(told) == 1
    assert await appointments.my_appointments(world, citizen()) == []
    assert (await Appointment.get(id=held.id)).state == AppointmentState.CONFIRMED


@pytest.mark.parametrize(
    ("minutes", "admitted"), [(-30.02, False), (-30, True), (0, True), (15, True), (15.02, False)]
)
@pytest.mark.parametrize("by_officer", [False, True])
async def test_one_checks_in_around_the_time_by_oneself_or_at_the_desk(
    world: World, clock: SetClock, minutes: float, admitted: bool, by_officer: bool
) -> None:
    wanted, matter, owner = await slot(world, 1), await item(world), citizen()
    held = await appointments.book(world, owner, wanted, matter)
    asker = await officer_of(world) if by_officer else owner
    clock.set(await starts_at(wanted) + timedelta(minutes=minutes))
    if not admitted:
        with pytest.raises((appointments.TooEarly, appointments.TooLate)):
            await appointments.check_in(world, asker, held.code)
        return
    came = await appointments.check_in(world, asker, f" {held.code.lower()} ")
    assert (came.state, came.checked_in_at) == (AppointmentState.CHECKED_IN, clock.now())
    with pytest.raises(appointments.NotHeld):
        await appointments.check_in(world, asker, held.code)


async def test_who_did_not_come_is_a_no_show_and_nobody_else_is(
    world: World, clock: SetClock, outside: Outside
) -> None:
    wanted, matter = await slot(world, 3), await item(world)
    absent, present, gone = citizen(), citizen(), citizen()
    held = {
        who: await appointments.book(world, who, wanted, matter) for who in (absent, present, gone)
    }
    await appointments.cancel(world, gone, held[gone].id)
    begins = await starts_at(wanted)
    clock.set(begins + timedelta(minutes=15))
    await appointments.check_in(world, present, held[present].code)
    await drained(world)
    assert (await Appointment.get(id=held[absent].id)).state == AppointmentState.CONFIRMED
    clock.move(seconds=1)
    for _ in range(2):  # an event may be delivered again
        await drained(world)
        await appointments.close_check_in(world, held[absent].id)
    states = {who: (await Appointment.get(id=each.id)).state for who, each in held.items()}
    assert states == {absent: "no_show", present: "checked_in", gone: "cancelled"}
    await check_the_books(wanted)


async def test_giving_a_place_back_does_not_wait_for_bookings_under_way(world: World) -> None:
    """Or two of them and it would wait for each other in a circle."""
    where = await slot(world, places=3)
    someone = citizen()
    held = await appointments.book(world, someone, where, await item(world))
    booked, go_on = asyncio.Event(), asyncio.Event()

    async def book_slowly() -> None:
        async with world.transaction():
            await sql.value(
                "SELECT 1 FROM slot WHERE id = $1 FOR KEY SHARE", where
            )  # as a key does
            booked.set()
            await go_on.wait()

    booking = asyncio.create_task(book_slowly())
    try:
        await booked.wait()
        async with asyncio.timeout(5):
            await appointments.cancel(world, someone, held.id)
    finally:
        go_on.set()
        await booking
