"""What cards announce."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class CardFallen(Event):
    """A card was issued: whoever must act, and whoever supervises them, can see it."""

    card_id: UUID
    subject_kind: str
    subject_id: UUID
    level: str
