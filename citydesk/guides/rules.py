"""When the elements of a guide contradict each other: the rules a machine can check.

Numbers Q1–Q14 are those of the domain model (from the national quality rules for service guides);
C are about codes, D our own about elements that must agree. Each rule says which elements it looks
at, so that it can be applied to a guide half written. Values in, sentences out; nothing is fetched.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from citydesk.guides.codes import (
    Addressee,
    CaseType,
    CodeScheme,
    CompletionMode,
    FlowMode,
    HandlingForm,
    ItemType,
    LimitUnit,
    OnlineDepth,
)
from citydesk.guides.content import GuideContent
from citydesk.guides.parts import Limit, ProcessLink
from citydesk.organs import is_credit_code, item_code

RULE_VERSION = "2026.1"
NONE_SAID = ("", "无", "无。")
LEAST_LINKS_OF_A_PERMIT = 5
LONGEST_LOCAL_CODE = 64
LONGEST_CLOSURE = 11  # days: the longest holiday with the weekends around it

Faults = Iterator[tuple[str, str]]  # the element at fault, and what is wrong with it
Predicate = Callable[[GuideContent], Faults]


class Severity(StrEnum):
    """An error blocks submitting and publishing; a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its number, what it asks, which elements it looks at, and how it looks."""

    code: str
    severity: Severity
    title: str
    elements: tuple[str, ...]
    predicate: Predicate


AGREEMENT: list[Rule] = []


def rule(
    rules: list[Rule], code: str, severity: Severity, title: str, *elements: str
) -> Callable[[Predicate], Predicate]:
    """Put a function among the rules."""

    def put(predicate: Predicate) -> Predicate:
        rules.append(Rule(code, severity, title, elements, predicate))
        return predicate

    return put


@rule(
    AGREEMENT,
    "Q1",
    Severity.ERROR,
    "即办件当场办结、即审即办",
    *("case_type", "promised_limit", "flow_mode"),
)
def _immediate(guide: GuideContent) -> Faults:
    at_once = guide.promised_limit.value == 0
    if guide.case_type is CaseType.IMMEDIATE:
        if not at_once:
            yield "promised_limit", "即办件的承诺时限应为0（当场办结）"
        if guide.flow_mode is not FlowMode.IMMEDIATE:
            yield "flow_mode", "即办件的办理模式应为“即审即办”"
    elif at_once:
        yield "case_type", "承诺时限为0的事项应是即办件"


@rule(
    AGREEMENT,
    "Q2",
    Severity.ERROR,
    "承诺时限大于0的是承诺件、前审后批",
    *("case_type", "promised_limit", "flow_mode"),
)
def _promised(guide: GuideContent) -> Faults:
    if guide.promised_limit.value > 0:
        if guide.case_type is not CaseType.PROMISED:
            yield "case_type", "承诺时限大于0的事项应是承诺件"
        if guide.flow_mode is not FlowMode.REVIEWED:
            yield "flow_mode", "承诺件的办理模式应为“前审后批”"


@rule(
    AGREEMENT,
    "Q3",
    Severity.ERROR,
    "承诺时限不超过法定时限",
    *("promised_limit", "statutory_limit"),
)
def _within_the_law(guide: GuideContent) -> Faults:
    if guide.statutory_limit.value == 0:
        if not guide.statutory_limit.note:
            yield "statutory_limit", "法定时限为0的要写明原因"
    elif longer(guide.promised_limit, guide.statutory_limit):
        yield "promised_limit", "承诺时限超过了法定时限"


@rule(AGREEMENT, "Q4", Severity.WARNING, "结果名称与办结方式一致", "result", "completion_mode")
def _completion(guide: GuideContent) -> Faults:
    endings = (
        ("批复", CompletionMode.APPROVAL, "审批办结"),
        ("证", CompletionMode.CERTIFICATE, "出证办结"),
        ("文", CompletionMode.DOCUMENT, "出文办结"),
    )
    for ending, mode, called in endings:
        if guide.result.name.endswith(ending):
            if guide.completion_mode is not mode:
                yield "completion_mode", f"结果名称以“{ending}”结尾，办结方式应为“{called}”"
            return


@rule(
    AGREEMENT,
    "Q5",
    Severity.ERROR,
    "到现场要有原因，不到现场要能网办或邮寄",
    *("promised_visits", "onsite_reason", "is_online", "mail_in"),
)
def _visits(guide: GuideContent) -> Faults:
    nothing_said = guide.onsite_reason in NONE_SAID
    if guide.promised_visits > 0 and nothing_said:
        yield "onsite_reason", "要到现场的，写明为什么必须到现场"
    if guide.promised_visits == 0 and not nothing_said:
        yield "onsite_reason", "不用到现场的，不要写到现场的原因"
    if guide.promised_visits == 0 and not (guide.is_online or guide.mail_in):
        yield "mail_in", "不用到现场又不能网办的，要能邮寄申请"


@rule(AGREEMENT, "Q6", Severity.ERROR, "全程网办不用到现场", "online_depth", "promised_visits")
def _wholly_online(guide: GuideContent) -> Faults:
    if guide.online_depth is OnlineDepth.WHOLLY and guide.promised_visits > 0:
        yield "promised_visits", "全程网办（Ⅳ级）的到现场次数应为0"


@rule(AGREEMENT, "Q7", Severity.ERROR, "收费有依据有标准", "has_fee", "fees", "online_pay")
def _money(guide: GuideContent) -> Faults:
    if not guide.has_fee:
        if guide.fees:
            yield "fees", "不收费的事项不能有收费项目"
        if guide.online_pay:
            yield "online_pay", "不收费的事项没有网上支付"
        return
    if not guide.fees:
        yield "fees", "收费的事项至少要有一个收费项目"
    for number, fee in enumerate(guide.fees):
        if not fee.standard:
            yield f"fees.{number}.standard", "写明收费标准"
        if not fee.basis:
            yield f"fees.{number}.basis", "写明收费依据"
    if guide.online_pay is None:
        yield "online_pay", "收费的事项要说明能不能网上支付"


@rule(
    AGREEMENT,
    "Q8",
    Severity.ERROR,
    "咨询电话与监督电话不同，都带区号",
    *("consult_phone", "complain_phone"),
)
def _phones(guide: GuideContent) -> Faults:
    if guide.consult_phone == guide.complain_phone:
        yield "complain_phone", "监督电话不能与咨询电话相同"


@rule(
    AGREEMENT,
    "Q9",
    Severity.WARNING,
    "服务对象与主题一致",
    *("addressees", "themes_person", "themes_corp"),
)
def _themes(guide: GuideContent) -> Faults:
    for_people = Addressee.PERSON in guide.addressees
    for_others = bool(set(guide.addressees) - {Addressee.PERSON})
    if guide.themes_person and not for_people:
        yield "themes_person", "服务对象没有自然人，不应有自然人主题"
    if guide.themes_corp and not for_others:
        yield "themes_corp", "服务对象只有自然人，不应有法人主题"
    if for_people and not guide.themes_person:
        yield "themes_person", "服务对象有自然人，要选自然人主题"
    if for_others and not guide.themes_corp:
        yield "themes_corp", "服务对象有法人或其他组织，要选法人主题"


@rule(
    AGREEMENT,
    "Q10",
    Severity.WARNING,
    "许可有常见问题和五个环节，各环节不超过承诺时限",
    *("item_type", "faqs", "process_links", "promised_limit"),
)
def _links(guide: GuideContent) -> Faults:
    if guide.item_type is ItemType.PERMIT:
        if not guide.faqs:
            yield "faqs", "行政许可至少要有一个常见问题"
        if len(guide.process_links) < LEAST_LINKS_OF_A_PERMIT:
            yield "process_links", "行政许可的流程至少五个环节：受理、审核、审批、办结、送达"
    if any(longer(_whole(guide.process_links, unit), guide.promised_limit) for unit in LimitUnit):
        yield "process_links", "各环节天数之和超过了承诺时限"


def _whole(links: tuple[ProcessLink, ...], unit: LimitUnit) -> Limit:
    """Add up the days of the steps that are counted in one unit."""
    days = sum(link.days for link in links if link.unit_of_time is unit and not link.is_special)
    return Limit(value=min(days, 3650), unit=unit)


@rule(AGREEMENT, "D1", Severity.ERROR, "网办与办理形式一致", "is_online", "forms")
def _online(guide: GuideContent) -> Faults:
    by_wire = bool({HandlingForm.COMPUTER, HandlingForm.MOBILE} & set(guide.forms))
    if guide.is_online and not by_wire:
        yield "forms", "能网办的，办理形式要有电脑端或移动端"
    if by_wire and not guide.is_online:
        yield "is_online", "办理形式有电脑端或移动端的，应标为能网办"


def _wrong_national_code(code: str) -> str:
    """Credit code (18, GB 32100) + exercise level (1) + code in the basic catalogue (12)."""
    if not is_credit_code(code[:18]):
        return "前18位不是正确的统一社会信用代码（校验位不对）"
    if item_code(code) is None:
        return "实施编码应为31位：信用代码18位、行使层级1位、基本编码12位"
    return ""


def _wrong_local_code(code: str) -> str:
    """Provinces build codes of up to 53 characters; of their form nothing is known here."""
    return "" if len(code) <= LONGEST_LOCAL_CODE else f"地方编码最长{LONGEST_LOCAL_CODE}位"


# How codes of each scheme are checked; another province's scheme is another line here.
CODE_CHECKS: dict[CodeScheme, Callable[[str], str]] = {
    CodeScheme.NATIONAL: _wrong_national_code,
    CodeScheme.LOCAL: _wrong_local_code,
}


@rule(AGREEMENT, "C1", Severity.ERROR, "实施编码正确", "code_scheme", "item_code")
def _code(guide: GuideContent) -> Faults:
    if wrong := CODE_CHECKS[guide.code_scheme](guide.item_code):
        yield "item_code", wrong


@rule(
    AGREEMENT,
    "C2",
    Severity.WARNING,
    "编码里的层级与行使层级一致",
    *("code_scheme", "item_code", "exercise_level"),
)
def _level(guide: GuideContent) -> Faults:
    parts = item_code(guide.item_code)
    if parts is not None and parts.exercise_level != guide.exercise_level.value:
        yield "exercise_level", "行使层级与实施编码第19位不一致，请核对（下放的权力除外）"


def longer(promised: Limit, statutory: Limit) -> bool:
    """Whether a promise is surely later than the law allows, whatever holidays fall between."""
    if promised.unit is statutory.unit:
        return promised.value > statutory.value
    return _days(promised, at_most=False) > _days(statutory, at_most=True)


def _days(limit: Limit, *, at_most: bool) -> float:
    """The fewest, or the most, calendar days that a limit may last."""
    match limit.unit:
        case LimitUnit.HOUR:
            return limit.value / 24
        case LimitUnit.CALENDAR_DAY:
            return limit.value
        case LimitUnit.MONTH:
            return limit.value * (31 if at_most else 28)
        case LimitUnit.YEAR:
            return limit.value * (366 if at_most else 365)
        case LimitUnit.WORKING_DAY:
            weeks, rest = divmod(limit.value, 5)
            closed = 2 + LONGEST_CLOSURE * (1 + limit.value // 60) if at_most else 0
            return weeks * 7 + rest + closed if limit.value else 0
