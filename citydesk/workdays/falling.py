"""Rungs fall: each exactly once, in order, with its true instant, however late it is noticed.

A timer knows its next rung; whoever finds it passed claims it. The claim is a row that can stand
only once, written in the transaction of everything the rung causes: so a process may die at any
second, and two may look at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.workdays import stored
from citydesk.workdays.events import TimerExpired
from citydesk.workdays.explaining import Segment
from citydesk.workdays.recounting import announce_if_moved
from citydesk.workdays.rule_books import RuleBook, rule_book
from citydesk.workdays.rungs import EXPIRED, Rung
from citydesk.workdays.timers import Timer, explain_timer, projected, rung_of
from citydesk.world import World

LATE_AFTER = timedelta(minutes=1)

_CLAIM = """
    INSERT INTO timer_rung (id, created_at, timer_id, rung_key, passed_at, detected_late)
    SELECT id, $2, timer_id, rung_key, passed_at, detected_late
    FROM unnest($1::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::bool[])
        AS new (id, timer_id, rung_key, passed_at, detected_late)
    ON CONFLICT (timer_id, rung_key) DO NOTHING
    RETURNING timer_id, rung_key
"""


@dataclass(frozen=True, slots=True)
class PassedRung:
    """A rung just claimed: its timer, by which threshold and when it truly fell, and why."""

    timer: Timer
    rung: Rung
    passed_at: datetime
    detected_late: bool
    segments: tuple[Segment, ...]


async def claim_rungs(world: World, tx: Transaction, *, most: int = 100) -> list[PassedRung]:
    """Claim every rung that up to so many timers have passed by now, in order of their instants.

    To be called inside the transaction that writes what follows from them. Announces TimerExpired
    for those that end a period. Empty when no timer has passed a rung.
    """
    now = world.clock.now()
    book = await rule_book(world)
    passed: list[PassedRung] = []
    after: list[Timer] = []
    for timer in await stored.found(stored.AT_A_RUNG, now, most):
        counted = projected(timer, book.calendar, book.ladders)
        announce_if_moved(tx, timer, counted)
        mine, left = _passed(counted, now, book)
        passed += mine
        after.append(left)
    passed.sort(key=lambda each: each.passed_at)
    claimed = await _claim(passed, now)
    await stored.update(after)
    ours = [each for each in passed if (each.timer.id, each.rung.key) in claimed]
    for each in ours:
        if each.rung.key == EXPIRED:
            tx.announce(TimerExpired(*_about(each.timer)))
    return ours


def _passed(timer: Timer, now: datetime, book: RuleBook) -> tuple[list[PassedRung], Timer]:
    """Walk up the ladder as far as the timer has come; return what it passed and what is left."""
    found: list[PassedRung] = []
    while (at := timer.next_rung_at) is not None and at <= now:
        rung = rung_of(timer, str(timer.next_rung_key), book.ladders)
        segments = explain_timer(timer, book.calendar)
        found.append(PassedRung(timer, rung, at, now - at > LATE_AFTER, segments))
        timer = replace(timer, passed=timer.passed | {rung.key})
        timer = projected(timer, book.calendar, book.ladders)
    return found, timer


async def _claim(passed: Sequence[PassedRung], now: datetime) -> set[tuple[UUID, str]]:
    if not passed:
        return set()
    rows = await sql.rows(
        _CLAIM,
        [new_id() for _ in passed],
        now,
        [each.timer.id for each in passed],
        [each.rung.key for each in passed],
        [each.passed_at for each in passed],
        [each.detected_late for each in passed],
    )
    return {(row["timer_id"], row["rung_key"]) for row in rows}


def _about(timer: Timer) -> tuple[UUID, str, UUID, str, int]:
    return timer.id, timer.subject.kind, timer.subject.id, timer.kind.value, timer.no
