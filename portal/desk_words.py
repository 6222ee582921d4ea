"""What the officers' pages call posts, states and steps, and what they offer to say."""

from citydesk.cases import OUTCOMES, State
from citydesk.identity import Role
from citydesk.kit.contents import EXTENSIONS
from portal.desk_steps import AT_ONCE, LONGEST_REASON, STEPS

__all__ = ["EXTENSIONS", "LONGEST_REASON", "OUTCOMES", "STEPS"]

ROLES = {
    Role.FRONT_DESK: "前台受理",
    Role.BACK_OFFICE: "后台审批",
    Role.EXIT_WINDOW: "出件窗口",
    Role.DEPARTMENT_HEAD: "部门负责人",
    Role.ADMIN: "管理员",
    Role.EDITOR: "指南编辑",
    Role.REVIEWER: "指南审核",
    Role.PUBLISHER: "指南发布",
    Role.SUPERVISOR: "效能监管",
}

TONES = {
    State.FILED: "blue",
    State.RETURNED: "warn",
    State.PRE_REVIEWED: "blue",
    State.RECEIVED: "blue",
    State.CORRECTING: "warn",
    State.ACCEPTED: "good",
    State.NOT_ACCEPTED: "bad",
    State.IN_REVIEW: "blue",
    State.SUSPENDED: "warn",
    State.RETURNED_UNCORRECTED: "bad",
    State.NOT_IN_SCOPE: "bad",
    State.CERTIFICATE_READY: "good",
    State.VOIDED: "bad",
    State.REVOKED: "bad",
    State.DECIDED: "good",
    State.COMPLETED: "good",
}

EMPTY = {
    Role.FRONT_DESK: "现在没有等待预审、收件或受理的办件。新的申请提交后会出现在这里。",
    Role.BACK_OFFICE: "现在没有等待审查、决定或办结的办件。前台受理后会出现在这里。",
    Role.EXIT_WINDOW: "现在没有等待领取的结果。后台办结后会出现在这里。",
    Role.DEPARTMENT_HEAD: "现在没有正在审查的办件。本部门开始审查后会出现在这里。",
}


TO_MEND = ("pre_fail", "request_correction", "request_supplement")  # what to mend, and how
DECIDING = ("decide", AT_ONCE)  # steps that ask for an outcome


def size(count: int) -> str:
    """Write a size in bytes as people read it."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{-(-count // 1024)} KB"
