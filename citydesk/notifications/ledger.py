"""What was told to whom, as rows: taken before sending, noted after, settled by WeChat's report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.notifications.rules import ToTell, outcome
from models.notifications import NotificationState

_TAKE = """
    INSERT INTO notification AS known (id, created_at, event_id, identity_id, template_key,
        template_id, fields_said, path, state, tries, uncertain, recipient_blind, reason,
        sending_since)
    SELECT id, $2, event_id, identity_id, key, template_id, said::jsonb, path, state, 1, false,
        blind, reason, CASE WHEN state = 'sending' THEN $2::timestamptz END
    FROM unnest($1::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[])
        AS new (id, event_id, identity_id, key, template_id, said, path, state, blind, reason)
    ON CONFLICT (event_id, identity_id) DO UPDATE SET
        tries = known.tries + CASE WHEN known.state IN ('created', 'sending') THEN 1 ELSE 0 END,
        uncertain = known.state = 'sending',
        state = CASE known.state WHEN 'created' THEN excluded.state ELSE known.state END,
        reason = CASE known.state WHEN 'created' THEN excluded.reason ELSE known.reason END,
        recipient_blind = CASE known.state WHEN 'created' THEN excluded.recipient_blind
            ELSE known.recipient_blind END,
        sending_since = CASE known.state WHEN 'created' THEN excluded.sending_since
            ELSE known.sending_since END
    RETURNING id, event_id, identity_id, state, uncertain, sending_since, template_id,
        fields_said::text AS fields_said, path
"""

_NOTE = """
    UPDATE notification
    SET state = new.state, msgid = coalesce(new.msgid, notification.msgid), reason = new.reason,
        sent_at = CASE WHEN new.state = 'sent' THEN $2::timestamptz END
    FROM unnest($1::uuid[], $3::text[], $4::text[], $5::text[]) AS new (id, state, msgid, reason)
    WHERE notification.id = new.id AND notification.state = 'sending'
"""

_REPORT = """
    INSERT INTO push_result (id, created_at, msgid, status, state, recipient_blind)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""

_SETTLE = """
    UPDATE notification
    SET state = result.state,
        reason = CASE WHEN result.state <> 'delivered' THEN result.status END,
        settled_at = $1
    FROM push_result AS result
    WHERE notification.msgid = result.msgid AND notification.state = 'sent'
"""

_SETTLE_THESE = _SETTLE + " AND result.msgid = ANY ($2)"

# A report names the person and its own number only. It settles a push of unknown fate when there
# is no other it could be about: one report nobody claims, one push in doubt, none under way.
_ADOPT = """
    UPDATE notification SET msgid = found.msgid, sent_at = found.at, state = 'sent'
    FROM (
        SELECT recipient_blind, min(msgid) AS msgid, min(created_at) AS at
        FROM push_result AS result
        WHERE NOT EXISTS (SELECT FROM notification WHERE notification.msgid = result.msgid)
            AND recipient_blind IN (
                SELECT recipient_blind FROM notification WHERE state = 'unknown')
        GROUP BY recipient_blind HAVING count(*) = 1
    ) AS found
    WHERE notification.state = 'unknown' AND notification.recipient_blind = found.recipient_blind
        AND found.at >= notification.sending_since
        AND NOT EXISTS (SELECT FROM notification AS other
            WHERE other.recipient_blind = found.recipient_blind
                AND other.state IN ('sending', 'unknown') AND other.id <> notification.id)
"""


@dataclass(frozen=True, slots=True)
class Push:
    """What is to be entered: who is told what, how it stands, and if it cannot be sent why not."""

    to_tell: ToTell
    template_key: str
    template_id: str
    fields_said: Mapping[str, str]
    state: NotificationState
    recipient_blind: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification as it stands; ``uncertain``: an earlier try may have reached WeChat."""

    id: UUID
    event_id: UUID
    identity_id: UUID
    state: NotificationState
    uncertain: bool
    sending_since: datetime | None
    template_id: str
    fields_said: Mapping[str, str]
    path: str | None


@dataclass(frozen=True, slots=True)
class Noted:
    """How one try ended."""

    id: UUID
    state: NotificationState
    msgid: str | None = None
    reason: str | None = None


async def take(pushes: Sequence[Push], now: datetime) -> list[Entry]:
    """Enter pushes, or find those entered before; what is to be sent now is ``sending``."""
    rows = await sql.rows(
        _TAKE,
        [new_id() for _ in pushes],
        now,
        [push.to_tell.event_id for push in pushes],
        [push.to_tell.identity_id for push in pushes],
        [push.template_key for push in pushes],
        [push.template_id for push in pushes],
        [orjson.dumps(push.fields_said).decode() for push in pushes],
        [push.to_tell.path for push in pushes],
        [push.state.value for push in pushes],
        [push.recipient_blind for push in pushes],
        [push.reason for push in pushes],
    )
    return [_entry(row) for row in rows]


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        row["id"],
        row["event_id"],
        row["identity_id"],
        NotificationState(row["state"]),
        row["uncertain"],
        row["sending_since"],
        row["template_id"],
        orjson.loads(row["fields_said"]),
        row["path"],
    )


async def note(noted: Sequence[Noted], now: datetime) -> None:
    """Write down how tries ended, and settle those that WeChat has reported already."""
    await sql.run(
        _NOTE,
        [each.id for each in noted],
        now,
        [each.state.value for each in noted],
        [each.msgid for each in noted],
        [each.reason for each in noted],
    )
    if sent := [each.msgid for each in noted if each.msgid is not None]:
        await sql.run(_SETTLE_THESE, now, sent)


async def report(msgid: str, status: str, recipient_blind: str | None, now: datetime) -> bool:
    """Keep WeChat's report of a push and settle it; False when it was reported before."""
    values = (msgid, status[:64], outcome(status).value, recipient_blind)
    first = bool(await sql.run(_REPORT, new_id(), now, *values))
    await sql.run(_SETTLE_THESE, now, [msgid])
    return first


async def settle_all(now: datetime) -> int:
    """Match every open push with the reports that have come; return how many were settled."""
    await sql.run(_ADOPT)
    return await sql.run(_SETTLE, now)


async def forget_reports(before: datetime) -> int:
    """Forget reports that came before then; return how many."""
    return await sql.run("DELETE FROM push_result WHERE created_at <= $1", before)
