"""The official account as a person at the other end of the wire meets it."""

import re
from typing import Any

from tests.people import Outside

LINK = re.compile(
    r'<a href="weixin://bizmsgmenu\?msgmenucontent=(?P<said>[^"&]*)&msgmenuid=(?P<id>[^"]+)">'
    r"(?P<shown>[^<]*)</a>"
)
FIRST_LINE = re.compile(r"【(?P<name>.+?)】")


def links(bubble: str) -> dict[str, str]:
    """The links of an answer: what a tap sends back (bizmsgmenuid) → what is shown."""
    return {found["id"]: found["shown"] for found in LINK.finditer(bubble)}


async def tap(outside: Outside, who: str, bubble: str, menu_id: str) -> str:
    """Tap a link of an answer, as the phone does it."""
    shown = {found["id"]: found["said"] for found in LINK.finditer(bubble)}
    return await outside.says(who, shown[menu_id], bizmsgmenuid=menu_id)


async def follow(outside: Outside, who: str = "zhang") -> str:
    """Follow the account; return the greeting."""
    told = await outside.control("POST", f"people/{who}/follow")
    return "\n".join(told["shown"])


async def says(outside: Outside, who: str, text: str, **how: Any) -> list[dict[str, Any]]:
    """Say something in a manner of one's own; return every attempt made."""
    told = await outside.control("POST", f"people/{who}/say", text=text, **how)
    attempts: list[dict[str, Any]] = told["attempts"]
    return attempts


def texts(attempts: list[dict[str, Any]]) -> list[str]:
    """What each attempt was answered with, "" for nothing."""
    return [each["reply"]["Content"] if each["reply"] else "" for each in attempts]
