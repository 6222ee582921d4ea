"""The words of the control panel, and what its presets do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A preset: its name, what a newcomer will see, and the fault (None: tokens are revoked)."""

    name: str
    seen: str
    fields: dict[str, Any] | None


FAULT_KINDS = {
    "500": FaultKind(
        "接口返回 500", "微信内部出错。我们应稍后重试，市民不受影响。", {"http_status": 500}
    ),
    "slow": FaultKind(
        "接口慢 6 秒", "超过我们等待的 5 秒。我们不能一直等下去。", {"delay_seconds": 6}
    ),
    "drop": FaultKind(
        "办了但不回答", "消息已送达，回答丢了。我们重发时不能让市民收到两条。", {"drop": "after"}
    ),
    "quota": FaultKind(
        "今日次数用完（45009）", "当天不再调用这个接口，等到第二天零点。", {"errcode": 45009}
    ),
    "busy": FaultKind("系统繁忙（-1）", "微信请我们稍后再试。", {"errcode": -1}),
    "half": FaultKind("回答只有一半", "读不懂的回答。结果未知，要能查清。", {"truncated": True}),
    "token": FaultKind(
        "令牌全部失效（40001）", "我们应换一次新令牌再试。此项立即生效，与接口、次数无关。", None
    ),
}
FAULT_PATHS = {
    "/cgi-bin/message/template/send": "发模板消息",
    "/cgi-bin/message/custom/send": "发客服消息",
    "/cgi-bin/stable_token": "取令牌",
    "/cgi-bin/menu/create": "发布菜单",
    "/sns/oauth2/access_token": "网页授权换 openid",
    "/sns/jscode2session": "小程序登录",
    "/provider/token": "身份核验换凭证",
    "webhook": "推送模板消息的结果",
    "*": "所有接口",
}
FAULT_TIMES = {"1": "1 次", "3": "3 次", "10": "10 次", "0": "直到清除"}
PROVIDER_KINDS = {
    "wrong_signature": "签名不对",
    "expired": "凭证已过期",
    "wrong_nonce": "nonce 不对",
    "wrong_audience": "发给别的应用",
    "wrong_issuer": "签发方不对",
    "unknown_key": "密钥不认识",
    "no_algorithm": "没有签名算法",
    "no_id_token": "没有凭证",
    "no_identity": "没有身份信息",
}
RESULTS = {"cut": "超时断开", "unreachable": "连接不上"}
DONE = {
    "clock": "时间已调整。",
    "fault": "故障已设置。",
    "provider": "身份核验的下一次回答会出错。",
    "clear": "故障已全部清除。",
    "limits": "限制已保存。",
    "person": "已更改。",
    "reset": "外部世界已恢复到开始的样子。",
}
