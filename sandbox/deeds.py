"""What a person did, in the words their phone shows between the bubbles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import menus

OTHERS = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "shortvideo": "[视频]"}


def words_for(message: Mapping[str, Any], menu: list[menus.Button]) -> str:
    """A sentence for an event, the text of a message."""
    if message.get("MsgType") != "event":
        return _said(message)
    event, key = str(message.get("Event", "")), str(message.get("EventKey", ""))
    kind = event.lower()
    if kind == "subscribe":
        scene = key.removeprefix("qrscene_")
        return f"扫码关注了公众号（场景值 {scene}）" if scene else "关注了公众号"
    if kind == "click":
        return f"点了菜单“{menus.name_of(menu, 'key', key)}”"
    if kind == "view":
        return f"点了菜单“{menus.name_of(menu, 'url', key)}”，打开网页"
    if kind == "view_miniprogram":
        return f"点了菜单“{menus.name_of(menu, 'pagepath', key)}”，打开小程序"
    if kind == "scan":
        return f"扫了二维码（场景值 {key}）"
    return {"unsubscribe": "取消关注了公众号"}.get(kind, f"发生了事件 {event}")


def _said(message: Mapping[str, Any]) -> str:
    kind = str(message.get("MsgType", ""))
    if kind == "text":
        return str(message.get("Content", ""))
    if kind == "location":
        return f"[位置] {message.get('Label', '')}".strip()
    return OTHERS.get(kind, f"[{kind}]")
