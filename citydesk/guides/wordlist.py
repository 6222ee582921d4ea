"""Many words looked for at once: leftmost and longest, in time that does not grow with the list."""

from collections.abc import Iterable


class WordList:
    """Words by their first character; faster than a regular expression of hundreds of choices."""

    __slots__ = ("_lengths", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(word for word in words if word)
        self._lengths = lengths_of(self._words)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where words are: none overlaps another, the longest that begins first wins."""
        lengths, words = self._lengths, self._words
        found: list[tuple[int, int]] = []
        at, size = 0, len(text)
        while at < size:
            for length in lengths.get(text[at : at + 2]) or lengths.get(text[at], ()):
                if at + length <= size and text[at : at + length] in words:
                    found.append((at, at + length))
                    at += length
                    break
            else:
                at += 1
        return found

    def found_in(self, text: str) -> list[str]:
        """Return the words in a text, in order."""
        return [text[start:end] for start, end in self.spans(text)]

    def without(self, text: str) -> str:
        """Return a text with a space in the place of every word."""
        spans = self.spans(text)
        if not spans:
            return text
        kept: list[str] = []
        before = 0
        for start, end in spans:
            kept.append(text[before:start])
            before = end
        kept.append(text[before:])
        return " ".join(kept)


def lengths_of(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return which lengths words have that begin so, longest first: by two characters, and by one.

    What is kept for one character holds only the words of that one character; what is kept for two
    holds those as well.
    """
    lengths: dict[str, set[int]] = {}
    for word in words:
        lengths.setdefault(word[:2], set()).add(len(word))
    for begin, sizes in lengths.items():
        if begin[0] in lengths:
            sizes.add(1)
    return {begin: tuple(sorted(sizes, reverse=True)) for begin, sizes in lengths.items()}
