"""Questions the search had no guide for: noted in passing, kept masked and sealed for 30 days.

Noting costs the asker nothing: a process collects what it could not answer and writes it down once
a second. What a crash takes with it is a second's questions.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from citydesk.guides.search import tokens
from citydesk.guides.search.knowledge import knowledge
from citydesk.guides.search.masking import masked_words
from citydesk.guides.search.nothing_found import Reason
from citydesk.kit import sql
from citydesk.kit.clock import in_city
from citydesk.kit.ids import new_id
from citydesk.world import World

KEPT_DAYS = 30
WRITING_SECONDS = 1.0
MOST_WAITING = 500  # different questions a process holds until they are written
MOST_A_DAY = 10_000  # different questions the city keeps of one day: a flood fills no disk
LONGEST_WORDS = tokens.LONGEST_TEXT
SLICE = 5_000
PLACE = "unanswered_question.words"
ALIKE = "unanswered_question.alike"
_DOING = re.compile(
    "办理|申请|咨询|[办弄整问]"
)  # in a question of which nothing came, all the same


@dataclass(frozen=True, slots=True)
class Noted:
    """Words as they are kept: masked; where they were said, and why there was no answer."""

    words: str
    channel: str
    reason: Reason


class Notebook:
    """What this process could not answer and has not written down yet, and how often."""

    def __init__(self) -> None:
        self.waiting: dict[Noted, tuple[int, datetime]] = {}
        self.writing = asyncio.Lock()


def note_unanswered(world: World, said: str, channel: str, reason: Reason) -> None:
    """Note words that found no guide; never waits, never fails. Who asked is not noted."""
    words = " ".join(masked_words(said[:LONGEST_WORDS]).replace("\0", "").split())
    waiting = world.kept(Notebook).waiting
    noted = Noted(words[:LONGEST_WORDS], channel, reason)
    if words and (noted in waiting or len(waiting) < MOST_WAITING):
        times, _ = waiting.get(noted, (0, None))
        waiting[noted] = (times + 1, world.clock.now())


async def write_down(world: World) -> int:
    """Write down what was noted; return how many different questions that were.

    Whoever returns from it finds everything written that was noted before, whoever wrote it.
    """
    notebook = world.kept(Notebook)
    async with notebook.writing:
        if not notebook.waiting:
            return 0
        taken, notebook.waiting = notebook.waiting, {}
        try:
            return await _write_down(world, taken)
        except Exception:
            notebook.waiting = dict(islice((taken | notebook.waiting).items(), MOST_WAITING))
            raise


async def _write_down(world: World, taken: Mapping[Noted, tuple[int, datetime]]) -> int:
    rows = [_row(world, noted, times, at) for noted, (times, at) in taken.items()]
    rows.sort(key=lambda row: (row[4], row[1], row[2]))  # several processes lock in one order
    async with world.transaction() as tx:
        today = in_city(tx.at).date()
        kept = await sql.value(
            "SELECT count(*) FROM unanswered_question WHERE asked_on = $1", today
        )
        if kept >= MOST_A_DAY:
            world.log.warning("unanswered questions not kept: too many today", questions=len(rows))
            return 0
        await sql.run(_WRITE, tx.at, *(list(column) for column in zip(*rows, strict=True)))
    return len(rows)


async def keep_writing(world: World) -> None:
    """Write down every second, for as long as the process runs; what fails is tried again."""
    while True:
        await asyncio.sleep(WRITING_SECONDS)
        with suppress(Exception):
            await write_down(world)


async def forget_old_questions(world: World) -> int:
    """Forget questions asked more than 30 days ago; return how many rows that were."""
    gone = 0
    before = world.clock.today() - timedelta(days=KEPT_DAYS)
    while touched := await sql.run(_FORGET, before, SLICE):
        gone += touched
    return gone


def alike(words: str) -> str:
    """Return what is telling in words, as a careless ear has it: one for 采暖费 and 采暖飞呢."""
    said = tokens.plain(words)
    core = "".join(tokens.runs(_DOING.sub("", knowledge().core(said)))) or said
    return " ".join(tokens.heard(each) if each > "\u3400" else each for each in core)


def _row(
    world: World, noted: Noted, times: int, at: datetime
) -> tuple[UUID, str, str, bytes, str, str, int, date, datetime]:
    row_id = new_id()
    blind = world.seals.blind(noted.words, PLACE)
    return (
        row_id,
        noted.channel,
        noted.reason.value,
        world.seals.seal(noted.words, PLACE, row_id),
        blind,
        world.seals.blind(alike(noted.words), ALIKE),
        times,
        in_city(at).date(),
        at,
    )


_WRITE = """
    INSERT INTO unanswered_question AS kept
        (id, created_at, channel, reason, words_sealed, words_blind, alike_blind, times, asked_on,
         last_at)
    SELECT id, $1, channel, reason, words_sealed, words_blind, alike_blind, times, asked_on, last_at
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[],
                $8::int[], $9::date[], $10::timestamptz[])
        AS new (id, channel, reason, words_sealed, words_blind, alike_blind, times, asked_on,
                last_at)
    ON CONFLICT (words_blind, asked_on, channel) DO UPDATE
    SET times = kept.times + excluded.times, reason = excluded.reason,
        last_at = greatest(kept.last_at, excluded.last_at), put_aside_at = NULL
"""
_FORGET = """
    DELETE FROM unanswered_question WHERE id = ANY (ARRAY (
        SELECT id FROM unanswered_question WHERE asked_on < $1 LIMIT $2))
"""
