"""A guide in six lines: what every channel says first, in the same words."""

from citydesk.guides.codes import LimitUnit, Necessity
from citydesk.guides.content import GuideContent
from citydesk.guides.parts import Fee, Limit
from citydesk.kit.money import yuan

MOST_NAMED = 4
UNITS = {
    LimitUnit.WORKING_DAY: "个工作日",
    LimitUnit.CALENDAR_DAY: "天",
    LimitUnit.HOUR: "小时",
    LimitUnit.MONTH: "个月",
    LimitUnit.YEAR: "年",
}


def in_brief(content: GuideContent, place: str) -> list[tuple[str, str]]:
    """Return what to bring, where, how long, what it costs, how often one must come.

    `place` is the first hall in words, by whoever knows the halls.
    """
    return [
        ("要带什么", _papers(content)),
        ("在哪办", place),
        ("多久", _time(content)),
        ("费用", _money(content)),
        ("跑几次", _visits(content.promised_visits)),
    ]


def limit_in_words(limit: Limit) -> str:
    """Say a time limit: 5个工作日, or 当场办结."""
    return f"{limit.value}{UNITS[limit.unit]}" if limit.value else "当场办结"


def fee_in_words(fee: Fee) -> str:
    """Say a fee in short: its name and amount, or that it goes by a standard."""
    return f"{fee.name}{yuan(fee.amount_fen) if fee.amount_fen is not None else '按标准'}"


def _papers(content: GuideContent) -> str:
    needed = [
        each.name
        for each in content.materials
        if each.necessity is Necessity.REQUIRED and not each.condition
    ]
    if not needed:
        return "不用带材料" if not content.materials else "看您的情形"
    more = f" 等{len(needed)}项" if len(needed) > MOST_NAMED else ""
    return "、".join(needed[:MOST_NAMED]) + more


def _time(content: GuideContent) -> str:
    promised = limit_in_words(content.promised_limit)
    if content.promised_limit.value == 0 or content.statutory_limit.value == 0:
        return promised
    return f"{promised}（法定{limit_in_words(content.statutory_limit)}）"


def _money(content: GuideContent) -> str:
    return "，".join(fee_in_words(fee) for fee in content.fees[:2]) if content.has_fee else "免费"


def _visits(times: int) -> str:
    return "不用跑" if times == 0 else f"{times}次"
