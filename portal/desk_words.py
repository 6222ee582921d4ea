"""What the officers' pages call posts, states and steps, and what they offer to say."""

from dataclasses import dataclass

from citydesk.cases import Action, State
from citydesk.identity import Role

ROLES = {
    Role.FRONT_DESK: "前台受理",
    Role.BACK_OFFICE: "后台审批",
    Role.EXIT_WINDOW: "出件窗口",
    Role.ADMIN: "管理员",
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
    State.DECIDED: "good",
    State.COMPLETED: "good",
}

EMPTY = {
    Role.FRONT_DESK: "现在没有等待预审、收件或受理的办件。新的申请提交后会出现在这里。",
    Role.BACK_OFFICE: "现在没有等待审查、决定或办结的办件。前台受理后会出现在这里。",
    Role.EXIT_WINDOW: "现在没有等待领取的结果。后台办结后会出现在这里。",
}


@dataclass(frozen=True, slots=True)
class StepWords:
    """How a step is offered: its button, what it means, what is said when it is done."""

    button: str
    meaning: str
    done: str
    reasoned: bool = False
    common: tuple[str, ...] = ()


STEPS = {
    Action.PRE_PASS: StepWords(
        "预审通过", "材料齐全、形式合格。申请人会收到通知。", "已预审通过，已通知申请人。"
    ),
    Action.RECEIVE: StepWords(
        "收件", "材料已交到窗口。5个工作日内要告知是否受理。", "已收件，已通知申请人。"
    ),
    Action.ACCEPT: StepWords(
        "受理", "材料齐全。承诺办结日期从今天起算，并告知申请人。", "已受理，承诺日期已告知申请人。"
    ),
    Action.PRE_FAIL: StepWords(
        "预审退回",
        "把需要修改的地方一次说全，申请人改好后可再提交。",
        "已退回，理由已告知申请人。",
        True,
        (
            "表单内容与证件不一致，请核对后修改。",
            "上传的材料不清晰，请重新拍照或扫描上传。",
            "上传的材料与要求不符，请按办事指南重新上传。",
        ),
    ),
    Action.REQUEST_CORRECTION: StepWords(
        "一次性告知补正",
        "只能告知一次，请把全部要补的内容写全。申请人有15天。",
        "补正通知已发出。",
        True,
        (
            "缺少必要材料，请按办事指南补齐。",
            "材料不清晰，请重新提供。",
            "材料已过有效期，请提供有效的材料。",
            "表单填写有误，请更正后提交。",
        ),
    ),
    Action.REFUSE_ACCEPTANCE: StepWords(
        "不予受理",
        "理由会写入决定，并告知申请人救济途径。",
        "已作出不予受理决定，理由已告知申请人。",
        True,
        (
            "该事项依法不需要取得许可。",
            "该事项不属于本部门职权范围，请向有权部门申请。",
            "逾期未补正材料。",
        ),
    ),
    Action.START_REVIEW: StepWords("开始审查", "由本部门开始审查。", "已开始审查。"),
    Action.DECIDE: StepWords(
        "作出决定",
        "不予许可要写明理由，救济途径会一并告知。",
        "决定已作出。",
        True,
        ("不符合法定条件。", "现场核查不合格。", "提供虚假材料。"),
    ),
    Action.COMPLETE: StepWords(
        "办结", "结果已制作完成，通知申请人领取。", "已办结，已通知申请人领取结果。"
    ),
    Action.SERVE: StepWords(
        "确认送达", "请核对领取人的身份证件，再交付结果。", "已送达，办件完成。"
    ),
}
LONGEST_REASON = 2000
DECISIONS = (("granted", "准予许可"), ("refused", "不予许可"))
OUTCOMES = {"granted": "准予许可", "refused": "不予许可"}
EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def size(count: int) -> str:
    """Write a size in bytes as people read it."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{-(-count // 1024)} KB"
