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


@dataclass(frozen=True, slots=True)
class CardAppealed(Event):
    """The head of an organ appealed against a card; supervisors find it on their list."""

    card_id: UUID


@dataclass(frozen=True, slots=True)
class AppealAnswered(Event):
    """A supervisor revoked a card, dismissed its appeal, or passed it up."""

    card_id: UUID
    answer: str
