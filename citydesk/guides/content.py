"""What one service guide says: every element a citizen may ask about, checked as it is read.

The elements and their code sets follow GB/T 39046—2020 (annex A) and the national item library.
Here only the form of each element is checked; whether they are complete and agree is for the
quality rules (quality.py), so that a stricter rule never makes an old guide unreadable.
"""

from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter

from citydesk.guides.codes import (
    Addressee,
    AuthorityKind,
    CaseType,
    CodeScheme,
    CompletionMode,
    Delivery,
    ExerciseLevel,
    FlowMode,
    HandlingForm,
    HandlingScope,
    ItemType,
    OnlineDepth,
    OnlineStep,
    PowerSource,
)
from citydesk.guides.parts import (
    Condition,
    DeptSystem,
    Faq,
    Fee,
    FileLink,
    FormField,
    HandlingVariant,
    IntermediaryService,
    LegalBasis,
    Limit,
    Material,
    MaybeLine,
    MaybeShort,
    MaybeText,
    MaybeUrl,
    Part,
    Phone,
    Place,
    ProcessLink,
    Question,
    RemedyBody,
    Result,
    Short,
    Situation,
    Slug,
    SpecialProcedure,
    Text,
)
from citydesk.guides.theme_names import CORP_THEMES, PERSON_THEMES

CATALOG_CODE_STARTS = 19  # in a national item code: after the credit code (18) and the level (1)


def _a_theme_of(known: tuple[str, ...]) -> AfterValidator:
    def check(theme: str) -> str:
        if theme not in known:
            raise ValueError("not a theme of the national list")
        return theme

    return AfterValidator(check)


PersonTheme = Annotated[str, _a_theme_of(PERSON_THEMES)]
CorpTheme = Annotated[str, _a_theme_of(CORP_THEMES)]


class GuideContent(Part):
    """One whole service guide (办事指南)."""

    # 事项
    code_scheme: CodeScheme = CodeScheme.NATIONAL
    item_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,80}$")]
    local_item_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.-]{0,64}$")] = ""
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
    plain_labels: Annotated[tuple[Short, ...], Field(max_length=30)] = ()
    item_type: ItemType
    case_type: CaseType
    flow_mode: FlowMode | None = None
    completion_mode: CompletionMode | None = None
    legal_basis: Annotated[tuple[LegalBasis, ...], Field(max_length=20)]
    power_source: PowerSource | None = None
    power_division: MaybeText = ""
    exercise_level: ExerciseLevel
    exercise_content: MaybeText = ""
    # 实施主体
    authority: Slug
    authority_kind: AuthorityKind | None = None
    entrusted_by: MaybeShort = ""
    handling_unit: MaybeShort = ""
    co_authorities: Annotated[tuple[Short, ...], Field(max_length=20)] = ()
    # 服务对象
    addressees: Annotated[tuple[Addressee, ...], Field(max_length=6)]
    themes: Annotated[tuple[Short, ...], Field(max_length=12)] = ()  # 地方主题
    themes_person: Annotated[tuple[PersonTheme, ...], Field(max_length=12)] = ()
    themes_corp: Annotated[tuple[CorpTheme, ...], Field(max_length=12)] = ()
    is_investment_project: bool = False
    # 时限
    statutory_limit: Limit
    promised_limit: Limit
    special_procedures: Annotated[tuple[SpecialProcedure, ...], Field(max_length=20)] = ()
    # 条件、材料、情形
    acceptance_conditions: Annotated[tuple[Text, ...], Field(max_length=30)]
    extra_conditions: Annotated[tuple[Condition, ...], Field(max_length=30)] = ()
    quantity_limit: MaybeText = ""
    materials: Annotated[tuple[Material, ...], Field(max_length=60)]
    form_fields: Annotated[tuple[FormField, ...], Field(max_length=60)] = ()
    variants: Annotated[tuple[HandlingVariant, ...], Field(max_length=99)] = ()
    questions: Annotated[tuple[Question, ...], Field(max_length=12)] = ()
    situations: Annotated[tuple[Situation, ...], Field(max_length=40)] = ()
    # 流程
    process_links: Annotated[tuple[ProcessLink, ...], Field(max_length=20)]
    flow_image: FileLink | None = None
    # 收费
    has_fee: bool
    fees: Annotated[tuple[Fee, ...], Field(max_length=20)] = ()
    online_pay: bool | None = None  # None: not decided
    # 渠道
    forms: Annotated[tuple[HandlingForm, ...], Field(max_length=5)]
    is_online: bool
    online_depth: OnlineDepth
    online_steps: Annotated[tuple[OnlineStep, ...], Field(max_length=7)] = ()
    online_url: MaybeUrl = ""
    mobile_url: MaybeUrl = ""
    app_url: MaybeUrl = ""
    single_sign_on: bool = False
    is_schedule: bool
    schedule_daily_quota: Annotated[int, Field(ge=0, le=100_000)] | None = None
    schedule_rule: MaybeText = ""
    is_terminal: bool = False
    is_entered: bool | None = None  # None: not said
    mail_in: bool = False
    mail_out: bool = False
    delivery: Annotated[tuple[Delivery, ...], Field(max_length=3)] = ()
    promised_visits: Annotated[int, Field(ge=0, le=9)]
    onsite_reason: MaybeText = ""
    handling_scope: HandlingScope
    # 地点、联系
    places: Annotated[tuple[Place, ...], Field(max_length=60)]
    office_hours: MaybeText = ""  # empty: the hours of each hall
    consult_phone: Phone
    consult_net: MaybeUrl = ""
    consult_mail: MaybeLine = ""
    consult_wechat: MaybeShort = ""
    complain_phone: Phone
    complain_net: MaybeUrl = ""
    complain_mail: MaybeLine = ""
    complain_wechat: MaybeShort = ""
    # 权利、救济、结果
    rights: MaybeText = ""
    duties: MaybeText = ""
    remedies: MaybeText = ""
    review_organ: RemedyBody | None = None
    litigation_court: RemedyBody | None = None
    result: Result
    # 系统、帮助
    dept_system: DeptSystem | None = None
    faqs: Annotated[tuple[Faq, ...], Field(max_length=30)] = ()
    intermediary_services: Annotated[tuple[IntermediaryService, ...], Field(max_length=20)] = ()
    sample: bool = False

    @property
    def catalog_code(self) -> str:
        """The code of its entry in the basic catalogue; empty for a code of a local form."""
        national = self.code_scheme is CodeScheme.NATIONAL
        return self.item_code[CATALOG_CODE_STARTS:] if national else ""

    def variant_codes(self) -> list[tuple[str, HandlingVariant]]:
        """Each variant with its whole code: the item's and two digits."""
        return [(f"{self.item_code}{each.code}", each) for each in self.variants]


@cache
def element(name: str) -> TypeAdapter[Any]:
    """Return what reads one element of a guide by itself, as strictly as within the whole."""
    field = GuideContent.model_fields[name]
    kind: Any = field.annotation
    for limit in field.metadata:
        kind = Annotated[kind, limit]
    return TypeAdapter(kind)
