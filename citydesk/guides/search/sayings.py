"""Sayings: which of the known ways of putting a matter are in a question.

A saying is a phrase (开饭店), or parts that all occur, in any order (狗 + 证). What a longer saying
explains, a shorter one inside it does not explain again.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from citydesk.guides.search.wordlist import ONE, lengths_of


class Saying(NamedTuple):  # eleven thousand are made at every start: no dataclass
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


class _Part:
    """A word or class of sayings: the saying that is just this, and those it is a part of."""

    __slots__ = ("alone", "joined")

    def __init__(self) -> None:
        self.alone: Saying | None = None
        self.joined: list[tuple[Saying, tuple[_Part, ...]]] = []


class Sayings:
    """All sayings, by the words they are made of."""

    def __init__(
        self,
        sayings: Iterable[tuple[tuple[str, ...], Iterable[str]]],
        classes: Mapping[str, tuple[str, ...]],
    ) -> None:
        merged: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
        weak: set[tuple[str, ...]] = set()
        for parts, means in sayings:
            key = tuple(part.removeprefix("~") for part in parts)
            if len(key) > 1:
                key = tuple(sorted(set(key)))
            if parts[0].startswith("~"):
                weak.add(key)
            merged[key] = (*merged.get(key, ()), tuple(means))
        # Most sayings stand in a line with others, and mean the same.
        ranked = {lines: _ranked(lines) for lines in dict.fromkeys(merged.values())}
        self.all = [
            Saying(number, parts, *ranked[lines], parts in weak)
            for number, (parts, lines) in enumerate(merged.items())
        ]
        in_class: dict[str, list[str]] = {}
        for name, words in classes.items():
            for word in words:
                in_class.setdefault(word, []).append(f"<{name}>")
        uses: dict[str, int] = {}
        for saying in self.all:
            for part in saying.parts:
                uses[part] = uses.get(part, 0) + 1
        known = {name: _Part() for name in uses}
        for saying in self.all:
            if len(saying.parts) == 1:
                known[saying.parts[0]].alone = saying
                continue
            # It is looked up by its rarest part, so that a common one costs nothing.
            rarest = min(saying.parts, key=lambda part: (uses[part], -len(part)))
            known[rarest].joined.append((saying, tuple(known[part] for part in saying.parts)))
        parts_of: dict[str, tuple[_Part, ...]] = {
            name: (part,) for name, part in known.items() if name[0] != "<"
        }
        for word, names in in_class.items():
            others = tuple(known[name] for name in names if name in known)
            if others:
                parts_of[word] = (*parts_of.get(word, ()), *others)
        self._parts_of = parts_of
        self._lengths = lengths_of(self._parts_of)
        self._singles = frozenset(word for word in self._parts_of if len(word) == 1)

    @property
    def words(self) -> Collection[str]:
        """Every word a saying is made of."""
        return self._parts_of.keys()

    def found_in(self, said: str) -> list[Said]:
        """Return the sayings in plain text that no larger saying has swallowed."""
        places = self._places(said)
        found: list[Said] = []
        for part, span in places.items():
            if part.alone is not None:
                found.append(Said(part.alone, (span,), span[1] - span[0]))
            for saying, parts in part.joined:
                for each in parts:
                    if each not in places:
                        break
                else:
                    spans = tuple([places[each] for each in parts])
                    if not _overlapping(spans):
                        size = sum([end - start for start, end in spans])
                        found.append(Said(saying, spans, size))
        if len(found) > 1:
            found = [each for each in found if not _swallowed(each, found)]
        return found

    def _places(self, said: str) -> dict[_Part, tuple[int, int]]:
        """Return where the parts of sayings are in plain text, each at its longest."""
        places: dict[_Part, tuple[int, int]] = {}
        size = len(said)
        lengths, parts_of, singles = self._lengths, self._parts_of, self._singles
        for at in range(size):
            begin = said[at : at + 2]
            if begin not in lengths and begin[0] not in singles:
                continue
            for length in lengths.get(begin) or ONE:
                if at + length > size:
                    continue
                for part in parts_of.get(said[at : at + length], ()):
                    span = places.get(part)
                    if span is None or span[1] - span[0] < length:
                        places[part] = (at, at + length)
        return places

    def being(self, said: str) -> list[Said]:
        """Return the sayings that hold only when nothing else is said: ^电$."""
        whole = self._parts_of.get(f"^{said}$", ())
        return [Said(part.alone, ((0, len(said)),), len(said)) for part in whole if part.alone]


def _ranked(lines: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the meanings of lines with their ranks; marked with = one shares that before it."""
    known: dict[str, int] = {}
    for means in lines:
        rank = -1
        for mean in means:
            rank += not mean.startswith("=")
            name = mean.removeprefix("=")
            known[name] = min(known.get(name, rank), rank)
    return tuple(known), tuple(known.values())


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
