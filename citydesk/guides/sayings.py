"""Sayings: which of the known ways of putting a matter are in a question.

A saying is a phrase (开饭店), or parts that all occur, in any order (狗 + 证). What a longer saying
explains, a shorter one inside it does not explain again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from citydesk.guides.wordlist import lengths_of


@dataclass(frozen=True, slots=True)
class Saying:
    """One way of putting a matter, and the official words it may mean, likeliest first."""

    number: int
    parts: tuple[str, ...]
    means: tuple[str, ...]
    ranks: tuple[int, ...]  # of each meaning: names of one matter have the same
    weak: bool  # a word that is named in passing more often than meant: 公司, 店


class Said(NamedTuple):
    """A saying found in a question: where its parts are."""

    saying: Saying
    spans: tuple[tuple[int, int], ...]
    size: int  # how many characters of the question it explains


class Sayings:
    """All sayings, by the words they are made of."""

    def __init__(
        self,
        sayings: Iterable[tuple[tuple[str, ...], Iterable[str]]],
        classes: Mapping[str, tuple[str, ...]],
    ) -> None:
        merged: dict[tuple[str, ...], dict[str, int]] = {}
        weak: set[tuple[str, ...]] = set()
        for parts, means in sayings:
            key = tuple(sorted({part.removeprefix("~") for part in parts}))
            if parts[0].startswith("~"):
                weak.add(key)
            _rank(merged.setdefault(key, {}), means)
        self.all = [
            Saying(number, parts, tuple(means), tuple(means.values()), parts in weak)
            for number, (parts, means) in enumerate(merged.items())
        ]
        in_class: dict[str, list[str]] = {}
        for name, words in classes.items():
            for word in words:
                in_class.setdefault(word, []).append(f"<{name}>")
        uses: dict[str, int] = {}
        for saying in self.all:
            for part in saying.parts:
                uses[part] = uses.get(part, 0) + 1
        # A saying is looked up by its rarest part, so that a common one costs nothing.
        self._by_part: dict[str, list[Saying]] = {}
        for saying in self.all:
            rarest = min(saying.parts, key=lambda part: (uses[part], -len(part)))
            self._by_part.setdefault(rarest, []).append(saying)
        parts_of: dict[str, tuple[str, ...]] = {
            part: (part,) for saying in self.all for part in saying.parts if part[0] != "<"
        }
        for word, names in in_class.items():
            parts_of[word] = (*parts_of.get(word, ()), *(name for name in names if name in uses))
        self._parts_of = {word: parts for word, parts in parts_of.items() if parts}
        self._lengths = lengths_of(self._parts_of)

    @property
    def words(self) -> Collection[str]:
        """Every word a saying is made of."""
        return self._parts_of.keys()

    def found_in(self, said: str) -> list[Said]:
        """Return the sayings in plain text that no larger saying has swallowed."""
        places: dict[str, tuple[int, int]] = {}
        size = len(said)
        lengths, parts_of = self._lengths, self._parts_of
        for at in range(size):
            for length in lengths.get(said[at : at + 2]) or lengths.get(said[at], ()):
                if at + length > size:
                    continue
                for part in parts_of.get(said[at : at + length], ()):
                    span = places.get(part)
                    if span is None or span[1] - span[0] < length:
                        places[part] = (at, at + length)
        found = [
            _said(saying, tuple(places[part] for part in saying.parts))
            for part in places
            for saying in self._by_part.get(part, ())
            if len(saying.parts) == 1 or all(each in places for each in saying.parts)
        ]
        found = [each for each in found if len(each.spans) == 1 or not _overlapping(each.spans)]
        if len(found) > 1:
            found = [each for each in found if not _swallowed(each, found)]
        return found

    def being(self, said: str) -> list[Said]:
        """Return the sayings that hold only when nothing else is said: ^电$."""
        return [_said(saying, ((0, len(said)),)) for saying in self._by_part.get(f"^{said}$", ())]


def _said(saying: Saying, spans: tuple[tuple[int, int], ...]) -> Said:
    return Said(saying, spans, sum(end - start for start, end in spans))


def _rank(known: dict[str, int], means: Iterable[str]) -> None:
    """Add the meanings of a line with their ranks; a name marked with = shares the one before."""
    rank = -1
    for mean in means:
        rank += not mean.startswith("=")
        name = mean.removeprefix("=")
        known[name] = min(known.get(name, rank), rank)


def _overlapping(spans: tuple[tuple[int, int], ...]) -> bool:
    """Whether two parts would have to be the same characters: 车 is not beside 网约车."""
    ordered = sorted(spans)
    return any(after[0] < before[1] for before, after in pairwise(ordered))


def _swallowed(small: Said, all_found: Iterable[Said]) -> bool:
    """Whether another saying explains everything this one does, and more."""
    size, spans = small.size, small.spans
    for large in all_found:
        if large.size <= size:
            continue
        for start, end in spans:
            for a, b in large.spans:
                if a <= start and end <= b:
                    break
            else:
                break
        else:
            return True
    return False
