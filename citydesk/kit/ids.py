"""Identifiers: time-ordered for rows, random for what a person must not guess."""

from secrets import choice

from models.base import new_id

__all__ = ["UNAMBIGUOUS", "new_id", "random_code"]

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B: read aloud at a window, typed on a phone.
UNAMBIGUOUS = "34679ACDEFGHJKMNPQRTUVWXY"


def random_code(length: int, alphabet: str = UNAMBIGUOUS) -> str:
    """Return an unguessable code of that many characters."""
    return "".join(choice(alphabet) for _ in range(length))
