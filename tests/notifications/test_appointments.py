from datetime import timedelta
from uuid import UUID

from citydesk import appointments, notifications
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Event
from citydesk.world import World
from models.appointments import Appointment, Slot
from tasks.draining import Drain
from tests.people import Outside
from tests.pushes import announce, citizen, pushes_on


async def held(world: World, who: UUID, state: str) -> UUID:
    """An appointment for tomorrow, 09:00, at the first hall."""
    hall_id = await sql.value("SELECT id FROM service_hall ORDER BY code LIMIT 1")
    now, tomorrow = world.clock.now(), world.clock.now() + timedelta(days=1)
    slot = await Slot.create(
        created_at=now,
        hall_id=hall_id,
        starts_at=tomorrow,
        ends_at=tomorrow + timedelta(hours=1),
        places=5,
        booked=1,
    )
    made = await Appointment.create(
        created_at=now,
        code="A7K3C4",
        slot=slot,
        hall_id=hall_id,
        identity_id=who,
        account_id=new_id(),
        channel="test",
        item_code="food",
        item_name="食品经营许可",
        on=tomorrow.date(),
        state=state,
    )
    return made.id


async def told(world: World, outside: Outside, event: Event) -> list[dict[str, str]]:
    await announce(world, event)
    await Drain(world, {type(event): [notifications.tell]}).until_empty()
    return [push["fields"] for push in await pushes_on(outside, "zhang")]


async def test_a_booking_is_told_with_place_time_and_code(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    made = await held(world, zhang, "confirmed")

    [said] = await told(world, outside, appointments.AppointmentBooked(made))

    assert said["time3"] == "2026年3月3日 09:00"
    assert (said["thing1"], said["character_string4"]) == ("食品经营许可", "A7K3C4")


async def test_nobody_is_reminded_of_what_they_gave_back(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    made = await held(world, zhang, "cancelled")

    assert await told(world, outside, appointments.AppointmentReminder(made)) == []
    [said] = await told(world, outside, appointments.AppointmentCancelled(made))
    assert said["thing2"] == "预约已取消，需要时请再预约"
