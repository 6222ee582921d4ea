"""The ways a booking is refused."""

from citydesk.kit.refusals import Conflict, Missing


class NoSuchSlot(Missing):
    """No hall offers this slot."""

    title = "No such slot"


class NoSuchAppointment(Missing):
    """There is no such appointment, or it is not the asker's to see."""

    title = "No such appointment"


class SlotFull(Conflict):
    """Every place in the slot is taken."""

    title = "Slot full"


class TooLate(Conflict):
    """The slot is too close, or past."""

    title = "Too late"


class TooEarly(Conflict):
    """The slot is too far ahead, or check-in has not begun."""

    title = "Too early"


class NotBookable(Conflict):
    """The item takes no appointments, or not in this hall."""

    title = "Not bookable"


class AlreadyBooked(Conflict):
    """The citizen holds an appointment for this matter on this day."""

    title = "Already booked"


class TooManyAppointments(Conflict):
    """The citizen holds as many appointments as one may hold."""

    title = "Too many appointments"


class NotHeld(Conflict):
    """The appointment is no longer held: cancelled, checked in, or missed."""

    title = "Not held"
