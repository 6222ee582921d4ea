"""Is a guide fit to be published? Every fault at once, in Chinese, with the element at fault.

Half-written guides can be asked about too: the form of each element is looked at first, then every
rule whose elements could be read. Errors block submitting and publishing, warnings are shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from citydesk.guides.canonical import canonical_of
from citydesk.guides.completeness import COMPLETENESS
from citydesk.guides.content import GuideContent, element
from citydesk.guides.element_names import name_of
from citydesk.guides.rules import AGREEMENT, Rule, Severity
from citydesk.guides.situation_rules import QUESTIONNAIRE

RULES: tuple[Rule, ...] = (*AGREEMENT, *COMPLETENESS, *QUESTIONNAIRE)
LARGEST_CONTENT = 512 * 1024  # bytes of canonical JSON
MOST_FORM_FAULTS = 200
FORM = "F"  # the code of faults in the form of an element
MISSING = "Q12"

_SAID = {
    "string_too_short": "太短了",
    "string_too_long": "太长，最多{max_length}个字",
    "string_pattern_mismatch": "格式不对",
    "string_type": "应为文字",
    "too_long": "太多，最多{max_length}项",
    "too_short": "至少{min_length}项",
    "enum": "不在代码表里",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "greater_than_equal": "不能小于{ge}",
    "less_than_equal": "不能大于{le}",
    "bool_parsing": "应为是或否",
    "bool_type": "应为是或否",
    "extra_forbidden": "没有这个要素",
    "tuple_type": "应为列表",
    "dict_type": "应为对照表",
    "model_type": "应为一组要素",
}
_HINTS = {
    "consult_phone": "电话要带区号，如 024-00000000",
    "complain_phone": "电话要带区号，如 024-00000000",
    "themes_person": "不是国家平台的自然人主题",
    "themes_corp": "不是国家平台的法人主题",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: which rule, how grave, which element (materials.2.name), and what is wrong."""

    code: str
    severity: Severity
    element: str
    message: str

    @property
    def label(self) -> str:
        """The element in words: 申请材料第3项·名称."""
        return name_of(self.element)

    @property
    def blocks(self) -> bool:
        """Whether the guide cannot be submitted or published with it."""
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found; `content` is the guide read, or None while its form is faulty."""

    content: GuideContent | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The faults that block publishing."""
        return tuple(each for each in self.findings if each.blocks)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The faults that do not."""
        return tuple(each for each in self.findings if not each.blocks)

    @property
    def sound(self) -> bool:
        """Whether it may be submitted and published."""
        return self.content is not None and not self.errors


def check(
    said: Mapping[str, Any] | GuideContent,
    *,
    organ_level: str | None = None,
    entry_known: bool | None = None,
) -> Checked:
    """Look a guide over, as far as it is written; never raises, whatever was typed.

    `organ_level`: the level of the authority's region (A.2), where it is known. `entry_known`:
    whether the basic catalogue has the entry; None when nobody looked.
    """
    findings: list[Finding] = []
    content, read = (said, dict(said)) if isinstance(said, GuideContent) else _read(said, findings)
    partly = GuideContent.model_construct(**read)
    for rule in RULES:
        if all(element in read for element in rule.elements):
            findings += [
                Finding(rule.code, rule.severity, element, message)
                for element, message in rule.predicate(partly)
            ]
    findings += _beside(read, organ_level, entry_known)
    return Checked(content, tuple(findings))


def _beside(
    read: Mapping[str, Any], organ_level: str | None, entry_known: bool | None
) -> Iterator[Finding]:
    """What can only be told with a look at the catalogue and the directory of organs."""
    if entry_known is False and "item_code" in read:
        yield Finding("C3", Severity.ERROR, "item_code", "基本目录里没有这个事项，请先登记基本目录")
    level = read.get("exercise_level")
    # Lower levels may well carry out the city's standard; a higher one's power was handed down.
    if organ_level and level and level.value < organ_level:
        yield Finding(
            "C2", Severity.WARNING, "exercise_level", "行使层级高于实施主体的层级，请核对是否下放"
        )


def _read(
    said: Mapping[str, Any], findings: list[Finding]
) -> tuple[GuideContent | None, dict[str, Any]]:
    """Read a guide; if its form is faulty, note the faults and read what can be read."""
    try:
        if len(canonical_of(said)) > LARGEST_CONTENT:
            findings.append(Finding(FORM, Severity.ERROR, "name", "指南太长，请精简"))
            return None, {}
    except (TypeError, ValueError, orjson.JSONEncodeError):
        findings.append(Finding(FORM, Severity.ERROR, "name", "内容不是有效的数据"))
        return None, {}
    try:
        content = GuideContent.model_validate(said)
    except ValidationError as wrong:
        details = wrong.errors(include_url=False, include_context=True)
        findings += [_finding(each) for each in details[:MOST_FORM_FAULTS]]
        faulty = {str(each["loc"][0]) for each in details if each["loc"]}
    else:
        return content, dict(content)
    read = {}
    for name in GuideContent.model_fields:
        if name not in faulty:
            read[name] = (
                element(name).validate_python(said[name]) if name in said else _default(name)
            )
    return None, read


def _default(name: str) -> Any:
    return GuideContent.model_fields[name].get_default(call_default_factory=True)


def _finding(fault: ErrorDetails) -> Finding:
    """Say in Chinese what pydantic found."""
    path = ".".join(str(step) for step in fault["loc"]) or "name"
    element = path.split(".")[0]
    kind, facts = fault["type"], fault.get("ctx", {})
    unfilled = kind == "missing" or fault["input"] in ("", None)
    if unfilled and kind != "extra_forbidden":
        return Finding(MISSING, Severity.ERROR, path, f"缺少{name_of(path)}")
    if kind == "value_error" and element not in _HINTS:
        return Finding(FORM, Severity.ERROR, path, _in_chinese(str(facts.get("error", ""))))
    message = _HINTS.get(path) or _HINTS.get(element) or _SAID.get(kind, "填写不对")
    return Finding(FORM, Severity.ERROR, path, message.format(**{**facts, "error": ""}))


_OWN_WORDS = {
    "result.name": "有结果的要写结果名称，没有结果的不写",
    "options": "选择题要有不重复的选项，其他题没有选项",
    "condition": "分情形的材料，要用文字写明什么情形需要",
}


def _in_chinese(error: str) -> str:
    return _OWN_WORDS.get(error.partition(":")[0], "前后不一致")
