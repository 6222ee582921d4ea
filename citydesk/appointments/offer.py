"""What halls offer: standing hours, and the slots cut from them day by day."""

from datetime import date, timedelta
from uuid import UUID

from citydesk import workdays
from citydesk.appointments.rules import slot_times
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.appointments import Availability

_OFFER = """
    INSERT INTO slot (id, created_at, hall_id, starts_at, ends_at, places, booked)
    SELECT id, $2, hall_id, starts_at, ends_at, places, 0
    FROM unnest($1::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::smallint[])
        AS new (id, hall_id, starts_at, ends_at, places)
    ON CONFLICT (hall_id, starts_at) DO NOTHING
"""


async def offer_hours(
    world: World,
    hall_id: UUID,
    opens_at: str,
    closes_at: str,
    *,
    slot_minutes: int,
    places: int,
    bookable_days: int = 14,
    weekdays: str = "1234567",
) -> Availability:
    """Set a hall's standing hours (city time, "09:00"), unless they are set already.

    Weekdays are digits, 1 is Monday; only days on which halls open become slots.
    """
    async with world.transaction():
        found, _ = await Availability.get_or_create(
            hall_id=hall_id,
            opens_at=opens_at,
            valid_from=date(2018, 1, 1),
            defaults={
                "id": new_id(),
                "created_at": world.clock.now(),
                "closes_at": closes_at,
                "slot_minutes": slot_minutes,
                "places": places,
                "bookable_days": bookable_days,
                "weekdays": weekdays,
            },
        )
    return found


async def open_days(world: World) -> int:
    """Cut every hall's hours into slots as far ahead as it books; return how many are new."""
    calendar = await workdays.calendar(world)
    today = world.clock.today()
    new: list[tuple[UUID, UUID, object, object, int]] = []
    for hours in await Availability.all():
        for ahead in range(hours.bookable_days + 1):
            day = today + timedelta(days=ahead)
            if _offered(hours, day) and _known(calendar, day) and calendar.opens(day):
                new += [
                    (new_id(), hours.hall_id, starts_at, ends_at, hours.places)
                    for starts_at, ends_at in slot_times(
                        day, hours.opens_at, hours.closes_at, hours.slot_minutes
                    )
                ]
    if not new:
        return 0
    ids, halls, starts, ends, places = (list(column) for column in zip(*new, strict=True))
    async with world.transaction():
        return await sql.run(_OFFER, ids, world.clock.now(), halls, starts, ends, places)


def _offered(hours: Availability, day: date) -> bool:
    begun = hours.valid_from <= day and (hours.valid_to is None or day <= hours.valid_to)
    return begun and str(day.isoweekday()) in hours.weekdays


def _known(calendar: workdays.Calendar, day: date) -> bool:
    """Whether the day's year is published: nobody is booked into a holiday not yet announced."""
    return calendar.published_to is not None and day <= calendar.published_to
