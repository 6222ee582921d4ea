"""The outbox as its workers see it: take what is due, keep hold of it, say how it went.

When a row is due is told by the world's clock; how long a worker may hold it (the lease) by the
database's, which all workers share however wrong their own clocks are. ``tries`` counts leases
and so tells an owner from one who has lost the row: only the latest lease may close it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from prometheus_client import Gauge

from citydesk.kit import sql

WAITING = Gauge("citydesk_outbox_waiting", "Events that are due and not delivered")
PARKED = Gauge("citydesk_outbox_parked", "Events given up, for a person to look at")
UNKNOWN = Gauge("citydesk_outbox_unknown", "Due events of names this version does not know")
OLDEST = Gauge("citydesk_outbox_oldest_seconds", "Age of the oldest event that is due")

LEASE_SECONDS = 10.0
BATCH = 200

# Of the events of one thing (order_key) only the first is taken: the next waits for it, in
# whichever hands it is. One that has failed twice holds up its followers no longer.
_LEASE = """
    UPDATE outbox_message
    SET leased_until = clock_timestamp() + $3 * interval '1 second', tries = tries + 1
    WHERE id = ANY (ARRAY (
        SELECT id FROM outbox_message AS message
        WHERE delivered_at IS NULL AND parked_at IS NULL AND due_at <= $1 AND name = ANY ($2)
            AND (leased_until IS NULL OR leased_until <= clock_timestamp())
            AND (order_key IS NULL OR NOT EXISTS (
                SELECT FROM outbox_message AS earlier
                WHERE earlier.order_key = message.order_key AND earlier.id < message.id
                    AND earlier.delivered_at IS NULL AND earlier.parked_at IS NULL
                    AND earlier.name = ANY ($2) AND earlier.tries <= 2
                    AND (earlier.due_at <= $1 OR earlier.tries > 0)))
        ORDER BY due_at LIMIT $4
        FOR UPDATE SKIP LOCKED))
    RETURNING id, name, facts::text AS facts, created_at, tries
"""

_RENEW = """
    UPDATE outbox_message AS message
    SET leased_until = clock_timestamp() + $3 * interval '1 second'
    FROM unnest($1::uuid[], $2::int[]) AS ours (id, tries)
    WHERE message.id = ours.id AND message.tries = ours.tries AND message.delivered_at IS NULL
"""

_CLOSE = """
    UPDATE outbox_message AS message
    SET delivered_at = $3, leased_until = NULL, last_error = NULL
    FROM unnest($1::uuid[], $2::int[]) AS ours (id, tries)
    WHERE message.id = ours.id AND message.tries = ours.tries AND message.delivered_at IS NULL
"""

_PUT_OFF = """
    UPDATE outbox_message AS message
    SET leased_until = NULL, due_at = late.due_at, last_error = late.error,
        parked_at = CASE WHEN late.parked THEN $6::timestamptz END,
        delivered_at = CASE WHEN late.refused THEN $6::timestamptz END
    FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::bool[], $7::bool[])
        AS late (id, tries, due_at, error, parked, refused)
    WHERE message.id = late.id AND message.tries = late.tries AND message.delivered_at IS NULL
"""

_STATE = """
    SELECT count(*) FILTER (WHERE parked_at IS NULL AND due_at <= $1) AS waiting,
        count(*) FILTER (WHERE parked_at IS NULL AND due_at > $1) AS future,
        count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked,
        count(*) FILTER (WHERE parked_at IS NULL AND due_at <= $1 AND name <> ALL ($2)) AS unknown,
        min(due_at) FILTER (WHERE parked_at IS NULL AND due_at <= $1) AS oldest
    FROM outbox_message WHERE delivered_at IS NULL
"""

_RELEASE = """
    UPDATE outbox_message SET parked_at = NULL, leased_until = NULL, tries = 0, due_at = $1
    WHERE parked_at IS NOT NULL AND delivered_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY ($2))
"""


@dataclass(frozen=True, slots=True)
class Leased:
    """One row in our hands: its event's name and facts, and which try this is."""

    id: UUID
    name: str
    facts: dict[str, Any]
    at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Late:
    """A row that is not done: when it is due again, why, and whether a person must look first.

    ``refused`` closes it instead: the desk said no, and would say no again.
    """

    row: Leased
    due_at: datetime
    error: str
    parked: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """How the outbox stands; ``oldest_seconds`` is the age of the oldest row that is due."""

    waiting: int
    future: int
    parked: int
    unknown: int
    oldest_seconds: float


async def lease(
    now: datetime, names: Sequence[str], *, seconds: float = LEASE_SECONDS, most: int = BATCH
) -> list[Leased]:
    """Take up to ``most`` due rows of the known names for so many seconds.

    Rows of other names are left alone: a newer worker knows them.
    """
    found = await sql.rows(_LEASE, now, list(names), seconds, most)
    return [_leased(row) for row in found]


def _leased(row: Mapping[str, Any]) -> Leased:
    return Leased(
        row["id"], row["name"], orjson.loads(row["facts"]), row["created_at"], row["tries"]
    )


async def renew(rows: Sequence[Leased], *, seconds: float = LEASE_SECONDS) -> int:
    """Hold on to rows for so many seconds from now; return how many are still ours."""
    return await sql.run(_RENEW, *_ours(rows), seconds)


async def close(rows: Sequence[Leased], now: datetime) -> int:
    """Mark rows delivered; return how many were still ours to mark."""
    return await sql.run(_CLOSE, *_ours(rows), now)


def _ours(rows: Sequence[Leased]) -> tuple[list[UUID], list[int]]:
    return [row.id for row in rows], [row.tries for row in rows]


async def put_off(late: Sequence[Late], now: datetime) -> int:
    """Let go of rows that are not done; return how many were still ours."""
    return await sql.run(
        _PUT_OFF,
        [each.row.id for each in late],
        [each.row.tries for each in late],
        [each.due_at for each in late],
        [each.error for each in late],
        [each.parked for each in late],
        now,
        [each.refused for each in late],
    )


async def state(now: datetime, names: Sequence[str]) -> State:
    """Count what waits, what is parked, and what no reaction here knows; show it to the metrics."""
    [row] = await sql.rows(_STATE, now, list(names))
    oldest = max((now - row["oldest"]) / timedelta(seconds=1), 0.0) if row["oldest"] else 0.0
    found = State(row["waiting"], row["future"], row["parked"], row["unknown"], oldest)
    WAITING.set(found.waiting)
    PARKED.set(found.parked)
    UNKNOWN.set(found.unknown)
    OLDEST.set(found.oldest_seconds)
    return found


async def release(now: datetime, ids: Sequence[UUID] | None = None) -> int:
    """Send parked rows (all of them, or these) on their way again; return how many.

    For a person who has looked at the reason and put it right.
    """
    return await sql.run(_RELEASE, now, None if ids is None else list(ids))
