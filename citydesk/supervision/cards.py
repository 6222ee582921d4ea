"""Cards fall."""

import orjson

from citydesk import workdays
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.supervision import card_words
from citydesk.supervision.card_events import CardFallen
from citydesk.supervision.card_words import ISSUED, Level
from citydesk.world import World

AT_ONCE = 100

_WRITE = """
    INSERT INTO card (id, created_at, timer_id, rung_key, subject_kind, subject_id, organ_id,
        timer_kind, no, level, passed_at, detected_late, rule_version, description, basis, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb, $16)
"""


async def fire_rungs(world: World) -> int:
    """Let every rung fall that timers have passed; return how many fell.

    A job of the timetable, every few seconds. So many timers are looked at in one transaction,
    the longest passed first; after a downtime all of them fall, in order.
    """
    fallen = 0
    while some := await _fire_some(world):
        fallen += some
    return fallen


async def _fire_some(world: World) -> int:
    async with world.transaction() as tx:
        passed = await workdays.claim_rungs(world, tx, most=AT_ONCE)
        for one in passed:
            if (level := card_words.level_of(one.rung.key)) is not None:
                await _issue(world, tx, one, level)
    return len(passed)


async def _issue(world: World, tx: Transaction, passed: workdays.PassedRung, level: Level) -> None:
    timer, card_id = passed.timer, new_id()
    over = timer.due_at is None or passed.passed_at > timer.due_at
    said = card_words.description(
        level, timer.kind, passed.passed_at, over=over, late=passed.detected_late
    )
    basis = {
        "segments": [
            *(each.text for each in passed.segments),
            card_words.rule_words(level, passed.rung.over_days, passed.rung.version),
        ],
        "calendar": timer.calendar_version,
    }
    await sql.run(
        _WRITE,
        card_id,
        world.clock.now(),
        timer.id,
        passed.rung.key,
        timer.subject.kind,
        timer.subject.id,
        timer.organ_id,
        timer.kind.value,
        timer.no,
        level.value,
        passed.passed_at,
        passed.detected_late,
        passed.rung.version,
        said,
        orjson.dumps(basis).decode(),
        ISSUED,
    )
    tx.announce(CardFallen(card_id, timer.subject.kind, timer.subject.id, level.value))
