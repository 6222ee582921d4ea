"""What states and steps are called to the people they concern: the same in chat, app and portal."""

from collections.abc import Mapping

from citydesk.cases.states import Action, JointKind, Outcome, SpecialKind, SpecialResult, State

LABELS: Mapping[State, str] = {
    State.DRAFT: "草稿",
    State.FILED: "已提交，等待预审",
    State.RETURNED: "预审未通过，待修改",
    State.PRE_REVIEWED: "预审通过",
    State.RECEIVED: "已收件",
    State.CORRECTING: "待补正",
    State.RETURNED_UNCORRECTED: "逾期未补，已退回",
    State.ACCEPTED: "已受理",
    State.NOT_ACCEPTED: "不予受理",
    State.NOT_IN_SCOPE: "不属于本部门职权",
    State.IN_REVIEW: "审查中",
    State.SUSPENDED: "特别程序中",
    State.DECIDED: "已作出决定",
    State.COMPLETED: "已办结",
    State.CERTIFICATE_READY: "证照已制好",
    State.SERVED: "已送达",
    State.ARCHIVED: "已归档",
    State.WITHDRAWN: "已撤回",
    State.VOIDED: "已作废",
    State.REVOKED: "已撤销",
}

NEXT_STEPS: Mapping[State, str] = {
    State.DRAFT: "填好表单、传齐材料后提交。",
    State.FILED: "工作人员会在2个工作日内预审，请等待通知。",
    State.RETURNED: "请按提示一次改好，再重新提交。",
    State.PRE_REVIEWED: "等待窗口收件；如预约了时间，请按时到大厅。",
    State.RECEIVED: "5个工作日内会告诉您是否受理。",
    State.CORRECTING: "请按通知补齐材料后提交补正。",
    State.RETURNED_UNCORRECTED: "材料已退回，补齐后可以重新申报。",
    State.ACCEPTED: "已开始办理，请等待审查结果。",
    State.NOT_ACCEPTED: "请看不予受理的理由；不服可申请复议或诉讼。",
    State.NOT_IN_SCOPE: "请按告知的部门重新申请。",
    State.IN_REVIEW: "部门正在审查，请等待结果。",
    State.SUSPENDED: "特别程序进行中，这段时间不计入办理期限。",
    State.DECIDED: "决定已作出，正在制作结果。",
    State.COMPLETED: "请到出件窗口领取结果，带上身份证。",
    State.CERTIFICATE_READY: "请到出件窗口领取证照，带上身份证。",
    State.SERVED: "已办完，感谢您的配合。",
    State.ARCHIVED: "已办完并归档。需要查阅请到大厅咨询。",
    State.WITHDRAWN: "已撤回，需要时可重新申报。",
    State.VOIDED: "办件已作废，请看理由；需要时可重新申报。",
    State.REVOKED: "决定已撤销，请看理由；不服可申请复议或诉讼。",
}
DEFERRED_NEXT = "请在{due}前补齐容缺材料：{papers}。"
DEFERRED_LATE_NEXT = "容缺材料已逾期，请尽快补齐：{papers}。逾期不补，决定可能被撤销。"
SUPPLEMENT_NEXT = "请按要求补充材料；办理期限照常计算。"
DECIDED_REFUSED_NEXT = "请看不予许可的理由；不服可申请复议或诉讼。书面决定会送达您。"
FORWARDED_NEXT = "已转报上级部门，由上级部门作出决定，请等待通知。"

HARM_FOUND, HARM_MENDED = "材料没有通过安全检查", "没有通过检查的材料已换下"

# What the applicant reads for each step; the reason is the officer's own sentence.
TITLES: Mapping[Action, str] = {
    Action.SUBMIT: "已提交申请",
    Action.PRE_PASS: "预审通过",
    Action.PRE_FAIL: "预审未通过，请修改后重新提交",
    Action.RESUBMIT: "已重新提交",
    Action.NOT_BROUGHT: "超过期限没有到窗口交件，已退回",
    Action.RECEIVE: "窗口已收件",
    Action.REQUEST_CORRECTION: "需要补正材料（一次性告知）",
    Action.CORRECT: "已提交补正材料",
    Action.CORRECTION_LAPSED: "逾期未补正，材料退回",
    Action.ACCEPT: "已受理",
    Action.ACCEPT_BY_SILENCE: "已受理（逾期未告知，自收件之日起受理）",
    Action.HAND_IN_DEFERRED: "容缺材料已补齐",
    Action.DEFERRED_LAPSED: "容缺材料逾期未补",
    Action.REFUSE_ACCEPTANCE: "不予受理",
    Action.OUT_OF_SCOPE: "不属于本部门职权范围",
    Action.START_REVIEW: "开始审查",
    Action.PASS_LINK: "进入下一个审查环节",
    Action.RETURN_LINK: "退回上一个审查环节",
    Action.REQUEST_SUPPLEMENT: "审查中需要补充材料",
    Action.SUPPLEMENT: "已补充材料",
    Action.START_SPECIAL: "开始特别程序",
    Action.END_SPECIAL: "特别程序结束",
    Action.SPECIAL_LAPSED: "特别程序时间已到，办理期限继续计算",
    Action.EXTEND: "办理期限延长",
    Action.START_JOINT: "开始联合办理",
    Action.OPEN_PART: "收到协办件",
    Action.COMMIT: "已作出承诺",
    Action.PART_COMMITTED: "协办部门已承诺",
    Action.PART_DECIDED: "协办部门已办完",
    Action.PART_ENDED: "主办件已终止，协办件作废",
    Action.DECIDE: "已作出决定",
    Action.COMPLETE: "已办结，可领取结果",
    Action.ISSUE_CERTIFICATE: "证照已制好，可以领取",
    Action.SERVE: "结果已送达",
    Action.WITHDRAW: "申请人已撤回",
    Action.END_MANDATE: "申请人已取消委托",
    Action.VOID: "办件作废",
    Action.REVOKE: "决定被撤销",
    Action.ARCHIVE: "已归档",
    Action.RECOUNT: "承诺日期重新计算",
}

COMPLETED_REFUSED = "已办结，可领取不予许可决定书"

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.GRANTED: "准予",
    Outcome.GRANTED_DEFERRED: "准予（容缺，后补材料）",
    Outcome.PARTIAL: "部分准予",
    Outcome.REFUSED: "不予许可",
    Outcome.FORWARDED_UP: "转报上级部门决定",
}

JOINT_KINDS: Mapping[JointKind, str] = {
    JointKind.GENERAL: "联合办理（等全部部门办完）",
    JointKind.PREREQUISITE: "前置办理（对方承诺即可开始）",
    JointKind.FORWARDED_UP: "转报上级部门",
}

SPECIAL_KINDS: Mapping[SpecialKind, str] = {
    SpecialKind.HEARING: "听证",
    SpecialKind.TENDER: "招标",
    SpecialKind.AUCTION: "拍卖",
    SpecialKind.INSPECTION: "检验",
    SpecialKind.TESTING: "检测",
    SpecialKind.QUARANTINE: "检疫",
    SpecialKind.APPRAISAL: "鉴定",
    SpecialKind.EXPERT_REVIEW: "专家评审",
}

SPECIAL_RESULTS: Mapping[SpecialResult, str] = {
    SpecialResult.PASSED: "通过",
    SpecialResult.FAILED: "未通过",
    SpecialResult.APPLICANT_ABSENT: "申请人未到场",
}

REMEDIES = (
    "对决定不服的，可以自收到决定之日起六十日内申请行政复议，或者六个月内向人民法院提起行政诉讼。"
)
