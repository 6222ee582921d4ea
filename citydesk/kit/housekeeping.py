"""Forgetting what has done its service, a slice at a time so that nothing waits long for it."""

from datetime import datetime

from citydesk.kit import sql

SLICE = 5_000

_KEYED = """
    DELETE FROM keyed_answer WHERE id = ANY (ARRAY (
        SELECT id FROM keyed_answer WHERE expires_at <= $1 LIMIT $2))
"""

_OUTBOX = """
    DELETE FROM outbox_message WHERE id = ANY (ARRAY (
        SELECT id FROM outbox_message WHERE delivered_at <= $1 LIMIT $2))
"""

_INBOX = """
    DELETE FROM inbox_message WHERE id = ANY (ARRAY (
        SELECT id FROM inbox_message WHERE created_at <= $1 LIMIT $2))
"""


async def purge_keyed_answers(now: datetime) -> int:
    """Forget answers whose Idempotency-Key has expired; return how many."""
    return await _slices(_KEYED, now)


async def purge_outbox(before: datetime) -> int:
    """Forget events delivered up to then; what waits or is parked stays. Return how many."""
    return await _slices(_OUTBOX, before)


async def purge_inbox(before: datetime) -> int:
    """Forget messages of outside systems noted up to then; return how many."""
    return await _slices(_INBOX, before)


async def _slices(statement: str, at: datetime) -> int:
    gone = 0
    while touched := await sql.run(statement, at, SLICE):
        gone += touched
    return gone
