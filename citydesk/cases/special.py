"""Special procedures and extension: when the clock stands, and when it gets more time."""

from uuid import UUID

from citydesk.cases.events import LimitExtended, SpecialEnded, SpecialStarted
from citydesk.cases.limits import LONGEST_EXTENSION, LONGEST_JOINT_EXTENSION
from citydesk.cases.moving import moving
from citydesk.cases.refusals import TermsFaulty
from citydesk.cases.states import Action, JointKind, SpecialKind, SpecialResult, State
from citydesk.cases.table import Clock
from citydesk.cases.words import SPECIAL_KINDS, SPECIAL_RESULTS
from citydesk.identity import Officer
from citydesk.workdays import working_days
from citydesk.world import World
from models.cases import Case

LONGEST_SPECIAL = 250  # working days: about a year
LONGEST_DOCUMENT_NO = 60


async def start_special(
    world: World,
    officer: Officer,
    case_id: UUID,
    kind: SpecialKind,
    days: int,
    document_no: str,
    reason: str,
) -> Case:
    """Begin a hearing, an inspection, an expert review …: the limits stand for so many days.

    The time needed must be told in writing (行政许可法 art. 45); ``document_no`` names the notice.
    Once the approved days are used up the limits run again, though the procedure goes on.

    Raises:
        TermsFaulty: days out of bounds, or no written notice named.
    """
    number = document_no.strip()
    if not 1 <= days <= LONGEST_SPECIAL:
        said = f"特别程序的时间应为1至{LONGEST_SPECIAL}个工作日，请核对。"
        raise TermsFaulty(said, [{"field": "days", "detail": "天数不对"}])
    if not 1 <= len(number) <= LONGEST_DOCUMENT_NO:
        said = "特别程序要书面告知申请人，请填写告知书文号。"
        raise TermsFaulty(said, [{"field": "document_no", "detail": "必填，最多60个字"}])
    async with moving(world, officer, case_id, Action.START_SPECIAL, reason) as move:
        move.facts |= {
            "kind": kind.value,
            "kind_name": SPECIAL_KINDS[kind],
            "days": days,
            "document_no": number,
        }
        move.terms.budgets[Clock.SPECIAL] = working_days(days)
        move.terms.days = days
        move.terms.reason = SPECIAL_KINDS[kind]
        move.tx.announce(SpecialStarted(case_id))
    return move.case


async def end_special(
    world: World,
    officer: Officer,
    case_id: UUID,
    result: SpecialResult,
    note: str | None = None,
) -> Case:
    """Record how the procedure ended; the limits run again, unless they did so already."""
    async with moving(world, officer, case_id, Action.END_SPECIAL, note) as move:
        move.facts |= {"result": result.value, "result_name": SPECIAL_RESULTS[result]}
        if State(move.case.state) is State.SUSPENDED:
            move.tx.announce(SpecialEnded(case_id))
    return move.case


async def extend(world: World, head: Officer, case_id: UUID, days: int, reason: str) -> Case:
    """Add working days to the legal limit, once, by the head of the organ (art. 42).

    The promise is not moved: it stays as it was told. The applicant is told the reason.

    Raises:
        TermsFaulty: more than 10 days, or than 15 for joint handling.
    """
    async with moving(world, head, case_id, Action.EXTEND, reason) as move:
        joint = move.case.joint_kind == JointKind.GENERAL and move.case.parent_id is None
        most = LONGEST_JOINT_EXTENSION if joint else LONGEST_EXTENSION
        if not 1 <= days <= most:
            said = f"最多延长{most}个工作日，请核对。"
            raise TermsFaulty(said, [{"field": "days", "detail": "天数不对"}])
        move.facts["days"] = days
        move.terms.days = days
        move.terms.reason = "经本机关负责人批准延长"
        move.tx.announce(LimitExtended(case_id))
    return move.case
