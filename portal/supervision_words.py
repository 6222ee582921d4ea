"""The words of the supervisors' pages."""

from citydesk.supervision import Fate, ScopeKind, Standing
from models.supervision import (
    Ability,
    Channel,
    ExceptionState,
    FormerState,
    Measure,
    Offer,
    ProbeOutcome,
    Trial,
)

MEASURES = {
    Measure.ENTRY: "进驻率",
    Measure.ONLINE: "可办率",
    Measure.BOOKABLE: "可约率",
    Measure.MATERIALS: "材料减少",
}
ABOUT = {
    Measure.ENTRY: "进了大厅的事项占全部事项的比例。大厅有开放的受理窗口、实施主体在册，才算进驻。",
    Measure.ONLINE: "网上真能办的事项占全部事项的比例。真的提交申请、一直办到“已送达”，才算可办。",
    Measure.BOOKABLE: "开通预约的事项里，真能约上号的比例。真的约上了一次，才算可约。",
}
SCOPES = {
    ScopeKind.CITY: "全市",
    ScopeKind.DEPARTMENT: "按部门",
    ScopeKind.DISTRICT: "按区县",
}
STANDINGS = {
    Standing.PASSED: ("测试通过", "good"),
    Standing.FAILED: ("没有通过", "bad"),
    Standing.UNTESTED: ("还没测试", "warn"),
}
CHANNELS = {
    Channel.CHAT: "公众号对话",
    Channel.APP: "手机应用",
    Channel.MINI_PROGRAM: "小程序",
    Channel.PORTAL: "门户网站",
    Channel.WINDOW: "大厅窗口",
    Channel.TERMINAL: "自助终端",
    Channel.HALL_SCREEN: "大厅屏幕",
}
ABILITIES = {
    Ability.BOOK: "约",
    Ability.QUERY: "查",
    Ability.FILE: "报",
    Ability.HANDLE: "办",
}
OFFERS = {
    Offer.LIVE: ("已开通", "blue"),
    Offer.NOT_OFFERED: ("不提供", "plain"),
    Offer.NOT_YET: ("未接入", "plain"),
}
TRIALS = {
    Trial.ENTER: "进驻大厅",
    Trial.QUERY: "查到指南",
    Trial.BOOK: "预约",
    Trial.FILE: "提交申请",
    Trial.HANDLE: "办到送达",
}
OUTCOMES = {
    ProbeOutcome.SAME: ("一致", "good"),
    ProbeOutcome.OTHER_VERSION: ("版本不同", "bad"),
    ProbeOutcome.NO_VERSION: ("没有标版本", "bad"),
    ProbeOutcome.NO_ANSWER: ("没有响应", "warn"),
}
FORMER = {
    FormerState.STILL_LIVE: ("还在单独运行", "bad"),
    FormerState.UNKNOWN: ("还没核对", "warn"),
    FormerState.DEAD: ("已打不开", "plain"),
    FormerState.REDIRECTED: ("已转到平台", "good"),
}
EXCEPTIONS = {
    ExceptionState.ASKED: ("待审批", "warn"),
    ExceptionState.APPROVED: ("已批准", "good"),
    ExceptionState.REFUSED: ("未批准", "bad"),
    ExceptionState.ENDED: ("已结束", "plain"),
}
FATES = {
    Fate.DEMANDED: ("仍要提交", "warn"),
    Fate.BY_CERTIFICATE: ("电子证照代替", "good"),
    Fate.BY_EXCHANGE: ("数据共享代替", "good"),
    Fate.BY_COMMITMENT: ("承诺代替", "good"),
    Fate.BY_EARLIER_CASE: ("以前提交过的代替", "good"),
    Fate.OPTIONAL: ("改为可不交", "good"),
    Fate.ABOLISHED: ("已取消", "good"),
    Fate.ADDED: ("新增", "bad"),
}


def percent(permille: int | None) -> str:
    """Write thousandths as people read them: 875 → 87.5%."""
    return "—" if permille is None else f"{permille / 10:g}%"
