"""Cases as the API shows them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from citydesk import cases
from citydesk.cases import Action, Progress, State
from mobile_api.cases.asked import Answer
from models.cases import Case

Scan = Literal["waiting", "clean", "infected"]


class NextDueShown(BaseModel):
    """The next day that matters; provisional while its calendar is not published."""

    what: str
    on: date
    provisional: bool


class PartShown(BaseModel):
    """How one organ's part of a joint case stands."""

    organ: str
    case_no: str
    label: str
    outcome: str | None
    committed: bool
    due: NextDueShown | None


class CaseShown(BaseModel):
    """A case in a list: no personal data."""

    id: UUID
    case_no: str
    item_code: str
    item_name: str
    state: State
    label: str
    next_step: str
    filed_at: datetime | None
    promised_on: date | None
    provisional: bool
    correction_due_on: date | None
    deferred_due_on: date | None


class CasePage(BaseModel):
    """Some cases, and the cursor for more."""

    items: list[CaseShown]
    next_cursor: str | None


class Receipt(CaseShown):
    """A case as its applicant gets it on filing: with the query code."""

    query_code: str


class ReceiptShown(Receipt):
    """A case as submitted: what to keep of it, what happens next and by when."""

    hall_name: str
    next_due: NextDueShown | None


class HappeningShown(BaseModel):
    """One line of the timeline, in Chinese."""

    at: datetime
    title: str
    detail: str | None
    basis: str | None


class ProgressShown(BaseModel):
    """How a case stands and what happens next."""

    case_no: str
    item_name: str
    state: State
    label: str
    next_step: str
    hall_name: str
    filed_at: datetime | None
    promised_on: date | None
    provisional: bool
    correction_due_on: date | None
    deferred: list[str]
    deferred_due_on: date | None
    next_due: NextDueShown | None
    why: list[str]
    happenings: list[HappeningShown]


class PaperShown(BaseModel):
    """One paper of a case."""

    id: UUID
    requirement: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    handed_in_round: int
    pages: int | None
    scan: Scan  # nobody opens what is infected, no officer what is still waiting
    replaceable: bool
    removable: bool


class FormerPaperShown(BaseModel):
    """A paper that was replaced or taken back, when, by whom, and what asked for it.

    ``replaced_by``: the paper that stands in; null: taken back. ``by``: null: not written down.
    """

    id: UUID
    requirement: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    handed_in_at: datetime
    replaced_at: datetime
    replaced_by: UUID | None
    by: Literal["applicant", "agent"] | None
    why: str


class DeskCase(CaseShown):
    """A case as the officer sees it: with the form, the papers, and the steps allowed now."""

    form: dict[str, Answer]
    confirmed: Annotated[
        dict[str, str], Field(description="系统代填、申请人已确认的答案，以及来源")
    ]
    papers: list[PaperShown]
    former_papers: list[FormerPaperShown]
    allowed_actions: list[Action]
    next_due: NextDueShown | None
    why: list[str]
    parts: list[PartShown]


def shown(case: Case) -> CaseShown:
    """Show a case; what comes from our own row needs no check."""
    return CaseShown.model_construct(**summary(case))


def summary(case: Case) -> dict[str, Any]:
    """The fields every view of a case has."""
    state = State(case.state)
    return {
        "id": case.id,
        "case_no": case.case_no,
        "item_code": case.item_code,
        "item_name": case.item_name,
        "state": state,
        "label": cases.LABELS[state],
        "next_step": cases.NEXT_STEPS[state],
        "filed_at": case.filed_at,
        "promised_on": case.promised_on,
        "provisional": case.provisional,
        "correction_due_on": case.correction_due_on,
        "deferred_due_on": case.deferred_due_on,
    }


def progress_shown(progress: Progress) -> ProgressShown:
    """Show a progress."""
    return ProgressShown.model_validate(progress, from_attributes=True)


def due_shown(due: cases.NextDue | None) -> NextDueShown | None:
    """Show the next day that matters."""
    return NextDueShown.model_validate(due, from_attributes=True) if due else None


def part_shown(part: cases.PartShown) -> PartShown:
    """Show how a part stands."""
    return PartShown.model_validate(part, from_attributes=True)


def former_paper_shown(paper: cases.FormerPaper) -> FormerPaperShown:
    """Show what became of a paper that does not count any more."""
    return FormerPaperShown.model_validate(paper, from_attributes=True)


def paper_shown(paper: cases.Paper) -> PaperShown:
    """Show a paper's label, not its contents."""
    return PaperShown.model_validate(paper, from_attributes=True)
