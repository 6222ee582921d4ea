"""The index in memory: which items a question may mean. Built once, never changed, swapped whole.

Words come from tantivy (BM25 over character pairs); the order of the best few is then settled by
what a clerk would weigh: how much of the question the guide answers, how much of its name was said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import cast
from uuid import UUID

from tantivy import Document, Index, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from citydesk.guides import tokens
from citydesk.guides.knowledge import Knowledge

CANDIDATES = 16
# What a word in the name, in a label, in the heading or department is worth against each other.
FIELD_WEIGHTS = {"name": 3.0, "label": 2.4, "context": 0.8}
COMMON_WORD = 0.9  # how telling a phrase of the synonyms is, against the rarest word
SOUND_SHARE = 0.6  # of the sounds asked for, that a name must have
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


@dataclass(frozen=True, slots=True)
class Place:
    """What the ranking looks at for one item, prepared: plain texts and weights."""

    name: str
    said: str
    labels: frozenset[str]
    name_weight: float
    later_step: bool
    complete: bool
    region_code: str | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """A phrase of the synonyms: its words, its weight in a question, and what it may mean.

    Each alternative maps its words to their share of it, rare words having more; shares sum to 1.
    """

    explained: frozenset[str]
    weight: float
    alternatives: tuple[dict[str, float], ...]


class SearchIndex:
    """All items that can be found, at one revision of the catalogue."""

    def __init__(self, items: Sequence[Listed], knowledge: Knowledge, revision: int) -> None:
        self.items = items
        self.knowledge = knowledge
        self.revision = revision
        self.syllables: set[str] = set()
        texts = [_texts(item) for item in items]
        self.rarity = _rarity(texts)
        self.rarest = log(1 + len(items))
        self.places = [self._place(item, text) for item, text in zip(items, texts, strict=True)]
        self.meanings = {
            phrase: self._meaning(phrase, means) for phrase, means in knowledge.meanings.items()
        }
        self._prepared: dict[tuple[str, float], list[tuple[Occur, Query]]] = {}
        schema = SchemaBuilder()
        for field in (*FIELD_WEIGHTS, "char", "sound"):
            schema.add_text_field(field, tokenizer_name="cut", index_option="freq")
        schema.add_unsigned_field("number", fast=True)
        self._schema = schema.build()
        self._index = Index(self._schema)
        self._index.register_tokenizer("cut", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
        self._fill(texts)
        self._searcher = self._index.searcher()

    def _fill(self, texts: Iterable[Mapping[str, str]]) -> None:
        writer = self._index.writer(_WRITER_BYTES, 1)
        for number, text in enumerate(texts):
            document = Document()
            for field in FIELD_WEIGHTS:
                document.add_text(field, tokens.joined(tokens.pairs(text[field])))
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
        return Place(
            name=text["name"],
            said=" ".join(text.values()),
            labels=frozenset(tokens.plain(label) for label in item.labels),
            name_weight=sum(self.rarity[pair] for pair in tokens.pairs(text["name"])) or 1.0,
            later_step=self.knowledge.variants.search(text["name"]) is not None,
            complete=item.complete,
            region_code=item.region_code,
        )

    def _meaning(self, phrase: str, means: Iterable[str]) -> Meaning:
        alternatives = []
        for words in map(tokens.pairs, (phrase, *means)):
            weights = {word: self.rarity.get(word, self.rarest) for word in words}
            whole = sum(weights.values()) or 1.0  # an empty catalogue knows no word
            alternatives.append({word: weight / whole for word, weight in weights.items()})
        weight = min(1.5, len(alternatives[0])) * self.rarest * COMMON_WORD
        return Meaning(frozenset(alternatives[0]), weight, tuple(alternatives))

    def by_words(self, weights: Mapping[str, float]) -> list[tuple[float, int]]:
        """Return the best items for weighted words: BM25 score and item number, best first."""
        asked: list[tuple[Occur, Query]] = []
        for word, weight in weights.items():
            if word in self.rarity:
                asked += self._prepared.get((word, weight)) or self._prepare(word, weight)
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

    def _prepare(self, word: str, weight: float) -> list[tuple[Occur, Query]]:
        """Make the query for a word of the index (so there are only so many), and keep it.

        Flat alternatives: a disjunction-max per word costs tantivy more than twice the time.
        """
        self._prepared[word, weight] = [
            (Occur.Should, Query.boost_query(self._term(field, word), worth * weight))
            for field, worth in FIELD_WEIGHTS.items()
            if self._searcher.doc_freq(field, word)
        ]
        return self._prepared[word, weight]

    def _term(self, field: str, word: str) -> Query:
        return Query.term_query(self._schema, field, word, "freq")

    def _best(self, query: Query) -> list[tuple[float, int]]:
        hits = self._searcher.search(query, limit=CANDIDATES, count=False).hits
        addresses = [address for _, address in hits]
        numbers = cast(list[int], self._searcher.fast_field_values("number", addresses))
        return [(score, number) for (score, _), number in zip(hits, numbers, strict=True)]


def _texts(item: Listed) -> dict[str, str]:
    """Return the plain text of each indexed field."""
    return {
        "name": tokens.plain(item.name),
        "label": tokens.plain(" ".join(item.labels)),
        "context": tokens.plain(f"{item.main_item} {item.department}"),
    }


def _rarity(texts: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Return for every word of the index how telling it is: the logarithm of its rarity."""
    seen: dict[str, int] = {}
    for text in texts:
        for word in {word for part in text.values() for word in tokens.pairs(part)}:
            seen[word] = seen.get(word, 0) + 1
    return {word: log(1 + len(texts) / count) for word, count in seen.items()}
