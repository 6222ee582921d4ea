"""How cases stand: for the applicant, for the officer, and for what is told to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tortoise.expressions import Q

from citydesk import organs
from citydesk.cases.front_desk import MOST_ROUNDS
from citydesk.cases.machine import LABELS, NEXT_STEPS, Action, Actor, State, actions_for
from citydesk.cases.moving import actor_of, may_see
from citydesk.cases.numbering import is_case_no
from citydesk.cases.refusals import NoSuchCase
from citydesk.identity import Asker, Citizen, Officer
from citydesk.kit import sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World
from models.cases import Case, CaseEvent


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline, in words for people."""

    at: datetime
    title: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How a case stands: the same for chat, app and window. No personal data."""

    case_no: str
    item_name: str
    state: State
    label: str
    next_step: str
    filed_at: datetime | None
    promised_on: date | None
    provisional: bool
    correction_due_on: date | None
    hall_name: str
    happenings: tuple[Happening, ...] = ()


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


# What the applicant reads for each step; the reason is the officer's own sentence.
TITLES: dict[Action, str] = {
    Action.SUBMIT: "已提交申请",
    Action.PRE_PASS: "预审通过",
    Action.PRE_FAIL: "预审未通过，请修改后重新提交",
    Action.RESUBMIT: "已重新提交",
    Action.RECEIVE: "窗口已收件",
    Action.REQUEST_CORRECTION: "需要补正材料（一次性告知）",
    Action.CORRECT: "已提交补正材料",
    Action.ACCEPT: "已受理",
    Action.REFUSE_ACCEPTANCE: "不予受理",
    Action.START_REVIEW: "开始审查",
    Action.DECIDE: "已作出决定",
    Action.COMPLETE: "已办结，可领取结果",
    Action.SERVE: "结果已送达",
    Action.WITHDRAW: "申请人已撤回",
}


async def fetch_for(asker: Asker, case_id: UUID) -> Case:
    """Return a case, if it is the asker's; the only way to somebody's case.

    Raises:
        NoSuchCase: not there and not yours are told alike.
    """
    case = await Case.get_or_none(id=case_id)
    if case is None or not may_see(asker, case):
        raise NoSuchCase("没有找到这个办件，请核对后再试。")
    return case


async def fetch_by_no(asker: Asker, case_no: str) -> Case:
    """Return a case by its number, if it is the asker's; raises NoSuchCase."""
    word = case_no.strip().upper()
    case = await Case.get_or_none(case_no=word) if is_case_no(word) else None
    if case is None or not may_see(asker, case):
        raise NoSuchCase("没有找到这个办件，请核对办件编号，或确认是不是本岗位的办件。")
    return case


async def timeline(world: World, asker: Asker, case_id: UUID) -> Progress:
    """Return how a case stands and everything that happened, for whom it concerns."""
    return await _with_happenings(world, await fetch_for(asker, case_id))


async def latest_progress(world: World, citizen: Citizen, limit: int = 3) -> list[Progress]:
    """Return a citizen's newest cases with their timelines: what the account answers to 进度."""
    if citizen.identity_id is None:
        return []
    found = (
        await Case.filter(identity_id=citizen.identity_id)
        .exclude(state=State.DRAFT.value)
        .order_by("-created_at")
        .limit(limit)
    )
    return [await _with_happenings(world, case) for case in found]


async def _with_happenings(world: World, case: Case) -> Progress:
    events = await CaseEvent.filter(case_id=case.id).order_by("seq")
    return await _progress(world, case, tuple(_happening(event) for event in events))


def _happening(event: CaseEvent) -> Happening:
    detail = event.reason
    if event.action == Action.ACCEPT:
        told = "（暂定）" if event.facts.get("provisional") else ""
        detail = f"承诺办结日期：{event.facts['promised_on']}{told}"
    elif event.action == Action.DECIDE:
        granted = event.facts.get("outcome") == "granted"
        told = "。".join(filter(None, (event.reason, event.facts.get("remedies"))))
        detail = "准予" if granted else f"不予许可：{told}"
    elif event.action == Action.REFUSE_ACCEPTANCE:
        detail = "。".join(filter(None, (event.reason, event.facts.get("remedies"))))
    elif event.action == Action.REQUEST_CORRECTION:
        detail = f"{event.reason}（请在{event.facts['due_on']}前补正）"
    title = (
        TITLES.get(Action(event.action), "") if event.action in set(Action) else "承诺日期重新计算"
    )
    return Happening(event.created_at, title, detail)


async def _progress(world: World, case: Case, happenings: tuple[Happening, ...] = ()) -> Progress:
    hall = await organs.hall(world, case.hall_id)
    state = State(case.state)
    return Progress(
        case_no=case.case_no,
        item_name=case.item_name,
        state=state,
        label=LABELS[state],
        next_step=NEXT_STEPS[state],
        filed_at=case.filed_at,
        promised_on=case.promised_on,
        provisional=case.provisional,
        correction_due_on=case.correction_due_on,
        hall_name=hall.name,
        happenings=happenings,
    )


async def brief_progress(world: World, case: Case) -> Progress:
    """Return stage, dates and next step only: what number and query code are told."""
    return await _progress(world, case)


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


async def correction_asked(asker: Asker, case_id: UUID) -> str:
    """Return what the latest correction notice or failed pre-review asks for; "" for nothing."""
    case = await fetch_for(asker, case_id)
    asking = (Action.REQUEST_CORRECTION.value, Action.PRE_FAIL.value)
    found = await CaseEvent.filter(case_id=case.id, action__in=asking).order_by("-seq").first()
    return (found.reason or "") if found else ""


async def query_code(world: World, citizen: Citizen, case_id: UUID) -> str:
    """Return the query code of the applicant's own case."""
    case = await fetch_for(citizen, case_id)
    return world.seals.open(case.query_code_sealed, "service_case.query_code", case.id)


async def my_cases(
    world: World, citizen: Citizen, cursor: str | None = None, limit: int = 20
) -> Page[Case]:
    """Return the applicant's cases, newest first."""
    if citizen.identity_id is None:
        return Page([], None)
    query = Case.filter(identity_id=citizen.identity_id)
    if cursor:
        [before] = decode_cursor(cursor, (UUID,))
        query = query.filter(id__lt=before)
    found = await query.order_by("-id").limit(limit + 1)
    after = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(found[:limit], after)


async def work_list(
    world: World, officer: Officer, cursor: str | None = None, limit: int = 20
) -> Page[Case]:
    """Return what waits for this post, filed longest ago first."""
    states = [state.value for state in State if actions_for(state, actor_of(officer))]
    query = Case.filter(state__in=states).exclude(state=State.DRAFT.value)
    if actor_of(officer) is Actor.BACK_OFFICE:
        query = query.filter(organ_id=officer.organ_id)
    elif officer.hall_id is not None:
        query = query.filter(hall_id=officer.hall_id)
    else:
        return Page([], None)
    if cursor:
        filed_at, case_id = decode_cursor(cursor, (datetime, UUID))
        later = Q(filed_at__gt=filed_at) | Q(filed_at=filed_at, id__gt=case_id)
        query = query.filter(later)
    found = await query.order_by("filed_at", "id").limit(limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    after = None if last is None or last.filed_at is None else encode_cursor(last.filed_at, last.id)
    return Page(found[:limit], after)


def allowed_actions(asker: Asker, case: Case) -> list[Action]:
    """Exactly the steps this asker may take now; correction is asked for once at most."""
    spent = {Action.REQUEST_CORRECTION} if case.correction_round >= MOST_ROUNDS else set()
    return [each for each in actions_for(State(case.state), actor_of(asker)) if each not in spent]


_TELLINGS = """
    SELECT c.id, c.case_no, c.item_name, c.identity_id, c.state, c.promised_on, c.provisional,
        c.correction_due_on, h.name AS hall_name
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
            hall_name=row["hall_name"],
            next_step=NEXT_STEPS[State(row["state"])],
        )
        for row in await sql.rows(_TELLINGS, list(case_ids))
    }
