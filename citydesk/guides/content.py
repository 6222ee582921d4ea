"""What one service guide says: every element a citizen may ask about, checked as it is read.

The elements and their code sets follow GB/T 39046—2020 (annex A) and the national item library. A
guide that breaks one of the plain rules below cannot be built, so it can never be published.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from citydesk.guides.codes import (
    Addressee,
    CaseType,
    ExerciseLevel,
    FieldType,
    HandlingForm,
    HandlingScope,
    ItemType,
    LimitUnit,
    MaterialForm,
    MaterialOrigin,
    MaterialType,
    Necessity,
    OnlineDepth,
    ResultType,
)
from citydesk.guides.rules import faults

# Credit code (18, GB 32100 alphabet) + exercise level (1) + basic catalogue code (12).
ITEM_CODE_PATTERN = r"^[0-9A-HJ-NPQRTUWXY]{18}[1-7][0-9A-Z]{12}$"

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
MaybeText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^(0\d{2,3}-\d{7,8}(-\d{1,6})?|\d{5})$")]


class Part(BaseModel):
    """A piece of a guide: never changed once read, never with an element we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LegalBasis(Part):
    """设定依据: the law, the article, and what the article says."""

    law: Line
    article: Short
    text: MaybeText = ""


class Limit(Part):
    """A time limit; 0 means done on the spot."""

    value: Annotated[int, Field(ge=0, le=3650)]
    unit: LimitUnit
    note: MaybeText = ""


class Material(Part):
    """申请材料: one thing to bring, who issues it, and what it must look like."""

    code: Slug
    name: Line
    type: MaterialType
    form: MaterialForm
    necessity: Necessity
    origin: MaterialOrigin
    originals: Annotated[int, Field(ge=0, le=20)] = 0
    copies: Annotated[int, Field(ge=0, le=20)] = 0
    fill_notes: MaybeText = ""
    acceptance_standard: MaybeText = ""
    condition: Text | None = None
    satisfiable_by: tuple[Line, ...] = ()


class FormField(Part):
    """One question asked when filing."""

    key: Key
    label: Short
    type: FieldType
    required: bool = True
    max_length: Annotated[int, Field(ge=1, le=2000)] = 200
    options: Annotated[tuple[Short, ...], Field(max_length=60)] = ()
    hint: MaybeText = ""

    @model_validator(mode="after")
    def _a_choice_has_options(self) -> Self:
        if (self.type is FieldType.CHOICE) != bool(self.options):
            raise ValueError("options: a choice needs them, nothing else may have them")
        if len(set(self.options)) != len(self.options):
            raise ValueError("options: listed twice")
        return self


class ProcessLink(Part):
    """办理流程: one step, who takes it, and in how many days at most."""

    name: Short
    unit: Short
    days: Annotated[int, Field(ge=0, le=3650)] = 0


class Fee(Part):
    """收费: what, by which standard; `amount_fen` is None when it depends on the case."""

    name: Line
    standard: Text
    amount_fen: Annotated[int, Field(ge=0, le=10**12)] | None = None
    basis: Text


class Place(Part):
    """办理地点: a hall by its code, and the windows there in words."""

    hall: Slug
    windows: Line


class Result(Part):
    """办理结果: what is handed out."""

    type: ResultType
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""

    @model_validator(mode="after")
    def _a_result_has_a_name(self) -> Self:
        if (self.type is ResultType.NONE) == bool(self.name):
            raise ValueError("result.name: given exactly when there is a result")
        return self


class Faq(Part):
    """常见问题."""

    question: Line
    answer: Text


class GuideContent(Part):
    """One whole service guide (办事指南), as published."""

    item_code: Annotated[str, StringConstraints(pattern=ITEM_CODE_PATTERN)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
    plain_labels: Annotated[tuple[Short, ...], Field(max_length=30)] = ()
    item_type: ItemType
    case_type: CaseType
    authority: Slug
    exercise_level: ExerciseLevel
    addressees: Annotated[tuple[Addressee, ...], Field(min_length=1, max_length=6)]
    themes: Annotated[tuple[Short, ...], Field(min_length=1, max_length=12)]
    legal_basis: Annotated[tuple[LegalBasis, ...], Field(min_length=1, max_length=20)]
    statutory_limit: Limit
    promised_limit: Limit
    acceptance_conditions: Annotated[tuple[Text, ...], Field(min_length=1, max_length=30)]
    quantity_limit: MaybeText = ""
    materials: Annotated[tuple[Material, ...], Field(min_length=1, max_length=60)]
    form_fields: Annotated[tuple[FormField, ...], Field(min_length=1, max_length=60)]
    process_links: Annotated[tuple[ProcessLink, ...], Field(min_length=1, max_length=20)]
    has_fee: bool
    fees: Annotated[tuple[Fee, ...], Field(max_length=20)] = ()
    online_pay: bool = False
    forms: Annotated[tuple[HandlingForm, ...], Field(min_length=1, max_length=5)]
    is_online: bool
    online_depth: OnlineDepth
    is_schedule: bool
    promised_visits: Annotated[int, Field(ge=0, le=9)]
    onsite_reason: MaybeText = ""
    places: Annotated[tuple[Place, ...], Field(min_length=1, max_length=60)]
    handling_scope: HandlingScope
    consult_phone: Phone
    complain_phone: Phone
    rights: MaybeText = ""
    remedies: MaybeText = ""
    result: Result
    faqs: Annotated[tuple[Faq, ...], Field(max_length=30)] = ()
    sample: bool

    @model_validator(mode="after")
    def _the_elements_agree(self) -> Self:
        """Refuse a guide whose elements contradict each other, naming every fault at once."""
        if found := faults(self):
            raise ValueError("; ".join(found))
        return self
