"""What an outside system tells us takes effect once, however often it is told."""

from datetime import datetime

from citydesk.kit import sql
from citydesk.kit.ids import new_id


async def first_time(at: datetime, source: str, external_id: str) -> bool:
    """Note a message in the open transaction; False when it was noted before.

    Called in the transaction of the effect itself: the note and the effect stand or fall together.
    """
    return bool(
        await sql.run(
            "INSERT INTO inbox_message (id, created_at, source, external_id)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            new_id(),
            at,
            source,
            external_id[:200],
        )
    )
