"""An item as search sees it: what it is found by, and what the ranking looks at, prepared."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from uuid import UUID

from citydesk.guides.search import tokens
from citydesk.guides.search.knowledge import Knowledge

# What a name says about who may use it, and under which decree: not what it is about.
_MARGIN = re.compile(
    r"[(（][^()（）]*(?:级|令|承诺件|即办件|行使|指引|内资)[^()（）]*[)）]|[(（]含[^()（）]*[)）]|[《》“”\"]"
)
_PLAIN_TAIL = ("办理", "申请", "核发", "审批", "登记", "备案", "许可", "新办", "服务", "申领")
_FIRST_STEPS = ("设立", "新办", "首次", "初次", "初领", "新设", "成立", "申领", "新增")
LONG_NAME = 6  # characters: shorter ones are words of other matters, too
TAIL_WEIGHT = 0.3  # of the words above in a name: hardly anybody says them
# Inspections and penalties are in the catalogue too, but nobody comes to ask for one.
_BIAS = {
    "行政处罚": -0.35,
    "行政强制": -0.35,
    "行政检查": -0.3,
    "行政裁决": -0.06,
    "行政奖励": -0.06,
    "行政征收": -0.03,
    "其他行政权力": -0.02,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One item as it can be found and as a channel shows it in a list of answers."""

    item_id: UUID
    code: str
    list_id: str | None
    name: str
    department: str
    main_item: str
    labels: tuple[str, ...]
    region_code: str | None
    complete: bool
    version_id: UUID | None
    version_no: int
    hash8: str
    as_of: datetime
    type_name: str = ""
    in_force: bool = True  # False: suspended or ended
    popularity: int | None = None  # 0 to 100, by what was counted; None: not weighed yet


@dataclass(frozen=True, slots=True)
class Place:
    """What the ranking looks at for one item, prepared: plain texts and weights."""

    name: str
    bare: str  # the name's characters alone, as one says it
    said: str
    labels: frozenset[str]
    name_weight: float
    actions: frozenset[str]
    later: frozenset[str]  # the words in its name that mark a later step
    first: bool  # it is named as the first application
    parties: tuple[str, ...]
    bias: float  # of its kind: nobody asks to be fined
    often: float  # 0 to 1: how much people come for it
    complete: bool
    region_code: str | None


def placed(
    item: Listed,
    text: Mapping[str, str],
    name_weights: Mapping[str, float],
    vocabulary: Collection[str],
    knowledge: Knowledge,
) -> Place:
    """Prepare an item for the ranking."""
    name = text["name"]
    return Place(
        name=name,
        bare="".join(tokens.runs(name)),
        said=" ".join(text.values()),
        labels=frozenset(tokens.plain(label) for label in item.labels),
        name_weight=sum(name_weights[pair] for pair in tokens.pairs(name)) or 1.0,
        actions=frozenset(word for word in vocabulary if word in name),
        later=frozenset(knowledge.later.found_in(name)),
        first=any(word in name for word in _FIRST_STEPS),
        parties=_outer([party for party in knowledge.parties if party in name]),
        bias=_BIAS.get(item.type_name, 0.0),
        often=_often(item, name, knowledge),
        complete=item.complete,
        region_code=item.region_code,
    )


def _often(item: Listed, name: str, knowledge: Knowledge) -> float:
    """Return how much people come for an item; until it is counted, by the staff's list."""
    if item.popularity is not None:
        return item.popularity / 100
    return float(any(word in name for word in knowledge.hot))


def weights_of_names(rarity: Mapping[str, float]) -> dict[str, float]:
    """Return how much of a name a pair of characters is: the plain tail counts little."""
    return {
        word: weight * (TAIL_WEIGHT if word in _PLAIN_TAIL else 1.0)
        for word, weight in rarity.items()
    }


def _outer(parties: Sequence[str]) -> tuple[str, ...]:
    """Leave out what is only a part of another: 单位 of 机关事业单位."""
    return tuple(
        party
        for party in parties
        if not any(party != other and party in other for other in parties)
    )


def long_names(place: Place) -> list[str]:
    """Return what an item is called, so long that nothing else can be meant by it."""
    return [name for name in (place.bare, *place.labels) if len(name) >= LONG_NAME]


def texts(item: Listed) -> dict[str, str]:
    """Return the plain text of each part an item is found by."""
    name = _MARGIN.sub("", tokens.plain(item.name)) or tokens.plain(item.name)
    main = "" if item.main_item == "未分类" else _MARGIN.sub("", tokens.plain(item.main_item))
    return {
        "name": name,
        "label": tokens.plain(" ".join(item.labels)),
        "main": "" if main == name else main,
        "department": tokens.plain(item.department),
        "margin": " ".join(_MARGIN.findall(tokens.plain(item.name))),
    }


def rarity(read: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Return for every word of the index how telling it is: the logarithm of its rarity."""
    seen: dict[str, int] = {}
    for text in read:
        for word in dict.fromkeys(word for part in text.values() for word in tokens.pairs(part)):
            seen[word] = seen.get(word, 0) + 1
    return {word: log(1 + len(read) / count) for word, count in seen.items()}
