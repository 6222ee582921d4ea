"""Redeeming the codes WeChat hands out at log-in: each tells once, within five minutes, who it is.

Two interfaces take them: the account's pages (protocol A12) and the mini program (A14).
"""

import re
from collections.abc import Mapping
from typing import Any

from citydesk.kit.http import Http
from citydesk.kit.troubles import GatewayTrouble

LONGEST_CODE = 256
_WECHAT_ID = re.compile(r"[A-Za-z0-9_-]{6,64}")


def is_code(text: str) -> bool:
    """Whether text can be a code at all; nothing else is sent to WeChat."""
    return 0 < len(text) <= LONGEST_CODE and text.isascii() and text.isprintable()


def is_wechat_id(value: object) -> bool:
    """Whether WeChat's answer holds an openid or a unionid here."""
    return isinstance(value, str) and _WECHAT_ID.fullmatch(value) is not None


async def redeemed(http: Http, url: str, params: Mapping[str, str]) -> dict[str, Any]:
    """Redeem a code, asking once only: a second try would find it used. Return WeChat's object.

    Raises:
        GatewayTrouble: WeChat failed or answered something else; the errcode is the caller's.
    """
    asked = {**params, "grant_type": "authorization_code"}
    answer = await http.call("GET", url, params=asked, once=True)
    name = url.rpartition("/")[2]
    if answer.status != 200:
        raise GatewayTrouble(f"{name}: status {answer.status}")
    told = answer.json()
    if not isinstance(told, dict):
        raise GatewayTrouble(f"{name}: not an object")
    return told
