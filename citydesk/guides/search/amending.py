"""A large index with a few items changed, made at once: until the whole one is built again.

Building an index of 20,000 items takes seconds; a publication is to be found within one. What was
published lies in a small index beside the large one; how rare words are is taken from the large
one, so the order of answers may differ a little from what it will be.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from math import log
from uuid import UUID

from tantivy import Query
from typing_extensions import override

from citydesk.guides.search import tokens
from citydesk.guides.search.index import CANDIDATES, SearchIndex
from citydesk.guides.search.items import Listed, long_names, texts
from citydesk.guides.search.spelling import Spelling
from citydesk.guides.search.wordlist import WordList


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the items of an index: by number there, or new."""

    told_anew: dict[int, Listed]  # search sees no difference; what is shown differs
    put_anew: dict[int, Listed]  # something search reads has changed
    added: tuple[Listed, ...]
    gone: frozenset[int]

    @property
    def read_anew(self) -> int:
        """How many items search has to read, or to forget."""
        return len(self.put_anew) + len(self.added) + len(self.gone)


def changes(before: Sequence[Listed], now: Sequence[Listed]) -> Changes:
    """Compare two states of the catalogue."""
    numbers: dict[UUID, int] = {item.item_id: number for number, item in enumerate(before)}
    told_anew: dict[int, Listed] = {}
    put_anew: dict[int, Listed] = {}
    added: list[Listed] = []
    for item in now:
        number = numbers.pop(item.item_id, None)
        if number is None:
            added.append(item)
        elif item is not before[number] and item != before[number]:
            alike = _read(item) == _read(before[number])
            (told_anew if alike else put_anew)[number] = item
    return Changes(told_anew, put_anew, tuple(added), frozenset(numbers.values()))


def _read(item: Listed) -> tuple[object, ...]:
    """Return what an index is built from."""
    found_by = (item.name, item.main_item, item.labels, item.department)
    return (*found_by, item.type_name, item.complete, item.region_code, item.popularity)


def retold(whole: SearchIndex, changed: Changes) -> SearchIndex:
    """Return the same index with other things to show: versions, dates."""
    index = copy(whole)
    items = list(whole.items)
    for number, item in changed.told_anew.items():
        items[number] = item
    index.items = items
    return index


class Amended(SearchIndex):
    """A whole index and what has changed since; never changed itself either."""

    def __init__(self, whole: SearchIndex, changed: Changes) -> None:
        self.__dict__ |= whole.__dict__  # what is not said below is as it was
        self._whole = whole
        self._stale = changed.gone | changed.put_anew.keys()
        items = list(retold(whole, changed).items)
        for number, item in changed.put_anew.items():
            items[number] = item
        self._numbers = [*changed.put_anew, *range(len(items), len(items) + len(changed.added))]
        self.items = [*items, *changed.added]
        self._put([self.items[number] for number in self._numbers])

    def _put(self, items: Sequence[Listed]) -> None:
        """Index the items that search must read anew."""
        read = [texts(item) for item in items]
        words = dict.fromkeys(
            word for text in read for part in text.values() for word in tokens.pairs(part)
        )
        if new := [word for word in words if word not in self.rarity]:
            rare = dict.fromkeys(new, self.rarest)
            self.rarity = {**self.rarity, **rare}
            self.name_weights = {**self.name_weights, **rare}
            self.spelling = Spelling(self.rarity, self.knowledge)
        self.places = [*self.places, *self.places[:1] * (len(self.items) - len(self.places))]
        for number, item, text in zip(self._numbers, items, read, strict=True):
            self.places[number] = self._place(item, text)
        self._call_anew()
        self._meanings, self._prepared, self._alike = {}, {}, {}
        self.syllables = set(self.syllables)
        self._index = self._opened()
        self._fill(read)
        self._searcher = self._index.searcher()
        # BM25 over a handful of items finds every word common.
        self._lift = self.rarest / log(1 + (len(items) + 0.5) / 1.5) if items else 1.0

    def _call_anew(self) -> None:
        """Let whole names and labels lead to what is called so now."""
        fresh = frozenset(self._numbers)
        left = self._stale | fresh
        self.called = {
            name: kept
            for name, numbers in self._whole.called.items()
            if (kept := [each for each in numbers if each not in left])
        }
        for number in self._numbers:
            for name in long_names(self.places[number]):
                self.called.setdefault(name, []).append(number)
        self.names = WordList(self.called)

    @override
    def _best(self, query: Query) -> list[tuple[float, int]]:
        old = [each for each in self._whole._best(query) if each[1] not in self._stale]
        new = [(score * self._lift, self._numbers[at]) for score, at in super()._best(query)]
        return sorted([*old, *new], reverse=True)[: CANDIDATES + len(new)]
