"""Taking a step at the officers' desk: read what the form says, and ask the desk to do it."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from citydesk import cases
from citydesk.cases import Action, Deferral, JointKind, Outcome, Part, SpecialKind, SpecialResult
from citydesk.identity import Officer
from citydesk.kit.refusals import Invalid
from citydesk.world import World
from models.cases import Case
from portal.desk_steps import ACCEPT_DEFERRED, AT_ONCE, LONGEST_REASON, SERVE_BY_MAIL
from portal.visits import Visit

Remarked = Callable[[World, Officer, UUID, str | None], Awaitable[Case]]
Reasoned = Callable[[World, Officer, UUID, str], Awaitable[Case]]
Taken = Callable[[Visit, UUID, str], Awaitable[Case]]
Chosen = TypeVar("Chosen", bound=StrEnum)

REMARKED: dict[str, Remarked] = {
    Action.PRE_PASS: cases.pre_pass,
    Action.RECEIVE: cases.receive,
    Action.ACCEPT: cases.accept,
    Action.START_REVIEW: cases.start_review,
    Action.PASS_LINK: cases.pass_link,
    Action.COMMIT: cases.commit,
    Action.COMPLETE: cases.complete,
    Action.ISSUE_CERTIFICATE: cases.issue_certificate,
    Action.SERVE: cases.serve,
}
REASONED: dict[str, Reasoned] = {
    Action.PRE_FAIL: cases.pre_fail,
    Action.REFUSE_ACCEPTANCE: cases.refuse_acceptance,
    Action.RETURN_LINK: cases.return_link,
    Action.REQUEST_SUPPLEMENT: cases.request_supplement,
    Action.VOID: cases.void,
    Action.WITHDRAW: cases.withdraw,
    Action.REVOKE: cases.revoke,
}
MOST_PARTS = 3


async def take(visit: Visit, case_id: UUID, step: str) -> Case:
    """Take a step as the form asks; raises Invalid when the form cannot be read."""
    reason = _reason(visit)
    if step in REMARKED:
        return await REMARKED[step](visit.world, visit.officer, case_id, reason or None)
    if step in REASONED:
        return await REASONED[step](visit.world, visit.officer, case_id, reason)
    return await _OTHERS[step](visit, case_id, reason)


async def _correction(visit: Visit, case_id: UUID, reason: str) -> Case:
    return await cases.request_correction(
        visit.world,
        visit.officer,
        case_id,
        reason,
        days=_number(visit, "days") if visit.form.value("days") else cases.CORRECTION_DAYS,
        why_again=visit.form.value("why_again") or None,
    )


async def _out_of_scope(visit: Visit, case_id: UUID, reason: str) -> Case:
    organ = visit.form.value("competent_organ")
    return await cases.out_of_scope(visit.world, visit.officer, case_id, reason, organ)


async def _accept_deferred(visit: Visit, case_id: UUID, reason: str) -> Case:
    deferral = Deferral(
        tuple(visit.form.all("deferred")),
        _number(visit, "days"),
        signed=bool(visit.form.value("signed")),
    )
    return await cases.accept(
        visit.world, visit.officer, case_id, reason or None, deferral=deferral
    )


async def _serve_by_mail(visit: Visit, case_id: UUID, reason: str) -> Case:
    waybill = visit.form.value("waybill")
    if not waybill:
        raise Invalid("请填写运单号。", [{"field": "waybill", "detail": "必填"}])
    return await cases.serve(visit.world, visit.officer, case_id, reason or None, waybill=waybill)


async def _start_special(visit: Visit, case_id: UUID, reason: str) -> Case:
    return await cases.start_special(
        visit.world,
        visit.officer,
        case_id,
        _choice(visit, "kind", SpecialKind),
        _number(visit, "days"),
        visit.form.value("document_no"),
        reason,
    )


async def _end_special(visit: Visit, case_id: UUID, reason: str) -> Case:
    result = _choice(visit, "result", SpecialResult)
    return await cases.end_special(visit.world, visit.officer, case_id, result, reason or None)


async def _extend(visit: Visit, case_id: UUID, reason: str) -> Case:
    return await cases.extend(visit.world, visit.officer, case_id, _number(visit, "days"), reason)


async def _start_joint(visit: Visit, case_id: UUID, _: str) -> Case:
    kind = _choice(visit, "kind", JointKind)
    parts = [
        Part(organ, _number(visit, f"days_{number}"))
        for number in range(1, MOST_PARTS + 1)
        if (organ := visit.form.value(f"organ_{number}"))
    ]
    return await cases.start_joint(visit.world, visit.officer, case_id, kind, parts)


async def _decide(visit: Visit, case_id: UUID, reason: str) -> Case:
    outcome = _choice(visit, "outcome", Outcome)
    return await cases.decide(visit.world, visit.officer, case_id, outcome, reason or None)


async def _at_once(visit: Visit, case_id: UUID, reason: str) -> Case:
    outcome = _choice(visit, "outcome", Outcome)
    return await cases.finish_at_once(visit.world, visit.officer, case_id, outcome, reason or None)


_OTHERS: dict[str, Taken] = {
    Action.REQUEST_CORRECTION: _correction,
    Action.OUT_OF_SCOPE: _out_of_scope,
    Action.START_SPECIAL: _start_special,
    Action.END_SPECIAL: _end_special,
    Action.EXTEND: _extend,
    Action.START_JOINT: _start_joint,
    Action.DECIDE: _decide,
    AT_ONCE: _at_once,
    ACCEPT_DEFERRED: _accept_deferred,
    SERVE_BY_MAIL: _serve_by_mail,
}


def _reason(visit: Visit) -> str:
    """The ticked sentences, then what was written; raises Invalid when it is too long."""
    written = "\n".join([*visit.form.all("common"), visit.form.value("reason")]).strip()
    if len(written) > LONGEST_REASON:
        wrong = [{"field": "reason", "detail": f"太长，最多{LONGEST_REASON}个字"}]
        raise Invalid("理由太长，请缩短后再提交。", wrong)
    return written


def _number(visit: Visit, name: str) -> int:
    typed = visit.form.value(name)
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
        raise Invalid("请填写天数。", [{"field": name, "detail": "请填写整数"}])
    return int(typed)


def _choice(visit: Visit, name: str, kind: type[Chosen]) -> Chosen:
    try:
        return kind(visit.form.value(name))
    except ValueError:
        detail = "请选择准予或不予许可" if name == "outcome" else "请选择一项"
        raise Invalid("请选择一项。", [{"field": name, "detail": detail}]) from None
