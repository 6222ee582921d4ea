"""What the tests of cards share: subjects with clocks, and what fell."""

from datetime import datetime
from typing import Any

from citydesk import workdays
from citydesk.kit import sql
from citydesk.kit.clock import CITY
from citydesk.kit.ids import new_id
from citydesk.workdays import Subject, Timer, TimerKind
from citydesk.world import World

ACCEPTED = "2018-10-15 10:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def a_case() -> Subject:
    return Subject("case", new_id())


async def started(
    world: World, subject: Subject, kind: TimerKind, days: int, since: str = ACCEPTED, **more: Any
) -> Timer:
    budget = workdays.working_days(days)
    return await workdays.start_timer(world, subject, kind, budget, at(since), **more)


async def announced(name: str) -> list[dict[str, Any]]:
    found = await sql.rows(
        "SELECT facts->>'kind' AS kind, facts->>'level' AS level, facts->>'subject_id' AS subject,"
        " facts->>'before' AS before, facts->>'after' AS after, due_at"
        " FROM outbox_message WHERE name = $1 ORDER BY id",
        name,
    )
    return [dict(row) for row in found]
