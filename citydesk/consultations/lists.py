"""Lists of consultations: one's own, and what waits at an officer's post."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from citydesk.consultations import rules
from citydesk.consultations.queries import Shown, handled, lines
from citydesk.consultations.states import OPEN, ConsultationState, Kind
from citydesk.identity import Citizen, Officer, Role
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World
from models.consultations import Consultation

NEVER = date(9999, 12, 31)


class Pile(StrEnum):
    """Which of an organ's consultations: those that wait, those answered, those that are over."""

    WAITING = "waiting"
    ANSWERED = "answered"
    OVER = "over"


_STATES = {
    Pile.WAITING: OPEN,
    Pile.ANSWERED: (ConsultationState.ANSWERED,),
    Pile.OVER: (ConsultationState.CLOSED, ConsultationState.WITHDRAWN, ConsultationState.REFERRED),
}


async def my_consultations(
    world: World, citizen: Citizen, cursor: str | None = None, limit: int = 20
) -> Page[Shown]:
    """Return one's own consultations, newest first.

    Raises:
        Invalid: not a cursor of ours.
    """
    own = Q(account_id=citizen.account_id)
    if citizen.identity_id is not None:
        own = own | Q(identity_id=citizen.identity_id)
    query = Consultation.filter(own)
    if cursor:
        [before] = decode_cursor(cursor, (UUID,))
        query = query.filter(id__lt=before)
    found = await query.order_by("-id").limit(limit + 1)
    after = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(await lines(world, found[:limit]), after)


async def work_list(
    world: World,
    officer: Officer,
    pile: Pile = Pile.WAITING,
    kind: Kind | None = None,
    *,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Shown]:
    """Return what an officer's post may see of a pile, the nearest last day first.

    A supervisor sees the whole city's. A complaint about a case is not shown to who had a hand in
    it, so a page may be shorter than asked for.

    Raises:
        Invalid: not a cursor of ours.
    """
    if officer.role not in rules.ANSWERERS:
        return Page([], None)
    query = _seen(officer).filter(state__in=[each.value for each in _STATES[pile]])
    if kind is not None:
        query = query.filter(kind=kind.value)
    if cursor:
        on, after_id = decode_cursor(cursor, (str, UUID))
        query = _after(query, str(on), after_id)
    found = await query.order_by("due_on", "id").limit(limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    after = encode_cursor(str(last.due_on or NEVER), last.id) if last else None
    accused = await handled(found)
    seen = [row for row in found[:limit] if officer.officer_id not in accused.get(row.id, ())]
    supervises = officer.role is Role.SUPERVISOR
    return Page(await lines(world, found[:limit] if supervises else seen), after)


def _seen(officer: Officer) -> QuerySet[Consultation]:
    if officer.role is Role.SUPERVISOR:
        return Consultation.all()
    query = Consultation.filter(organ_id=officer.organ_id)
    if officer.role is Role.DEPARTMENT_HEAD:
        return query
    return query.filter(kind=Kind.CONSULT.value)


def _after(query: QuerySet[Consultation], on: str, after_id: UUID) -> QuerySet[Consultation]:
    """Go on after a row by last day and id (every consultation has a last day once it began)."""
    try:
        day = date.fromisoformat(on[:10])
    except ValueError:
        day = NEVER
    return query.filter(Q(due_on__gt=day) | Q(due_on=day, id__gt=after_id))


async def seen_among(
    world: World, officer: Officer, consultation_ids: Collection[UUID]
) -> dict[UUID, Shown]:
    """Return those of some consultations that an officer's post may see, as lines."""
    rows = await _seen(officer).filter(id__in=list(consultation_ids))
    if officer.role not in rules.ANSWERERS:
        return {}
    accused = await handled(rows)
    supervises = officer.role is Role.SUPERVISOR
    seen = [row for row in rows if supervises or officer.officer_id not in accused.get(row.id, ())]
    return {each.id: each for each in await lines(world, seen)}
