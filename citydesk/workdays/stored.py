"""Timers as rows: read, insert, update. Whoever changes one holds its row."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from citydesk.kit import sql
from citydesk.workdays.budgets import Budget, Pause, Unit
from citydesk.workdays.rule_books import STATE
from citydesk.workdays.timers import Extension, Subject, Timer, TimerKind

_TABLE = "business_timer"
CALENDAR = "CN"  # every organ of the city works by the State Council's calendar

_SELECT = f"""
    SELECT {STATE} AS book, timer.id, subject_kind, subject_id, kind, no, organ_id, anchor_at,
        calendar_version, budget_value, budget_unit, extensions::text AS extensions,
        suspensions::text AS suspensions,
        consumed_seconds, running_since, fire_at, due_on, provisional, next_rung_at, next_rung_key,
        stopped_at, voided,
        ARRAY(SELECT rung_key FROM timer_rung WHERE timer_id = timer.id) AS passed
    FROM business_timer AS timer
"""  # noqa: S608 - made of our own constants

OF_SUBJECT = f"""
    {_SELECT} WHERE subject_kind = $1 AND subject_id = ANY ($2) AND superseded_by IS NULL
    ORDER BY timer.id
"""

_LIVE = f"""
    {_SELECT} WHERE subject_kind = $1 AND subject_id = $2 AND stopped_at IS NULL
    ORDER BY timer.id FOR UPDATE OF timer
"""

RUNNING = f"""
    {_SELECT} WHERE subject_kind = $1 AND subject_id = $2 AND stopped_at IS NULL
        AND kind = ANY ($3)
    ORDER BY array_position($3, kind), timer.id LIMIT 1
"""

AT_A_RUNG = f"""
    {_SELECT} WHERE next_rung_at <= $1 ORDER BY next_rung_at, timer.id LIMIT $2
    FOR UPDATE OF timer SKIP LOCKED
"""

COUNTED_BEFORE = f"""
    {_SELECT} WHERE stopped_at IS NULL AND calendar_version < $1 AND timer.id > $2
    ORDER BY timer.id LIMIT $3 FOR UPDATE OF timer
"""

# What tells one timer from another, and what may change of it: columns and their types.
_TERMS = {
    "id": "uuid",
    "kind": "text",
    "no": "smallint",
    "anchor_at": "timestamptz",
    "budget_value": "int",
    "budget_unit": "text",
}
_CHANGING = {
    "calendar_version": "int",
    "extensions": "jsonb",
    "suspensions": "jsonb",
    "consumed_seconds": "bigint",
    "running_since": "timestamptz",
    "fire_at": "timestamptz",
    "due_on": "date",
    "provisional": "bool",
    "next_rung_at": "timestamptz",
    "next_rung_key": "text",
    "stopped_at": "timestamptz",
    "voided": "bool",
}
_NEW_TYPES = (*_TERMS.values(), *_CHANGING.values())
_INSERT = f"""
    INSERT INTO business_timer (created_at, subject_kind, subject_id, calendar, organ_id,
        {", ".join(_TERMS | _CHANGING)})
    SELECT $1, $2, $3, $4, $5, new.* FROM (%s) AS new
"""  # noqa: S608 - made of our own constants
_UPDATE = f"""
    UPDATE business_timer AS timer SET {", ".join(f"{each} = new.{each}" for each in _CHANGING)}
    FROM (%s) AS new (id, {", ".join(_CHANGING)}) WHERE timer.id = new.id
"""  # noqa: S608 - made of our own constants

_HAND_OVER = """
    UPDATE business_timer SET organ_id = $3
    WHERE subject_kind = $1 AND subject_id = $2 AND stopped_at IS NULL
"""

_SUPERSEDE = f"""
    WITH superseded AS (
    UPDATE business_timer AS timer SET superseded_by = new.id, stopped_at = greatest($3, anchor_at),
        voided = TRUE, running_since = NULL, fire_at = NULL, next_rung_at = NULL,
        next_rung_key = NULL
    FROM (%s) AS new (id, kind, no)
    WHERE subject_kind = $1 AND subject_id = $2 AND timer.kind = new.kind AND timer.no = new.no
        AND stopped_at IS NULL)
    SELECT {STATE}
"""  # noqa: S608 - made of our own constants


async def found(statement: str, *values: Any) -> list[Timer]:
    """Return the timers of one of the selections above."""
    timers, _ = await found_with_state(statement, *values)
    return timers


async def found_with_state(statement: str, *values: Any) -> tuple[list[Timer], str | None]:
    """Return the timers of a selection, and the state of the rule book (None without any)."""
    rows = await sql.rows(statement, *values)
    return [_timer(row) for row in rows], rows[0]["book"] if rows else None


async def live(subject: Subject) -> tuple[list[Timer], str | None]:
    """Lock the timers of a subject that run; return them with the state of the rule book."""
    return await found_with_state(_LIVE, subject.kind, subject.id)


async def insert(timers: Sequence[Timer], now: datetime, *, beside: bool = False) -> None:
    """Put new timers of one subject; ``beside``: nothing live stands or stood in their places."""
    first = timers[0]
    rows = [
        (
            *(timer.id, timer.kind.value, timer.no, timer.anchor_at),
            *(timer.budget.value, timer.budget.unit.value, *_changing(timer)),
        )
        for timer in timers
    ]
    about = (now, first.subject.kind, first.subject.id, CALENDAR, first.organ_id)
    new, values = sql.given(_NEW_TYPES, rows, 6)
    await sql.put(f"{_TABLE}: new" if beside else _TABLE, _INSERT % new, *about, *values)


async def update(timers: Iterable[Timer]) -> None:
    """Put what may change of timers, in one statement."""
    if rows := [(timer.id, *_changing(timer)) for timer in timers]:
        new, values = sql.given(("uuid", *_CHANGING.values()), rows)
        await sql.put(_TABLE, _UPDATE % new, *values)


async def supersede(subject: Subject, new: Sequence[Timer], now: datetime) -> str:
    """Stop the live timers whose places new ones are about to take, if there are any.

    Returns the state of the rule book.
    """
    rows = [(each.id, each.kind.value, each.no) for each in new]
    places, values = sql.given(("uuid", "text", "smallint"), rows, 4)
    return str(await sql.value(_SUPERSEDE % places, subject.kind, subject.id, now, *values))


async def hand_over(subject: Subject, organ_id: UUID) -> None:
    """Write another organ at the live timers of a subject."""
    await sql.run(_HAND_OVER, subject.kind, subject.id, organ_id)


def _changing(timer: Timer) -> tuple[Any, ...]:
    return (
        timer.calendar_version,
        orjson.dumps([_extension(each) for each in timer.extensions]).decode(),
        orjson.dumps([_suspension(each) for each in timer.pauses]).decode(),
        timer.consumed_seconds,
        timer.running_since,
        timer.due_at,
        timer.due_on,
        timer.provisional,
        timer.next_rung_at,
        timer.next_rung_key,
        timer.stopped_at,
        timer.voided,
    )


def _extension(each: Extension) -> dict[str, Any]:
    return {"at": each.at, "value": each.value, "reason": each.reason}


def _suspension(each: Pause) -> dict[str, Any]:
    return {
        "from": each.from_at,
        "to": each.to_at,
        "approved_days": each.approved_days,
        "reason": each.reason,
    }


def _timer(row: Mapping[str, Any]) -> Timer:
    return Timer(
        id=row["id"],
        subject=Subject(row["subject_kind"], row["subject_id"]),
        kind=TimerKind(row["kind"]),
        no=row["no"],
        organ_id=row["organ_id"],
        anchor_at=row["anchor_at"],
        budget=Budget(row["budget_value"], Unit(row["budget_unit"])),
        pauses=tuple(_pause(each) for each in orjson.loads(row["suspensions"])),
        extensions=tuple(_extended(each) for each in orjson.loads(row["extensions"])),
        stopped_at=row["stopped_at"],
        voided=row["voided"],
        passed=frozenset(row["passed"]),
        calendar_version=row["calendar_version"],
        due_at=row["fire_at"],
        due_on=row["due_on"],
        provisional=row["provisional"],
        consumed_seconds=row["consumed_seconds"],
        running_since=row["running_since"],
        next_rung_at=row["next_rung_at"],
        next_rung_key=row["next_rung_key"],
    )


def _pause(facts: Mapping[str, Any]) -> Pause:
    ended = facts["to"] and datetime.fromisoformat(facts["to"])
    begun = datetime.fromisoformat(facts["from"])
    return Pause(begun, ended, facts["approved_days"], facts["reason"])


def _extended(facts: Mapping[str, Any]) -> Extension:
    return Extension(datetime.fromisoformat(facts["at"]), facts["value"], facts["reason"])
