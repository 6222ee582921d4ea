"""The WeChat official account, as the desk calls it: our words in, our words out.

One try per call; whoever calls decides about another. Errors are told apart by what the sender
must do next (see ``wechat_errors``); nothing that was sent appears in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from math import ceil
from typing import Any
from urllib.parse import quote

from citydesk.gateways.wechat_errors import (
    TOKEN_CODES,
    AccountTrouble,
    BadMessage,
    QuotaGone,
    RecipientGone,
    SaidNo,
    WindowClosed,
    error_of,
)
from citydesk.gateways.wechat_fields import fitted
from citydesk.gateways.wechat_tokens import TokenKeeper
from citydesk.kit.clock import CITY, Clock, SystemClock, in_city
from citydesk.kit.http import Http
from citydesk.kit.logs import logger
from citydesk.kit.troubles import GatewayTrouble

__all__ = [
    "AccountTrouble",
    "BadMessage",
    "OfficialAccount",
    "QuotaGone",
    "RecipientGone",
    "SaidNo",
    "WeChatUser",
    "WindowClosed",
]

LONGEST_TEXT_BYTES = 2048
ACCOUNT_PAUSE = timedelta(seconds=10)
SEND_TEMPLATE = "/cgi-bin/message/template/send"
SEND_CUSTOM = "/cgi-bin/message/custom/send"
USER_INFO = "/cgi-bin/user/info"
CREATE_MENU = "/cgi-bin/menu/create"


@dataclass(frozen=True, slots=True)
class WeChatUser:
    """A person as the account sees them; ``unionid`` is None for who does not follow."""

    openid: str
    unionid: str | None
    subscribed: bool


@dataclass(slots=True)
class _Pauses:
    """Until when not to call: one interface whose quota is gone, or ("") the whole account."""

    until: dict[str, tuple[datetime, GatewayTrouble]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfficialAccount:
    """One official account (service account), authenticated by its AppID and AppSecret."""

    http: Http = field(repr=False)
    valkey: Any = field(repr=False)  # redis.asyncio.Redis or None: only the token cache uses it
    api_url: str
    app_id: str
    app_secret: str = field(repr=False)
    clock: Clock = field(default_factory=SystemClock, repr=False)
    tokens: TokenKeeper = field(init=False, repr=False)
    _pauses: _Pauses = field(default_factory=_Pauses, init=False, repr=False)

    def __post_init__(self) -> None:
        keeper = TokenKeeper(self.http, self.valkey, self.api_url, self.app_id, self.app_secret)
        object.__setattr__(self, "tokens", keeper)

    async def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        client_msg_id: str,
        url: str | None = None,
    ) -> str:
        """Send a template message to a follower; return WeChat's number for it (msgid).

        WeChat drops a second message with the same ``client_msg_id`` for ten minutes, so within
        them the same message may be sent again after any trouble.

        Raises:
            BadMessage: the fields or the template are wrong; nothing was sent if fields.
            RecipientGone: the person no longer follows.
            QuotaGone, AccountTrouble, GatewayTrouble: worth another try later.
        """
        message: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": fitted(data),
            "client_msg_id": client_msg_id,
        }
        if url is not None:
            message["url"] = url
        told = await self._ask("POST", SEND_TEMPLATE, json=message)
        if "msgid" not in told:
            raise GatewayTrouble(f"{SEND_TEMPLATE}: no msgid")
        return str(told["msgid"])

    async def send_text(self, openid: str, text: str) -> None:
        """Send a customer-service text; only to a person who has done something lately.

        A text whose fate is unknown (``GatewayTrouble`` with ``sent``) must not be sent again:
        these messages carry no number that WeChat could drop a twin by.

        Raises:
            WindowClosed: outside the window of A7, or its count is used up.
            BadMessage: the text is empty or over 2048 bytes.
            RecipientGone, QuotaGone, AccountTrouble, GatewayTrouble: as for a template.
        """
        if not text.strip() or len(text.encode()) > LONGEST_TEXT_BYTES:
            raise BadMessage(f"{SEND_CUSTOM}: the text is empty or over {LONGEST_TEXT_BYTES} bytes")
        message = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        await self._ask("POST", SEND_CUSTOM, json=message)

    async def user_info(self, openid: str) -> WeChatUser:
        """Tell whether a person follows, and their unionid.

        Raises:
            RecipientGone: WeChat does not know the openid.
            QuotaGone, AccountTrouble, GatewayTrouble: as for a template.
        """
        told = await self._ask("GET", USER_INFO, params={"openid": openid, "lang": "zh_CN"})
        follows = told.get("subscribe") == 1
        return WeChatUser(openid, (told.get("unionid") or None) if follows else None, follows)

    async def publish_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Replace the menu under the account's chat; phones show it within minutes.

        Raises:
            BadMessage: WeChat does not accept a button.
            QuotaGone, AccountTrouble, GatewayTrouble: as for a template.
        """
        await self._ask("POST", CREATE_MENU, json={"button": list(buttons)})

    async def check(self) -> None:
        """Make sure that the account can call; raises GatewayTrouble."""
        await self.tokens.token()

    async def _ask(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        self._refuse_while_paused(path)
        try:
            token = await self.tokens.token()
            told = await self._call(method, path, token, json, params)
            if told.get("errcode") in TOKEN_CODES:
                token = await self.tokens.token_after(token)
                told = await self._call(method, path, token, json, params)
            self._check(path, told)
        except QuotaGone as gone:
            self._pause(path, gone.until, gone)
            raise
        except AccountTrouble as trouble:
            self._pause("", self.clock.now() + ACCOUNT_PAUSE, trouble)
            raise
        return told

    def _pause(self, key: str, until: datetime, why: GatewayTrouble) -> None:
        """Stop calling until then, and say so once, where operators look."""
        if key not in self._pauses.until:
            logger().error("WeChat will not take our calls: a person must look", error=str(why))
        self._pauses.until[key] = (until, why)

    def _refuse_while_paused(self, path: str) -> None:
        for key in ("", path) if self._pauses.until else ():
            until, why = self._pauses.until.get(key, (None, None))
            if until is None or why is None:
                continue
            left = (until - self.clock.now()).total_seconds()
            if left <= 0:
                del self._pauses.until[key]
            elif isinstance(why, QuotaGone):
                raise QuotaGone(str(why), until, ceil(left))
            else:
                raise AccountTrouble(str(why), sent=False, retry_after_seconds=ceil(left))

    async def _call(
        self, method: str, path: str, token: str, json: Any, params: Mapping[str, str] | None
    ) -> dict[str, Any]:
        # In one string, which the client parses once per token and not once per message.
        url = f"{self.api_url}{path}?access_token={quote(token, safe='')}"
        answer = await self.http.call(method, url, json=json, params=params)
        if answer.status != 200:
            raise GatewayTrouble(f"{path}: status {answer.status}")
        told = answer.json()
        if not isinstance(told, dict):
            raise GatewayTrouble(f"{path}: not an object")
        return told

    def _check(self, path: str, told: dict[str, Any]) -> None:
        code = told.get("errcode", 0)
        if not isinstance(code, int):
            raise GatewayTrouble(f"{path}: errcode is not a number")
        if code:
            now = in_city(self.clock.now())
            midnight = datetime.combine(now.date() + timedelta(days=1), time(), CITY)
            wait = ceil((midnight - now).total_seconds())
            raise error_of(path, code, str(told.get("errmsg", "")), midnight, wait)
