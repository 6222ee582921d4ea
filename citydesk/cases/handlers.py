"""Who had a hand in a case: whoever judges a complaint about it must be somebody else."""

from collections.abc import Collection
from uuid import UUID

from citydesk.kit import sql

_HANDLERS = """
    SELECT DISTINCT coalesce(kase.parent_id, kase.id) AS case_id, event.actor_id
    FROM service_case AS kase JOIN case_event AS event ON event.case_id = kase.id
    WHERE (kase.id = ANY ($1::uuid[]) OR kase.parent_id = ANY ($1::uuid[]))
        AND event.actor_kind = 'officer'
"""


async def handlers_of(case_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the officers who took a step in each case, or in a part of it."""
    found: dict[UUID, set[UUID]] = {each: set() for each in case_ids}
    if found:
        for row in await sql.rows(_HANDLERS, list(found)):
            found.setdefault(row["case_id"], set()).add(row["actor_id"])
    return {case_id: frozenset(officers) for case_id, officers in found.items()}
