"""What people come for and where they turn: told to whoever finds guides for them."""

from datetime import date
from uuid import UUID

from citydesk.kit import sql


async def filed_by_matter(first: date) -> dict[str, int]:
    """Return how many cases were filed of each matter (by item code) since a day."""
    rows = await sql.rows(_FILED, first)
    return {row["item_code"]: row["times"] for row in rows}


async def turned_to(case_id: UUID) -> tuple[UUID, UUID] | None:
    """Return who is the applicant of a case, and the hall it was filed for; None for no case."""
    row = await sql.row(_TURNED_TO, case_id)
    return (row["identity_id"], row["hall_id"]) if row else None


_FILED = """
    SELECT item_code, count(*)::int AS times FROM service_case WHERE filed_at >= $1::date
    GROUP BY item_code
"""
_TURNED_TO = "SELECT identity_id, hall_id FROM service_case WHERE id = $1"
