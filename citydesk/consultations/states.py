"""What a consultation is, where it may stand, what may happen to it, and what that is called."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """咨询 (a question) or 投诉 (a complaint)."""

    CONSULT = "consult"
    COMPLAINT = "complaint"


class About(StrEnum):
    """What it is about; ``nothing`` goes to the city's general desk."""

    ITEM = "item"
    CASE = "case"
    HALL = "hall"
    NOTHING = "nothing"


class ConsultationState(StrEnum):
    """Where a consultation stands."""

    SUBMITTED = "submitted"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    REFERRED = "referred"


class Action(StrEnum):
    """What may happen to a consultation."""

    ASK = "ask"
    TAKE = "take"
    TRANSFER = "transfer"
    ANSWER = "answer"
    REFER = "refer"
    WITHDRAW = "withdraw"
    FOLLOW_UP = "follow_up"
    OBJECT = "object"
    OBJECT_AGAIN = "object_again"
    ACCEPT = "accept"
    SETTLE = "settle"
    RECOUNT = "recount"


class Actor(StrEnum):
    """Who takes a step: whoever asked, an officer who may answer, or the clock."""

    ASKER = "asker"
    OFFICER = "officer"
    SYSTEM = "system"


OPEN = (ConsultationState.SUBMITTED, ConsultationState.ASSIGNED)

KINDS: Mapping[str, str] = {Kind.CONSULT: "咨询", Kind.COMPLAINT: "投诉"}
LABELS: Mapping[str, str] = {
    ConsultationState.SUBMITTED: "待答复",
    ConsultationState.ASSIGNED: "正在办理",
    ConsultationState.ANSWERED: "已答复",
    ConsultationState.CLOSED: "已办结",
    ConsultationState.WITHDRAWN: "已撤回",
    ConsultationState.REFERRED: "不在这里受理",
}
TITLES: Mapping[str, str] = {
    Action.ASK: "已提交",
    Action.TAKE: "部门正在办理",
    Action.TRANSFER: "已转交",
    Action.ANSWER: "部门答复",
    Action.REFER: "不在这里受理",
    Action.WITHDRAW: "已撤回",
    Action.FOLLOW_UP: "追问",
    Action.OBJECT: "对答复不满意，已换人重新答复",
    Action.OBJECT_AGAIN: "对答复仍不满意",
    Action.ACCEPT: "对答复满意",
    Action.SETTLE: "已办结",
    Action.RECOUNT: "答复日期有调整",
}
NEXT_STEPS: Mapping[str, str] = {
    ConsultationState.SUBMITTED: "部门会在期限内答复，答复后通知您。",
    ConsultationState.ASSIGNED: "部门正在办理，答复后通知您。",
    ConsultationState.ANSWERED: "请看答复。没说清楚可以追问一次；不满意可以要求换人重新答复一次。",
    ConsultationState.CLOSED: "已经办结。还有问题，可以再提一个新的。",
    ConsultationState.WITHDRAWN: "已经撤回。需要时可以重新提。",
    ConsultationState.REFERRED: "这件事不在这里受理，请看说明；也可以拨打12345。",
}
