"""What happens in supervision."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class ParityBroken(Event):
    """A channel was found serving another version than the one in force."""

    alarm_id: UUID
    item_id: UUID


@dataclass(frozen=True, slots=True)
class CheckAsked(Event):
    """A supervisor wants one item tried and compared now."""

    item_code: str
