"""What a person was told, for the person to read again."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from citydesk.identity import Citizen
from citydesk.kit import sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.kit.refusals import Invalid
from citydesk.notifications.rules import moment
from citydesk.world import World
from models.notifications import NotificationState

_MINE = """
    SELECT id, created_at, template_key, fields_said::text AS fields_said, path, state
    FROM notification
    WHERE identity_id = ANY ($1::uuid[]) AND fields_said <> '{}'::jsonb AND id < $2
    ORDER BY id DESC LIMIT $3
"""
_DIGITS = re.compile(r"[0-9]{1,4}$")
_NEWEST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Message:
    """One push as its person reads it; ``on_phone``: WeChat took it, or may have."""

    at: datetime
    template_key: str
    said: tuple[str, ...]
    path: str | None
    on_phone: bool


_ON_PHONE = frozenset(
    {NotificationState.SENT, NotificationState.DELIVERED, NotificationState.UNKNOWN}
)


async def my_messages(
    world: World, citizen: Citizen, cursor: str | None = None, limit: int = 20
) -> Page[Message]:
    """Return what the citizen was told, newest first; also what did not reach the phone.

    Raises:
        Invalid: not a cursor of ours.
    """
    told = [each for each in (citizen.identity_id, citizen.account_id) if each is not None]
    before = _place(cursor) if cursor else _NEWEST
    rows = await sql.rows(_MINE, told, before, limit + 1)
    after = encode_cursor(str(rows[limit - 1]["id"])) if len(rows) > limit else None
    return Page([_message(row) for row in rows[:limit]], after)


def _place(cursor: str) -> UUID:
    [word] = decode_cursor(cursor, (str,))
    try:
        return UUID(str(word))
    except ValueError:
        raise Invalid(
            "翻页标记无效，请从第一页重新查看。",
            [{"field": "cursor", "detail": "不是有效的翻页标记"}],
        ) from None


def _number(field: str) -> int:
    """WeChat numbers a template's fields in reading order: thing1, time4."""
    digits = _DIGITS.search(field)
    return int(digits.group()) if digits else 0


def _message(row: sql.Row) -> Message:
    said: dict[str, str] = orjson.loads(row["fields_said"])
    told_at = moment(row["created_at"])  # every page shows it already
    return Message(
        row["created_at"],
        row["template_key"],
        tuple(said[field] for field in sorted(said, key=_number) if said[field] != told_at),
        row["path"],
        NotificationState(row["state"]) in _ON_PHONE,
    )
