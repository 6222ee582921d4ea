"""What officers do: take it on, answer, hand it to another organ, say that it is not ours."""

from uuid import UUID

from citydesk import organs
from citydesk.consultations import rules
from citydesk.consultations.events import (
    AnswerStood,
    ConsultationAnswered,
    ConsultationReferred,
    ConsultationTransferred,
)
from citydesk.consultations.moving import Told, check_answers, fetched, take_step
from citydesk.consultations.refusals import WrongOrgan
from citydesk.consultations.states import Action
from citydesk.identity import Officer
from citydesk.world import World
from models.consultations import Consultation


async def take(world: World, officer: Officer, consultation_id: UUID) -> Consultation:
    """Take it on, so that no colleague writes the same answer; others still may.

    Raises:
        NoSuchConsultation: not there, or not this post's. NotNow, NotYoursToAnswer.
    """
    async with world.transaction():
        row = await fetched(officer, consultation_id, to_change=True)
        check_answers(world, officer, row, Action.TAKE)
        await take_step(world, officer, row, Action.TAKE, Told())
    return row


async def answer(world: World, officer: Officer, consultation_id: UUID, text: str) -> Consultation:
    """Answer; the asker is told at once, and may ask back or object within 15 days.

    Raises:
        NoSuchConsultation, NotNow, NotYoursToAnswer, WordsUnfit.
    """
    said = rules.answered(text)
    async with world.transaction() as tx:
        row = await fetched(officer, consultation_id, to_change=True)
        check_answers(world, officer, row, Action.ANSWER)
        changed = {"answered_at": tx.at, "answered_by": officer.officer_id}
        await take_step(world, officer, row, Action.ANSWER, Told(said, changed=changed))
        tx.announce(ConsultationAnswered(row.id))
        tx.announce(AnswerStood(row.id, row.last_seq), due_at=tx.at + rules.STANDS_AFTER)
    return row


async def transfer(
    world: World, officer: Officer, consultation_id: UUID, organ_code: str, reason: str
) -> Consultation:
    """Hand it to the organ whose business it is; the limit goes on, the asker is told.

    Raises:
        NoSuchConsultation, NotNow, WordsUnfit. WrongOrgan: none of that code, or the same.
    """
    said = rules.reasoned(reason)
    try:
        organ = await organs.organ_by_code(world, organ_code)
    except organs.NoSuchOrgan as unknown:
        raise WrongOrgan(unknown.detail, [{"field": "organ_code", "detail": "请选择"}]) from None
    async with world.transaction() as tx:
        row = await fetched(officer, consultation_id, to_change=True)
        if row.organ_id == organ.id:
            raise WrongOrgan(
                "已经在这个部门，请选择另一个部门。",
                [{"field": "organ_code", "detail": "请选择另一个部门"}],
            )
        facts = {"from": str(row.organ_id), "to": str(organ.id), "organ": organ.short_name}
        told = Told(said, facts, {"organ_id": organ.id})
        await take_step(world, officer, row, Action.TRANSFER, told)
        tx.announce(ConsultationTransferred(row.id))
    return row


async def refer(world: World, officer: Officer, consultation_id: UUID, reason: str) -> Consultation:
    """Say that the city's service desk does not answer this, and where to turn (12345, a court).

    Raises:
        NoSuchConsultation, NotNow, NotYoursToAnswer, WordsUnfit.
    """
    said = rules.reasoned(reason)
    async with world.transaction() as tx:
        row = await fetched(officer, consultation_id, to_change=True)
        check_answers(world, officer, row, Action.REFER)
        changed = {"answered_at": tx.at, "answered_by": officer.officer_id}
        await take_step(world, officer, row, Action.REFER, Told(said, changed=changed))
        tx.announce(ConsultationReferred(row.id))
    return row
