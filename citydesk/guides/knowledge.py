"""What staff know about how people ask: files in ``data_search`` that anyone may edit.

General knowledge only; never made from the questions search is measured with.
"""

import csv
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from citydesk.guides.tokens import plain, sound

_FOLDER = "data_search"
# The measure word between a verb and its thing: 开个饭店, 办一张社保卡 (but not 办个体户).
_MEASURE = re.compile("(?<=[开办买卖领补换转])一?[个家间套张本辆](?!体)")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Synonyms, and the phrases that say nothing, something else, or which variant is meant."""

    meanings: dict[str, tuple[str, ...]]
    spelled: dict[str, str]
    longest: int
    stop: re.Pattern[str]
    foreign: re.Pattern[str]
    variants: re.Pattern[str]
    hot: tuple[str, ...] = field(default=())

    def core(self, said: str) -> str:
        """Leave out of plain text what says nothing: 我想开个饭店要什么手续 → 开饭店."""
        return _MEASURE.sub("", self.stop.sub(" ", said)).strip()

    def meant(self, said: str) -> list[str]:
        """Return the phrases in plain text that name a service otherwise, the longest that fit."""
        found: list[str] = []
        at = 0
        while at < len(said) - 1:
            for length in range(min(self.longest, len(said) - at), 1, -1):
                if (phrase := said[at : at + length]) in self.meanings:
                    found.append(phrase)
                    at += length - 1
                    break
            at += 1
        return found


@cache
def knowledge() -> Knowledge:
    """Read the files once per process."""
    meanings = {
        plain(row["phrase"]): tuple(plain(meaning) for meaning in row["means"].split("|"))
        for row in csv.DictReader(_text("synonyms.csv").splitlines())
    }
    spelled: dict[str, str] = {}
    for phrase in meanings:
        for spelling in sound(phrase):
            if len(spelling) > 2:
                spelled.setdefault(spelling, phrase)
    return Knowledge(
        meanings=meanings,
        spelled=spelled,
        longest=max(map(len, meanings)),
        stop=_any_of("stop_phrases.txt"),
        foreign=_any_of("foreign_words.txt"),
        variants=_any_of("variants.txt"),
        hot=tuple(_lines("hot.txt")),
    )


def _text(name: str) -> str:
    return (files("citydesk.guides") / _FOLDER / name).read_text("utf-8")


def _lines(name: str) -> list[str]:
    return [plain(line) for line in _text(name).splitlines() if line and line[0] != "#"]


def _any_of(name: str) -> re.Pattern[str]:
    """Match any of a file's lines, the longest that fits."""
    return re.compile("|".join(map(re.escape, sorted(_lines(name), key=len, reverse=True))))
