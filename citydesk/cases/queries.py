"""How cases stand: for the applicant, for the officer, and for what is told to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from citydesk import identity, organs
from citydesk.cases.due import NextDue, next_dues
from citydesk.cases.machine import actions_for, waits_for
from citydesk.cases.moving import UNKNOWN, actor_of, may_see, reason_of, standing_of
from citydesk.cases.numbering import is_case_no
from citydesk.cases.refusals import NoSuchCase
from citydesk.cases.states import Action, Actor, Outcome, State
from citydesk.cases.timelines import Progress, next_step_of, progress_with_timeline
from citydesk.cases.words import LABELS, OUTCOMES
from citydesk.identity import Asker, Citizen, Officer
from citydesk.kit import records, sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World
from models.cases import Case, CaseEvent


@dataclass(frozen=True, slots=True)
class PartShown:
    """How one organ's part of a joint case stands."""

    organ: str
    case_no: str
    label: str
    outcome: str | None
    committed: bool
    due: NextDue | None


@dataclass(frozen=True, slots=True)
class CaseTelling:
    """What a push about a case may say, and to whom."""

    case_no: str
    item_name: str
    identity_id: UUID
    state_label: str
    promised_on: date | None
    provisional: bool
    correction_due_on: date | None
    hall_name: str | None
    next_step: str
    statutory_on: date | None
    outcome: str | None
    deferred_due_on: date | None
    at_once: bool  # finished while the applicant waited


async def fetch_for(asker: Asker, case_id: UUID) -> Case:
    """Return a case, if it is the asker's; the only way to somebody's case.

    Raises:
        NoSuchCase: not there and not yours are told alike.
    """
    case = await records.one_of(Case, "id = $1", case_id)
    if case is None or not may_see(asker, case):
        raise NoSuchCase(UNKNOWN)
    return case


async def fetch_by_no(asker: Asker, case_no: str) -> Case:
    """Return a case by its number, if it is the asker's; raises NoSuchCase."""
    word = case_no.strip().upper()
    case = await records.one_of(Case, "case_no = $1", word) if is_case_no(word) else None
    if case is None or not may_see(asker, case):
        raise NoSuchCase("没有找到这个办件，请核对办件编号，或确认是不是本岗位的办件。")
    return case


async def standing(asker: Asker, case_id: UUID) -> Case:
    """Return what a list shows of one case, if it is the asker's; raises NoSuchCase."""
    case = await records.part_of(Case, STANDING, "id = $1", case_id)
    if case is None or not may_see(asker, case):
        raise NoSuchCase(UNKNOWN)
    return case


async def timeline(world: World, asker: Asker, case_id: UUID) -> Progress:
    """Return how a case stands, what comes next, and everything that happened, with reasons."""
    async with sql.one_connection():
        found = await sql.row(_TOLD, case_id)
        if found is None or not may_see(asker, case := records.made(Case, found, _PROGRESS)):
            raise NoSuchCase(UNKNOWN)
        return await progress_with_timeline(world, case, found["hall_name"])


async def latest_progress(world: World, citizen: Citizen, limit: int = 3) -> list[Progress]:
    """Return a citizen's newest cases with their timelines: what the account answers to 进度."""
    if citizen.identity_id is None:
        return []
    found = await records.all_of(Case, _FILED_LAST, citizen.identity_id, limit)
    return [await progress_with_timeline(world, case) for case in found]


async def open_filing(world: World, citizen: Citizen, item_code: str) -> Case | None:
    """Return the applicant's newest case of an item that is not submitted yet, if there is one."""
    if citizen.identity_id is None:
        return None
    waiting = (State.DRAFT.value, State.RETURNED.value)
    return await (
        Case.filter(identity_id=citizen.identity_id, item_code=item_code, state__in=waiting)
        .order_by("-id")
        .first()
    )


async def correction_asked(world: World, asker: Asker, case_id: UUID) -> str:
    """Return what the latest notice of faults asks for; "" for nothing."""
    case = await fetch_for(asker, case_id)
    asking = (Action.REQUEST_CORRECTION, Action.PRE_FAIL, Action.REQUEST_SUPPLEMENT)
    found = await (
        CaseEvent.filter(case_id=case.id, action__in=[each.value for each in asking])
        .order_by("-seq")
        .first()
    )
    return (reason_of(world, found) or "") if found else ""


async def query_code(world: World, citizen: Citizen, case_id: UUID) -> str:
    """Return the query code of the applicant's own case."""
    return query_code_of(world, await fetch_for(citizen, case_id))


def query_code_of(world: World, case: Case) -> str:
    """Open the query code of a case; for its applicant only."""
    return world.seals.open(case.query_code_sealed, "service_case.query_code", case.id)


async def code_to_print(world: World, officer: Officer, case_id: UUID) -> str:
    """Return the query code for the receipt an officer prints; that it was read is noted.

    Raises:
        NoSuchCase: not handled at this window.
    """
    case = await fetch_for(officer, case_id)
    await identity.note_access(
        world, officer, case.identity_id, f"打印办件 {case.case_no} 的收件凭证", ("query_code",)
    )
    return world.seals.open(case.query_code_sealed, "service_case.query_code", case.id)


LISTED = (
    *("id", "created_at", "case_no", "item_code", "item_name", "state", "identity_id", "hall_id"),
    *("filed_at", "promised_on", "provisional", "correction_due_on", "deferred_due_on"),
    *("outcome", "supplement_asked", "deferred_open"),
)
# And what says whose it is.
STANDING = (*LISTED, "organ_id", "agent_identity_id", "parent_id", "source")
_PROGRESS = (*STANDING, "harm_found_at", "item_version_id", "last_seq")
_TOLD = f"""
    SELECT {", ".join(f"told.{name}" for name in _PROGRESS)}, hall.name AS hall_name
    FROM service_case told JOIN service_hall hall ON hall.id = told.hall_id WHERE told.id = $1
"""  # noqa: S608 - made of our own words
_FILED_LAST = """
    identity_id = $1 AND parent_id IS NULL AND state <> 'draft' ORDER BY created_at DESC LIMIT $2
"""
_MINE = "identity_id = $1 AND parent_id IS NULL AND id < $2 ORDER BY id DESC LIMIT $3"
_AFTER_EVERY_ID = UUID(int=2**128 - 1)
_BEFORE_EVERY_FILING = datetime.min.replace(tzinfo=UTC)
_IN_ORDER = "AND (filed_at, id) > ($3, $4) ORDER BY filed_at, id LIMIT $5"
_AT_HALL = f"state = ANY($1::text[]) AND hall_id = $2 AND parent_id IS NULL {_IN_ORDER}"
# Left out is what stands where the post takes steps, but has none left for it.
_WAITING = {
    Actor.BACK_OFFICE: f"""
        state = ANY($1::text[]) AND organ_id = $2
        AND NOT (state = 'completed' AND (NOT certificate OR outcome = 'refused'))
        AND NOT (state = 'decided' AND parent_id IS NOT NULL) {_IN_ORDER}
    """,
    Actor.DEPARTMENT_HEAD: f"""
        state = ANY($1::text[]) AND organ_id = $2 AND extended_days = 0 {_IN_ORDER}
    """,
}


async def my_cases(
    world: World, citizen: Citizen, cursor: str | None = None, limit: int = 20
) -> Page[Case]:
    """Return the applicant's cases, newest first, with what a list shows of them."""
    if citizen.identity_id is None:
        return Page([], None)
    before = decode_cursor(cursor, (UUID,))[0] if cursor else _AFTER_EVERY_ID
    found = await records.parts_of(Case, LISTED, _MINE, citizen.identity_id, before, limit + 1)
    after = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(found[:limit], after)


async def work_list(
    world: World, officer: Officer, cursor: str | None = None, limit: int = 20
) -> Page[Case]:
    """Return what waits for this post, filed longest ago first."""
    actor = actor_of(officer)
    states = [state.value for state in waits_for(actor) if state is not State.DRAFT]
    by_organ = _WAITING.get(actor) if actor else None
    condition, place = by_organ or _AT_HALL, officer.organ_id if by_organ else officer.hall_id
    if place is None:
        return Page([], None)
    after_all = (_BEFORE_EVERY_FILING, UUID(int=0))
    begins = decode_cursor(cursor, (datetime, UUID)) if cursor else after_all
    found = await records.all_of(Case, condition, states, place, *begins, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    after = None if last is None or last.filed_at is None else encode_cursor(last.filed_at, last.id)
    return Page(found[:limit], after)


async def parts_of(world: World, case: Case) -> list[PartShown]:
    """Return what other organs have in hand for a joint case, in the order they were asked."""
    if case.joint_kind is None or case.parent_id is not None:
        return []
    found = await Case.filter(parent_id=case.id).order_by("id")
    dues = await next_dues(world, found)
    return [
        PartShown(
            organ=(await organs.organ(world, part.organ_id)).short_name,
            case_no=part.case_no,
            label=LABELS[State(part.state)],
            outcome=OUTCOMES[Outcome(part.outcome)] if part.outcome else None,
            committed=part.committed,
            due=dues[part.id],
        )
        for part in found
    ]


def allowed_actions(world: World, asker: Asker, case: Case) -> list[Action]:
    """Exactly the steps this asker may take now."""
    return actions_for(State(case.state), actor_of(asker, case), standing_of(world, case))


_TELLINGS = """
    SELECT c.id, c.case_no, c.item_name, c.identity_id, c.state, c.promised_on, c.provisional,
        c.correction_due_on, c.deferred_due_on, c.statutory_on, c.outcome, c.supplement_asked,
        c.immediate AND c.decided_at = c.accepted_at AS at_once, h.name AS hall_name
    FROM service_case c LEFT JOIN service_hall h ON h.id = c.hall_id
    WHERE c.id = ANY($1::uuid[])
"""


async def tellings(world: World, case_ids: Sequence[UUID]) -> dict[UUID, CaseTelling]:
    """Return what may be told about many cases, in one question."""
    return {
        row["id"]: CaseTelling(
            case_no=row["case_no"],
            item_name=row["item_name"],
            identity_id=row["identity_id"],
            state_label=LABELS[State(row["state"])],
            promised_on=row["promised_on"],
            provisional=row["provisional"],
            correction_due_on=row["correction_due_on"],
            deferred_due_on=row["deferred_due_on"],
            hall_name=row["hall_name"],
            next_step=next_step_of(State(row["state"]), row["outcome"], row["supplement_asked"]),
            statutory_on=row["statutory_on"],
            outcome=row["outcome"],
            at_once=bool(row["at_once"]),
        )
        for row in await sql.rows(_TELLINGS, list(case_ids))
    }
