"""Lists a page at a time, by a cursor that survives new rows."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from citydesk.kit.refusals import Invalid

T = TypeVar("T")
MOST = 100
_BIGINT = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the cursor that asks for those after them (None at the end)."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(*position: str | int) -> str:
    """Write the sort position of the last item shown as an opaque word."""
    return urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> list[str | int]:
    """Read a cursor back; refuse one we did not write.

    Raises:
        Invalid: the word is not a cursor of this list.
    """
    try:
        position = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (Error, ValueError):
        position = None
    if (
        not isinstance(position, list)
        or len(position) != len(kinds)
        or not all(map(_usable, position, kinds))
    ):
        raise Invalid(
            "翻页标记无效，请从第一页重新查询。",
            [{"field": "cursor", "detail": "不是有效的翻页标记"}],
        )
    return position


def _usable(part: object, kind: type) -> bool:
    """Whether a part is of its kind, and one PostgreSQL can compare with: bigint, no NUL."""
    if type(part) is not kind:  # True is an int to isinstance, not to us
        return False
    return "\0" not in part if isinstance(part, str) else part in _BIGINT
