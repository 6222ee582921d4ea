"""What a guide leaves out, fills with nothing, says twice or refers to in vain (Q11–Q14, D, S)."""

import re
from collections.abc import Sequence

from citydesk.guides.codes import Delivery, MaterialOrigin, ResultType
from citydesk.guides.content import GuideContent
from citydesk.guides.rules import Faults, Rule, Severity, rule

COMPLETENESS: list[Rule] = []

# As the whole value of a core element these say nothing.
_FILLER = re.compile(
    r"(按照?(有关|相关)?(法律法规)?规定(办理|执行)?|详见.*|见附件|待定|待补充|暂无|无|其他|其它|等|相关材料|略|/|-+|\.+|…+)[。.]?"
)
_CATCH_ALL = re.compile(r"其[他它](相关|有关|所需|必要)?(的)?(材料|资料|文件|证明)|需要的其[他它]")
_A_FORM = re.compile(r"(申请|登记|申报|申领|审批|承诺|备案)[^、和，]*(表|书)(（[^）]*）)?$")


@rule(COMPLETENESS, "Q11", Severity.ERROR, "有结果就有结果样本", "result")
def _sample(guide: GuideContent) -> Faults:
    if guide.result.type is not ResultType.NONE and guide.result.sample is None:
        yield "result.sample", "缺少结果样本"


def _present(element: str, asks: str) -> None:
    """A core element that is a list or a text must not be empty."""

    @rule(COMPLETENESS, "Q12", Severity.ERROR, f"核心要素：{asks}", element)
    def _(guide: GuideContent) -> Faults:
        if not getattr(guide, element):
            yield element, f"缺少核心要素：{asks}"


for _element, _asks in (
    ("name", "事项名称"),
    ("authority", "实施主体"),
    ("legal_basis", "设定依据"),
    ("addressees", "服务对象"),
    ("acceptance_conditions", "办理条件"),
    ("materials", "申请材料"),
    ("process_links", "办理流程"),
    ("forms", "办理形式"),
    ("places", "办理地点和办理时间"),
):
    _present(_element, _asks)


@rule(COMPLETENESS, "Q12", Severity.ERROR, "核心要素：结果送达方式", "result", "delivery")
def _delivered(guide: GuideContent) -> Faults:
    if guide.result.type is not ResultType.NONE and not guide.delivery:
        yield "delivery", "缺少核心要素：结果送达方式"


@rule(COMPLETENESS, "Q12", Severity.ERROR, "核心要素：表格下载", "materials")
def _forms_to_take(guide: GuideContent) -> Faults:
    forms = [
        (number, each)
        for number, each in enumerate(guide.materials)
        if each.origin is MaterialOrigin.APPLICANT and _A_FORM.search(each.name)
    ]
    if forms and not any(each.blank_form for each in guide.materials):
        for number, each in forms:
            yield f"materials.{number}.blank_form", f"缺少“{each.name}”的空白表格"


@rule(
    COMPLETENESS,
    "Q12",
    Severity.ERROR,
    "核心要素：主题",
    *("themes", "themes_person", "themes_corp", "is_investment_project"),
)
def _a_theme(guide: GuideContent) -> Faults:
    themes = guide.themes or guide.themes_person or guide.themes_corp
    if not (themes or guide.is_investment_project):
        yield "themes", "至少选一个主题"


@rule(
    COMPLETENESS,
    "Q12",
    Severity.WARNING,
    "扩展要素：物流快递、中介机构、预约办理",
    *("delivery", "mail_out", "materials", "intermediary_services", "is_schedule"),
    *("schedule_rule", "schedule_daily_quota"),
)
def _extended(guide: GuideContent) -> Faults:
    if (Delivery.MAIL in guide.delivery) != guide.mail_out:
        yield "mail_out", "结果能邮寄的，送达方式和“邮寄结果”要一致"
    by_agency = any(each.origin is MaterialOrigin.INTERMEDIARY for each in guide.materials)
    if by_agency and not guide.intermediary_services:
        yield "intermediary_services", "有中介机构出具的材料，要写明中介服务"
    if not guide.is_schedule and (guide.schedule_rule or guide.schedule_daily_quota):
        yield "is_schedule", "不能预约的事项不应有预约规则"


@rule(
    COMPLETENESS,
    "Q13",
    Severity.WARNING,
    "核心要素不用空话填充",
    *("name", "legal_basis", "acceptance_conditions", "materials", "process_links", "fees"),
    *("places", "handling_unit", "office_hours"),
)
def _filler(guide: GuideContent) -> Faults:
    said: list[tuple[str, str]] = [
        ("name", guide.name),
        ("handling_unit", guide.handling_unit),
        ("office_hours", guide.office_hours),
        *((f"legal_basis.{n}.law", each.law) for n, each in enumerate(guide.legal_basis)),
        *(
            (f"acceptance_conditions.{n}", each)
            for n, each in enumerate(guide.acceptance_conditions)
        ),
        *((f"materials.{n}.name", each.name) for n, each in enumerate(guide.materials)),
        *((f"process_links.{n}.name", each.name) for n, each in enumerate(guide.process_links)),
        *((f"fees.{n}.standard", each.standard) for n, each in enumerate(guide.fees)),
        *((f"places.{n}.windows", each.windows) for n, each in enumerate(guide.places)),
    ]
    for path, text in said:
        if _FILLER.fullmatch(text.strip()):
            yield path, f"“{text[:20]}”等于没有说，请写具体"


@rule(COMPLETENESS, "Q14", Severity.WARNING, "材料有来源，不设兜底材料", "materials")
def _origins(guide: GuideContent) -> Faults:
    for number, each in enumerate(guide.materials):
        if each.origin is MaterialOrigin.GOVERNMENT and not each.satisfiable_by:
            yield (
                f"materials.{number}.satisfiable_by",
                f"“{each.name}”由政府部门核发，请写明能用什么代替（证照、数据共享、承诺）",
            )
        if each.origin is MaterialOrigin.OTHER and not each.source_explain:
            yield (
                f"materials.{number}.source_explain",
                f"“{each.name}”的来源是“其他”，请说明从哪里来",
            )
        if _CATCH_ALL.search(each.name):
            yield f"materials.{number}.name", "不能要求“其他材料”，请写明是什么"


@rule(
    COMPLETENESS,
    "D2",
    Severity.ERROR,
    "同一内容不重复",
    *("plain_labels", "addressees", "themes", "themes_person", "themes_corp", "forms"),
    *("materials", "form_fields", "places", "variants", "questions", "situations", "delivery"),
)
def _twice(guide: GuideContent) -> Faults:
    named: tuple[tuple[str, Sequence[str]], ...] = (
        *((each, getattr(guide, each)) for each in ("plain_labels", "addressees", "themes")),
        *((each, getattr(guide, each)) for each in ("themes_person", "themes_corp", "forms")),
        ("delivery", guide.delivery),
        ("materials.code", [each.code for each in guide.materials]),
        ("materials.name", [each.name for each in guide.materials]),
        ("form_fields.key", [each.key for each in guide.form_fields]),
        ("places.hall", [each.hall for each in guide.places if not each.when]),
        ("variants.code", [each.code for each in guide.variants]),
        ("questions.key", [each.key for each in guide.questions]),
        ("situations.code", [each.code for each in guide.situations]),
        *(
            (f"questions.{n}.options", [o.key for o in q.options])
            for n, q in enumerate(guide.questions)
        ),
    )
    for where, values in named:
        if again := sorted({each for each in values if list(values).count(each) > 1}):
            yield where, f"重复：{'、'.join(again[:3])}"
