"""The editors' list of what the search could not answer: alike ones together, most asked first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from citydesk.guides.editors import require_editor
from citydesk.guides.refusals import NoSuchQuestion
from citydesk.guides.search import tokens
from citydesk.guides.search.answering import Found, search
from citydesk.guides.search.knowledge import knowledge
from citydesk.guides.search.nothing_found import Reason
from citydesk.guides.search.unanswered import KEPT_DAYS, PLACE
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World

SMALL_TALK = (Reason.CHAT, Reason.ABUSE, Reason.WEATHER, Reason.EMERGENCY)
MATTERS = tuple(reason for reason in Reason if reason not in SMALL_TALK)
MOST_WORDINGS = 10
LONGEST_PHRASE = 40
_MASK = re.compile("〔[^〕]*〕")


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions that are alike: the words most of them used, how often, when last, from where."""

    id: UUID  # of one of the questions: the group's address
    words: str  # masked
    times: int
    wordings: int
    last_at: datetime
    channels: tuple[str, ...]
    reason: Reason
    now_found: Found | None  # what search finds by now: somebody has taught it since


@dataclass(frozen=True, slots=True)
class AskedClosely:
    """One group with its wordings, the most frequent ones."""

    asked: Asked
    wordings: tuple[tuple[str, int], ...]


async def unanswered_questions(
    world: World,
    officer: Officer,
    reasons: Sequence[Reason] = MATTERS,
    *,
    cursor: str | None = None,
    limit: int = 30,
) -> Page[Asked]:
    """Return a page of the unanswered questions of 30 days, alike ones as one, most asked first.

    Raises:
        NotAnEditor: the officer may not. Invalid: not a cursor of ours.
    """
    require_editor(officer)
    times, alike = 2**62, "~"
    if cursor:
        times, alike = decode_cursor(cursor, (int, str))
    chosen = [reason.value for reason in reasons]
    rows = await sql.rows(_GROUPS, _since(world), chosen, times, alike, limit + 1)
    shown = [await _asked(world, row) for row in rows[:limit]]
    last = rows[min(limit, len(rows)) - 1] if len(rows) > limit else None
    return Page(shown, encode_cursor(last["times"], last["alike_blind"]) if last else None)


async def unanswered_question(world: World, officer: Officer, question_id: UUID) -> AskedClosely:
    """Return one group by the number of any of its questions.

    Raises:
        NotAnEditor: the officer may not. NoSuchQuestion: it is not on the list.
    """
    require_editor(officer)
    alike = await _alike_of(world, question_id)
    row = await sql.row(_GROUP, _since(world), alike)
    assert row is not None  # the question itself is of the group
    wordings = [
        (world.seals.open(each["words_sealed"], PLACE, each["id"]), each["times"])
        for each in await sql.rows(_WORDINGS, _since(world), alike, MOST_WORDINGS)
    ]
    return AskedClosely(await _asked(world, row), tuple(wordings))


async def put_aside(world: World, officer: Officer, question_id: UUID) -> None:
    """Take a group off the list; it comes back when somebody asks the same again.

    Raises:
        NotAnEditor: the officer may not. NoSuchQuestion: it is not on the list.
    """
    require_editor(officer)
    async with world.transaction() as tx:
        await sql.run(_PUT_ASIDE, await _alike_of(world, question_id), tx.at)


async def unanswered_counts(world: World, officer: Officer) -> dict[Reason, int]:
    """Return how often each kind of question went unanswered in 30 days; raises NotAnEditor."""
    require_editor(officer)
    rows = await sql.rows(_COUNTS, _since(world))
    return {Reason(row["reason"]): row["times"] for row in rows}


async def kept_words(world: World, limit: int) -> list[tuple[str, int]]:
    """Return the words of the groups most asked, each once, and how often they were asked."""
    rows = await sql.rows(
        _GROUPS, _since(world), [each.value for each in Reason], 2**62, "~", limit
    )
    return [(world.seals.open(row["words_sealed"], PLACE, row["id"]), row["times"]) for row in rows]


def without_masks(words: str) -> str:
    """Return kept words as search is asked again with them: a mask is nothing anybody said."""
    return _MASK.sub(" ", words).strip()


def telling_words(words: str) -> str:
    """Return what is telling in somebody's words: what a line about them would be about."""
    said = tokens.plain(without_masks(words))
    return "".join(tokens.runs(knowledge().core(said)))[:LONGEST_PHRASE]


def _since(world: World) -> object:
    return world.clock.today() - timedelta(days=KEPT_DAYS)


async def _alike_of(world: World, question_id: UUID) -> str:
    found = await sql.value(_ALIKE, question_id, _since(world))
    if found is None:
        raise NoSuchQuestion
    return str(found)


async def _asked(world: World, row: sql.Row) -> Asked:
    words = world.seals.open(row["words_sealed"], PLACE, row["id"])
    found = await search(world, without_masks(words), 1)
    return Asked(
        id=row["id"],
        words=words,
        times=row["times"],
        wordings=row["wordings"],
        last_at=row["last_at"],
        channels=tuple(sorted(row["channels"])),
        reason=Reason(row["reason"]),
        now_found=found[0] if found else None,
    )


_ALIKE = """
    SELECT alike_blind FROM unanswered_question
    WHERE id = $1 AND put_aside_at IS NULL AND asked_on >= $2
"""
_SUMMED = """
    SELECT alike_blind, sum(times)::bigint AS times, count(DISTINCT words_blind) AS wordings,
           max(last_at) AS last_at, array_agg(DISTINCT channel) AS channels,
           (array_agg(reason ORDER BY last_at DESC, id))[1] AS reason,
           (array_agg(id ORDER BY times DESC, id))[1] AS id,
           (array_agg(words_sealed ORDER BY times DESC, id))[1] AS words_sealed
    FROM unanswered_question
    WHERE put_aside_at IS NULL AND asked_on >= $1
"""
_GROUPS = f"""
    {_SUMMED} AND reason = ANY ($2::text[])
    GROUP BY alike_blind
    HAVING (sum(times), alike_blind) < ($3, $4)
    ORDER BY 2 DESC, alike_blind DESC LIMIT $5
"""
_GROUP = f"{_SUMMED} AND alike_blind = $2 GROUP BY alike_blind"
_WORDINGS = """
    SELECT (array_agg(id ORDER BY id))[1] AS id,
           (array_agg(words_sealed ORDER BY id))[1] AS words_sealed, sum(times)::bigint AS times
    FROM unanswered_question
    WHERE put_aside_at IS NULL AND asked_on >= $1 AND alike_blind = $2
    GROUP BY words_blind ORDER BY 3 DESC, words_blind LIMIT $3
"""
_PUT_ASIDE = """
    UPDATE unanswered_question SET put_aside_at = $2
    WHERE alike_blind = $1 AND put_aside_at IS NULL
"""
_COUNTS = """
    SELECT reason, sum(times)::int AS times FROM unanswered_question
    WHERE put_aside_at IS NULL AND asked_on >= $1 GROUP BY reason
"""
