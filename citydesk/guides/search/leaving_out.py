"""What says nothing is left out of a question, and nothing that says something is torn by it."""

import re
from collections.abc import Collection, Iterable

from typing_extensions import override

from citydesk.guides.search.wordlist import WordList

# The measure word between a verb and its thing: 开个饭店, 办一张社保卡 (but not 办个体户, 开家政).
_MEASURE = re.compile(
    "(?<=[开办买卖领补换转考弄搞整做租建盖申请丢报立册设])一?[个家间套张本辆份座栋块](?!体|人|政|具|庭)"
)
# A long number is no word. 没了 and 走了 say more than 没 and 走; 网吧 and 吗啡 have no particle.
_PARTICLE = re.compile(
    "(?<!目)的(?!士)|(?<![没走黄怀])了|(?<![网酒清水影氧])吧|吗(?!啡)|[呢啊呀嘛哦啦哈呗哟呐]"
    "|一下(?:子)?|(?<=[一-鿿])(?:把|被)(?=[一-鿿])|[0-9]{6,}x?"
)


def heard(text: str) -> str:
    """Leave out particles and measure words, of questions and of sayings alike: 丢了证 → 丢证."""
    return _MEASURE.sub("", _PARTICLE.sub("", text))


class StopPhrases(WordList):
    """Phrases that say nothing, but for where they are a part of a word: 一般 of 一般纳税人."""

    __slots__ = ("_kept",)

    def __init__(self, phrases: Iterable[str], words: Collection[str]) -> None:
        """Take the phrases, and all words that mean something."""
        phrases = tuple(phrases)
        alone = WordList(phrases)
        kept = [word for word in words if word not in alone and alone.spans(word)]
        super().__init__((*phrases, *kept))
        self._kept = frozenset(kept)

    @override
    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where phrases are that may be left out."""
        kept = self._kept
        return [span for span in super().spans(text) if text[slice(*span)] not in kept]
