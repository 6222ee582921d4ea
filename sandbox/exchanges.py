"""One message's way to our webhook and back, laid open: as it went over the wire, and inside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.chats import Exchange
from sandbox.ledger import Entry
from sandbox.outside import Outside
from sandbox.pusher import HEADERS
from sandbox.pushes import xml_of
from sandbox.wechat_crypto import signature

OUTCOMES = {
    "reply": "收到回复",
    "silent": "收到 success（不回复）",
    "fault": "回复不合格",
    "cut": "超时，微信断开了连接",
    "unreachable": "连接不上",
    "sending": "还在发送",
}
PARAMETERS = {
    "signature": "明文签名：sha1(排序后的 token、timestamp、nonce)",
    "timestamp": "发送时间（秒）",
    "nonce": "随机数",
    "openid": "发送人在本公众号的 openid",
    "encrypt_type": "加密方式",
    "msg_signature": "密文签名：sha1(排序后的 token、timestamp、nonce、密文)",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, ready to be shown."""

    number: int
    outcome: str
    good: bool
    milliseconds: float
    status: int | None
    problems: list[str]
    path: str
    headers: dict[str, str]
    parameters: list[tuple[str, str, str]]
    checks: list[str]
    sent: str
    answered: str
    reply: str


def message_xml(exchange: Exchange) -> str:
    """The message inside the envelope, one element a line."""
    return spread(xml_of(exchange.message).decode())


def attempts_of(outside: Outside, exchange: Exchange) -> list[Attempt]:
    """Every try of a message, with what the ledger still has of it."""
    numbers = {attempt["no"] for attempt in exchange.attempts}
    since = min(numbers, default=1) - 1
    kept = {e.no: e for e in outside.ledger.entries(since=since, direction="out", limit=5_000)}
    return [_attempt(outside, told, kept.get(told["no"])) for told in exchange.attempts]


def _attempt(outside: Outside, told: dict[str, Any], entry: Entry | None) -> Attempt:
    query = parse_qsl(entry.query) if entry else []
    return Attempt(
        number=told["try"],
        outcome=OUTCOMES[told["outcome"]],
        good=told["outcome"] in ("reply", "silent"),
        milliseconds=round(told["latency_seconds"] * 1000, 1),
        status=told["status"],
        problems=told["problems"],
        path=entry.path if entry else "",
        headers=HEADERS,
        parameters=[(name, value, PARAMETERS.get(name, "")) for name, value in query],
        checks=_checks(outside, dict(query), entry) if entry else [],
        sent=_text(entry.body) if entry else "（已不在台账里）",
        answered=_text(entry.answer) if entry else "",
        reply=spread(told["xml"]),
    )


def _checks(outside: Outside, query: dict[str, str], entry: Entry) -> list[str]:
    """Which of the signatures hold, computed anew from the token."""
    token = outside.config.wechat_token
    parts = (token, query.get("timestamp", ""), query.get("nonce", ""))
    checks = [_check("signature", signature(*parts) == query.get("signature"))]
    encrypted = re.search(rb"<Encrypt><!\[CDATA\[(.*?)\]\]></Encrypt>", entry.body)
    if encrypted and "msg_signature" in query:
        proof = signature(*parts, encrypted[1].decode("ascii", "replace"))
        checks.append(_check("msg_signature", proof == query["msg_signature"]))
    return checks


def _check(name: str, holds: bool) -> str:
    return f"{name} {'验证一致' if holds else '与重新计算的不一致'}"


def spread(xml: str) -> str:
    """XML with a line for each element of a message."""
    return re.sub(r"(?<=>)(?<!\]\]>)(?=<(?!!))", "\n", xml)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
