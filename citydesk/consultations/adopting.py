"""A public answer becomes a common question (常见问题) of its guide, in a new draft of it."""

from typing import Any
from uuid import UUID

from citydesk import guides
from citydesk.consultations.publication import UNKNOWN, FaqState, may_look
from citydesk.consultations.refusals import (
    AnswerElsewhere,
    FaqsFull,
    NoSuchAnswer,
    NotYoursToAnswer,
)
from citydesk.identity import Officer, Role
from citydesk.world import World
from models.consultations import PublicAnswer

MOST_FAQS = 30


async def adopt(world: World, editor: Officer, answer_id: UUID) -> UUID:
    """Put a candidate into the open draft of its guide, or into a new one; return the draft.

    Nothing changes for citizens: the draft goes the way of every draft, by two persons.

    Raises:
        NoSuchAnswer, AnswerElsewhere. NotYoursToAnswer: no editor. NotYourGuide: another
        department's. FaqsFull: the guide has thirty. DraftOpen: its draft is under review.
    """
    async with world.transaction() as tx:
        row = await _candidate(editor, answer_id)
        draft = await _draft(world, editor, row.item_code or "")
        if (content := _with_faq(draft.content, row)) is not None:
            await guides.save_draft(world, editor, draft.id, content, draft.row_version)
        row.faq_state, row.faq_by, row.faq_at = FaqState.ADOPTED.value, editor.officer_id, tx.at
        row.faq_version_id = draft.id
        await row.save(update_fields=["faq_state", "faq_by", "faq_at", "faq_version_id"])
    return draft.id


async def leave_out(world: World, editor: Officer, answer_id: UUID) -> None:
    """Take a candidate off the list: it is nothing most people would ask.

    Raises:
        NoSuchAnswer, AnswerElsewhere, NotYoursToAnswer.
    """
    async with world.transaction() as tx:
        row = await _candidate(editor, answer_id)
        row.faq_state, row.faq_by, row.faq_at = FaqState.LEFT_OUT.value, editor.officer_id, tx.at
        await row.save(update_fields=["faq_state", "faq_by", "faq_at"])


async def _candidate(editor: Officer, answer_id: UUID) -> PublicAnswer:
    row = await PublicAnswer.select_for_update().get_or_none(id=answer_id)
    if row is None or not may_look(editor, row):
        raise NoSuchAnswer(UNKNOWN)
    if editor.role is not Role.EDITOR:
        raise NotYoursToAnswer("收进办事指南由指南编辑办理。")
    if row.faq_state != FaqState.CANDIDATE:
        raise AnswerElsewhere("这条答复现在不是常见问题的候选。请刷新后再看。")
    return row


async def _draft(world: World, editor: Officer, item_code: str) -> guides.Draft:
    try:
        return await guides.revise(world, editor, item_code)
    except guides.DraftOpen as known:
        if "version_id" not in known.facts:
            raise
        return await guides.draft(world, UUID(known.facts["version_id"]))


def _with_faq(content: dict[str, Any], row: PublicAnswer) -> dict[str, Any] | None:
    """Return a guide's content with one more common question; None if it has it already."""
    faqs = list(content.get("faqs") or ())
    if any(each.get("question") == row.question for each in faqs):
        return None
    if len(faqs) >= MOST_FAQS:
        raise FaqsFull(f"这份指南已有{MOST_FAQS}个常见问题，请先精简，再收进来。")
    return {**content, "faqs": [*faqs, {"question": row.question, "answer": row.answer}]}
