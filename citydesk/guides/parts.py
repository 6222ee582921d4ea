"""The pieces a guide is made of: each checked as it is read, none ever changed afterwards.

What a piece is called in GB/T 39046—2020 and the national item library stands in its docstring.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from citydesk.guides.codes import (
    FieldMeaning,
    FieldType,
    HandlingForm,
    LimitUnit,
    MaterialForm,
    MaterialOrigin,
    MaterialType,
    Necessity,
    NetworkKind,
    ResultType,
    SpecialKind,
    SystemLevel,
)

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
MaybeShort = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
MaybeLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
MaybeText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
VariantNo = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|[1-9][0-9])$")]
_PHONE = r"^(0\d{2,3}-\d{7,8}(-\d{1,6})?|\d{5})$"
Phone = Annotated[str, StringConstraints(pattern=_PHONE)]
MaybePhone = Annotated[str, StringConstraints(pattern=rf"^$|{_PHONE}")]
_URL = r"(/|https?://[A-Za-z0-9.-]+(:\d{1,5})?(/|$))[^\s<>\"'\\]*$"
Url = Annotated[str, StringConstraints(pattern=rf"^{_URL}", max_length=500)]
MaybeUrl = Annotated[str, StringConstraints(pattern=rf"^$|^{_URL}", max_length=500)]
# Which answers something depends on: each question with one of these options; {}: always.
When = Annotated[dict[Key, tuple[Key, ...]], Field(max_length=12)]

# The same for a field of a form: an earlier choice in it is named by the words of its options.
FieldWhen = Annotated[dict[Key, tuple[Short, ...]], Field(max_length=12)]


class Part(BaseModel):
    """A piece of a guide: never changed once read, never with an element we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileLink(Part):
    """A file to look at or take home: a path of this platform ("/…") or an address."""

    name: Line
    href: Url


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


class SpecialProcedure(Part):
    """特别程序: what may stop the clock or lengthen it, how long at most, by which rule."""

    name: Short
    kind: SpecialKind
    max_days: Annotated[int, Field(ge=1, le=3650)]
    unit: LimitUnit = LimitUnit.WORKING_DAY
    basis: MaybeText = ""
    explain: MaybeText = ""


class Material(Part):
    """申请材料: one thing to bring, who issues it, what it must look like, and when it is needed.

    What is needed only in some situations says so in words (`condition`) and for the machine
    (`when`).
    """

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
    satisfiable_by: Annotated[tuple[Line, ...], Field(max_length=12)] = ()
    page_format: MaybeShort = ""
    legal_basis: MaybeText = ""
    must_sign_in_person: bool = False
    source_explain: MaybeText = ""
    source_link: FileLink | None = None  # where one gets it
    blank_form: FileLink | None = None
    sample: FileLink | None = None
    when: When = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_situation_is_said_in_words(self) -> Self:
        if self.when and not self.condition:
            raise ValueError("condition: say in words when it is needed, as `when` says in codes")
        return self


def _unsaid(value: object) -> bool:
    """Left out of what is written, so that guides from before keep their fingerprint."""
    return not value


class FormField(Part):
    """One question asked when filing.

    `when`: asked only if earlier answers call for it, those to the guide's questions (情形) or to a
    choice further up in the form. `about`: what the answer is, so that it can be proposed again.
    """

    key: Key
    label: Short
    type: FieldType
    required: bool = True
    max_length: Annotated[int, Field(ge=1, le=2000)] = 200
    options: Annotated[tuple[Short, ...], Field(max_length=60)] = ()
    hint: MaybeText = ""
    when: FieldWhen = Field(default_factory=dict, exclude_if=_unsaid)
    about: FieldMeaning | None = Field(default=None, exclude_if=_unsaid)

    @model_validator(mode="after")
    def _a_choice_has_options(self) -> Self:
        if (self.type in (FieldType.CHOICE, FieldType.CHOICES)) != bool(self.options):
            raise ValueError("options: a choice needs them, nothing else may have them")
        if len(set(self.options)) != len(self.options):
            raise ValueError("options: listed twice")
        return self


class ProcessLink(Part):
    """办理流程: one step, who takes it, and in how many days at most."""

    name: Short
    unit: Short
    days: Annotated[int, Field(ge=0, le=3650)] = 0
    person: MaybeShort = ""
    unit_of_time: LimitUnit = LimitUnit.WORKING_DAY
    is_special: bool = False
    explain: MaybeText = ""


class Condition(Part):
    """受理条件 of one situation only."""

    text: Text
    when: When = Field(default_factory=dict)


class Fee(Part):
    """收费: what, by which standard; `amount_fen` is None when it depends on the case."""

    name: Line
    standard: MaybeText = ""
    amount_fen: Annotated[int, Field(ge=0, le=10**12)] | None = None
    basis: MaybeText = ""
    reducible: bool = False
    reduction_basis: MaybeText = ""
    when: When = Field(default_factory=dict)


class Place(Part):
    """办理地点: a hall by its code, and the windows there in words; what is empty is the hall's."""

    hall: Slug
    windows: Line
    phone: MaybePhone = ""
    hours: MaybeText = ""
    traffic: MaybeText = ""
    when: When = Field(default_factory=dict)


class Result(Part):
    """办理结果: what is handed out, what it looks like, how long it is good for."""

    type: ResultType
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    sample: FileLink | None = None
    cert_type_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{0,21}$")] = ""
    valid_for: MaybeShort = ""

    @model_validator(mode="after")
    def _a_result_has_a_name(self) -> Self:
        if (self.type is ResultType.NONE) == bool(self.name):
            raise ValueError("result.name: given exactly when there is a result")
        return self


class Faq(Part):
    """常见问题."""

    question: Line
    answer: Text


class RemedyBody(Part):
    """行政复议机关 or 行政诉讼法院: to whom one turns against a decision."""

    name: Short
    address: MaybeLine = ""
    phone: MaybePhone = ""
    url: MaybeUrl = ""


class DeptSystem(Part):
    """The department's own system (自建系统) that this item runs in."""

    name: Short
    url: MaybeUrl = ""
    network: NetworkKind
    level: SystemLevel
    handled_there: bool = True


class IntermediaryService(Part):
    """中介服务: what an agency must do first, by which rule, and who chooses the agency."""

    name: Line
    basis: MaybeText = ""
    chosen_by: MaybeShort = ""


class Option(Part):
    """One answer to a question: it may lead to a variant, or show that this is not the matter."""

    key: Key
    label: Short
    note: MaybeText = ""
    variant: Annotated[str, StringConstraints(pattern=r"^$|^(0[1-9]|[1-9][0-9])$")] = ""
    stop: MaybeText = ""


class Question(Part):
    """情形引导: one question to the citizen, asked only `when` earlier answers call for it."""

    key: Key
    text: Line
    help: MaybeText = ""
    multiple: bool = False
    when: When = Field(default_factory=dict)
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=20)]


class Situation(Part):
    """情形: a name for some answers."""

    code: Key
    name: Short
    note: MaybeText = ""
    when: Annotated[When, Field(min_length=1)]


class HandlingVariant(Part):
    """业务办理项: what a citizen actually chooses; says only what differs from its item.

    Its code is the item's code and two digits.
    """

    code: VariantNo
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
    plain_labels: Annotated[tuple[Short, ...], Field(max_length=30)] = ()
    note: MaybeText = ""
    materials: Annotated[tuple[Slug, ...], Field(max_length=60)] = ()  # empty: all of the item's
    conditions: Annotated[tuple[Text, ...], Field(max_length=30)] = ()  # besides the item's
    statutory_limit: Limit | None = None
    promised_limit: Limit | None = None
    promised_visits: Annotated[int, Field(ge=0, le=9)] | None = None
    fees: Annotated[tuple[Fee, ...], Field(max_length=20)] | None = None
    forms: Annotated[tuple[HandlingForm, ...], Field(min_length=1, max_length=5)] | None = None
    is_online: bool | None = None
    is_schedule: bool | None = None
    is_terminal: bool | None = None
