"""Appointments over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from citydesk import appointments, guides, identity, organs
from citydesk.appointments import AppointmentState, Held
from citydesk.identity import Role
from mobile_api.api import ANYONE, CITIZEN, Api, Call, officers
from mobile_api.organs import HallCode
from mobile_api.reading import Day, Loose, Strict

api = Api("appointments")


class OneHall(Loose):
    """The path to a hall."""

    hall_code: HallCode


class OnDay(Loose):
    """The day asked about (city date)."""

    on: Day


class NewAppointment(Strict):
    """The slot, and the matter it is for."""

    slot_id: UUID
    item_code: Annotated[str, StringConstraints(max_length=31)]


class OneAppointment(Loose):
    """The path to an appointment."""

    appointment_id: UUID


class CheckIn(Strict):
    """The code on the appointment."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{8}$")]


class SlotShown(BaseModel):
    """A slot and how many places are left."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    left: int


class AppointmentShown(BaseModel):
    """An appointment as its citizen sees it."""

    id: UUID
    code: str
    item_code: str
    item_name: str
    hall_name: str
    hall_address: str
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState


class AppointmentList(BaseModel):
    """Appointments, newest first."""

    items: list[AppointmentShown]


def shown(held: Held) -> AppointmentShown:
    """Show an appointment."""
    return AppointmentShown.model_validate(held, from_attributes=True)


@api(
    "GET",
    "/halls/{hall_code}/slots",
    who=ANYONE,
    path_form=OneHall,
    query=OnDay,
    out=list[SlotShown],
    refusals=(organs.NoSuchHall,),
)
async def open_slots(call: Call) -> list[SlotShown]:
    """A hall's slots on one day that have not begun; full ones show 0 left."""
    found = await appointments.open_slots(call.world, call.path.hall_code, call.query.on)
    return [SlotShown.model_validate(each, from_attributes=True) for each in found]


@api(
    "POST",
    "/appointments",
    who=CITIZEN,
    body=NewAppointment,
    out=AppointmentShown,
    status=201,
    creates=True,
    refusals=(
        guides.NoSuchGuide,
        guides.GuideNotReady,
        guides.ItemCancelled,
        guides.ItemSuspended,
        identity.LevelTooLow,
        appointments.NoSuchSlot,
        appointments.SlotFull,
        appointments.TooLate,
        appointments.TooEarly,
        appointments.NotBookable,
        appointments.AlreadyBooked,
        appointments.TooManyAppointments,
    ),
)
async def book(call: Call) -> AppointmentShown:
    """Hold one place in a slot for a matter."""
    form: NewAppointment = call.body
    made = await appointments.book(call.world, call.citizen, form.slot_id, form.item_code)
    return shown(await appointments.held(call.world, made.id))


@api("GET", "/appointments", who=CITIZEN, out=AppointmentList)
async def my_appointments(call: Call) -> AppointmentList:
    """My appointments, newest first."""
    found = await appointments.my_appointments(call.world, call.citizen)
    return AppointmentList(items=[shown(each) for each in found])


@api(
    "DELETE",
    "/appointments/{appointment_id}",
    who=CITIZEN,
    path_form=OneAppointment,
    out=AppointmentShown,
    refusals=(appointments.NoSuchAppointment, appointments.NotHeld, appointments.TooLate),
)
async def cancel(call: Call) -> AppointmentShown:
    """Give a place back, until two hours before it begins."""
    ended = await appointments.cancel(call.world, call.citizen, call.path.appointment_id)
    return shown(await appointments.held(call.world, ended.id))


CHECK_IN_REFUSALS = (
    appointments.NoSuchAppointment,
    appointments.NotHeld,
    appointments.TooEarly,
    appointments.TooLate,
)


@api(
    "POST",
    "/appointments/check-in",
    who=CITIZEN,
    body=CheckIn,
    out=AppointmentShown,
    creates=True,
    refusals=CHECK_IN_REFUSALS,
)
async def check_in(call: Call) -> AppointmentShown:
    """Say that I have come: from 30 minutes before to 15 minutes after the slot begins."""
    came = await appointments.check_in(call.world, call.citizen, call.body.code)
    return shown(await appointments.held(call.world, came.id))


@api(
    "POST",
    "/officer/check-ins",
    who=officers(Role.FRONT_DESK),
    body=CheckIn,
    out=AppointmentShown,
    creates=True,
    refusals=CHECK_IN_REFUSALS,
)
async def check_in_at_desk(call: Call) -> AppointmentShown:
    """Check a citizen in at the desk of my hall."""
    came = await appointments.check_in(call.world, call.officer, call.body.code)
    return shown(await appointments.held(call.world, came.id))
