"""What can be done with appointments."""

from datetime import datetime, timedelta
from uuid import UUID

from tortoise.exceptions import IntegrityError

from citydesk import guides, identity, organs
from citydesk.appointments import rules
from citydesk.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentReminder,
    CheckInClosed,
)
from citydesk.appointments.refusals import (
    AlreadyBooked,
    NoSuchAppointment,
    NoSuchSlot,
    NotBookable,
    SlotFull,
    TooManyAppointments,
)
from citydesk.appointments.rules import AppointmentState
from citydesk.identity import Citizen, Officer
from citydesk.kit import sql
from citydesk.kit.clock import in_city
from citydesk.kit.ids import new_id, random_code
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.appointments import Appointment, Slot

BOOKING_LEVEL = 3
CODE_LENGTH = 8

_SLOT = """
    SELECT s.id, s.hall_id, s.starts_at, s.places, s.booked,
        coalesce(max(a.bookable_days), 0) AS days
    FROM slot s LEFT JOIN availability a ON a.hall_id = s.hall_id
    WHERE s.id = $1 GROUP BY s.id
"""
# The last word on the last place: two who ask at once are told apart here, not by the check.
_TAKE = "UPDATE slot SET booked = booked + 1 WHERE id = $1 AND booked < places"
_GIVE_BACK = "UPDATE slot SET booked = booked - 1 WHERE id = $1 AND booked > 0"


async def book(world: World, citizen: Citizen, slot_id: UUID, item_code: str) -> Appointment:
    """Hold one place in a slot for a matter; reminders go out a day and two hours before.

    Raises:
        identity.LevelTooLow: booking asks for a real-name check (level 3).
        NoSuchSlot, SlotFull, TooLate, TooEarly, NotBookable, AlreadyBooked, TooManyAppointments.
    """
    identity.require_level(citizen, BOOKING_LEVEL)
    assert citizen.identity_id is not None
    async with world.transaction() as tx:
        slot = await sql.row(_SLOT, slot_id)
        if slot is None:
            _ = await guides.published(world, item_code)  # an item that is not there is told first
            raise NoSuchSlot("没有这个预约时段，请重新选择。")
        hall = await organs.hall(world, slot["hall_id"])
        guide = await guides.published(world, item_code, hall.region_code)
        if not guide.content.is_schedule:
            raise NotBookable("这个事项不用预约，可直接办理。", item_code=item_code)
        if hall.code not in {place.hall for place in guide.content.places}:
            raise NotBookable("这个大厅不办理该事项，请另选大厅。", hall=hall.code)
        rules.check_bookable(slot["starts_at"], world.clock.now(), slot["days"])
        rules.check_room(slot["booked"], slot["places"])
        await _check_own(citizen.identity_id)
        appointment = _held(world, citizen, slot, guide)
        try:
            async with world.transaction():
                await appointment.save(force_create=True)
        except IntegrityError:
            raise AlreadyBooked("您当天已预约过这个事项，不用重复预约。") from None
        if not await sql.run(_TAKE, slot_id):
            raise SlotFull("这个时段已约满，请另选时段。", places=slot["places"])
        _announce_ahead(tx, appointment, slot["starts_at"])
    return appointment


async def _check_own(identity_id: UUID) -> None:
    # The lock keeps one citizen's twin requests in line; strangers do not wait for each other.
    await sql.value("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", str(identity_id))
    held = await Appointment.filter(
        identity_id=identity_id, state=AppointmentState.CONFIRMED.value
    ).count()
    if held >= rules.MOST_HELD:
        raise TooManyAppointments(
            f"您已有{held}个预约，最多{rules.MOST_HELD}个，请先取消不用的。", most=rules.MOST_HELD
        )


def _held(world: World, citizen: Citizen, slot: sql.Row, guide: guides.Guide) -> Appointment:
    return Appointment(
        id=new_id(),
        created_at=world.clock.now(),
        code=random_code(CODE_LENGTH),
        slot_id=slot["id"],
        hall_id=slot["hall_id"],
        identity_id=citizen.identity_id,
        account_id=citizen.account_id,
        channel=citizen.channel,
        item_code=guide.code,
        item_name=guide.name,
        on=in_city(slot["starts_at"]).date(),
        state=AppointmentState.CONFIRMED.value,
    )


def _announce_ahead(tx: Transaction, appointment: Appointment, starts_at: datetime) -> None:
    tx.announce(AppointmentBooked(appointment.id))
    for before in rules.REMINDERS:
        if starts_at - before > tx.at:
            tx.announce(AppointmentReminder(appointment.id), due_at=starts_at - before)
    closed_at = starts_at + rules.CHECK_IN_AFTER + timedelta(seconds=1)
    tx.announce(CheckInClosed(appointment.id), due_at=closed_at)


async def cancel(world: World, citizen: Citizen, appointment_id: UUID) -> Appointment:
    """Give a held place back, until two hours before it begins."""
    async with world.transaction() as tx:
        slot, appointment = await _locked(appointment_id)
        if appointment.identity_id != citizen.identity_id:
            raise NoSuchAppointment("没有找到这个预约，请核对后再试。")
        rules.check_held(appointment.state)
        rules.check_cancellable(slot.starts_at, world.clock.now())
        await _end(world, appointment, AppointmentState.CANCELLED)
        await sql.run(_GIVE_BACK, slot.id)
        tx.announce(AppointmentCancelled(appointment.id))
    return appointment


async def check_in(world: World, asker: Citizen | Officer, code: str) -> Appointment:
    """Note that the citizen has come: by themselves, or by an officer of the hall, by code."""
    async with world.transaction() as tx:
        word = code.strip().upper()
        found = await Appointment.get_or_none(code=word) if len(word) == CODE_LENGTH else None
        if found is None or not _may_check_in(asker, found):
            raise NoSuchAppointment("没有找到这个预约，请核对预约码。")
        slot, appointment = await _locked(found.id)
        rules.check_held(appointment.state)
        rules.check_check_in(slot.starts_at, world.clock.now())
        appointment.state = AppointmentState.CHECKED_IN.value
        appointment.checked_in_at = world.clock.now()
        await appointment.save(update_fields=["state", "checked_in_at"])
        tx.announce(AppointmentCheckedIn(appointment.id))
    return appointment


def _may_check_in(asker: Citizen | Officer, appointment: Appointment) -> bool:
    if isinstance(asker, Citizen):
        return asker.identity_id is not None and asker.identity_id == appointment.identity_id
    return asker.hall_id is not None and asker.hall_id == appointment.hall_id


async def close_check_in(world: World, appointment_id: UUID) -> None:
    """Mark a place nobody came for; nothing happens to one cancelled or checked in."""
    async with world.transaction():
        _, appointment = await _locked(appointment_id)
        if appointment.state == AppointmentState.CONFIRMED:
            await _end(world, appointment, AppointmentState.NO_SHOW)


async def _end(world: World, appointment: Appointment, state: AppointmentState) -> None:
    appointment.state, appointment.ended_at = state.value, world.clock.now()
    await appointment.save(update_fields=["state", "ended_at"])


async def _locked(appointment_id: UUID) -> tuple[Slot, Appointment]:
    """Lock the slot, then the appointment: parents before children.

    Not against FOR KEY SHARE, which a booking under way holds on the slot by its foreign key: two
    such bookings and this lock would wait for each other in a circle.
    """
    locked = Slot.select_for_update(of=("slot",), no_key=True)
    slot = await locked.get_or_none(appointments__id=appointment_id)
    appointment = await Appointment.select_for_update().get_or_none(id=appointment_id)
    if slot is None or appointment is None:
        raise NoSuchAppointment("没有找到这个预约，请核对后再试。")
    return slot, appointment
