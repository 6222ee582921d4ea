"""Provisional dates are counted again when a year's calendar is published."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from tortoise.expressions import Q

from citydesk import guides, workdays
from citydesk.cases import rules
from citydesk.cases.events import PromiseMoved
from citydesk.cases.machine import RULE_VERSION, State
from citydesk.kit.announced import Announced
from citydesk.kit.clock import CITY, in_city
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import Case, CaseEvent

RECOUNT = "recount"
UNDER_WAY = (State.ACCEPTED, State.IN_REVIEW)


async def recount_promises(
    world: World, batch: Sequence[Announced]
) -> Mapping[UUID, BaseException]:
    """Count again what a published year may move, tell the citizen where a date did.

    A notice may also swap the last days of the year before, so dates that were certain count too.
    """
    for each in batch:
        if isinstance(each.event, workdays.CalendarPublished):
            year = each.event.year
            touched = Q(
                state__in=[state.value for state in UNDER_WAY],
                statutory_on__gte=date(year - 1, 12, 1),
                accepted_at__lt=datetime(year + 1, 1, 1, tzinfo=CITY),
            )
            await _recount_all(world, touched | Q(provisional=True))
    return {}


async def recount_provisional(world: World) -> None:
    """Count provisional dates again: for a case accepted while its year was being published."""
    await _recount_all(world, Q(provisional=True))


async def _recount_all(world: World, which: Q) -> None:
    calendar = await workdays.calendar(world)
    for case_id in await Case.filter(which).values_list("id", flat=True):
        await _recount(world, UUID(str(case_id)), calendar)


async def _recount(world: World, case_id: UUID, calendar: workdays.Calendar) -> None:
    async with world.transaction() as tx:
        case = await Case.select_for_update().get(id=case_id)
        if case.accepted_at is None or (case.decided_at is not None and not case.provisional):
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
