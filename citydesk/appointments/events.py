"""What appointments announce."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class AppointmentBooked(Event):
    """A citizen holds a place."""

    appointment_id: UUID


@dataclass(frozen=True, slots=True)
class AppointmentCancelled(Event):
    """A citizen gave a place back."""

    appointment_id: UUID


@dataclass(frozen=True, slots=True)
class AppointmentReminder(Event):
    """The time is near; announced ahead, void once the place is no longer held."""

    appointment_id: UUID


@dataclass(frozen=True, slots=True)
class AppointmentCheckedIn(Event):
    """The citizen came."""

    appointment_id: UUID


@dataclass(frozen=True, slots=True)
class CheckInClosed(Event):
    """The time to check in has passed; announced ahead."""

    appointment_id: UUID
