"""What was meant by what was typed: pinyin, initials, and the wrong character of a right sound.

Nothing is guessed from a dictionary of the language: only pairs of characters that the catalogue
or the sayings hold are ever put in the place of others.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from citydesk.guides.search import tokens
from citydesk.guides.search.knowledge import Knowledge

_FEWEST_LETTERS = 2
SHORT_WORD = 4  # official words up to so long are words, not phrases put together
_PHRASE, _PAIR, _LOST = 1.0, 1.6, 3.0  # the cost of a piece of pinyin: known phrase, pair, nothing
_BY_SOUND, _BY_SHAPE, _BY_BLUR = 1.0, 0.8, 0.7
# The small words of any sentence are never the typing error.
SMALL = frozenset(
    "的了和与及是在有不没要想我你他她它们这那个也就都还又去到来给把被让吗呢吧啊怎么什哪谁几多少能会可以用从对为因所之于啥咋整弄搞干得过着上下里外前后大小多好一二三四五六七八九十两几年月天日号钱补块"
)


class Mended(NamedTuple):
    """A question as it was meant, and what was put right: (typed, meant)."""

    text: str
    changes: tuple[tuple[str, str], ...]


class Sounds:
    """Pairs of characters by how they sound; pairs that weigh more are offered first."""

    def __init__(self, pairs: Mapping[str, float]) -> None:
        self.pairs = {pair: weight for pair, weight in pairs.items() if pair[0] >= "\u3400"}
        self.by_sound: dict[str, list[str]] = {}
        self.by_blur: dict[str, list[str]] = {}
        self.syllables: set[str] = set()
        for pair in sorted(self.pairs, key=lambda pair: -self.pairs[pair]):
            first, second = pair[0], pair[1]
            sounds = tokens.syllable(first), tokens.syllable(second)
            self.syllables.update(sounds)
            self.by_sound.setdefault(" ".join(sounds), []).append(pair)
            blurred = f"{tokens.heard(first)} {tokens.heard(second)}"
            self.by_blur.setdefault(blurred, []).append(pair)


class SpokenWords:
    """What is known of the sounds of our own words, whatever the catalogue."""

    def __init__(self, knowledge: Knowledge) -> None:
        words = [*knowledge.sayings.words, *knowledge.actions]
        official = dict.fromkeys(name for saying in knowledge.sayings.all for name in saying.means)
        short = [name for name in official if len(name) <= SHORT_WORD]
        # A pair inside one of our words is a word; one in a name may be the seam between two.
        self.words = _pairs_of(word for word in (*words, *short) if len(word) <= SHORT_WORD)
        self.plain = _pairs_of((*knowledge.plain_words, *knowledge.places))
        self.sounds = Sounds(_pairs_of((*words, *official)))
        self.spelled: dict[str, str] = {}
        self.initials: dict[str, str] = dict(knowledge.initials)
        for word in (*words, *short, *knowledge.plain_words):
            if len(word) >= 2 and all(character >= "\u3400" for character in word):
                whole, initials = tokens.sound(word)
                self.spelled.setdefault(whole, word)
                if len(initials) >= 3:
                    self.initials.setdefault(initials, word)
        self.longest = max(map(len, self.spelled), default=0)


@lru_cache(maxsize=3)
def spoken_words(knowledge: Knowledge) -> SpokenWords:
    """Return the sounds of our own words; a publication changes none of them."""
    return SpokenWords(knowledge)


def _pairs_of(phrases: Iterable[str]) -> dict[str, float]:
    """Return the pairs of phrases in the order met: of two that sound alike the first is meant."""
    return {pair: 1.0 for phrase in phrases for pair in tokens.pairs(phrase)}


class Spelling:
    """What is known of sounds and shapes, for one catalogue and one set of sayings."""

    def __init__(self, rarity: Mapping[str, float], knowledge: Knowledge) -> None:
        self._ours = spoken_words(knowledge)
        words = self._ours.sounds.pairs
        rarest = max(rarity.values(), default=1.0)
        own = {pair: weight / rarest for pair, weight in rarity.items() if pair not in words}
        self._layers = (self._ours.sounds, Sounds(own))
        self._known = frozenset(words).union(own, self._ours.plain)
        self._language = tokens.language()
        self._shapes = knowledge.shapes
        self._letters = knowledge.sayings.words  # ktv, c1: words in letters, no pinyin
        self.syllables = self._layers[0].syllables | self._layers[1].syllables

    def mended(self, text: str) -> Mended:
        """Put right what is spelled in letters, and characters that make no sense as they are."""
        if any("a" <= character <= "z" for character in text):
            text = self._unspelled(text)
        changes: list[tuple[str, str]] = []
        pieces = tokens.runs(text)
        for piece in pieces:
            if (
                piece[0] >= "\u3400"
                and len(piece) > 1
                and (meant := self._corrected(piece)) != piece
            ):
                changes.append((piece, meant))
                text = text.replace(piece, meant)
        return Mended(text, tuple(_only_different(typed, meant) for typed, meant in changes))

    def _corrected(self, run: str) -> str:
        known, words = self._known, self._language
        strange = [
            (pair := run[at : at + 2]) not in known and pair not in words
            for at in range(len(run) - 1)
        ]
        if not any(strange):
            return run
        characters = list(run)
        for at in range(len(run)):
            left = strange[at - 1] if at else None
            right = strange[at] if at < len(run) - 1 else None
            if left is False or right is False or characters[at] in SMALL:
                continue
            if better := self._better(characters, at):
                characters[at] = better
        return "".join(characters)

    def _is_strange(self, pair: str) -> bool:
        return pair not in self._known and pair not in self._language

    def _weight(self, pair: str) -> float | None:
        ours, own = self._layers
        weight = ours.pairs.get(pair)
        return own.pairs.get(pair) if weight is None else weight

    def _better(self, characters: list[str], at: int) -> str | None:
        """Return the character that sounds or looks so and makes sense here, if there is one.

        It makes sense when it completes a word, or goes with both its neighbours.
        """
        worths: dict[str, float] = {}
        fits: dict[str, int] = {}
        for start in (at - 1, at):
            if start < 0 or start + 1 >= len(characters):
                continue
            pair = characters[start] + characters[start + 1]
            if not self._is_strange(pair):
                return None
            place = at - start
            if pair[1 - place] in SMALL:
                continue
            for worth, other in self._alike(pair, place):
                worths[other] = worths.get(other, 0.0) + worth
                whole = characters[start] + other if place else other + characters[start + 1]
                fits[other] = fits.get(other, 0) + (2 if whole in self._ours.words else 1)
        worths = {other: worth for other, worth in worths.items() if fits[other] >= 2}
        worths.pop(characters[at], None)
        return max(worths, key=worths.__getitem__, default=None)

    def _alike(self, pair: str, place: int) -> Iterator[tuple[float, str]]:
        """Return the characters that would make a known pair, and how likely each was meant."""
        kept = pair[1 - place]
        first, second = pair[0], pair[1]
        found: set[str] = set()
        near = f"{tokens.syllable(first)} {tokens.syllable(second)}"
        blurred = f"{tokens.heard(first)} {tokens.heard(second)}"
        for layer in self._layers:
            for known in layer.by_sound.get(near, ()):
                if known[1 - place] == kept and known[place] not in found:
                    found.add(known[place])
                    yield _BY_SOUND * layer.pairs[known], known[place]
        for other in self._shapes.get(pair[place], ()):
            weight = self._weight(kept + other if place else other + kept)
            if weight and other not in found:
                found.add(other)
                yield _BY_SHAPE * weight, other
        for layer in self._layers:
            for known in layer.by_blur.get(blurred, ()):
                if known[1 - place] == kept and known[place] not in found:
                    found.add(known[place])
                    yield _BY_BLUR * layer.pairs[known], known[place]

    def _unspelled(self, text: str) -> str:
        """Write the pinyin in a text in characters, where it can be read."""
        said: list[str] = []
        for word in _words(text):
            if word[0].isascii() and word.isalpha() and len(word) >= _FEWEST_LETTERS:
                said.append(word if word in self._letters else self._read(word))
            else:
                said.append(word)
        whole = "".join(said)
        if tokens.is_spelled(text) and " " in text:
            joined = text.replace(" ", "").replace("'", "")
            if phrase := self._ours.spelled.get(joined):
                return phrase
        return whole

    def _read(self, letters: str) -> str:
        if letters in self._ours.spelled:
            return self._ours.spelled[letters]
        if letters in self._ours.initials:
            return self._ours.initials[letters]
        if len(letters) < 4:
            return letters
        return self._decoded(letters) or letters

    def _decoded(self, letters: str) -> str | None:
        """Find the cheapest way to read letters as known phrases and pairs, if there is one."""
        best: list[tuple[float, tuple[str, ...]] | None] = [(0.0, ())] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self._ours.longest), end):
                before = best[start]
                if before is None:
                    continue
                for cost, words in self._pieces(letters[start:end]):
                    whole = before[0] + cost
                    here = best[end]
                    if here is None or whole < here[0]:
                        best[end] = (whole, before[1] + words)
        found = best[-1]
        if found is None or not any(found[1]):
            return None
        return " ".join(word for word in found[1] if word)

    def _pieces(self, letters: str) -> Iterable[tuple[float, tuple[str, ...]]]:
        if phrase := self._ours.spelled.get(letters):
            yield _PHRASE, (phrase,)
        if letters in self.syllables:
            yield _LOST, ("",)
        if 2 < len(letters) <= 12:
            for at in range(1, min(7, len(letters))):
                sounds = f"{letters[:at]} {letters[at:]}"
                for layer in self._layers:
                    if found := layer.by_sound.get(sounds):
                        yield _PAIR, (found[0],)
                        break


def _words(text: str) -> list[str]:
    """Cut a text where letters and other characters meet, leaving nothing out."""
    words: list[str] = []
    for character in text:
        kind = character.isascii() and character.isalpha()
        if words and (words[-1][-1].isascii() and words[-1][-1].isalpha()) == kind:
            words[-1] += character
        else:
            words.append(character)
    return words


def _only_different(typed: str, meant: str) -> tuple[str, str]:
    """Return the few characters around what was put right: 离昏预约 → 离昏, 离婚."""
    places = [at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b]
    start, end = max(0, places[0] - 1), places[-1] + 1
    if end - start < 2:
        end = min(len(typed), end + 1)
    return typed[start:end], meant[start:end]
