"""What a citizen is told when no guide fits: why, where to turn, and what was perhaps meant.

The search decides that there is none; here it is only put kindly, by the kind of question.
"""

import csv
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from citydesk.guides.search import tokens
from citydesk.guides.search.answering import Found, nearest, search
from citydesk.guides.search.question import taken_apart
from citydesk.guides.search.shelf import current
from citydesk.world import World


class Reason(StrEnum):
    """Why there is no guide for a question; the first that fits is told."""

    EMERGENCY = "emergency"  # for 110, 119, 120, not for a desk
    OTHER_CITY = "other_city"
    ELSEWHERE = "elsewhere"  # the business of others: a bank, a court, the market
    WEATHER = "weather"
    ABUSE = "abuse"
    CHAT = "chat"
    UNCLEAR = "unclear"  # no matter is named: 要带什么材料
    UNKNOWN = "unknown"  # a matter we do not hold, or do not know by this name


ASK = "要办什么事，请直接告诉我，例如：开饭店、补办身份证。"
HUMAN = "也可以拨打12345，24小时有人接听。"
CHAT_SHARE = 0.25  # of a text, that words of chat must be, or it is not taken for chat
CHAT_ANSWER = "我是办事助手，只会答怎么办事。"
NEAR_REASONS = (Reason.ELSEWHERE, Reason.UNKNOWN)


@dataclass(frozen=True, slots=True)
class NothingFound:
    """A polite no: the reason, the sentences to show, and guides to offer as 您是不是要找."""

    reason: Reason
    detail: str
    nearest: list[Found]


async def nothing_found(world: World, text: str, limit: int = 3) -> NothingFound:
    """Say why these words found no guide, and what to do next."""
    index = await current(world)
    said = tokens.plain(text).strip()
    place = taken_apart(index, said).elsewhere
    reason, where = _reason(said, place, index.knowledge.core(said))
    near: list[Found] = []
    if reason is Reason.OTHER_CITY:
        near = await search(world, said.replace(place, " "), limit)
    elif reason in NEAR_REASONS:
        near = await nearest(world, said, limit)
    return NothingFound(reason, _sentences(reason, where, place, near), near)


def _reason(said: str, place: str, core: str) -> tuple[Reason, str]:
    """Return the first reason that fits plain text, and where to turn."""
    told = {reason: found for reason, pattern in _words() if (found := pattern.findall(said))}
    if Reason.EMERGENCY in told:
        return _longest(Reason.EMERGENCY, told)
    if place:
        return Reason.OTHER_CITY, ""
    for reason in (Reason.ELSEWHERE, Reason.WEATHER, Reason.ABUSE):
        if reason in told:
            return _longest(reason, told)
    letters = "".join(tokens.runs(said))
    if letters.isdigit() or sum(map(len, told.get(Reason.CHAT, []))) >= CHAT_SHARE * len(letters):
        return Reason.CHAT, CHAT_ANSWER
    if not tokens.runs(core):
        return Reason.UNCLEAR, ""
    return Reason.UNKNOWN, ""


def _longest(reason: Reason, told: dict[Reason, list[str]]) -> tuple[Reason, str]:
    return reason, _where()[reason, max(told[reason], key=len)]


def _sentences(reason: Reason, where: str, place: str, near: list[Found]) -> str:
    if reason is Reason.EMERGENCY:
        return where
    if reason is Reason.OTHER_CITY:
        ours = "如果要在沈阳办，可以看下面的。" if near else ""
        return (
            f"这里只有沈阳的办事指南。{place}的事请问当地：在当地拨打12345，"
            f"在外地先拨当地区号。{ours}"
        )
    if reason is Reason.ELSEWHERE:
        return f"这件事不在政务大厅办。{where}"
    if reason is Reason.UNCLEAR:
        return f"没看明白您要办哪件事。{ASK}"
    if reason is Reason.UNKNOWN:
        again = "" if near else "请换个说法，只说要办的证或要办的事；"
        return f"没找到这件事。{again}{HUMAN}"
    return f"{where}{ASK}{HUMAN if reason is Reason.ABUSE else ''}"


@cache
def _where() -> dict[tuple[Reason, str], str]:
    """Return for each word of the file, by its reason, the sentence that says where to turn."""
    text = (files("citydesk.guides.search") / "data" / "hand_over.csv").read_text("utf-8")
    return {
        (Reason(row["reason"]), tokens.plain(word)): row["where"]
        for row in csv.DictReader(text.splitlines())
        for word in row["words"].split("|")
    }


@cache
def _words() -> tuple[tuple[Reason, re.Pattern[str]], ...]:
    by_reason: dict[Reason, list[str]] = {}
    for reason, word in _where():
        by_reason.setdefault(reason, []).append(word)
    return tuple(
        (reason, re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True)))))
        for reason, words in by_reason.items()
    )
