"""What the working calendar announces."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from typing_extensions import override

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class CalendarPublished(Event):
    """A year's calendar came into force: its first edition, or a changed one.

    Dates counted through this year may move. A notice for one year also swaps the last days of
    the year before (29 December 2018), so a later edition may move dates that were certain.
    """

    year: int
    edition: int


@dataclass(frozen=True, slots=True)
class TimerEvent(Event):
    """Something happened to a timer; told in order with what else happens to its subject."""

    timer_id: UUID
    subject_kind: str
    subject_id: UUID
    kind: str
    no: int

    @override
    def order_key(self) -> str:
        """What happens to one subject is told in the order in which it happened."""
        return f"{self.subject_kind}:{self.subject_id}"


@dataclass(frozen=True, slots=True)
class TimerExpired(TimerEvent):
    """The time is over: the last day of a period, or the approved days of a special procedure."""


@dataclass(frozen=True, slots=True)
class DueMoved(TimerEvent):
    """A published calendar moved the last day of a live timer."""

    before: date
    after: date
