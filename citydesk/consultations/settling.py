"""What happens by itself: an answer nobody objected to stands; a last day moves with a calendar."""

from uuid import UUID

from citydesk import workdays
from citydesk.consultations.events import AnswerDateMoved, AnswerStood, ConsultationEnded
from citydesk.consultations.moving import SUBJECT, Told, dated, subject_of, take_step
from citydesk.consultations.states import OPEN, Action, ConsultationState
from citydesk.kit.announced import Announced, one_by_one
from citydesk.world import World
from models.consultations import Consultation


@one_by_one
async def let_stand(world: World, announced: Announced) -> None:
    """Close a consultation whose answer nobody said anything to for 15 days."""
    event = announced.event
    assert isinstance(event, AnswerStood)
    async with world.transaction() as tx:
        row = await Consultation.select_for_update().get(id=event.consultation_id)
        if row.state != ConsultationState.ANSWERED or row.last_seq != event.seq:
            return
        await take_step(world, None, row, Action.SETTLE, Told())
        tx.announce(ConsultationEnded(row.id))


async def _take_over(world: World, announced: Announced) -> None:
    event = announced.event
    assert isinstance(event, workdays.DueMoved)
    if event.subject_kind == SUBJECT:
        await _recount(world, event.subject_id)


take_over_dates = one_by_one(_take_over)


async def _recount(world: World, consultation_id: UUID) -> None:
    """Take over the last day its clock tells now, and tell the asker if it moved."""
    async with world.transaction() as tx:
        row = await Consultation.select_for_update().get(id=consultation_id)
        live = [each for each in await workdays.timers_on(world, subject_of(row)) if each.live]
        if row.state not in OPEN or not live:
            return
        before = row.due_on
        changed = dated(row, live[-1])
        if before == row.due_on:
            return
        facts = {"due_on": str(row.due_on)}
        await take_step(world, None, row, Action.RECOUNT, Told(facts=facts, changed=changed))
        tx.announce(AnswerDateMoved(row.id))
