"""The index in memory: which items a question may mean. Built once, never changed, swapped whole.

Words come from tantivy (BM25 over character pairs); the order of the best few is then settled by
what a clerk would weigh (``ranking``).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import cast
from uuid import UUID

from tantivy import Document, Index, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from citydesk.guides import tokens
from citydesk.guides.knowledge import Knowledge
from citydesk.guides.sayings import Saying
from citydesk.guides.spelling import Spelling
from citydesk.guides.wordlist import WordList

CANDIDATES = 16
LATER_ALTERNATIVE = 0.06  # each further meaning of a saying is so much less likely
PART_WORTH = 0.75  # 不动产 for 不动产转移登记: the same thing perhaps, another matter perhaps
SOUND_SHARE = 0.6  # of the sounds asked for, that a name must have
COMMON_SHARE = 0.12  # a word in more of the items than this does not help to find one
LEAST_WORDS = 3  # … unless fewer than so many would be left
# What a name says about who may use it, and under which decree: not what it is about.
_MARGIN = re.compile(
    r"[(（][^()（）]*(?:级|令|承诺件|即办件|行使|指引|内资)[^()（）]*[)）]|[(（]含[^()（）]*[)）]|[《》“”\"]"
)
_PLAIN_TAIL = ("办理", "申请", "核发", "审批", "登记", "备案", "许可", "新办", "服务", "申领")
_FIRST_STEPS = ("设立", "新办", "首次", "初次", "初领", "新设", "成立", "申领", "新增")
HALF = 0.5  # of a meaning's words: less is another matter
LONG_NAME = 6  # characters: shorter ones are words of other matters, too
FEW = 6  # hits that are looked at to see whether a name is held here
TAIL_WEIGHT = 0.3  # of the words above in a name: hardly anybody says them
_WRITER_BYTES = 15_000_000


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
    often: bool  # staff count it among what people come for most
    complete: bool
    region_code: str | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a saying may mean here: for each alternative its words and their shares of it."""

    phrase: str
    weak: bool
    means: tuple[str, ...]
    worths: tuple[float, ...]  # of each alternative: a mere part of the first one is worth less
    later: frozenset[str]  # the later steps of a procedure it names itself
    alternatives: tuple[tuple[tuple[str, float], ...], ...]


class SearchIndex:
    """All items that can be found, at one state of the catalogue."""

    def __init__(
        self,
        items: Sequence[Listed],
        knowledge: Knowledge,
        own_places: Iterable[str] = (),
    ) -> None:
        self.items = items
        self.knowledge = knowledge
        texts = [_texts(item) for item in items]
        self.rarity = _rarity(texts)
        self.rarest = log(1 + max(1, len(items)))
        # How much of a name a pair of characters is: the plain tail counts little.
        self.name_weights = {
            word: weight * (TAIL_WEIGHT if word in _PLAIN_TAIL else 1.0)
            for word, weight in self.rarity.items()
        }
        self._common = log(1 + 1 / COMMON_SHARE)
        self._vocabulary = {word for means in knowledge.actions.values() for word in means}
        self.places = [self._place(item, text) for item, text in zip(items, texts, strict=True)]
        self.own_places = tuple(own_places)
        offices = " ".join({item.department for item in items} | {text["name"] for text in texts})
        self.elsewhere = WordList(
            place
            for place in knowledge.places
            if place not in offices and not any(place in own for own in self.own_places)
        )
        self.spelling = Spelling(self.rarity, knowledge)
        self.called: dict[str, list[int]] = {}
        for number, place in enumerate(self.places):
            for name in long_names(place):
                self.called.setdefault(name, []).append(number)
        self.names = WordList(self.called)
        self._meanings: dict[int, Meaning] = {}
        self._prepared: dict[tuple[str, float], tuple[Occur, Query]] = {}
        self.syllables: set[str] = set()
        schema = SchemaBuilder()
        for field in ("said", "char", "sound"):
            schema.add_text_field(field, tokenizer_name="cut", index_option="freq")
        schema.add_unsigned_field("number", fast=True)
        self._schema = schema.build()
        self._index = self._opened()
        self._fill(texts)
        self._searcher = self._index.searcher()

    def _opened(self) -> Index:
        """Open an empty index of tantivy's, in memory."""
        index = Index(self._schema)
        index.register_tokenizer("cut", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
        return index

    def _fill(self, texts: Iterable[Mapping[str, str]]) -> None:
        writer = self._index.writer(_WRITER_BYTES, 1)
        for number, text in enumerate(texts):
            document = Document()
            words = [
                word for part in ("name", "label", "main") for word in tokens.pairs(text[part])
            ]
            document.add_text("said", tokens.joined(words))
            document.add_text("char", tokens.joined(tokens.singles(text["name"])))
            sounds, syllables = tokens.spelled_terms(f"{text['name']} {text['label']}")
            self.syllables |= syllables
            document.add_text("sound", tokens.joined(sounds))
            document.add_unsigned("number", number)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def _place(self, item: Listed, text: Mapping[str, str]) -> Place:
        name = text["name"]
        return Place(
            name=name,
            bare="".join(tokens.runs(name)),
            said=" ".join(text.values()),
            labels=frozenset(tokens.plain(label) for label in item.labels),
            name_weight=sum(self.name_weights[pair] for pair in tokens.pairs(name)) or 1.0,
            actions=frozenset(word for word in self._vocabulary if word in name),
            later=frozenset(self.knowledge.later.found_in(name)),
            first=any(word in name for word in _FIRST_STEPS),
            parties=_outer([party for party in self.knowledge.parties if party in name]),
            bias=_BIAS.get(item.type_name, 0.0),
            often=any(word in name for word in self.knowledge.hot),
            complete=item.complete,
            region_code=item.region_code,
        )

    def meaning(self, saying: Saying) -> Meaning:
        """Return what a saying means among these items; kept, as there are only so many sayings."""
        kept = self._meanings.get(saying.number)
        if kept is None:
            kept = self._meanings[saying.number] = self._meant(saying)
        return kept

    def _meant(self, saying: Saying) -> Meaning:
        """Leave out the names of other catalogues: what no item here is called costs time."""
        told = [
            (phrase, worth, self.shares(phrase))
            for phrase, worth in zip(saying.means, _worths(saying), strict=True)
        ]
        held = [each for each in told if self._holds(each[2])] or told[:1]
        return Meaning(
            phrase="…".join(part.strip("<>^$") for part in saying.parts),
            weak=saying.weak,
            means=tuple(phrase for phrase, _, _ in held),
            worths=tuple(worth for _, worth, _ in held),
            later=frozenset(self.knowledge.later.found_in(" ".join(saying.means))),
            alternatives=tuple(words for _, _, words in held),
        )

    def _holds(self, words: tuple[tuple[str, float], ...]) -> bool:
        hits = self.by_words(dict.fromkeys((word for word, _ in words), 1.0))[:FEW]
        return any(
            sum(part for word, part in words if word in self.places[number].said) >= HALF
            for _, number in hits
        )

    def shares(self, phrase: str) -> tuple[tuple[str, float], ...]:
        """Return the words of a phrase with their shares of it, rare words having more."""
        weights = {
            word: self.rarity.get(word, self.rarest)
            for part in phrase.split("+")
            for word in tokens.pairs(part)
        }
        whole = sum(weights.values()) or 1.0  # an empty catalogue knows no word
        return tuple((word, weight / whole) for word, weight in weights.items())

    def by_words(self, weights: Mapping[str, float]) -> list[tuple[float, int]]:
        """Return the best items for weighted words: BM25 score and item number, best first."""
        rarity = self.rarity
        known = [(word, weight) for word, weight in weights.items() if word in rarity]
        telling = [each for each in known if rarity[each[0]] > self._common]
        chosen = telling if len(telling) >= LEAST_WORDS else known
        asked = [self._prepared.get(each) or self._prepare(*each) for each in chosen]
        return self._best(Query.boolean_query(asked)) if asked else []

    def by_character(self, characters: Iterable[str]) -> list[tuple[float, int]]:
        """Return the items whose name has these characters."""
        wanted = [(Occur.Must, self._term("char", character)) for character in characters]
        return self._best(Query.boolean_query(wanted)) if wanted else []

    def by_sound(self, typed: str) -> list[tuple[float, int]]:
        """Return the items whose name or label sounds like what was typed in pinyin."""
        wanted = [
            (Occur.Should, self._term("sound", term))
            for term in tokens.asked_by_sound(typed, self.syllables)
        ]
        if not wanted:
            return []
        least = max(1, round(SOUND_SHARE * len(wanted)))
        return self._best(Query.boolean_query(wanted, minimum_number_should_match=least))

    def _prepare(self, word: str, weight: float) -> tuple[Occur, Query]:
        """Make the query for a word of the index (so there are only so many), and keep it."""
        query = Query.boost_query(self._term("said", word), weight)
        self._prepared[word, weight] = (Occur.Should, query)
        return self._prepared[word, weight]

    def _term(self, field: str, word: str) -> Query:
        return Query.term_query(self._schema, field, word, "freq")

    def _best(self, query: Query) -> list[tuple[float, int]]:
        hits = self._searcher.search(query, limit=CANDIDATES, count=False).hits
        addresses = [address for _, address in hits]
        numbers = cast(list[int], self._searcher.fast_field_values("number", addresses))
        return [(score, number) for (score, _), number in zip(hits, numbers, strict=True)]


def _worths(saying: Saying) -> Iterable[float]:
    before = [
        [name for name, other in zip(saying.means, saying.ranks, strict=True) if other < rank]
        for rank in saying.ranks
    ]
    for phrase, rank, earlier in zip(saying.means, saying.ranks, before, strict=True):
        part = any(phrase in name for name in earlier)
        yield max(0.4, (PART_WORTH if part else 1.0) - LATER_ALTERNATIVE * rank)


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


def _texts(item: Listed) -> dict[str, str]:
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


def _rarity(texts: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Return for every word of the index how telling it is: the logarithm of its rarity."""
    seen: dict[str, int] = {}
    for text in texts:
        for word in {word for part in text.values() for word in tokens.pairs(part)}:
            seen[word] = seen.get(word, 0) + 1
    return {word: log(1 + len(texts) / count) for word, count in seen.items()}
