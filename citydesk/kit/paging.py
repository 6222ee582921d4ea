"""Lists a page at a time, by a cursor that survives new rows."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

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


def encode_cursor(*position: str | int | UUID | datetime) -> str:
    """Write the sort position of the last item shown as an opaque word."""
    # asyncpg's identifiers are a class of their own, which orjson does not know.
    return urlsafe_b64encode(orjson.dumps(position, default=str)).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> list[Any]:
    """Read a cursor back, each part as its kind (str, int, UUID, datetime in UTC).

    Raises:
        Invalid: the word is not a cursor of this list.
    """
    try:
        position = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(position, list):
            return [_read(part, kind) for part, kind in zip(position, kinds, strict=True)]
    except (Error, ValueError, OverflowError):
        pass
    raise Invalid(
        "翻页标记无效，请从第一页重新查询。",
        [{"field": "cursor", "detail": "不是有效的翻页标记"}],
    )


def _read(part: object, kind: type) -> Any:
    """Return a part as its kind, and as PostgreSQL can compare with: bigint, no NUL.

    Raises:
        ValueError, OverflowError: it is not of its kind.
    """
    if kind is int and type(part) is int and part in _BIGINT:  # True is an int to isinstance
        return part
    if isinstance(part, str) and "\0" not in part:
        if kind is str:
            return part
        if kind is UUID:
            return UUID(part)
        if kind is datetime:
            return datetime.fromisoformat(part).astimezone(UTC)
    raise ValueError(f"not a {kind.__name__}")
