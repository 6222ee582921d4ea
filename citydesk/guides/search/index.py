"""The index in memory: which items a question may mean. Built once, never changed, swapped whole.

Words come from tantivy (BM25 over character pairs); the order of the best few is then settled by
what a clerk would weigh (``ranking``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import cast

from tantivy import Document, Index, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from citydesk.guides.search import tokens
from citydesk.guides.search.districts import Districts
from citydesk.guides.search.items import (
    Listed,
    Place,
    long_names,
    placed,
    rarity,
    texts,
    weights_of_names,
)
from citydesk.guides.search.knowledge import Knowledge
from citydesk.guides.search.sayings import Saying
from citydesk.guides.search.spelling import Spelling
from citydesk.guides.search.wordlist import WordList

CANDIDATES = 16
LATER_ALTERNATIVE = 0.06  # each further meaning of a saying is so much less likely
PART_WORTH = 0.75  # 不动产 for 不动产转移登记: the same thing perhaps, another matter perhaps
SOUND_SHARE = 0.6  # of the sounds asked for, that a name must have
COMMON_SHARE = 0.12  # a word in more of the items than this does not help to find one
LEAST_WORDS = 3  # … unless fewer than so many would be left
HALF = 0.5  # of a meaning's words: less is another matter
FEW = 6  # hits that are looked at to see whether a name is held here
# So large that even a big catalogue becomes one segment: each further one is searched again, word
# by word. It is a limit; what a small catalogue takes is small.
WRITER_BYTES = 100_000_000


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
        read = [texts(item) for item in items]
        self.rarity = rarity(read)
        self.rarest = log(1 + max(1, len(items)))
        self.name_weights = weights_of_names(self.rarity)
        self._common = log(1 + 1 / COMMON_SHARE)
        self._vocabulary = {word for means in knowledge.actions.values() for word in means}
        self.places = [self._place(item, text) for item, text in zip(items, read, strict=True)]
        self.own_places = tuple(own_places)
        self.districts = Districts(own_places if isinstance(own_places, Mapping) else {})
        offices = " ".join({item.department for item in items} | {text["name"] for text in read})
        self.elsewhere = WordList(
            place
            for place in knowledge.places
            if place not in offices and not any(place in own for own in self.own_places)
        )
        # Said beside a name, these mean that more is wanted than what is called so.
        self.beside = WordList((*knowledge.actions, *knowledge.foreign, *self.elsewhere))
        self.spelling = Spelling(self.rarity, knowledge)
        self.called: dict[str, list[int]] = {}
        for number, place in enumerate(self.places):
            for name in long_names(place):
                self.called.setdefault(name, []).append(number)
        self.names = WordList(self.called)
        self._meanings: dict[int, Meaning] = {}
        self._prepared: dict[tuple[str, float], tuple[Occur, Query]] = {}
        self._alike: dict[str, list[int]] = {}
        self.syllables: set[str] = set()
        schema = SchemaBuilder()
        for field in ("said", "char", "sound"):
            schema.add_text_field(field, tokenizer_name="cut", index_option="freq")
        schema.add_unsigned_field("number", fast=True)
        self._schema = schema.build()
        self._index = self._opened()
        self._fill(read)
        self._searcher = self._index.searcher()

    def _opened(self) -> Index:
        """Open an empty index of tantivy's, in memory."""
        index = Index(self._schema)
        index.register_tokenizer("cut", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
        return index

    def _fill(self, read: Iterable[Mapping[str, str]]) -> None:
        writer = self._index.writer(WRITER_BYTES, 1)
        for number, text in enumerate(read):
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
        return placed(item, text, self.name_weights, self._vocabulary, self.knowledge)

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

    def alike(self, name: str) -> list[int]:
        """Return the items named like one that is called so; kept, as there are only so many."""
        kept = self._alike.get(name)
        if kept is None:
            found = self.by_words(dict.fromkeys(tokens.pairs(name), 1.0))
            kept = self._alike[name] = [number for _, number in found]
        return kept

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
