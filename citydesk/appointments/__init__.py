"""Appointments (预约): a citizen holds a place in a hall's time slot before coming in.

confirmed → checked_in; confirmed → cancelled (until two hours before); confirmed → no_show. A slot
never holds more citizens than it has places. A citizen holds at most five places, and one a day for
one matter. Reminders go out 24 hours and 2 hours before.
"""

from citydesk.appointments.actions import book, cancel, check_in, close_check_in
from citydesk.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentReminder,
    CheckInClosed,
)
from citydesk.appointments.offer import offer_hours, open_days
from citydesk.appointments.queries import (
    AppointmentTelling,
    FreeDay,
    Held,
    OpenSlot,
    booked_by_matter,
    free_days,
    held,
    my_appointments,
    open_slots,
    tellings,
    turned_to,
)
from citydesk.appointments.reaction import note_missed
from citydesk.appointments.refusals import (
    AlreadyBooked,
    NoSuchAppointment,
    NoSuchSlot,
    NotBookable,
    NotHeld,
    SlotFull,
    TooEarly,
    TooLate,
    TooManyAppointments,
)
from citydesk.appointments.rules import AppointmentState

__all__ = [
    "AlreadyBooked",
    "AppointmentBooked",
    "AppointmentCancelled",
    "AppointmentCheckedIn",
    "AppointmentReminder",
    "AppointmentState",
    "AppointmentTelling",
    "CheckInClosed",
    "FreeDay",
    "Held",
    "NoSuchAppointment",
    "NoSuchSlot",
    "NotBookable",
    "NotHeld",
    "OpenSlot",
    "SlotFull",
    "TooEarly",
    "TooLate",
    "TooManyAppointments",
    "book",
    "booked_by_matter",
    "cancel",
    "check_in",
    "close_check_in",
    "free_days",
    "held",
    "my_appointments",
    "note_missed",
    "offer_hours",
    "open_days",
    "open_slots",
    "tellings",
    "turned_to",
]
