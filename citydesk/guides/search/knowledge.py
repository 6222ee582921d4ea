"""What staff know about how people ask: the files in ``data``, and what staff add.

General knowledge only; never made from the questions search is measured with. The formats are in
docs/search.md.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from uuid import UUID

from citydesk.guides.search.leaving_out import StopPhrases, heard
from citydesk.guides.search.sayings import Sayings
from citydesk.guides.search.tokens import plain
from citydesk.guides.search.wordlist import WordList

_FOLDER = "data"
_CLASS = re.compile("<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class StaffKnowledge:
    """What staff have added through the pages: it goes before the packaged files."""

    synonyms: tuple[tuple[str, tuple[str, ...]], ...] = ()  # a phrase, the official words it means
    stop_phrases: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()  # words of matters no hall handles
    labels: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)  # item → what people say


NONE = StaffKnowledge()


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Sayings and what they mean, actions, and the phrases that say nothing or something else."""

    sayings: Sayings
    classes: Mapping[str, tuple[str, ...]]
    actions: dict[str, tuple[str, ...]]  # what people say → the words of items, best first
    action: WordList
    later: WordList  # in an item's name: a later step than the first application
    stop: StopPhrases
    foreign: WordList
    aspects: WordList  # what is asked about the guide shown last
    places: frozenset[str]  # cities and provinces, by the name people use
    shapes: Mapping[str, str]  # a character → those that look like it
    parties: dict[str, tuple[str, ...]]  # a party named in items → how askers name themselves so
    rare_parties: frozenset[str] = frozenset()  # hardly anybody who asks is one of them
    plain_words: tuple[str, ...] = ()  # what people say around a matter
    initials: Mapping[str, str] = field(default_factory=dict)  # sfz → 身份证
    hot: tuple[str, ...] = ()

    def core(self, said: str) -> str:
        """Leave out of plain text what says nothing: 我想开个饭店要什么手续 → 开饭店."""
        return " ".join(heard(self.stop.without(said)).split())


@cache
def _packaged() -> Knowledge:
    return _read(NONE)


def knowledge(staff: StaffKnowledge = NONE) -> Knowledge:
    """Return the packaged files with what staff have added; the files are read once per process."""
    return _packaged() if staff == NONE else _read(staff)


def _read(staff: StaffKnowledge) -> Knowledge:
    classes = dict(_classes())
    stop = [*_lines("stop_phrases.txt"), *map(plain, staff.stop_phrases)]
    foreign = [*_lines("foreign_words.txt"), *map(plain, staff.foreign)]
    # 好吃的 as it is left of a question; 好的 as it is said.
    foreign += [each for word in foreign if len(each := heard(word)) > 1]
    actions = {
        said: means
        for line in _lines("actions.txt")
        for sayings, means in [_halves(line)]
        for said in map(heard, _expanded(sayings, classes))
    }
    for word in _lines("variants.txt"):
        actions.setdefault(word, (word,))
    parties = [_halves(line) for line in _lines("parties.txt")]
    shapes: dict[str, str] = {}
    for group in _lines("shapes.txt"):
        for character in group:
            shapes[character] = shapes.get(character, "") + group.replace(character, "")
    sayings = Sayings(_sayings(classes, staff), classes)
    return Knowledge(
        sayings=sayings,
        classes=classes,
        actions=actions,
        action=WordList(actions),
        later=WordList(_lines("variants.txt")),
        stop=StopPhrases(stop, sayings.words),
        foreign=WordList(foreign),
        aspects=WordList(_lines("aspects.txt")),
        places=frozenset(place for line in _lines("places.txt") for place in line.split()),
        shapes=shapes,
        parties={names[0].lstrip("!"): words for names, words in parties},
        rare_parties=frozenset(names[0][1:] for names, _ in parties if names[0][0] == "!"),
        plain_words=(
            *stop,
            *foreign,
            *(w for line in _lines("common_words.txt") for w in line.split()),
        ),
        initials={names[0]: words[0] for names, words in map(_halves, _lines("initials.txt"))},
        hot=tuple(_lines("hot.txt")),
    )


def _classes() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return the classes: a name, and the words that stand for it, itself among them."""
    for line in _lines("classes.txt"):
        names, words = _halves(line)
        yield names[0], tuple(dict.fromkeys((names[0], *map(heard, words))))


def _sayings(
    classes: Mapping[str, tuple[str, ...]], staff: StaffKnowledge
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return every saying as its parts, and what it means; staff's words replace ours."""
    own = {plain(phrase) for phrase, _ in staff.synonyms}
    for phrase, means in staff.synonyms:
        if not means:
            continue  # staff have switched the packaged line off
        yield tuple(plain(phrase).split("+")), tuple(map(plain, means))
    alike = _official()
    for name, group in alike.items():
        if "+" not in name and name not in own:
            yield (heard(name),), (name, *(f"={other}" for other in group[1:]))
    for line in _lines_of("says"):
        sayings, means = _halves(line)
        # The same matter under another name is as likely: marked, so that it keeps its rank.
        means = tuple(
            name if name == mean else f"={name}"
            for mean in means
            for name in alike.get(mean, (mean,))
        )
        for saying in sayings:
            for whole in _expanded([saying], classes, but_parts=True):
                if whole not in own:
                    parts = [part.strip() for part in heard(whole).split("+") if part.strip()]
                    if len("".join(parts)) == 1 < len(whole.strip("~^$")):
                        continue  # 离了 without its particle may be anything
                    yield tuple(_part(part, classes, len(parts)) for part in parts), means


def _official() -> dict[str, tuple[str, ...]]:
    """Return for each official name the names of the same matter elsewhere, itself first.

    In ``whole > part | part`` the parts are kinds of the whole, not of one another.
    """
    alike: dict[str, dict[str, None]] = {}
    for line in _lines("official.txt"):
        whole, _, kinds = line.partition(">")
        names, parts = _names(whole), _names(kinds)
        for name in names:
            alike.setdefault(name, {name: None}).update(dict.fromkeys((*names, *parts)))
        for part in parts:
            alike.setdefault(part, {part: None}).update(dict.fromkeys(names))
    return {name: tuple(others) for name, others in alike.items()}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("|") if name.strip())


def _expanded(
    sayings: Iterable[str], classes: Mapping[str, tuple[str, ...]], *, but_parts: bool = False
) -> Iterator[str]:
    """Write out the classes inside a phrase; a part that is only a class stays as it is."""
    for saying in sayings:
        pieces = saying.split("+") if but_parts else [saying]
        choices = [_choices(piece.strip(), classes, keep=but_parts) for piece in pieces]
        yield from ("+".join(each) for each in product(*choices))


def _part(part: str, classes: Mapping[str, tuple[str, ...]], of: int) -> str:
    """Beside other parts, the name of a class stands for the whole class."""
    return f"<{part}>" if of > 1 and part in classes else part


def _choices(piece: str, classes: Mapping[str, tuple[str, ...]], *, keep: bool) -> list[str]:
    names = _CLASS.findall(piece)
    if not names or (keep and piece == f"<{names[0]}>"):
        return [piece]
    between = _CLASS.sub("\0", piece).split("\0")
    return [
        "".join(part + word for part, word in zip(between, (*words, ""), strict=True))
        for words in product(*(classes[name] for name in names))
    ]


def _halves(line: str) -> tuple[list[str], tuple[str, ...]]:
    left, _, right = line.partition("=")
    return (
        [word.strip() for word in left.split("|") if word.strip()],
        tuple(word.strip() for word in right.split("|") if word.strip()),
    )


def _text(name: str) -> str:
    return (files("citydesk.guides.search") / _FOLDER / name).read_text("utf-8")


def _lines(name: str) -> list[str]:
    return [plain_line(line) for line in _text(name).splitlines() if line and line[0] != "#"]


def _lines_of(folder: str) -> Iterator[str]:
    """Return the lines of every file of a folder, in the order of the files' names."""
    inside = (files("citydesk.guides.search") / _FOLDER / folder).iterdir()
    for name in sorted(file.name for file in inside if file.name.endswith(".txt")):
        yield from _lines(f"{folder}/{name}")


def plain_line(line: str) -> str:
    """Return a line of knowledge in plain text, however long it is."""
    return "".join(plain(line[at : at + 200]) for at in range(0, len(line), 200)).strip()
