"""What consultations announce."""

from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class ConsultationChanged(Event):
    """Something happened to a consultation; the subclasses say what."""

    consultation_id: UUID

    @override
    def order_key(self) -> str:
        """What happens to one consultation is told in the order in which it happened."""
        return f"consultation:{self.consultation_id}"


@dataclass(frozen=True, slots=True)
class ConsultationAsked(ConsultationChanged):
    """Somebody asked or complained."""


@dataclass(frozen=True, slots=True)
class ConsultationTransferred(ConsultationChanged):
    """Another organ will answer; the limit goes on."""


@dataclass(frozen=True, slots=True)
class ConsultationAnswered(ConsultationChanged):
    """It was answered."""


@dataclass(frozen=True, slots=True)
class ConsultationReferred(ConsultationChanged):
    """It is nothing the city's desk answers; the asker was told where to turn."""


@dataclass(frozen=True, slots=True)
class ConsultationReopened(ConsultationChanged):
    """The asker asked back, or was not satisfied: it waits for an answer again."""


@dataclass(frozen=True, slots=True)
class ConsultationEnded(ConsultationChanged):
    """It was taken back, or is closed."""


@dataclass(frozen=True, slots=True)
class AnswerDateMoved(ConsultationChanged):
    """A newly published calendar moved the last day of the answer."""


@dataclass(frozen=True, slots=True)
class AnswerStood(Event):
    """An answer was given so long ago that it stands, if nothing was said to it."""

    consultation_id: UUID
    seq: int  # of the answer


@dataclass(frozen=True, slots=True)
class AnswerPublished(Event):
    """Everybody may read it now."""

    answer_id: UUID
