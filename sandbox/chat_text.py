"""The text of a message taken apart: plain words, links, and links that say something (A6)."""

from __future__ import annotations

import html
import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

ANCHOR = re.compile(r"<a\s+([^<>]*)>(.*?)</a\s*>", re.S | re.I)
ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")

Part = dict[str, str]


def parts_of(text: str) -> list[Part]:
    """The parts in order, each with `text` and a `kind`: text, link, choice or miniprogram."""
    parts: list[Part] = []
    at = 0
    for found in ANCHOR.finditer(text):
        parts += _plain(text[at : found.start()])
        parts.append(_anchor(found[1], html.unescape(found[2])))
        at = found.end()
    return parts + _plain(text[at:])


def _plain(text: str) -> list[Part]:
    """Words without an anchor; a bare address in them is a link all the same."""
    parts: list[Part] = []
    at = 0
    for found in ADDRESS.finditer(text):
        if found.start() > at:
            parts.append({"kind": "text", "text": text[at : found.start()]})
        parts.append({"kind": "link", "text": found[0], "url": found[0]})
        at = found.end()
    if at < len(text):
        parts.append({"kind": "text", "text": text[at:]})
    return parts


def _anchor(attributes: str, text: str) -> Part:
    given = {
        name.lower(): html.unescape(double or single)
        for name, double, single in ATTRIBUTE.findall(attributes)
    }
    href = given.get("href", "")
    if given.get("data-miniprogram-appid"):
        path = given.get("data-miniprogram-path", "")
        app_id = given["data-miniprogram-appid"]
        return {"kind": "miniprogram", "text": text, "app_id": app_id, "path": path}
    parts = _split(href)
    if parts is not None and parts.scheme == "weixin" and parts.netloc == "bizmsgmenu":
        told = dict(parse_qsl(parts.query, keep_blank_values=True))
        content, choice = told.get("msgmenucontent", text), told.get("msgmenuid", "")
        return {"kind": "choice", "text": text, "content": content, "id": choice}
    if parts is not None and parts.scheme in ("http", "https"):
        return {"kind": "link", "text": text, "url": href}
    return {"kind": "text", "text": text}


def _split(href: str) -> SplitResult | None:
    try:
        return urlsplit(href)
    except ValueError:
        return None
