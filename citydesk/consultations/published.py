"""Public answers as the desks and everybody read them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.queryset import QuerySet

from citydesk import organs
from citydesk.consultations.publication import (
    EVERYWHERE,
    UNKNOWN,
    AnswerState,
    FaqState,
    may_look,
    opened,
)
from citydesk.consultations.refusals import NoSuchAnswer
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World
from models.consultations import PublicAnswer


@dataclass(frozen=True, slots=True)
class Proposal:
    """A public answer as the desks see it."""

    id: UUID
    consultation_id: UUID
    title: str
    item_code: str | None
    organ: str
    state: AnswerState
    faq_state: FaqState
    question: str
    answer: str
    reason: str
    proposed_at: datetime
    own: bool  # proposed by who is looking
    faq_version_id: UUID | None


@dataclass(frozen=True, slots=True)
class PublicShown:
    """A public answer as everybody reads it."""

    id: UUID
    title: str
    item_code: str | None
    organ: str
    question: str
    answer: str
    published_at: datetime


async def proposals(
    world: World,
    officer: Officer,
    state: AnswerState = AnswerState.PROPOSED,
    *,
    faq: FaqState | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Proposal]:
    """Return the public answers of a post's organ (of the city's, for some), oldest first.

    Raises:
        Invalid: not a cursor of ours.
    """
    query = _looked_at(officer).filter(state=state.value)
    if faq is not None:
        query = query.filter(faq_state=faq.value)
    if cursor:
        [after] = decode_cursor(cursor, (UUID,))
        query = query.filter(id__gt=after)
    found = await query.order_by("id").limit(limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page([await _proposal(world, officer, row) for row in found[:limit]], more)


def _looked_at(officer: Officer) -> QuerySet[PublicAnswer]:
    if officer.role in EVERYWHERE:
        return PublicAnswer.all()
    return PublicAnswer.filter(organ_id=officer.organ_id)


async def proposal(world: World, officer: Officer, answer_id: UUID) -> Proposal:
    """Return one public answer, in any state; raises NoSuchAnswer."""
    row = await PublicAnswer.get_or_none(id=answer_id)
    if row is None or not may_look(officer, row):
        raise NoSuchAnswer(UNKNOWN)
    return await _proposal(world, officer, row)


async def proposal_of(world: World, officer: Officer, consultation_id: UUID) -> Proposal | None:
    """Return what was last proposed of a consultation; None for nothing."""
    row = await PublicAnswer.filter(consultation_id=consultation_id).order_by("-id").first()
    return await _proposal(world, officer, row) if row and may_look(officer, row) else None


async def _proposal(world: World, officer: Officer, row: PublicAnswer) -> Proposal:
    asked, said = opened(world, row)
    return Proposal(
        id=row.id,
        consultation_id=row.consultation_id,  # type: ignore[attr-defined]
        title=row.title,
        item_code=row.item_code,
        organ=(await organs.organ(world, row.organ_id)).short_name,
        state=AnswerState(row.state),
        faq_state=FaqState(row.faq_state),
        question=asked,
        answer=said,
        reason=row.reason,
        proposed_at=row.created_at,
        own=row.proposed_by == officer.officer_id,
        faq_version_id=row.faq_version_id,
    )


_PUBLIC = """
    SELECT answer.id, answer.title, answer.item_code, organ.short_name AS organ, answer.question,
        answer.answer, answer.decided_at
    FROM public_answer AS answer JOIN organ ON organ.id = answer.organ_id
    WHERE answer.state = 'published' AND (answer.decided_at, answer.id) < ($1, $2)
        AND ($3 = '' OR answer.item_code = $3)
        AND ($4 = '' OR strpos(answer.question || answer.title || answer.answer, $4) > 0)
    ORDER BY answer.decided_at DESC, answer.id DESC LIMIT $5
"""
_LAST = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
LONGEST_SEARCH = 40


async def public_answers(
    world: World,
    *,
    item_code: str = "",
    words: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> Page[PublicShown]:
    """Return a page of what everybody may read, the newest first; of one item, or with a word.

    Raises:
        Invalid: not a cursor of ours.
    """
    before, before_id = _LAST, UUID(int=2**128 - 1)
    if cursor:
        before, before_id = decode_cursor(cursor, (datetime, UUID))
    rows = await sql.rows(
        _PUBLIC, before, before_id, item_code[:80], words[:LONGEST_SEARCH], limit + 1
    )
    found = [
        PublicShown(
            row["id"],
            row["title"],
            row["item_code"],
            row["organ"],
            row["question"],
            row["answer"],
            row["decided_at"],
        )
        for row in rows[:limit]
    ]
    more = len(rows) > limit
    return Page(found, encode_cursor(found[-1].published_at, found[-1].id) if more else None)
