"""Steps that supervision is shown: a second correction notice, silence, papers that never came."""

from dataclasses import dataclass
from datetime import datetime

from citydesk.kit import sql

MOST_SHOWN = 100

_MARKED = """
    SELECT e.created_at, e.mark, c.case_no, c.item_name, o.short_name AS organ
    FROM case_event e
    JOIN service_case c ON c.id = e.case_id
    LEFT JOIN organ o ON o.id = c.organ_id
    WHERE e.mark IS NOT NULL
    ORDER BY e.created_at DESC, e.id DESC LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Marked:
    """One step that supervision is shown: when, what, of which case, at which organ. No names."""

    at: datetime
    mark: str
    case_no: str
    item_name: str
    organ: str | None


async def marked_steps(most: int = MOST_SHOWN) -> list[Marked]:
    """Return the latest steps that are shown to supervision, the newest first."""
    return [
        Marked(row["created_at"], row["mark"], row["case_no"], row["item_name"], row["organ"])
        for row in await sql.rows(_MARKED, most)
    ]
