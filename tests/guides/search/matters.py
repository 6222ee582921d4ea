"""Thirty-six matters that share half of their words, and questions about them."""

import random
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

from citydesk.guides.search.answering import _answered
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.items import Listed
from citydesk.guides.search.knowledge import knowledge

MADE = datetime(2026, 3, 2, tzinfo=UTC)
THINGS = (
    "食品经营许可",
    "居民身份证",
    "社会保障卡",
    "道路运输证",
    "不动产权证书",
    "烟草零售许可证",
)
STEPS = ("首次申领", "补领", "变更", "注销", "延续", "换领")


def listed(name: str) -> Listed:
    shown = (False, None, 0, "", MADE, "公共服务")
    return Listed(uuid5(NAMESPACE_OID, name), name, None, name, "示例局", "", (), None, *shown)


def alike() -> SearchIndex:
    """Index the matters."""
    names = [f"{thing}{step}" for thing in THINGS for step in STEPS]
    return SearchIndex([listed(name) for name in names], knowledge(), ("沈阳市",))


def questions(index: SearchIndex, number: int) -> list[str]:
    """Make questions of sayings and of names with a wrong or missing character."""
    chance = random.Random(20_261_123)
    said = sorted(word for word in index.knowledge.sayings.words if len(word) > 2)
    made = []
    for _ in range(number):
        name = chance.choice(index.items).name
        at = chance.randrange(len(name))
        wrong = name[:at] + chance.choice(("", "正", "的", "办")) + name[at + 1 :]
        made.append(
            chance.choice((wrong, f"我想{chance.choice(said)}，{name[:4]}", f"{wrong}多久"))
        )
    return made


def answers(index: SearchIndex, number: int) -> list[str]:
    """Return what so many questions find, and why, a line each."""
    return [
        repr([(each.name, each.score, each.why) for each in _answered(index, text, 5, None, None)])
        for text in questions(index, number)
    ]
