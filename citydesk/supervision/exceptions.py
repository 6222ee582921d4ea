"""The register of exceptions (例外登记): an item a rate need not count yet, why, and who agreed.

Two persons: one officer asks and gives the reason, another approves or refuses. An exception
never raises a rate; it stands beside it.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from tortoise.exceptions import IntegrityError

from citydesk import guides
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.supervision.refusals import (
    AlreadyDecided,
    NoReasonGiven,
    NoSuchSupervised,
    SamePerson,
)
from citydesk.world import World
from models.supervision import ExceptionState, Measure, RateException

LONGEST_REASON = 1000
SHOWN = 200


async def ask_exception(
    world: World,
    officer: Officer,
    item_code: str,
    measure: Measure,
    reason: str,
    valid_to: date | None = None,
) -> RateException:
    """Ask that an item be excepted from a rate, until a day or until further.

    Raises:
        guides.NoSuchGuide: no such item. NoReasonGiven: without a reason, or until a past day.
        AlreadyDecided: one for this item and rate is live.
    """
    entry = await guides.entry(world, item_code)
    said = _reason(reason, "reason")
    if valid_to is not None and valid_to < world.clock.today():
        wrong = [{"field": "valid_to", "detail": "日期已经过去"}]
        raise NoReasonGiven("到期日期已经过去，请改正后再提交。", wrong)
    try:
        async with world.transaction() as tx:
            return await RateException.create(
                id=new_id(),
                created_at=tx.at,
                item_id=entry.item_id,
                item_code=entry.code,
                item_name=entry.name,
                measure=measure,
                reason=said,
                valid_to=valid_to,
                state=ExceptionState.ASKED,
                asked_by=officer.officer_id,
            )
    except IntegrityError:
        raise AlreadyDecided("这个事项已经有一条申请中或已批准的例外，不用重复登记。") from None


async def decide_exception(
    world: World, officer: Officer, exception_id: UUID, *, approve: bool, note: str = ""
) -> RateException:
    """Approve or refuse an exception that another officer asked for; a refusal says why.

    Raises:
        NoSuchSupervised, SamePerson, AlreadyDecided. NoReasonGiven: refused without a word.
    """
    said = note.strip() if approve and not note.strip() else _reason(note, "note")
    async with world.transaction() as tx:
        found = await _locked(exception_id)
        if found.state is not ExceptionState.ASKED:
            raise AlreadyDecided("这条例外已经处理过了，请刷新页面。")
        if found.asked_by == officer.officer_id:
            raise SamePerson("申请人不能审批自己的例外，请由另一位工作人员处理。")
        found.state = ExceptionState.APPROVED if approve else ExceptionState.REFUSED
        found.decided_by, found.decided_at, found.decision_note = officer.officer_id, tx.at, said
        await found.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    return found


async def end_exception(world: World, officer: Officer, exception_id: UUID) -> RateException:
    """Take an exception back: the item counts again like any other."""
    async with world.transaction() as tx:
        found = await _locked(exception_id)
        if found.state not in (ExceptionState.ASKED, ExceptionState.APPROVED):
            raise AlreadyDecided("这条例外已经结束了，请刷新页面。")
        found.state, found.ended_at = ExceptionState.ENDED, tx.at
        await found.save(update_fields=["state", "ended_at"])
    world.log.info(
        "rate_exception_ended", exception=str(found.id), by_officer=str(officer.officer_id)
    )
    return found


async def exceptions(world: World, state: ExceptionState | None = None) -> Sequence[RateException]:
    """Return the register, newest first; those that ran out are shown as what they were."""
    wanted = RateException.filter(state=state) if state else RateException.all()
    return await wanted.order_by("-created_at").limit(SHOWN)


async def logins(world: World, officer_ids: Sequence[UUID | None]) -> dict[UUID, str]:
    """Return the login of each officer, as registers name who asked and who decided."""
    wanted = [each for each in officer_ids if each is not None]
    rows = await sql.rows("SELECT id, login FROM officer WHERE id = ANY ($1::uuid[])", wanted)
    return {row["id"]: row["login"] for row in rows}


async def _locked(exception_id: UUID) -> RateException:
    found = await RateException.select_for_update().get_or_none(id=exception_id)
    if found is None:
        raise NoSuchSupervised("没有找到这条例外，请从例外登记中重新选择。")
    return found


def _reason(text: str, field: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST_REASON:
        detail = "必填" if not said else f"最多{LONGEST_REASON}个字"
        raise NoReasonGiven("请写明理由。", [{"field": field, "detail": detail}])
    return said
