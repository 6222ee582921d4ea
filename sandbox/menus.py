"""The menu under the account's chat, as published by the desk (protocol A11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import Refused, api, refusal
from sandbox.outside import Outside, outside_of

PATH = "/cgi-bin/menu"
NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
KEYED = frozenset(
    {
        *("click", "scancode_push", "scancode_waitmsg"),
        *("pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"),
    }
)
NEEDS = {
    **dict.fromkeys(KEYED, ("key",)),
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    "media_id": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
OK = {"errcode": 0, "errmsg": "ok"}

Button = dict[str, Any]


def create(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """POST /cgi-bin/menu/create: one to three buttons, each with one to five below, or an act."""
    buttons = told.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(40016)
    outside.menu = [_top(outside, button) for button in buttons]
    outside.menu_id = 400_000_000 + outside.next_id() % 1_000_000
    outside.live.publish("menu")
    return dict(OK)


def _top(outside: Outside, button: Any) -> Button:
    if not isinstance(button, dict):
        raise Refused(40015)
    below = button.get("sub_button")
    if not below:
        return _leaf(outside, button, NAME_BYTES, sub=False)
    if not isinstance(below, list) or not 1 <= len(below) <= 5:
        raise Refused(40023)
    _check_size(button.get("name"), NAME_BYTES, 40018)
    leaves = [_leaf(outside, each, SUB_NAME_BYTES, sub=True) for each in below]
    return {"name": button["name"], "sub_button": leaves}


def _leaf(outside: Outside, button: Any, name_bytes: int, *, sub: bool) -> Button:
    """A button that does something; the error codes of a lower one are others."""
    if not isinstance(button, dict):
        raise Refused(40015)
    _check_size(button.get("name"), name_bytes, 40025 if sub else 40018)
    kind = button.get("type")
    if kind not in NEEDS:
        raise Refused(40024 if sub else 40017)
    for need in NEEDS[kind]:
        if need == "key":
            _check_size(button.get("key"), KEY_BYTES, 40026 if sub else 40019)
        elif need == "url":
            _check_size(button.get("url"), URL_BYTES, 40027 if sub else 40020)
            _check_address(button["url"])
        elif not isinstance(button.get(need), str) or not button[need]:
            raise Refused(40035, need)
    if kind == "miniprogram":
        _check_jump(outside, button)
    kept = {name: button[name] for name in NEEDS[kind]}
    return {"type": kind, "name": button["name"], **kept, "sub_button": []}


def _check_size(text: Any, most: int, errcode: int) -> None:
    if not isinstance(text, str) or not 1 <= len(text.encode("utf-8", "replace")) <= most:
        raise Refused(errcode)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(40020) from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused(40020)


def _check_jump(outside: Outside, button: Button) -> None:
    if button["appid"] != outside.config.miniprogram_app_id:
        raise Refused(40013, "miniprogram is not bound to this account")
    if button["pagepath"].startswith("/"):
        raise Refused(40165)


def get(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /cgi-bin/menu/get: what is published. 46003 when nothing is."""
    if not outside.menu:
        raise Refused(46003)
    return {"menu": {"button": outside.menu}}


def delete(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """GET /cgi-bin/menu/delete: no menu any more."""
    outside.menu = []
    outside.live.publish("menu")
    return dict(OK)


def leaves(menu: list[Button]) -> Iterator[Button]:
    """The buttons that do something."""
    for button in menu:
        yield from button["sub_button"] or [button]


def name_of(menu: list[Button], field: str, value: Any) -> str:
    """What the button with this key (url, pagepath) is called, or the value itself."""
    found = (button["name"] for button in leaves(menu) if button.get(field) == value)
    return str(next(found, value))


_create = api("POST", f"{PATH}/create", create)


async def _create_from_text(request: Request) -> Response:
    """WeChat shows escaped characters as they stand, and so refuses a menu that has them."""
    if request.method == "POST" and b"\\u" in await request.body():
        return refusal(outside_of(request).clock.now(), 40033)
    answer: Response = await _create(request)
    return answer


routes = [
    Route(f"{PATH}/create", _create_from_text, methods=["GET", "POST"]),
    Route(f"{PATH}/get", api("GET", f"{PATH}/get", get), methods=["GET", "POST"]),
    Route(f"{PATH}/delete", api("GET", f"{PATH}/delete", delete), methods=["GET", "POST"]),
]
