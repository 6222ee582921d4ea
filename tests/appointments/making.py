"""Slots of one hall, and the people who want a place in them."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from citydesk import organs
from citydesk.identity import Citizen, Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import CITY
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.appointments import Appointment, Availability, Slot
from tests.cases.making import HALL, kite_guide
from tests.guides.making import code

DAY = date(2026, 3, 3)  # the day after the tests' Monday


def citizen(level: int = 3) -> Citizen:
    """Somebody whose real name was checked."""
    return Citizen(new_id(), new_id(), level, "app", None)


async def item(world: World, number: int = 1) -> str:
    """The code of a matter one may book for, in the hall of these tests."""
    if number == 1:
        return await kite_guide(world)
    await kite_guide(world, item_code=code(number), name=f"示例风筝许可第{number}种")
    return code(number)


async def slot(
    world: World, places: int, at: time = time(10), on: date = DAY, hall: str = HALL
) -> UUID:
    """A slot of half an hour, in a hall that books two weeks ahead."""
    hall_id = (await organs.hall_by_code(world, hall)).id
    if not await Availability.exists(hall_id=hall_id):
        await Availability.create(
            created_at=world.clock.now(),
            hall_id=hall_id,
            weekdays="1234567",
            opens_at="09:00",
            closes_at="12:00",
            slot_minutes=30,
            places=places,
            bookable_days=14,
            valid_from=date(2018, 1, 1),
        )
    starts_at = datetime.combine(on, at, CITY).astimezone(UTC)
    made = await Slot.create(
        created_at=world.clock.now(),
        hall_id=hall_id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        places=places,
    )
    return made.id


async def starts_at(slot_id: UUID) -> datetime:
    """When a slot begins."""
    return (await Slot.get(id=slot_id)).starts_at


async def officer_of(world: World, hall: str = HALL) -> Officer:
    """A front-desk officer of a hall."""
    hall_id = (await organs.hall_by_code(world, hall)).id
    return Officer(new_id(), new_id(), Role.FRONT_DESK, None, hall_id, new_id())


async def check_the_books(slot_id: UUID) -> int:
    """What is booked is what is held, and never more than there is; return it."""
    row = await Slot.get(id=slot_id)
    held = await Appointment.filter(
        slot_id=slot_id, state__in=["confirmed", "checked_in", "no_show"]
    ).count()
    assert row.booked == held <= row.places
    return held


async def announced(name: str) -> int:
    """How many events of a kind wait in the outbox or were delivered."""
    found: int = await sql.value("SELECT count(*) FROM outbox_message WHERE name = $1", name)
    return found
