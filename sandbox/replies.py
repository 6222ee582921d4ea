"""What a person sees after our webhook answered: the passive reply, checked as WeChat checks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from sandbox.wechat_crypto import BadCipher, MessageCipher, signature

FAULT_BUBBLE = "该公众号提供的服务出现故障，请稍后再试"
REPLY_BYTES = 65_536
TEXT_BYTES = 2048
HEAD = {"ToUserName", "FromUserName", "CreateTime", "MsgType"}
# MsgType → the one further element (or two) it needs
NEEDS = {
    "text": {"Content"},
    "image": {"Image"},
    "voice": {"Voice"},
    "video": {"Video"},
    "music": {"Music"},
    "news": {"ArticleCount", "Articles"},
    "transfer_customer_service": set(),
}
MEDIA_NAMES = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "music": "[音乐]"}


@dataclass(slots=True)
class Reading:
    """How an answer was understood: `silent`, `reply` or `fault`, with everything wrong with it."""

    outcome: str = "reply"
    reply: dict[str, Any] | None = None
    xml: str = ""
    encrypted: bool = False
    problems: list[str] = field(default_factory=list)
    bubbles: list[str] = field(default_factory=list)


class _Bad(Exception):
    """The answer cannot be read further."""


class ReplyReader:
    """Reads answers for one account."""

    def __init__(self, token: str, cipher: MessageCipher, original_id: str) -> None:
        self._token = token
        self._cipher = cipher
        self._original_id = original_id

    def read(
        self, status: int, body: bytes, mode: str, message: Mapping[str, Any], now: float
    ) -> Reading:
        """Understand the answer to a pushed message; `now` is epoch seconds."""
        reading = Reading()
        try:
            if status != 200:
                raise _Bad(f"HTTP status {status}")
            if body in (b"", b"success"):
                return Reading("silent")
            if len(body) > REPLY_BYTES:
                raise _Bad("reply is larger than 64 KiB")
            inner = body
            if mode != "plain":
                inner = self._open(body)
                reading.encrypted = True
            reading.xml = inner.decode("utf-8", "replace")
            root = _parse(inner)
            reading.reply = _values(root)
            reading.problems = self._check(root, message, now)
        except _Bad as bad:
            reading.problems.append(str(bad))
        if reading.problems:
            reading.outcome, reading.bubbles = "fault", [FAULT_BUBBLE]
        elif reading.reply is not None:
            reading.bubbles = _bubbles(reading.reply)
        return reading

    def _open(self, body: bytes) -> bytes:
        root = _parse(body)
        parts = {child.tag: child.text or "" for child in root}
        missing = {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"} - parts.keys()
        if missing:
            raise _Bad("encrypted reply lacks " + ", ".join(sorted(missing)))
        if not parts["TimeStamp"].isdigit():
            raise _Bad("TimeStamp of the reply is not a number")
        proof = signature(self._token, parts["TimeStamp"], parts["Nonce"], parts["Encrypt"])
        if proof != parts["MsgSignature"]:
            raise _Bad("MsgSignature of the reply is wrong")
        try:
            return self._cipher.decrypt(parts["Encrypt"])
        except BadCipher as bad:
            raise _Bad(f"reply cannot be deciphered: {bad}") from bad

    def _check(self, root: Any, message: Mapping[str, Any], now: float) -> list[str]:
        tags = [child.tag for child in root]
        texts = {child.tag: child.text or "" for child in root}
        kind = texts.get("MsgType", "")
        wrong = [f"{tag} is given twice" for tag in sorted({t for t in tags if tags.count(t) > 1})]
        if kind not in NEEDS:
            return [*wrong, f"MsgType {kind!r} cannot be a reply"]
        wrong += [f"{tag} is missing" for tag in sorted((HEAD | NEEDS[kind]) - set(tags))]
        wrong += [
            f"{tag} is unknown" for tag in sorted(set(tags) - HEAD - NEEDS[kind] - {"TransInfo"})
        ]
        if texts.get("ToUserName") != message["FromUserName"]:
            wrong.append("ToUserName is not the person who wrote")
        if texts.get("FromUserName") != self._original_id:
            wrong.append("FromUserName is not the account")
        if not re.fullmatch(r"\d{10}", texts.get("CreateTime", "")):
            wrong.append("CreateTime is not in seconds")
        elif abs(int(texts["CreateTime"]) - now) > 86_400:
            wrong.append("CreateTime is more than a day away")
        return wrong + _check_content(kind, root, message)


def _check_content(kind: str, root: Any, message: Mapping[str, Any]) -> list[str]:
    if kind == "text":
        size = len((root.findtext("Content") or "").encode())
        return [] if 0 < size <= TEXT_BYTES else [f"Content has {size} bytes, 1 to 2048 may be"]
    if kind in MEDIA_NAMES:
        media = root.findtext(f"{kind.capitalize()}/MediaId") or root.findtext("Music/ThumbMediaId")
        return [] if media else ["MediaId is missing"]
    if kind == "news":
        items = root.findall("Articles/item")
        most = 8 if message.get("MsgType") == "event" else 1
        wrong = (
            [] if root.findtext("ArticleCount") == str(len(items)) else ["ArticleCount is wrong"]
        )
        if not 1 <= len(items) <= most:
            wrong.append(f"{len(items)} articles, 1 to {most} may be")
        return wrong + [
            f"article lacks {t}" for i in items for t in ("Title", "Url") if not i.findtext(t)
        ]
    return []


def _parse(raw: bytes) -> Any:
    if b"<!" in raw.replace(b"<![CDATA[", b""):
        raise _Bad("reply has a DOCTYPE, an entity or a comment")
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314  no declarations are left in it
    except (ElementTree.ParseError, ValueError) as bad:
        raise _Bad(f"reply is not XML: {bad}") from bad
    if root.tag != "xml":
        raise _Bad("root element of the reply is not <xml>")
    return root


def _values(element: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for child in element:
        value = _values(child) if len(child) else child.text or ""
        if child.tag == "item":
            values.setdefault("item", []).append(value)
        else:
            values[child.tag] = value
    return values


def _bubbles(reply: dict[str, Any]) -> list[str]:
    kind = reply["MsgType"]
    if kind == "text":
        return [reply["Content"]]
    if kind == "news":
        return [f"[图文] {item['Title']}" for item in reply["Articles"]["item"]]
    return [MEDIA_NAMES[kind]] if kind in MEDIA_NAMES else []
