"""When questions, situations and variants of a guide do not fit together (S1–S4)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from citydesk.guides.codes import FieldType
from citydesk.guides.content import GuideContent
from citydesk.guides.form_schema import NO, YES
from citydesk.guides.rules import Faults, Rule, Severity, longer, rule

QUESTIONNAIRE: list[Rule] = []


@rule(
    QUESTIONNAIRE,
    "S1",
    Severity.ERROR,
    "情形引导前后一致",
    *("questions", "situations", "variants", "materials", "extra_conditions", "places", "fees"),
    "form_fields",
)
def _references(guide: GuideContent) -> Faults:
    """Whatever is referred to must be there, and a question may only look back."""
    known = {each.key: {option.key for option in each.options} for each in guide.questions}
    variants = {each.code for each in guide.variants}
    materials = {each.code for each in guide.materials}
    before: set[str] = set()
    for number, question in enumerate(guide.questions):
        if set(question.when) - before:
            yield f"questions.{number}.when", "只能依据前面的问题"
        before.add(question.key)
        for option in question.options:
            if option.variant and option.variant not in variants:
                yield f"questions.{number}.options", f"没有业务办理项 {option.variant}"
    yield from _form_conditions(guide, known)
    for path, when in _conditions(guide):
        if path.startswith("form_fields."):
            continue
        for key, options in when.items():
            if key not in known:
                yield path, f"没有问题 {key}"
            elif not options or set(options) - known[key]:
                yield path, f"问题 {key} 没有这个选项"
    for number, variant in enumerate(guide.variants):
        if unknown := sorted(set(variant.materials) - materials):
            yield f"variants.{number}.materials", f"没有材料 {'、'.join(unknown[:3])}"


def _form_conditions(guide: GuideContent, questions: Mapping[str, set[str]]) -> Faults:
    """A field of the form may depend on the guide's questions, or on a choice further up."""
    known = dict(questions)
    for number, field in enumerate(guide.form_fields):
        path = f"form_fields.{number}.when"
        for key, options in field.when.items():
            if key not in known:
                yield path, f"没有问题 {key}，表单里也没有排在前面的选择题 {key}"
            elif not options or set(options) - known[key]:
                yield path, f"{key} 没有这个选项"
        if field.key in questions and any(field.key in each.when for each in guide.form_fields):
            yield f"form_fields.{number}.key", f"和情形引导的问题 {field.key} 重名，请改一个"
        yes_no = field.type is FieldType.BOOLEAN
        if chosen := {YES, NO} if yes_no else set(field.options):
            known[field.key] = chosen


def _conditions(guide: GuideContent) -> list[tuple[str, Mapping[str, Sequence[str]]]]:
    """Every condition on answers in a guide, with its place."""
    lists = (
        *("questions", "situations", "materials", "extra_conditions", "places", "fees"),
        "form_fields",
    )
    return [
        (f"{name}.{number}.when", each.when)
        for name in lists
        for number, each in enumerate(getattr(guide, name))
    ]


@rule(
    QUESTIONNAIRE,
    "S2",
    Severity.WARNING,
    "每个问题都有用，每个办理项都选得到",
    *("questions", "situations", "variants", "materials", "extra_conditions", "places", "fees"),
    "form_fields",
)
def _of_use(guide: GuideContent) -> Faults:
    used = {key for _, when in _conditions(guide) for key in when}
    for number, question in enumerate(guide.questions):
        leads = any(option.variant or option.stop for option in question.options)
        if not leads and question.key not in used:
            yield f"questions.{number}", f"“{question.text}”的回答不影响任何内容"
    reached = {option.variant for each in guide.questions for option in each.options}
    if len(guide.variants) > 1 and guide.questions:
        for number, variant in enumerate(guide.variants):
            if variant.code not in reached:
                yield f"variants.{number}", f"没有一个回答通向“{variant.name}”"


@rule(QUESTIONNAIRE, "S3", Severity.ERROR, "业务办理项编号连续", "variants")
def _numbered(guide: GuideContent) -> Faults:
    codes = [each.code for each in guide.variants]
    if any(one >= other for one, other in pairwise(codes)):
        yield "variants", "业务办理项要按编号从小到大排列"


@rule(
    QUESTIONNAIRE,
    "S4",
    Severity.ERROR,
    "业务办理项的时限和次数不超过事项",
    *("variants", "statutory_limit", "promised_limit"),
)
def _variant_limits(guide: GuideContent) -> Faults:
    for number, variant in enumerate(guide.variants):
        promised = variant.promised_limit or guide.promised_limit
        statutory = variant.statutory_limit or guide.statutory_limit
        if statutory.value and longer(promised, statutory):
            yield f"variants.{number}.promised_limit", "承诺时限超过了法定时限"
