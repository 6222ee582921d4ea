"""容缺受理: accepted while papers of lesser weight are still to come, by the applicant's promise.

Which papers may follow is said by the guide (necessity 容缺后补). The promise comes with the
filing, or is signed at the window; the acceptance names the papers and one last day for all of
them. What does not come in time ends an undecided case; after a decision it is shown to
supervision, and the head of the organ may revoke.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from citydesk import guides, workdays
from citydesk.cases.clocks import subject_of
from citydesk.cases.events import CaseAccepted, CaseAcceptedDeferred, DeferredDue, DeferredHandedIn
from citydesk.cases.moving import Move, moving
from citydesk.cases.originals import checked_originals
from citydesk.cases.refusals import DeferralFaulty, FilingIncomplete, NotAllowedNow
from citydesk.cases.states import Action, Outcome
from citydesk.cases.table import Clock
from citydesk.guides import Material, Necessity
from citydesk.identity import Asker
from citydesk.kit.clock import CITY
from citydesk.workdays import TimerKind, working_days
from citydesk.world import World
from models.cases import Case, CaseEvent, CaseMaterial

USUAL_DAYS, MOST_DAYS = 10, 30  # working days from acceptance
REMINDED_BEFORE = timedelta(days=2)
REMINDED_AT = time(9)
FILED = (Action.SUBMIT, Action.RESUBMIT)


@dataclass(frozen=True, slots=True)
class Deferral:
    """What the front desk lets follow: which papers, in how many working days.

    ``signed``: the applicant signed the promise at the window; otherwise they gave it with the
    filing.
    """

    materials: tuple[str, ...]
    days: int = USUAL_DAYS
    signed: bool = False


@dataclass(frozen=True, slots=True)
class DeferredPaper:
    """One paper that may follow, or is to follow."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Deferrable:
    """The papers of a case that are not there and may follow; whether the applicant promised."""

    papers: tuple[DeferredPaper, ...]
    promised: bool


async def deferrable(world: World, case: Case) -> Deferrable:
    """Return what acceptance could let follow."""
    guide = await guides.version(world, case.item_version_id)
    there = await _there(case)
    missing = may_follow(guide.content.materials, there)
    codes = {each.code for each in missing}
    return Deferrable(missing, bool(codes) and codes <= await _promised(case))


def may_follow(materials: tuple[Material, ...], there: set[str]) -> tuple[DeferredPaper, ...]:
    """Of a guide's materials, those that may follow and are not there."""
    return tuple(
        DeferredPaper(each.code, each.name)
        for each in materials
        if each.necessity is Necessity.DEFERRABLE and each.code not in there
    )


async def accept_with(world: World, move: Move, deferral: Deferral | None) -> None:
    """Put into an acceptance what is to follow and by when; announce it either way.

    Raises:
        DeferralFaulty: a paper that may not follow or is there; no promise; days out of bounds.
    """
    if deferral is None:
        move.tx.announce(CaseAccepted(move.case.id))
        return
    if not 1 <= deferral.days <= MOST_DAYS:
        said = f"后补期限应为1至{MOST_DAYS}个工作日，请核对。"
        raise DeferralFaulty(said, [{"field": "days", "detail": "天数不对"}])
    offered = {each.code: each for each in (await deferrable(world, move.case)).papers}
    chosen = list(dict.fromkeys(deferral.materials))
    if not chosen or any(code not in offered for code in chosen):
        said = "只能容缺指南写明“容缺后补”、而且还没有交的材料。"
        raise DeferralFaulty(said, [{"field": "deferred", "detail": "请重新选择"}])
    if not deferral.signed and not set(chosen) <= await _promised(move.case):
        said = "申请人还没有作出后补承诺。请当面签署容缺承诺书后，再勾选“已签承诺书”。"
        raise DeferralFaulty(said, [{"field": "signed", "detail": "需要申请人的承诺"}])
    move.facts["deferred"] = [{"code": code, "name": offered[code].name} for code in chosen]
    move.facts["commitment"] = "signed" if deferral.signed else "online"
    move.terms.budgets[Clock.DEFERRED] = working_days(deferral.days)
    move.tx.announce(CaseAcceptedDeferred(move.case.id))
    await _remind(world, move, deferral.days)


async def _remind(world: World, move: Move, days: int) -> None:
    last = (await workdays.calendar(world)).after(world.clock.today(), days).on
    at = datetime.combine(last - REMINDED_BEFORE, REMINDED_AT, CITY)
    if at > world.clock.now():
        move.tx.announce(DeferredDue(move.case.id), due_at=at)


async def deferred_papers(case: Case) -> tuple[DeferredPaper, ...]:
    """Return the papers that are to follow; () when none are, or all are there."""
    if not case.deferred_open:
        return ()
    event = await CaseEvent.get(case_id=case.id, action=Action.ACCEPT.value)
    return tuple(DeferredPaper(each["code"], each["name"]) for each in event.facts["deferred"])


async def hand_in_deferred(
    world: World,
    asker: Asker,
    case_id: UUID,
    note: str | None = None,
    *,
    originals: Mapping[str, int] | None = None,
) -> Case:
    """Say that every paper that was to follow is there; ``originals``: handed over on paper.

    Raises:
        FilingIncomplete: names those that are not.
    """
    async with moving(world, asker, case_id, Action.HAND_IN_DEFERRED, note) as move:
        owed = await deferred_papers(move.case)
        handed = await checked_originals(world, move, originals)
        there = await _there(move.case) | {each["code"] for each in handed}
        missing = [each for each in owed if each.code not in there]
        if missing:
            names = "、".join(each.name for each in missing)
            shown = [
                {"field": f"materials.{each.code}", "detail": "还没有上传"} for each in missing
            ]
            raise FilingIncomplete(f"还缺：{names}。请都传好再提交。", shown)
        if handed:
            move.facts["materials"] = handed
        move.tx.announce(DeferredHandedIn(case_id))
    return move.case


async def settle_outcome(move: Move, outcome: Outcome) -> None:
    """See that an outcome fits what is still to follow; a refusal makes that pointless.

    Raises:
        NotAllowedNow: granted outright with papers to follow, or with some where none are.
    """
    owed = move.case.deferred_open
    if owed and outcome is Outcome.GRANTED:
        said = "还有容缺材料没有补齐：请选“容缺准予”，或等补齐后再准予。"
        raise NotAllowedNow(said, outcome=outcome.value)
    if not owed and outcome is Outcome.GRANTED_DEFERRED:
        said = "这个办件没有等待后补的材料，不能容缺准予。"
        raise NotAllowedNow(said, outcome=outcome.value)
    if not owed:
        return
    if outcome is Outcome.REFUSED:
        now, kinds = move.world.clock.now(), [TimerKind.DEFERRED_MATERIAL]
        await workdays.stop_timers(move.world, subject_of(move.case), now, kinds=kinds, void=True)
    else:
        move.facts["owed"] = [each.name for each in await deferred_papers(move.case)]


async def _promised(case: Case) -> set[str]:
    filed = (
        await CaseEvent.filter(case_id=case.id, action__in=[each.value for each in FILED])
        .order_by("-seq")
        .first()
    )
    return set(filed.facts.get("deferring", ())) if filed else set()


async def _there(case: Case) -> set[str]:
    found = await CaseMaterial.filter(case_id=case.id, replaced_at=None).values_list(
        "requirement", flat=True
    )
    return {str(each) for each in found}
