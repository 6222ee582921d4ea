"""How each step of the machine is offered to officers: its button, what it asks, what it says."""

from collections.abc import Mapping
from dataclasses import dataclass

from citydesk.cases import (
    JOINT_KINDS,
    MOST_DAYS,
    SPECIAL_KINDS,
    SPECIAL_RESULTS,
    USUAL_DAYS,
    Action,
    Outcome,
)

AT_ONCE = "finish_at_once"  # 当场办结: several steps of an immediate item behind one button
ACCEPT_DEFERRED = "accept_deferred"  # 容缺受理: an acceptance that lets papers follow
SERVE_BY_MAIL = "serve_by_mail"
LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Ask:
    """One more thing a step asks: a number, a line of text, or a choice."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    value: str = ""
    most: int = 60
    required: bool = True
    again: bool = False  # asked only when the step is taken a second time


@dataclass(frozen=True, slots=True)
class StepWords:
    """How a step is offered: its button, what it means, what is said when it is done."""

    button: str
    meaning: str
    done: str
    reasoned: bool = False
    common: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    optional_reason: bool = False
    grave: bool = False

    @property
    def plain(self) -> bool:
        """Whether a click is all it takes."""
        return not self.reasoned and not self.asks


def _days(label: str, most: int, value: str = "", hint: str = "") -> Ask:
    return Ask("days", label, "number", hint, value=value, most=most)


_WHY_AGAIN = Ask(
    "why_again",
    "为什么上次没有一次告知",
    hint="补正应一次性告知。再次告知会提交监管部门。",
    most=500,
    again=True,
)

DECISIONS: Mapping[str, str] = {
    Outcome.GRANTED: "准予许可",
    Outcome.GRANTED_DEFERRED: "容缺准予（后补材料）",
    Outcome.PARTIAL: "部分准予",
    Outcome.REFUSED: "不予许可",
    Outcome.FORWARDED_UP: "转报上级部门决定",
}

STEPS: Mapping[str, StepWords] = {
    AT_ONCE: StepWords(
        "当场办结",
        "即办件：受理、决定、办结一次完成，结果当场交给申请人。",
        "已当场办结。",
        reasoned=True,
        optional_reason=True,
    ),
    Action.PRE_PASS: StepWords(
        "预审通过", "材料齐全、形式合格。申请人会收到通知。", "已预审通过，已通知申请人。"
    ),
    Action.RECEIVE: StepWords(
        "收件", "材料已交到窗口。5个工作日内要告知是否受理。", "已收件，已通知申请人。"
    ),
    Action.ACCEPT: StepWords(
        "受理", "材料齐全。承诺办结日期从今天起算，并告知申请人。", "已受理，承诺日期已告知申请人。"
    ),
    ACCEPT_DEFERRED: StepWords(
        "容缺受理",
        "缺的材料在期限内后补，先受理、先办理。申请人会收到要补的材料和日期；逾期未补会退回。",
        "已容缺受理，要补的材料和日期已告知申请人。",
        asks=(
            Ask("deferred", "允许后补的材料", "deferrable"),
            _days("后补期限（工作日）", MOST_DAYS, str(USUAL_DAYS)),
            Ask("signed", "申请人已在窗口签署容缺承诺书", "tick", required=False),
        ),
    ),
    Action.WITHDRAW: StepWords(
        "代申请人撤回",
        "申请人到窗口书面申请撤回时使用；要核对身份证件。",
        "已撤回，已通知申请人。",
        reasoned=True,
        grave=True,
        common=("申请人到窗口提交了书面撤回申请。",),
    ),
    Action.PRE_FAIL: StepWords(
        "预审退回",
        "把需要修改的地方一次说全，申请人改好后可再提交。",
        "已退回，理由已告知申请人。",
        reasoned=True,
        grave=True,
        common=(
            "表单内容与证件不一致，请核对后修改。",
            "上传的材料不清晰，请重新拍照或扫描上传。",
            "上传的材料与要求不符，请按办事指南重新上传。",
        ),
    ),
    Action.REQUEST_CORRECTION: StepWords(
        "一次性告知补正",
        "应当一次告知，请把全部要补的内容写全。",
        "补正通知已发出。",
        reasoned=True,
        grave=True,
        common=(
            "缺少必要材料，请按办事指南补齐。",
            "材料不清晰，请重新提供。",
            "材料已过有效期，请提供有效的材料。",
            "表单填写有误，请更正后提交。",
        ),
        asks=(_days("补正期限（天）", 90, "15", "逾期未补正会自动退回。"), _WHY_AGAIN),
    ),
    Action.REFUSE_ACCEPTANCE: StepWords(
        "不予受理",
        "理由会写入决定，并告知申请人救济途径。",
        "已作出不予受理决定，理由已告知申请人。",
        reasoned=True,
        grave=True,
        common=("该事项依法不需要取得许可。", "申请材料虚假。"),
    ),
    Action.OUT_OF_SCOPE: StepWords(
        "不属于本部门职权",
        "告诉申请人应当向哪个部门申请。",
        "已告知申请人向有权部门申请。",
        reasoned=True,
        grave=True,
        common=("该事项不属于本部门职权范围。",),
        asks=(Ask("competent_organ", "应当向哪个部门申请"),),
    ),
    Action.START_REVIEW: StepWords("开始审查", "由本部门开始审查。", "已开始审查。"),
    Action.PASS_LINK: StepWords("通过本环节", "进入下一个审查环节。", "已进入下一个审查环节。"),
    Action.RETURN_LINK: StepWords(
        "退回上一环节",
        "上一个审查环节重新办理。",
        "已退回上一个审查环节。",
        reasoned=True,
        grave=True,
    ),
    Action.REQUEST_SUPPLEMENT: StepWords(
        "过程补件",
        "审查中请申请人补充材料；办理期限照常计算。",
        "已通知申请人补充材料。",
        reasoned=True,
        common=("请补充说明材料。", "请重新提供清晰的材料。"),
    ),
    Action.START_SPECIAL: StepWords(
        "开始特别程序",
        "听证、检验、专家评审等所需时间不计入办理期限，必须书面告知申请人。",
        "特别程序已开始，办理期限暂停计算，已告知申请人。",
        reasoned=True,
        asks=(
            Ask("kind", "特别程序", "select", options=tuple(SPECIAL_KINDS.items())),
            _days("所需时间（工作日）", 250, hint="到期后办理期限自动继续计算。"),
            Ask("document_no", "告知书文号", hint="例：沈市监特告〔2026〕1号"),
        ),
    ),
    Action.END_SPECIAL: StepWords(
        "登记特别程序结果",
        "办理期限从现在起继续计算。",
        "特别程序结果已登记。",
        reasoned=True,
        optional_reason=True,
        asks=(Ask("result", "结果", "select", options=tuple(SPECIAL_RESULTS.items())),),
    ),
    Action.EXTEND: StepWords(
        "批准延长办理期限",
        "法定期限可以延长一次，最多10个工作日（联合办理15个）。承诺日期不变，理由会告知申请人。",
        "办理期限已延长，理由已告知申请人。",
        reasoned=True,
        common=("情况复杂，需要进一步核查。",),
        asks=(_days("延长（工作日）", 15),),
    ),
    Action.START_JOINT: StepWords(
        "发起联合办理",
        "请其他部门一起办；每个部门有自己的协办件和期限。",
        "联合办理已发起。",
        asks=(
            Ask("kind", "办理方式", "select", options=tuple(JOINT_KINDS.items())),
            *(
                ask
                for number in (1, 2, 3)
                for ask in (
                    Ask(f"organ_{number}", f"部门{number}", "organ", required=number == 1),
                    Ask(
                        f"days_{number}",
                        f"部门{number}的期限（工作日）",
                        "number",
                        most=60,
                        required=number == 1,
                    ),
                )
            ),
        ),
    ),
    Action.COMMIT: StepWords(
        "作出承诺", "承诺将会同意；主办部门可以先开始审查。", "已承诺，主办部门可以开始审查。"
    ),
    Action.DECIDE: StepWords(
        "作出决定",
        "不予许可要写明理由，救济途径会一并告知。",
        "决定已作出。",
        reasoned=True,
        optional_reason=True,
        common=("不符合法定条件。", "现场核查不合格。", "提供虚假材料。"),
    ),
    Action.COMPLETE: StepWords(
        "办结", "结果已制作完成，通知申请人领取。", "已办结，已通知申请人领取结果。"
    ),
    Action.ISSUE_CERTIFICATE: StepWords(
        "证照已制好", "证照已送到出件窗口，通知申请人领取。", "已通知申请人领取证照。"
    ),
    Action.SERVE: StepWords(
        "确认送达", "请核对领取人的身份证件，再交付结果。", "已送达，办件完成。"
    ),
    SERVE_BY_MAIL: StepWords(
        "邮寄送达",
        "结果已交寄。申请人会看到运单号。",
        "已登记邮寄送达。",
        asks=(Ask("waybill", "运单号", hint="8至30位字母和数字", most=30),),
    ),
    Action.VOID: StepWords(
        "作废办件",
        "只用于重复、错误登记等情形；理由会告知申请人。",
        "办件已作废，理由已告知申请人。",
        reasoned=True,
        grave=True,
        common=("重复申请，已由另一办件办理。",),
    ),
    Action.REVOKE: StepWords(
        "撤销决定",
        "依照行政许可法第六十九条；理由和救济途径会告知申请人。",
        "决定已撤销，理由已告知申请人。",
        reasoned=True,
        grave=True,
    ),
}
