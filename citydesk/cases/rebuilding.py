"""The row told again from its events: what differs was changed by a way that is none."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from citydesk.cases.machine import lines_of
from citydesk.cases.projection import INITIAL, Happened, replayed
from citydesk.cases.refusals import NoSuchCase
from citydesk.cases.states import Action, State
from citydesk.cases.table import Leads
from citydesk.kit import sql
from citydesk.world import World
from models.cases import Case, CaseEvent

AT_ONCE = 500
NIGHTS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A case as its events tell it. ``differences``: in English, without personal data."""

    case_id: UUID
    case_no: str
    differences: tuple[str, ...]


async def rebuild(world: World, case_id: UUID) -> Rebuilt:
    """Tell a case's events again and compare what comes of it with the stored row.

    Changes nothing: which of the two is right is for a person to say. Raises NoSuchCase.
    """
    async with world.transaction():
        case = await Case.filter(id=case_id).select_for_update().first()
        if case is None:
            raise NoSuchCase("没有找到这个办件，请核对后再试。")
        events = await CaseEvent.filter(case_id=case_id).order_by("seq")
    return Rebuilt(case.id, case.case_no, tuple(_differences(case, events)))


def _differences(case: Case, events: list[CaseEvent]) -> list[str]:
    found = _broken_links(case, events)
    row, untold = replayed(_happened(each) for each in events)
    for name in INITIAL:
        stored = getattr(case, name)
        if name not in untold and stored != row[name]:
            found.append(f"{name}: stored {stored}, by its events {row[name]}")
    return found


def _broken_links(case: Case, events: list[CaseEvent]) -> list[str]:
    """Each event must follow the one before, and lead where the table leads."""
    found = []
    state: str | None = None if case.parent_id else State.DRAFT.value
    interrupted: str | None = None
    if case.last_seq != len(events):
        found.append(f"last_seq: stored {case.last_seq}, there are {len(events)} events")
    for number, event in enumerate(events, 1):
        if event.seq != number:
            found.append(f"event {event.seq} stands where {number} should")
        if event.from_state != state:
            found.append(f"event {number} begins at {event.from_state}, the case stood at {state}")
        if not _by_the_table(event, interrupted):
            found.append(f"event {number}: {event.action} does not lead to {event.to_state}")
        if event.to_state == State.SUSPENDED and event.from_state != State.SUSPENDED:
            interrupted = event.from_state
        state = event.to_state
    return found


def _by_the_table(event: CaseEvent, interrupted: str | None) -> bool:
    if event.action not in set(Action):
        return False
    before = State(event.from_state) if event.from_state else None
    back = State(interrupted) if interrupted else None
    lines = [each for each in lines_of(Action(event.action)) if before in each.from_states]
    return any(
        each.leads_to(before, back) == event.to_state
        for each in lines
        if back is not None or each.to is not Leads.BACK
    )


def _happened(event: CaseEvent) -> Happened:
    return Happened(
        Action(event.action),
        event.from_state,
        event.to_state,
        event.created_at,
        event.facts,
        event.rule_version,
    )


_EVERY = (
    "SELECT id FROM service_case WHERE id > $1 AND $3::timestamptz IS NULL ORDER BY id LIMIT $2"
)
_MOVED = """
    SELECT DISTINCT case_id AS id FROM case_event WHERE case_id > $1 AND created_at >= $3
    ORDER BY case_id LIMIT $2
"""


async def differing(world: World, since: datetime | None = None, most: int = 100) -> list[Rebuilt]:
    """Go through every case, or those that moved since; return those that differ, so many."""
    found: list[Rebuilt] = []
    after = UUID(int=0)
    statement = _EVERY if since is None else _MOVED
    while rows := await sql.rows(statement, after, AT_ONCE, since):
        for row in rows:
            if (one := await rebuild(world, row["id"])).differences:
                found.append(one)
                if len(found) >= most:
                    return found
        after = rows[-1]["id"]
    return found


async def report_differences(world: World) -> int:
    """Compare what moved in two days, log what differs for a person to look at; return how many.

    The timetable calls this by night; ``citydesk cases`` goes through all of them.
    """
    found = await differing(world, world.clock.now() - NIGHTS)
    for each in found:
        world.log.error(
            "case differs from its events", case_no=each.case_no, differences=list(each.differences)
        )
    return len(found)
