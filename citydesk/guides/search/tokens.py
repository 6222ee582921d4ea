"""Text as the index sees it: pairs of Chinese characters, Latin words, sounds. Pure functions."""

import re
from collections.abc import Callable, Collection, Iterable
from functools import cache
from itertools import pairwise
from unicodedata import normalize

LONGEST_TEXT = 200  # characters of a question or a name that are looked at
_HAN_CLASS = "\u3400-\u9fff\U00020000-\U0002ffff"
_RUN = re.compile(f"[a-z0-9]+|[{_HAN_CLASS}]+")
_HAN = re.compile(f"[{_HAN_CLASS}]+")
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\x00-\x1f]")
_LONGEST_SYLLABLE = 6
_INITIALS = range(3, 6)
_FEWEST_INITIALS = 3  # two letters may be the initials of anything
# Sounds that many speakers, and many keyboards, do not tell apart.
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))


def plain(text: str) -> str:
    """Return text with one form for each character: half-width, lower case, bounded in length."""
    return _UNSEEN.sub(" ", normalize("NFKC", text[:LONGEST_TEXT])).lower()


def pairs(text: str) -> list[str]:
    """Return the overlapping character pairs and Latin words of plain text, in order, once each."""
    found: dict[str, None] = {}
    for run in _RUN.findall(text):
        if run[0] < "\u3400":
            found[run] = None
        else:
            for at in range(len(run) - 1):
                found[run[at : at + 2]] = None
    return list(found)


def singles(text: str) -> list[str]:
    """Return the Chinese characters of plain text, once each: for a question of one character."""
    return list(dict.fromkeys("".join(_HAN.findall(text))))


def runs(text: str) -> list[str]:
    """Return the unbroken stretches of Chinese characters, or of letters and digits."""
    return _RUN.findall(text)


def is_spelled(text: str) -> bool:
    """Whether plain text may be pinyin: letters and spaces, at least two letters."""
    letters = text.replace(" ", "").replace("'", "")
    return len(letters) >= 2 and letters.isascii() and letters.isalpha()


@cache
def syllable(character: str) -> str:
    """Return how one character is commonly said, without the tone: 证 → zheng."""
    return _read_aloud()(character)[0]


@cache
def _read_aloud() -> Callable[[str], list[str]]:
    """Return pypinyin's reader: its dictionaries take 0.2 s, which only a search need spend."""
    from pypinyin import lazy_pinyin

    return lazy_pinyin


@cache
def language() -> Collection[str]:
    """Return the words of the language that a dictionary knows."""
    from pypinyin.phrases_dict import phrases_dict

    words: Collection[str] = phrases_dict
    return words


@cache
def heard(character: str) -> str:
    """Return the sound of a character as a careless ear has it: 身 and 生 are both sen."""
    said = syllable(character)
    for clear, blurred in _ALIKE:
        said = said.replace(clear, blurred)
    return "n" + said[1:] if said[:1] == "l" else said


def spelled_terms(text: str) -> tuple[list[str], set[str]]:
    """Return how a Chinese text sounds, as index terms, and the syllables it is made of.

    Terms are joined pairs of syllables ("shenfen") and marked initials ("'sfz", 3 to 5 letters).
    """
    terms: dict[str, None] = {}
    syllables: set[str] = set()
    for run in _HAN.findall(text):
        spoken = [syllable(character) for character in run]
        syllables.update(spoken)
        for first, second in pairwise(spoken):
            terms[first + second] = None
        initials = "".join(sound[0] for sound in spoken)
        for length in _INITIALS:
            for at in range(len(initials) - length + 1):
                terms["'" + initials[at : at + length]] = None
    return list(terms), syllables


def sound(text: str) -> tuple[str, str]:
    """Return a Chinese phrase spelled out and its initials: 开饭店 → kaifandian, kfd."""
    spoken = [syllable(character) for character in text]
    return "".join(spoken), "".join(said[0] for said in spoken)


def asked_by_sound(text: str, syllables: Collection[str]) -> list[str]:
    """Return the index terms for a question typed in pinyin or in initials."""
    letters = text.replace(" ", "").replace("'", "")
    spoken = cut(letters, syllables)
    if len(spoken) >= 2:
        return list(dict.fromkeys(a + b for a, b in pairwise(spoken)))
    if len(letters) < _FEWEST_INITIALS:
        return []
    width = min(len(letters), _INITIALS[-1])
    return [f"'{letters[at : at + width]}" for at in range(len(letters) - width + 1)]


def cut(letters: str, known: Collection[str]) -> list[str]:
    """Cut letters into known syllables, longest last pieces first; [] when it cannot be done."""
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            before = best[start]
            if before is None or letters[start:end] not in known:
                continue
            candidate = best[end]
            if candidate is None or len(before) + 1 < len(candidate):
                best[end] = [*before, letters[start:end]]
    return best[-1] or []


def joined(parts: Iterable[str]) -> str:
    """Join terms for a field whose tokeniser splits at spaces."""
    return " ".join(parts)
