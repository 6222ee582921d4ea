"""What goes into and comes out of the operations on consultations."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from citydesk import consultations
from citydesk.consultations import Action, AnswerState, ConsultationState, Kind, Pile, Shown, Whole
from mobile_api.organs import HallCode
from mobile_api.reading import Loose, Strict

Words = Annotated[str, StringConstraints(min_length=1, max_length=consultations.LONGEST)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
AnswerWords = Annotated[str, StringConstraints(min_length=1, max_length=3000)]
ItemCode = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class NewConsultation(Strict):
    """A question or a complaint; about one item, one case of mine, one hall, or nothing."""

    # Strict forms take no text for an enumeration's member; a kind is one.
    kind: Annotated[Kind, Field(strict=False)]
    text: Words
    item_code: ItemCode | None = None
    case_id: Annotated[UUID | None, Field(strict=False)] = None
    hall_code: HallCode | None = None


class OneConsultation(Loose):
    """The path to a consultation."""

    consultation_id: UUID


class FollowUp(Strict):
    """What is still unclear."""

    text: Words


class Rating(Strict):
    """Whether the answer helped; if not, why."""

    satisfied: bool
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class Answer(Strict):
    """The answer, as the citizen reads it."""

    text: AnswerWords


class Transfer(Strict):
    """The organ whose business it is, and why."""

    organ_code: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    reason: Reason


class Referral(Strict):
    """Why the city's desk does not answer this, and where to turn."""

    reason: Reason


class PublicProposal(Strict):
    """Question and answer without persons; ``checked``: the numbers in it are nobody's."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=400)]
    answer: AnswerWords
    checked: bool = False


class Paging(Loose):
    """Which page."""

    cursor: Annotated[str | None, StringConstraints(max_length=2000)] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class Waiting(Paging):
    """Which pile, and which kind."""

    pile: Pile = Pile.WAITING
    kind: Kind | None = None


class PublicQuery(Paging):
    """Of which item, and with which words."""

    item_code: Annotated[str, StringConstraints(max_length=80)] = ""
    q: Annotated[str, StringConstraints(max_length=40)] = ""


class ConsultationShown(BaseModel):
    """A consultation as a line; ``preview`` is masked and cut short."""

    id: UUID
    number: str
    kind: Kind
    title: str
    organ: str
    state: ConsultationState
    label: str
    preview: str
    asked_at: datetime
    due_on: date | None
    provisional: bool
    overdue: bool


class SaidShown(BaseModel):
    """One thing that happened, with the words that came with it."""

    at: datetime
    action: Action
    title: str
    text: str
    by_asker: bool


class ConsultationWhole(ConsultationShown):
    """A consultation with everything that was said; ``why`` explains the last day."""

    item_code: str | None
    case_id: UUID | None
    next_step: str
    said: list[SaidShown]
    why: list[str]
    allowed_actions: list[Action]
    satisfied: bool | None


class ConsultationPage(BaseModel):
    """Some consultations."""

    items: list[ConsultationShown]
    next_cursor: str | None


class HandedOn(BaseModel):
    """A consultation that another organ has now."""

    number: str
    organ: str


class Proposed(BaseModel):
    """A public answer that waits for another officer."""

    id: UUID
    state: AnswerState


class PublicAnswerShown(BaseModel):
    """A question and its answer, without persons."""

    id: UUID
    title: str
    item_code: str | None
    organ: str
    question: str
    answer: str
    published_at: datetime


class PublicAnswerPage(BaseModel):
    """Some public answers, the newest first."""

    items: list[PublicAnswerShown]
    next_cursor: str | None


def line(one: Shown) -> ConsultationShown:
    """Show a consultation as a line."""
    return ConsultationShown.model_validate(one, from_attributes=True)


def whole(one: Whole) -> ConsultationWhole:
    """Show a consultation with everything."""
    return ConsultationWhole(
        **line(one.line).model_dump(),
        item_code=one.item_code,
        case_id=one.case_id,
        next_step=one.next_step,
        said=[SaidShown.model_validate(each, from_attributes=True) for each in one.said],
        why=list(one.why),
        allowed_actions=list(one.actions),
        satisfied=one.satisfied,
    )
