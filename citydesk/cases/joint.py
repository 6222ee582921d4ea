"""Joint handling (联合办理): other organs take part, each with a case of its own and own clocks.

``general``: the main case waits for all. ``prerequisite``: a commitment suffices to start the
review. ``forwarded_up``: the organ above decides. A part lives from acceptance to its decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citydesk import organs
from citydesk.cases import clocks, prefill
from citydesk.cases.clocks import Terms
from citydesk.cases.events import DecidedAbove, JointStarted
from citydesk.cases.limits import JOINT_DAYS, handling_terms
from citydesk.cases.machine import lines_of
from citydesk.cases.moving import Move, moving, note
from citydesk.cases.numbering import case_no
from citydesk.cases.refusals import JointFaulty, NotAllowedNow
from citydesk.cases.states import Action, JointKind, Outcome, State
from citydesk.cases.table import Clock
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id, random_code
from citydesk.workdays import Unit, working_days
from citydesk.world import World
from models.cases import Case

MOST_PARTS = 8
LONGEST_PART = 60  # working days
SOURCE = "dept_system"
OVER = (State.DECIDED.value, State.VOIDED.value)


@dataclass(frozen=True, slots=True)
class Part:
    """What another organ is asked for: the organ by its code, and its working days."""

    organ_code: str
    days: int


async def start_joint(
    world: World, officer: Officer, case_id: UUID, kind: JointKind, parts: Sequence[Part]
) -> Case:
    """Let other organs take part; unified handling has 45 working days by law (art. 42).

    Raises:
        JointFaulty: no part, too many, one organ twice or one's own, days out of bounds.
    """
    async with moving(world, officer, case_id, Action.START_JOINT) as move:
        main, asked = move.case, await _checked(world, officer, kind, parts)
        if kind is JointKind.GENERAL:
            statutory = (await handling_terms(world, main))[Clock.STATUTORY]
            if statutory.unit is Unit.WORKING_DAY and statutory.value < JOINT_DAYS:
                move.terms.days = JOINT_DAYS - statutory.value
                move.terms.reason = "联合办理"
        opened = [await _open(move, organ, days, kind) for organ, days in asked]
        move.facts |= {
            "kind": kind.value,
            "parts": [
                {"case_id": str(part.id), "organ": organ.short_name, "days": days}
                for part, (organ, days) in zip(opened, asked, strict=True)
            ],
        }
        move.tx.announce(JointStarted(case_id))
    return move.case


async def _checked(
    world: World, officer: Officer, kind: JointKind, parts: Sequence[Part]
) -> list[tuple[Any, int]]:
    most = 1 if kind is JointKind.FORWARDED_UP else MOST_PARTS
    if not 1 <= len(parts) <= most:
        said = "转报只能选一个上级部门。" if most == 1 else f"请选择1至{most}个协办部门。"
        raise JointFaulty(said, [{"field": "organs", "detail": "数目不对"}])
    found = [(await organs.organ_by_code(world, each.organ_code), each.days) for each in parts]
    ids = [organ.id for organ, _ in found]
    if len(set(ids)) < len(ids) or officer.organ_id in ids:
        said = "同一个部门只能选一次，也不能选本部门。"
        raise JointFaulty(said, [{"field": "organs", "detail": "重复"}])
    if any(not 1 <= days <= LONGEST_PART for _, days in found):
        said = f"协办期限应为1至{LONGEST_PART}个工作日，请核对。"
        raise JointFaulty(said, [{"field": "days", "detail": "天数不对"}])
    return found


async def _open(move: Move, organ: Any, days: int, kind: JointKind) -> Case:
    """Begin a part at another organ, with a copy of the form under a seal of its own."""
    world, main = move.world, move.case
    part_id, code = new_id(), random_code(8)
    counter = await sql.value("SELECT nextval('case_serial')")
    today, key = world.clock.today(), world.seals.blind_key
    form = world.seals.open_bytes(main.form_sealed, "service_case.form", main.id)
    part = Case(
        id=part_id,
        created_at=world.clock.now(),
        case_no=case_no(main.case_no[:6], today, SOURCE, counter, key),
        query_code_sealed=world.seals.seal(code, "service_case.query_code", part_id),
        query_code_blind=world.seals.blind(code, "service_case.query_code"),
        item_version_id=main.item_version_id,
        item_code=main.item_code,
        item_name=main.item_name,
        organ_id=organ.id,
        hall_id=main.hall_id,
        identity_id=main.identity_id,
        account_id=main.account_id,
        source=SOURCE,
        state=State.ACCEPTED.value,
        form_sealed=world.seals.seal(form, "service_case.form", part_id),
        prefill_sealed=prefill.sealed(world, part_id, prefill.opened(world, main)),
        parent_id=main.id,
    )
    await part.save(force_create=True)
    [step] = lines_of(Action.OPEN_PART)
    terms = Terms({Clock.PROMISED: working_days(days), Clock.STATUTORY: working_days(days)})
    dates = clocks.dates(part, await clocks.apply(world, part, step, world.clock.now(), terms))
    facts = {"kind": kind.value, "main": str(main.id), **dates}
    await note(world, move.asker, part, step, None, facts, begins=State.ACCEPTED)
    return part


async def commit(world: World, officer: Officer, case_id: UUID, remark: str | None = None) -> Case:
    """Promise the organ's consent (承诺), so that the main case may begin its review."""
    async with moving(world, officer, case_id, Action.COMMIT, remark) as move:
        assert move.parent is not None
        await _tell(move, move.parent, Action.PART_COMMITTED, {})
    return move.case


async def part_decided(move: Move, parent: Case, outcome: Outcome) -> None:
    """Tell the main case that a part is decided; called while both are locked."""
    waited = parent.joint_kind == JointKind.PREREQUISITE and not move.case.committed
    told = {"outcome": outcome.value, "was_uncommitted": waited}
    await _tell(move, parent, Action.PART_DECIDED, told)
    if parent.joint_kind == JointKind.FORWARDED_UP:
        move.tx.announce(DecidedAbove(parent.id))


async def _tell(move: Move, parent: Case, action: Action, facts: dict[str, Any]) -> None:
    organ = await organs.organ(move.world, move.case.organ_id)
    [step] = lines_of(action)
    told = {"case_id": str(move.case.id), "organ": organ.short_name, **facts}
    await note(move.world, move.asker, parent, step, None, told)


async def check_outcome(case: Case, outcome: Outcome) -> None:
    """Refuse an outcome that does not go with how the case is handled.

    Raises:
        NotAllowedNow: passed up without an organ above; granted although a part refuses.
    """
    main = case.parent_id is None
    forwarded = main and case.joint_kind == JointKind.FORWARDED_UP
    if forwarded != (outcome is Outcome.FORWARDED_UP):
        said = "这个办件已转报上级部门，请选择“转报”。" if forwarded else "没有转报上级部门。"
        raise NotAllowedNow(said, outcome=outcome.value)
    granting = outcome in (Outcome.GRANTED, Outcome.GRANTED_DEFERRED)
    joint = main and case.joint_kind is not None and granting
    if joint and await Case.exists(parent_id=case.id, outcome=Outcome.REFUSED.value):
        said = "有协办部门不同意，不能全部准予。请选择部分准予或不予许可。"
        raise NotAllowedNow(said, outcome=outcome.value)


async def end_parts(world: World, main: Case) -> None:
    """End what other organs still have to do, for the main case has ended; it is locked."""
    if main.joint_kind is None:
        return
    [step] = lines_of(Action.PART_ENDED)
    found = await Case.filter(parent_id=main.id).order_by("id").select_for_update()
    for part in found:
        if part.state not in OVER:
            _ = await clocks.apply(world, part, step, world.clock.now(), Terms())
            await note(world, None, part, step, None, {"main": str(main.id)})
