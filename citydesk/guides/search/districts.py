"""Where in the city a question is about: a district named in it (铁西区, 浑南), and its code."""

from collections.abc import Mapping

from citydesk.guides.search import tokens
from citydesk.guides.search.wordlist import WordList

LEAST_SHORT = 2  # characters of 浑南, for 浑南区
_ENDINGS = ("新区", "区", "县", "市")


class Districts:
    """The districts of our city, by their whole names and what people shorten them to."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        """Take names with their codes; a name without a code is of no district (the city's)."""
        self._codes: dict[str, str] = {}
        for name, code in codes.items():
            if code:
                self._codes.update(dict.fromkeys((name, *_shortened(name)), code))
        self._names = WordList(self._codes)

    def named(self, said: str) -> str | None:
        """Return the code of the district named last in plain text, if one is."""
        found = self._names.found_in(said) if self._codes else None
        return self._codes[found[-1]] if found else None

    def without(self, said: str) -> str:
        """Leave the districts out of plain text."""
        return self._names.without(said)


def _shortened(name: str) -> list[str]:
    """Return what people say for a name; not 和平 for 和平区, which is a word of its own."""
    for ending in _ENDINGS:
        short = name.removesuffix(ending)
        if short != name and len(short) >= LEAST_SHORT:
            return [short] if short not in tokens.language() else []
    return []
