"""What is sent about cases: by applicants for themselves, by officers for them and of their own."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from citydesk import cases
from mobile_api.reading import Loose, Strict

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
