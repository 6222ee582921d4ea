"""One search for every channel: what a person says → the guides it may mean, or none.

Nothing is fetched while searching; the index is rebuilt beside it and swapped when the catalogue
has changed.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from citydesk.guides import tokens
from citydesk.guides.index import Listed, Meaning, SearchIndex
from citydesk.guides.knowledge import knowledge
from citydesk.kit import sql
from citydesk.world import World

# A guide is named only when at least this share of the telling words of a question is in it …
LEAST_SHARE = 0.25
# … or, when the question talks of something no hall handles, nearly all of them.
LEAST_SHARE_OF_FOREIGN = 0.75
# And they must tell as much as this share of the rarest possible pair of characters.
LEAST_TELLING = 0.55
UNKNOWN_WEIGHT = 0.3  # a pair no guide knows is often only the seam between two words
SAID_BY_ANOTHER_NAME = 0.5  # weight of words that a synonym has already explained
LATER_STEP_UNASKED = 0.7
COMPLETE_GUIDE, NEAR_BY = 1.06, 1.03
EXACT_NAME = 1.5


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: the item, how well it fits, and which published version this is."""

    item_id: UUID
    item_code: str
    list_id: str | None
    name: str
    department: str
    score: float
    complete: bool  # False: 指南待完善, only name and department are known
    version_id: UUID | None
    version_no: int
    hash8: str
    as_of: datetime

    @property
    def code(self) -> str:
        """The item's code, by the name guides and entries use."""
        return self.item_code


@dataclass(slots=True)
class _Question:
    """A question taken apart: words to look for, what is telling, what is meant, the mood."""

    said: str
    weights: dict[str, float]
    telling: list[tuple[str, float]]  # words no synonym explains, and how telling each is
    known: list[tuple[str, float]]  # every word looked for that some guide has, and its rarity
    meanings: list[Meaning]
    asked: float  # the sum of what is telling
    later_step: bool
    foreign: bool


class Shelf:
    """The process's current index, and the lock that lets one rebuild run at a time."""

    def __init__(self) -> None:
        self.index: SearchIndex | None = None
        self.rebuilding = asyncio.Lock()


async def search(
    world: World, text: str, limit: int = 5, *, region_code: str | None = None
) -> list[Found]:
    """Return the guides a citizen's words may mean, best first; [] when none does.

    Of two that fit alike, a complete guide and one of the asker's region (12-digit code) go first.
    """
    index = world.kept(Shelf).index or await _first_index(world)
    ranked = _ranked(index, tokens.plain(text).strip(), region_code)
    return [_found(index.items[number], score) for score, number in ranked[:limit]]


async def sounding_like(world: World, text: str, limit: int = 3) -> list[Found]:
    """Return guides whose name sounds like these words, for when a search has found none.

    People type with pinyin: 营业直照 was meant to be 营业执照. To be asked, not answered.
    """
    index = world.kept(Shelf).index or await _first_index(world)
    core = index.knowledge.core(tokens.plain(text).strip())
    ranked = index.by_sound(tokens.sound("".join(tokens.singles(core)))[0])
    return [_found(index.items[number], score) for score, number in ranked[:limit]]


async def hot(world: World, limit: int = 10) -> list[Found]:
    """Return the matters most people come for, in the order staff have listed them."""
    found: dict[UUID, Found] = {}
    for words in knowledge().hot:
        for answer in await search(world, words, limit=1):
            if answer.complete:
                found.setdefault(answer.item_id, answer)
    return list(found.values())[:limit]


_REVISION = "SELECT revision FROM catalogue_revision"
_ITEMS = """
    SELECT item.id, item.code, item.list_id, item.name, item.department, item.main_item,
           item.region_code, item.kind = 'full' AS complete, item.changed_at,
           version.id AS version_id, version.version_no, version.content_hash,
           version.published_at, (version.content -> 'plain_labels')::text AS labels
    FROM service_item item
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
    ORDER BY item.id
"""


async def refresh(world: World) -> bool:
    """Rebuild the index if the catalogue has changed since; return whether it did.

    One query of one row when nothing has changed: call it every second.
    """
    shelf = world.kept(Shelf)
    async with shelf.rebuilding:
        # Read before the rows: a publication in between is then found by the next call.
        revision = await sql.value(_REVISION) or 0
        if shelf.index is not None and shelf.index.revision == revision:
            return False
        shelf.index = await _built(world, revision)
    return True


async def _first_index(world: World) -> SearchIndex:
    shelf = world.kept(Shelf)
    async with shelf.rebuilding:
        if shelf.index is None:
            shelf.index = await _built(world, await sql.value(_REVISION) or 0)
        return shelf.index


async def _built(world: World, revision: int) -> SearchIndex:
    items = [_listed(row) for row in await sql.rows(_ITEMS)]
    index = await asyncio.to_thread(SearchIndex, items, knowledge(), revision)
    world.log.info("guide index rebuilt", items=len(items), revision=revision)
    return index


def _listed(row: sql.Row) -> Listed:
    return Listed(
        item_id=row["id"],
        code=row["code"],
        list_id=row["list_id"],
        name=row["name"],
        department=row["department"],
        main_item=row["main_item"],
        labels=tuple(orjson.loads(row["labels"] or "[]")),
        region_code=row["region_code"],
        complete=row["complete"],
        version_id=row["version_id"],
        version_no=row["version_no"] or 0,
        hash8=(row["content_hash"] or "")[:8],
        as_of=row["published_at"] or row["changed_at"],
    )


def _found(item: Listed, score: float) -> Found:
    return Found(
        item_id=item.item_id,
        item_code=item.code,
        list_id=item.list_id,
        name=item.name,
        department=item.department,
        score=round(score, 3),
        complete=item.complete,
        version_id=item.version_id,
        version_no=item.version_no,
        hash8=item.hash8,
        as_of=item.as_of,
    )


def _ranked(index: SearchIndex, said: str, region_code: str | None) -> list[tuple[float, int]]:
    if tokens.is_spelled(said):
        phrase = index.knowledge.spelled.get(said.replace(" ", ""))
        if phrase is None:
            return index.by_words({said: 1.0}) or index.by_sound(said)
        said = phrase
    question = _taken_apart(index, said)
    if not question.weights:
        left = tokens.singles(question.said)
        return index.by_character(left) if len(left) == 1 else []
    answers = [
        (score * worth, number)
        for score, number in index.by_words(question.weights)
        if (worth := _worth(index, question, number, region_code))
    ]
    answers.sort(key=lambda answer: (-answer[0], answer[1]))
    return answers


def _taken_apart(index: SearchIndex, said: str) -> _Question:
    """Leave out what says nothing, add what is meant, note what is said beside it."""
    knowledge, rarity, unknown = index.knowledge, index.rarity, index.rarest * UNKNOWN_WEIGHT
    core = knowledge.core(said)
    words = tokens.pairs(core)
    weights = dict.fromkeys(words, 1.0)
    meanings = [index.meanings[phrase] for phrase in knowledge.meant(core)]
    for meaning in meanings:
        weights.update(dict.fromkeys(meaning.explained, SAID_BY_ANOTHER_NAME))
        for alternative in meaning.alternatives:
            weights.update(dict.fromkeys(alternative, 1.0))
    explained = frozenset[str]().union(*(meaning.explained for meaning in meanings))
    telling = [(word, rarity.get(word, unknown)) for word in words if word not in explained]
    return _Question(
        said=core,
        weights=weights,
        telling=telling,
        known=[(word, rarity[word]) for word in weights if word in rarity],
        meanings=meanings,
        asked=sum(weight for _, weight in telling) + sum(each.weight for each in meanings),
        later_step=knowledge.variants.search(said) is not None,
        foreign=knowledge.foreign.search(said) is not None,
    )


def _worth(index: SearchIndex, question: _Question, number: int, region_code: str | None) -> float:
    """Return what an item's score is multiplied with; 0 when it does not answer the question."""
    place = index.places[number]
    told = _told(question, place.said)
    share = told / question.asked
    least = LEAST_SHARE_OF_FOREIGN if question.foreign else LEAST_SHARE
    if share < least or told < LEAST_TELLING * index.rarest:
        return 0.0
    name = place.name
    named = 0.0
    for word, rarity in question.known:
        if word in name:
            named += rarity
    worth = (0.5 + 0.5 * share) * (0.6 + 0.4 * min(1.0, named / place.name_weight))
    if place.later_step and not question.later_step:
        worth *= LATER_STEP_UNASKED
    if question.said == name or question.said in place.labels:
        worth *= EXACT_NAME
    if place.complete:
        worth *= COMPLETE_GUIDE
    if region_code is not None and place.region_code == region_code:
        worth *= NEAR_BY
    return worth


def _told(question: _Question, said: str) -> float:
    """Return how much of the question an item's text answers."""
    told = 0.0
    for word, weight in question.telling:
        if word in said:
            told += weight
    for meaning in question.meanings:
        best = 0.0
        for words in meaning.alternatives:
            share = 0.0
            for word, weight in words.items():
                if word in said:
                    share += weight
            best = max(best, share)
        told += meaning.weight * best
    return told
