"""Provisional dates are counted again when a year's calendar is published."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from citydesk import guides, workdays
from citydesk.cases import rules
from citydesk.cases.events import PromiseMoved
from citydesk.cases.machine import RULE_VERSION, State
from citydesk.kit.announced import Announced
from citydesk.kit.clock import in_city
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import Case, CaseEvent

RECOUNT = "recount"
UNDER_WAY = (State.ACCEPTED, State.IN_REVIEW)


async def recount_promises(
    world: World, batch: Sequence[Announced]
) -> Mapping[UUID, BaseException]:
    """Count every provisional promise again, tell the citizen where the date moved."""
    calendar = await workdays.calendar(world)
    for case_id in await Case.filter(provisional=True).values_list("id", flat=True):
        await _recount(world, UUID(str(case_id)), calendar)
    return {}


async def _recount(world: World, case_id: UUID, calendar: workdays.Calendar) -> None:
    async with world.transaction() as tx:
        case = await Case.select_for_update().get(id=case_id)
        if not case.provisional or case.accepted_at is None:
            return
        guide = await guides.version(world, case.item_version_id)
        due = rules.promise(guide.content, in_city(case.accepted_at).date(), calendar)
        before = case.promised_on
        case.promised_on, case.statutory_on = due.promised_on, due.statutory_on
        case.provisional = due.provisional
        if before != due.promised_on:
            case.last_seq += 1
            _ = await CaseEvent.create(
                id=new_id(),
                created_at=world.clock.now(),
                case_id=case.id,
                seq=case.last_seq,
                action=RECOUNT,
                actor_kind="system",
                channel="system",
                from_state=case.state,
                to_state=case.state,
                reason=f"节假日安排公布后重新计算：{before} → {due.promised_on}",
                rule_version=RULE_VERSION,
                facts={"calendar": calendar.version, "promised_on": due.promised_on.isoformat()},
            )
            if case.state in UNDER_WAY:  # nobody is told of a date that no longer matters
                tx.announce(PromiseMoved(case.id))
        await case.save(update_fields=["promised_on", "statutory_on", "provisional", "last_seq"])
