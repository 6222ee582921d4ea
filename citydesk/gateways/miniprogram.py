"""The mini program's server side: who is behind a log-in code (protocol.md A14)."""

from dataclasses import dataclass, field
from typing import Any

from citydesk.gateways.wechat_codes import is_code, is_wechat_id, redeemed
from citydesk.kit.http import Http
from citydesk.kit.refusals import Forbidden, TooMany, Unidentified
from citydesk.kit.troubles import GatewayTrouble

MINUTE_SECONDS = 60
BAD_CODE = frozenset({40029, 40163})
RISKY_USER = 40226
TOO_OFTEN = 45011


class LogInCodeRefused(Unidentified):
    """WeChat does not know this log-in code, or it was used before, or it is too old."""

    title = "Log-in code refused"


class WeChatUserRefused(Forbidden):
    """WeChat considers this user risky and will not let them log in."""

    title = "Refused by WeChat"


class LogInTooOften(TooMany):
    """WeChat lets one user log in 100 times a minute."""

    title = "Too many log-ins"


@dataclass(frozen=True, slots=True)
class MiniProgramSession:
    """Who opened the mini program; ``unionid`` when it hangs on the same open-platform account.

    The session_key that WeChat also sends is dropped here: nothing needs it, nothing can leak it.
    """

    openid: str
    unionid: str | None


@dataclass(frozen=True, slots=True)
class MiniProgram:
    """One mini program's server interface."""

    http: Http
    api_url: str
    app_id: str
    app_secret: str = field(repr=False)

    async def code_to_session(self, code: str) -> MiniProgramSession:
        """Redeem a log-in code (valid once, five minutes).

        Raises:
            LogInCodeRefused, WeChatUserRefused, LogInTooOften: WeChat's refusals about this user.
            GatewayTrouble: WeChat failed, or refuses us for a reason the user cannot mend.
        """
        if not is_code(code):
            raise _bad_code()
        asked = {"appid": self.app_id, "secret": self.app_secret, "js_code": code}
        return _session(await redeemed(self.http, f"{self.api_url}/sns/jscode2session", asked))


def _session(told: dict[str, Any]) -> MiniProgramSession:
    _refuse(told.get("errcode", 0))
    openid, unionid = told.get("openid"), told.get("unionid") or None
    for each in (openid, unionid):
        if each is not None and not is_wechat_id(each):
            raise GatewayTrouble("jscode2session: not an openid")
    if openid is None:
        raise GatewayTrouble("jscode2session: no openid")
    return MiniProgramSession(openid, unionid)


def _refuse(errcode: Any) -> None:
    if errcode == 0:
        return
    if errcode in BAD_CODE:
        raise _bad_code()
    if errcode == RISKY_USER:
        raise WeChatUserRefused("微信提示该账号存在安全风险，暂不能登录，请按微信的提示处理。")
    if errcode == TOO_OFTEN:
        raise LogInTooOften("登录太频繁，请一分钟后再试。", MINUTE_SECONDS)
    raise GatewayTrouble(f"jscode2session: errcode {str(errcode)[:20]}")


def _bad_code() -> LogInCodeRefused:
    return LogInCodeRefused("登录凭证已失效，请重新打开小程序登录。")
