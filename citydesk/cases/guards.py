"""What must hold besides state and post before a step may be taken: pure, each in one line.

A guard looks at a case's standing only, so that a page can show exactly the steps that will not
be refused. What an officer typed (days, reasons) is judged by the step itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from citydesk.cases.states import JointKind

MOST_ROUNDS = 2  # correction notices; the second only with a reason and a supervision mark


@dataclass(frozen=True, slots=True)
class Standing:
    """What guards look at: the case as it is stored, and the day.

    ``lapse_on`` is the last day of the deadline that ends the present state by itself; None when
    there is none, or while it is provisional.
    """

    today: date
    lapse_on: date | None = None
    immediate: bool = False
    certificate: bool = False
    is_part: bool = False
    joint_kind: JointKind | None = None
    parts_open: int = 0
    parts_uncommitted: int = 0
    committed: bool = False
    special_open: bool = False
    extended_days: int = 0
    correction_round: int = 0
    supplement_asked: bool = False
    link: int | None = None
    links: int = 0
    at_window: bool = False
    has_agent: bool = False
    deferred_open: bool = False
    deferred_due_on: date | None = None


class Guard(StrEnum):
    """The conditions, as the table writes them."""

    IN_TIME = "in_time"
    OVERDUE = "overdue"
    IMMEDIATE = "immediate"
    ROUND_LEFT = "round_left"
    CERTIFICATE = "certificate"
    MORE_LINKS = "more_links"
    EARLIER_LINK = "earlier_link"
    NO_SPECIAL_OPEN = "no_special_open"
    SPECIAL_OPEN = "special_open"
    NOT_EXTENDED = "not_extended"
    SUPPLEMENT_ASKED = "supplement_asked"
    NOT_JOINT = "not_joint"
    IS_PART = "is_part"
    NOT_A_PART = "not_a_part"
    MAY_COMMIT = "may_commit"
    PARTS_COMMITTED = "parts_committed"
    PARTS_DECIDED = "parts_decided"
    DECIDED_ABOVE = "decided_above"
    AT_WINDOW = "at_window"
    HAS_AGENT = "has_agent"
    DEFERRED_OPEN = "deferred_open"
    DEFERRED_IN_TIME = "deferred_in_time"
    DEFERRED_OVERDUE = "deferred_overdue"
    NOTHING_DEFERRED = "nothing_deferred"


MEANINGS: Mapping[Guard, str] = {
    Guard.IN_TIME: "the deadline of the present state has not passed",
    Guard.OVERDUE: "the deadline of the present state is known and has passed",
    Guard.IMMEDIATE: "the item is done on the spot (即办件)",
    Guard.ROUND_LEFT: f"fewer than {MOST_ROUNDS} correction notices so far",
    Guard.CERTIFICATE: "the result is a certificate, and it was not refused",
    Guard.MORE_LINKS: "a later link of the review follows",
    Guard.EARLIER_LINK: "an earlier link of the review stands before",
    Guard.NO_SPECIAL_OPEN: "no special procedure is open",
    Guard.SPECIAL_OPEN: "a special procedure is still open after its approved days",
    Guard.NOT_EXTENDED: "not extended before",
    Guard.SUPPLEMENT_ASKED: "a supplement was asked for",
    Guard.NOT_JOINT: "neither a part nor handled jointly yet",
    Guard.IS_PART: "a part of a joint case",
    Guard.NOT_A_PART: "not a part of a joint case",
    Guard.MAY_COMMIT: "a prerequisite part that has not committed yet",
    Guard.PARTS_COMMITTED: "every prerequisite part is committed or decided",
    Guard.PARTS_DECIDED: "every part is decided (a forwarded case does not wait)",
    Guard.DECIDED_ABOVE: "the organ above has decided, if the case was forwarded",
    Guard.AT_WINDOW: "begun at a window, with the applicant or their agent present",
    Guard.HAS_AGENT: "an agent acts for the applicant",
    Guard.DEFERRED_OPEN: "accepted with papers to follow (容缺), and they are not all there",
    Guard.DEFERRED_IN_TIME: "the day by which those papers were promised has not passed",
    Guard.DEFERRED_OVERDUE: "those papers are not there and their day has passed",
    Guard.NOTHING_DEFERRED: "no papers are to follow",
}

_HOLDS: Mapping[Guard, Callable[[Standing], bool]] = {
    Guard.IN_TIME: lambda s: s.lapse_on is None or s.today <= s.lapse_on,
    Guard.OVERDUE: lambda s: s.lapse_on is not None and s.today > s.lapse_on,
    Guard.IMMEDIATE: lambda s: s.immediate,
    Guard.ROUND_LEFT: lambda s: s.correction_round < MOST_ROUNDS,
    Guard.CERTIFICATE: lambda s: s.certificate,
    Guard.MORE_LINKS: lambda s: s.link is not None and s.link + 1 < s.links,
    Guard.EARLIER_LINK: lambda s: bool(s.link),
    Guard.NO_SPECIAL_OPEN: lambda s: not s.special_open,
    Guard.SPECIAL_OPEN: lambda s: s.special_open,
    Guard.NOT_EXTENDED: lambda s: s.extended_days == 0,
    Guard.SUPPLEMENT_ASKED: lambda s: s.supplement_asked,
    Guard.NOT_JOINT: lambda s: not s.is_part and s.joint_kind is None,
    Guard.IS_PART: lambda s: s.is_part,
    Guard.NOT_A_PART: lambda s: not s.is_part,
    Guard.MAY_COMMIT: lambda s: (
        s.is_part and s.joint_kind is JointKind.PREREQUISITE and not s.committed
    ),
    Guard.PARTS_COMMITTED: lambda s: (
        s.is_part or s.joint_kind is not JointKind.PREREQUISITE or s.parts_uncommitted == 0
    ),
    Guard.PARTS_DECIDED: lambda s: (
        s.is_part or s.joint_kind is JointKind.FORWARDED_UP or s.parts_open == 0
    ),
    Guard.DECIDED_ABOVE: lambda s: s.is_part or s.parts_open == 0,
    Guard.AT_WINDOW: lambda s: s.at_window,
    Guard.HAS_AGENT: lambda s: s.has_agent,
    Guard.DEFERRED_OPEN: lambda s: s.deferred_open,
    Guard.DEFERRED_IN_TIME: lambda s: s.deferred_due_on is None or s.today <= s.deferred_due_on,
    Guard.DEFERRED_OVERDUE: lambda s: (
        s.deferred_open and s.deferred_due_on is not None and s.today > s.deferred_due_on
    ),
    Guard.NOTHING_DEFERRED: lambda s: not s.deferred_open,
}

SENTENCES: Mapping[Guard, str] = {
    Guard.IN_TIME: "期限已过，不能再做这一步。请刷新页面看最新情况。",
    Guard.OVERDUE: "期限还没有到，不能按逾期处理。",
    Guard.IMMEDIATE: "只有即办件可以在窗口当场办结。",
    Guard.ROUND_LEFT: "补正最多告知两次，这个办件已经告知过两次了。",
    Guard.CERTIFICATE: "这个办件没有证照要制。",
    Guard.MORE_LINKS: "已经是最后一个审查环节，请作出决定。",
    Guard.EARLIER_LINK: "前面没有可以退回的环节。",
    Guard.NO_SPECIAL_OPEN: "上一个特别程序还没有结束，请先登记结果。",
    Guard.SPECIAL_OPEN: "现在没有进行中的特别程序。",
    Guard.NOT_EXTENDED: "办理期限只能延长一次，这个办件已经延长过了。",
    Guard.SUPPLEMENT_ASKED: "现在没有要补充的材料。",
    Guard.NOT_JOINT: "这个办件已经在联合办理，不能再发起。",
    Guard.IS_PART: "只有协办件可以做这一步。",
    Guard.NOT_A_PART: "协办件不能做这一步，请由主办部门办理。",
    Guard.MAY_COMMIT: "只有前置协办件可以承诺，而且只承诺一次。",
    Guard.PARTS_COMMITTED: "还有前置部门没有承诺或办完，暂时不能开始审查。",
    Guard.PARTS_DECIDED: "还有协办部门没有办完，暂时不能作出决定。",
    Guard.DECIDED_ABOVE: "上级部门还没有作出决定，暂时不能办结。",
    Guard.AT_WINDOW: "这份草稿不是在窗口登记的，请申请人自己提交。",
    Guard.HAS_AGENT: "这个办件没有委托代办人。",
    Guard.DEFERRED_OPEN: "这个办件没有等待后补的容缺材料。",
    Guard.DEFERRED_IN_TIME: "后补材料的期限已过，不能再补。请刷新页面看最新情况。",
    Guard.DEFERRED_OVERDUE: "没有逾期的容缺材料。",
    Guard.NOTHING_DEFERRED: "还有容缺材料没有补齐。",
}


def holds(guard: Guard, standing: Standing) -> bool:
    """Whether a condition is met."""
    return _HOLDS[guard](standing)


def first_unmet(guards: tuple[Guard, ...], standing: Standing) -> Guard | None:
    """Return the first condition that is not met; None when all are."""
    return next((each for each in guards if not holds(each, standing)), None)
