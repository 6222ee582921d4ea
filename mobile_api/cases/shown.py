"""Cases as the API shows them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from citydesk import cases
from citydesk.cases import Action, Progress, State
from mobile_api.reading import Loose, Strict
from models.cases import Case

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Value = Annotated[str, StringConstraints(max_length=2000)]
Choices = Annotated[list[Annotated[str, StringConstraints(max_length=120)]], Field(max_length=60)]


def _one_fault(given: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Name the answer at fault once, not once for each kind of answer it is not."""
    try:
        return read(given)
    except ValidationError:
        kind = "string_too_long" if isinstance(given, str) else "answer"
        raise PydanticCustomError(kind, "not an answer") from None


Answer = Annotated[Value | bool | Choices, WrapValidator(_one_fault)]
Form = Annotated[dict[Key, Answer], Field(max_length=60)]
Scan = Literal["waiting", "clean", "infected"]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class NewCase(Strict):
    """What a filing begins with: the item, the hall to handle it, the form as far as known."""

    item_code: Annotated[str, StringConstraints(max_length=31)]
    hall_code: Annotated[str, StringConstraints(max_length=40)]
    form: Form = Field(default_factory=dict)


class FilledForm(Strict):
    """The whole form; replaces what was there. ``version``: the one last seen, if it matters."""

    form: Form
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class OneCase(Loose):
    """The path to a case."""

    case_id: UUID


class OneMaterial(OneCase):
    """The path to one requirement of a case."""

    requirement: Annotated[str, StringConstraints(max_length=64)]


class OnePaper(OneCase):
    """The path to one paper of a case."""

    paper_id: UUID


class FileName(Loose):
    """What the applicant calls the file."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""


class Paging(Loose):
    """Which part of a list."""

    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ByCode(Strict):
    """What is printed on the receipt: case number and query code."""

    case_no: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    query_code: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class Note(Strict):
    """A remark, or nothing."""

    note: Annotated[str, StringConstraints(max_length=2000)] | None = None


Originals = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[int, Field(ge=1, le=99)]],
    Field(max_length=60),
]


class HandedOver(Note):
    """Papers handed over at the window: how many, by the material's code."""

    originals: Originals = Field(default_factory=dict)


class TakenIn(HandedOver):
    """A receipt; where an agent stands at the window, what their mandate is known by."""

    mandate: Annotated[str, StringConstraints(max_length=60)] = ""


class PersonPresent(Strict):
    """Whose resident identity card the officer has checked."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    id_no: Annotated[str, StringConstraints(min_length=1, max_length=18)]
    phone: Annotated[str, StringConstraints(max_length=11)] | None = None


class WalkIn(Strict):
    """A case begun at a window: the item, who stands there, for whom, the form as far as known."""

    item_code: Annotated[str, StringConstraints(max_length=31)]
    applicant: PersonPresent
    agent: PersonPresent | None = None
    form: Form = Field(default_factory=dict)


class DeferralTold(Strict):
    """Papers that may follow (容缺), working days for them, and whether the promise was signed."""

    materials: Annotated[
        list[Annotated[str, StringConstraints(max_length=64)]], Field(min_length=1, max_length=30)
    ]
    days: Annotated[int, Field(ge=1, le=cases.MOST_DAYS)] = cases.USUAL_DAYS
    signed: bool = False


class Acceptance(Note):
    """An acceptance; with papers to follow, or without."""

    deferral: DeferralTold | None = None


class HowServed(Note):
    """How the result was handed over: with a waybill number it was mailed."""

    waybill: Annotated[str, StringConstraints(max_length=30)] = ""


class Promise(Loose):
    """Whether the applicant promises the papers that may follow."""

    promises: bool = False


class Because(Strict):
    """The reason, as the applicant will read it: everything at once."""

    reason: Reason


class Decision(Strict):
    """Granted or refused; a refusal needs its reason."""

    outcome: cases.Outcome
    reason: Annotated[str, StringConstraints(max_length=2000)] | None = None


class Correction(Because):
    """A correction notice: everything at once, and by when (days; none for no deadline)."""

    days: Annotated[int, Field(ge=1, le=90)] | None = 15
    why_again: Reason | None = None


class Elsewhere(Because):
    """Another organ is competent, and which."""

    competent_organ: Annotated[
        str, StringConstraints(min_length=2, max_length=60, strip_whitespace=True)
    ]


class Special(Because):
    """A special procedure: what, how many working days, and the written notice."""

    kind: cases.SpecialKind
    days: Annotated[int, Field(ge=1, le=250)]
    document_no: Annotated[
        str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)
    ]


class SpecialOver(Note):
    """How a special procedure ended."""

    result: cases.SpecialResult


class Extension(Because):
    """Working days added to the legal limit."""

    days: Annotated[int, Field(ge=1, le=15)]


class PartAsked(Strict):
    """An organ asked to take part, and its working days."""

    organ_code: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    days: Annotated[int, Field(ge=1, le=60)]


class Joint(Strict):
    """How other organs take part, and which."""

    kind: cases.JointKind
    parts: Annotated[list[PartAsked], Field(min_length=1, max_length=8)]


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


class DeskCase(CaseShown):
    """A case as the officer sees it: with the form, the papers, and the steps allowed now."""

    form: dict[str, Answer]
    confirmed: Annotated[
        dict[str, str], Field(description="系统代填、申请人已确认的答案，以及来源")
    ]
    papers: list[PaperShown]
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


def paper_shown(paper: cases.Paper) -> PaperShown:
    """Show a paper's label, not its contents."""
    return PaperShown.model_validate(paper, from_attributes=True)
