"""Office hours: which seconds of a working day count, and how many make a day."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

_CLOCK = r"([01]?\d|2[0-4]):([0-5]\d)"
_SPAN = re.compile(rf"{_CLOCK}-{_CLOCK}", re.ASCII)
MOST_SPANS = 24
MIDNIGHT = 24 * 3600


@dataclass(frozen=True)
class Hours:
    """The hours of a working day as spans of seconds after midnight, in order, apart.

    A *day* of a limit is the sum of its hours: eight of them unless told otherwise.
    """

    spans: tuple[tuple[int, int], ...]
    day_seconds: int = field(init=False)

    def __post_init__(self) -> None:
        before = 0
        for opens, closes in self.spans:
            if not before <= opens < closes <= MIDNIGHT:
                raise ValueError("hours must be in order, apart, and within one day")
            before = closes
        if not self.spans:
            raise ValueError("a working day needs hours")
        object.__setattr__(self, "day_seconds", sum(end - start for start, end in self.spans))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``09:00-12:00,13:00-17:00``; raises ValueError in words for the person."""
        spans: list[tuple[int, int]] = []
        for part in text.split(",")[: MOST_SPANS + 1]:
            found = _SPAN.fullmatch(part.strip())
            if found is None:
                raise ValueError(f"not hours: {part.strip()[:20]!r}; write 09:00-12:00,13:00-17:00")
            from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
            spans.append((from_hour * 3600 + from_minute * 60, to_hour * 3600 + to_minute * 60))
        if len(spans) > MOST_SPANS:
            raise ValueError(f"at most {MOST_SPANS} spans make a day's hours")
        return cls(tuple(spans))

    def used_by(self, second: int) -> int:
        """Count the office seconds of a working day before this second after midnight."""
        if self._single:
            opens, closes = self.spans[0]
            return min(max(second, opens), closes) - opens
        return sum(min(max(second, opens), closes) - opens for opens, closes in self.spans)

    def reached(self, used: int) -> int:
        """Return the first second after midnight by which so much (at least 1) has been used."""
        for opens, closes in self.spans:
            if used <= closes - opens:
                return opens + used
            used -= closes - opens
        raise ValueError("more than a day's hours")

    @cached_property
    def _single(self) -> bool:
        return len(self.spans) == 1


# The hours of the supervision rules of 2018 (model 4.3); a day is eight hours.
OFFICE_HOURS = Hours(((9 * 3600, 17 * 3600),))
