"""Who opened a page inside WeChat: OAuth2 of the official account (protocol A12), snsapi_base.

The person is led over WeChat's open platform without being asked anything, and comes back with a
code that tells their openid once. Nickname and picture are never asked for.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from citydesk.gateways.wechat_codes import is_code, is_wechat_id, redeemed
from citydesk.kit.http import Http
from citydesk.kit.refusals import Forbidden, Unidentified
from citydesk.kit.troubles import GatewayTrouble

ACCESS_TOKEN = "/sns/oauth2/access_token"  # noqa: S105 - an address
BAD_CODE = frozenset({40029, 40163, 41008, 42003})


class WebCodeRefused(Unidentified):
    """WeChat does not know this code, or it was used before, or it is older than five minutes."""

    title = "WeChat log-in code refused"


class SnapshotRefused(Forbidden):
    """WeChat shows the page as a snapshot: the openid is virtual and nobody's."""

    title = "Snapshot of a page"


@dataclass(frozen=True, slots=True)
class WeChatPages:
    """The account's pages, as WeChat's open platform and API know them."""

    http: Http = field(repr=False)
    api_url: str
    open_url: str
    app_id: str
    app_secret: str = field(repr=False)

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Return where to send a browser; WeChat wants the parameters in exactly this order."""
        return (
            f"{self.open_url}/connect/oauth2/authorize?appid={quote(self.app_id, safe='')}"
            f"&redirect_uri={quote(redirect_uri, safe='')}&response_type=code"
            f"&scope=snsapi_base&state={state}#wechat_redirect"
        )

    async def openid_for(self, code: str) -> str:
        """Redeem a code (once, within five minutes) for the openid of who opened the page.

        Raises:
            WebCodeRefused: the code proves nothing. SnapshotRefused: nobody real opened the page.
            GatewayTrouble: WeChat failed, or refuses us for a reason the person cannot mend.
        """
        if not is_code(code):
            raise _bad_code()
        asked = {"appid": self.app_id, "secret": self.app_secret, "code": code}
        return _openid(await redeemed(self.http, self.api_url + ACCESS_TOKEN, asked))


def _openid(told: dict[str, Any]) -> str:
    errcode = told.get("errcode", 0)
    if errcode in BAD_CODE:
        raise _bad_code()
    if errcode != 0:
        raise GatewayTrouble(f"{ACCESS_TOKEN}: errcode {str(errcode)[:20]}")
    if told.get("is_snapshotuser"):
        raise SnapshotRefused(
            "您现在看到的是页面快照，不能办事。请点页面上的“使用完整服务”，或从公众号菜单重新打开。"
        )
    openid = told.get("openid")
    if not is_wechat_id(openid):
        raise GatewayTrouble(f"{ACCESS_TOKEN}: not an openid")
    return str(openid)


def _bad_code() -> WebCodeRefused:
    return WebCodeRefused("微信登录已失效，请从公众号菜单重新打开页面。")
