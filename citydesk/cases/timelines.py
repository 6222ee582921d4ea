"""How a case stands and what has happened: one telling for chat, app, portal and officers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from citydesk import organs
from citydesk.cases.deferral import deferred_papers
from citydesk.cases.due import NextDue, next_due
from citydesk.cases.former_papers import Harm, harm_in, harm_next
from citydesk.cases.moving import reason_of
from citydesk.cases.states import Action, Outcome, State
from citydesk.cases.words import (
    COMPLETED_REFUSED,
    DECIDED_REFUSED_NEXT,
    DEFERRED_LATE_NEXT,
    DEFERRED_NEXT,
    FORWARDED_NEXT,
    HARM_FOUND,
    HARM_MENDED,
    LABELS,
    NEXT_STEPS,
    OUTCOMES,
    SUPPLEMENT_NEXT,
    TITLES,
)
from citydesk.kit import records
from citydesk.kit.clock import full_day
from citydesk.world import World
from models.cases import Case, CaseEvent


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline, in words for people; ``basis``: the article it rests on."""

    at: datetime
    title: str
    detail: str | None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How a case stands: the same for chat, app and window. No personal data.

    ``next_due`` is what comes next and by when; ``why`` explains that date, line by line.
    """

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
    next_due: NextDue | None = None
    why: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()  # papers that are to follow (容缺), by name
    deferred_due_on: date | None = None


async def progress_with_timeline(
    world: World, case: Case, hall_name: str | None = None
) -> Progress:
    """Return how a case stands with everything that happened to it, oldest first."""
    events = await records.parts_of(CaseEvent, _TOLD, "case_id = $1 ORDER BY seq", case.id)
    told = tuple(_happening(world, event) for event in events if _worth_telling(event))
    harm = await harm_in(world, case)
    if not harm:
        return await explained_progress(world, case, told, hall_name)
    told = tuple(sorted((*told, *_harm_told(harm)), key=lambda each: each.at))
    progress = await explained_progress(world, case, told, hall_name)
    return replace(progress, next_step=harm_next(case, harm, progress.next_step))


_TOLD = ("id", "created_at", "action", "reason", "reason_sealed", "legal_basis", "facts")


def _harm_told(harm: Sequence[Harm]) -> Iterator[Happening]:
    """What the scanner found in papers, and that one went: no step, yet part of the story."""
    for each in harm:
        yield Happening(each.found_at, HARM_FOUND, f"{each.material}可能带有病毒，不能使用")
        if each.mended_at:
            yield Happening(each.mended_at, HARM_MENDED, each.material)


def _worth_telling(event: CaseEvent) -> bool:
    """A date counted again is news only where the promise moved."""
    return event.action != Action.RECOUNT or "promised_on" in event.facts


async def brief_progress(world: World, case: Case) -> Progress:
    """Return stage, dates and next step only: what number and query code are told."""
    return replace(await explained_progress(world, case), why=())


async def explained_progress(
    world: World,
    case: Case,
    happenings: tuple[Happening, ...] = (),
    hall_name: str | None = None,
) -> Progress:
    """Return how a case stands, what comes next, by when and why; not what has happened.

    ``hall_name``: of the hall that handles it, if it has been read along.
    """
    hall_name = hall_name or (await organs.hall(world, case.hall_id)).name
    state = State(case.state)
    due, why = await next_due(world, case)
    owed = tuple(each.name for each in await deferred_papers(case))
    return Progress(
        case_no=case.case_no,
        item_name=case.item_name,
        state=state,
        label=LABELS[state],
        next_step=_owed_step(case, owed)
        or next_step_of(state, case.outcome, case.supplement_asked),
        filed_at=case.filed_at,
        promised_on=case.promised_on,
        provisional=case.provisional,
        correction_due_on=case.correction_due_on,
        hall_name=hall_name,
        happenings=happenings,
        next_due=due,
        why=why,
        deferred=owed,
        deferred_due_on=case.deferred_due_on,
    )


def _owed_step(case: Case, owed: tuple[str, ...]) -> str:
    """Say which papers are still to follow; "" when none are."""
    if not owed:
        return ""
    papers, due = "、".join(owed), case.deferred_due_on
    if due is None:
        return DEFERRED_LATE_NEXT.format(papers=papers)
    return DEFERRED_NEXT.format(papers=papers, due=f"{due.month}月{due.day}日")


def next_step_of(state: State, outcome: str | None, supplement_asked: bool) -> str:
    """Say what the applicant does or waits for next."""
    if supplement_asked:
        return SUPPLEMENT_NEXT
    if state is State.DECIDED and outcome == Outcome.FORWARDED_UP:
        return FORWARDED_NEXT
    if state in (State.DECIDED, State.COMPLETED) and outcome == Outcome.REFUSED:
        return DECIDED_REFUSED_NEXT
    return NEXT_STEPS[state]


def _happening(world: World, event: CaseEvent) -> Happening:
    reason = reason_of(world, event)
    return happening(Action(event.action), event.created_at, event.facts, reason, event.legal_basis)


def happening(
    action: Action, at: datetime, facts: Mapping[str, Any], reason: str | None, basis: str | None
) -> Happening:
    """Tell one event in words for people; the facts are those its step wrote down."""
    title = COMPLETED_REFUSED if facts.get("refused") else TITLES[action]
    return Happening(at, title, _DETAILS.get(action, _reason_only)(facts, reason), basis)


def _joined(*parts: str | None) -> str | None:
    """Join sentences, each with its full stop once."""
    *first, last = [part.strip() for part in parts if part and part.strip()] or [""]
    return "。".join([*(part.rstrip("。") for part in first), last]) or None


def _day(written: str) -> str:
    return full_day(date.fromisoformat(written))


def _reason_only(_: Mapping[str, Any], reason: str | None) -> str | None:
    return reason


def _promise(facts: Mapping[str, Any], reason: str | None) -> str | None:
    told = "（暂定）" if facts.get("provisional") else ""
    return _joined(f"承诺办结日期：{_day(facts['promised_on'])}{told}", _deferred(facts), reason)


def _deferred(facts: Mapping[str, Any]) -> str | None:
    """Name the papers that may follow, and by when."""
    names = "、".join(each["name"] for each in facts.get("deferred", ()))
    return f"容缺受理，请在{_day(facts['deferred_due_on'])}前补齐：{names}" if names else None


def _received(facts: Mapping[str, Any], reason: str | None) -> str | None:
    """List what was taken in, as the receipt does."""
    lines = [f"{each['name']}{_copies(each)}" for each in facts.get("materials", ())]
    listed = "收到材料：" + "、".join(lines) if lines else None
    return _joined("由委托的代办人办理" if facts.get("agent") else None, listed, reason)


def _copies(each: Mapping[str, Any]) -> str:
    return f"（纸质{each['originals']}份）" if each["originals"] else ""


def _served(facts: Mapping[str, Any], reason: str | None) -> str | None:
    """Say how the result came to the applicant; before 2026.3 it was not written down."""
    said = f"邮寄送达，运单号{facts['waybill']}" if facts.get("waybill") else None
    return _joined(said, reason)


def _owed(facts: Mapping[str, Any], reason: str | None) -> str | None:
    return _joined("没有补齐：" + "、".join(facts.get("owed", ())), reason)


def _moved(facts: Mapping[str, Any]) -> str | None:
    on = facts.get("promised_on")
    return f"承诺办结日期调整为{_day(on)}" if on else None


def _correction(facts: Mapping[str, Any], reason: str | None) -> str | None:
    due = facts.get("due_on")
    return f"{reason}（请在{_day(due)}前补正）" if due else reason


def _with_remedies(facts: Mapping[str, Any], reason: str | None) -> str | None:
    return _joined(reason, facts.get("remedies"))


def _elsewhere(facts: Mapping[str, Any], reason: str | None) -> str | None:
    organ = facts.get("competent_organ", "")
    return _joined(f"请向{organ}申请", reason, facts.get("remedies"))


def _link(facts: Mapping[str, Any], reason: str | None) -> str | None:
    return _joined(facts.get("link_name"), reason)


def _special(facts: Mapping[str, Any], reason: str | None) -> str | None:
    return _joined(
        f"{facts['kind_name']}，需要{facts['days']}个工作日，不计入办理期限",
        f"告知书：{facts['document_no']}",
        _moved(facts),
        reason,
    )


def _special_over(facts: Mapping[str, Any], reason: str | None) -> str | None:
    return _joined(facts.get("result_name"), _moved(facts), reason)


def _if_provisional(facts: Mapping[str, Any]) -> str:
    return "（暂定）" if facts.get("statutory_provisional") else ""


def _extension(facts: Mapping[str, Any], reason: str | None) -> str | None:
    return _joined(
        f"经本机关负责人批准，办理期限延长{facts['days']}个工作日",
        f"法定办结日期：{_day(facts['statutory_on'])}{_if_provisional(facts)}",
        reason,
    )


def _parts(facts: Mapping[str, Any], reason: str | None) -> str | None:
    asked = [f"{part['organ']}（{part['days']}个工作日）" for part in facts["parts"]]
    return _joined("参与部门：" + "、".join(asked), _moved(facts), reason)


def _part(facts: Mapping[str, Any], reason: str | None) -> str | None:
    outcome = facts.get("outcome")
    said = f"：{OUTCOMES[Outcome(outcome)]}" if outcome else ""
    return _joined(f"{facts['organ']}{said}", reason)


def _decision(facts: Mapping[str, Any], reason: str | None) -> str | None:
    outcome = Outcome(facts["outcome"])
    owed = facts.get("owed")
    follow = f"还要补齐：{'、'.join(owed)}" if owed else None
    told = _joined(follow, reason, facts.get("remedies"))
    return f"{OUTCOMES[outcome]}：{told}" if told else OUTCOMES[outcome]


_DETAILS: Mapping[Action, Callable[[Mapping[str, Any], str | None], str | None]] = {
    Action.RECEIVE: _received,
    Action.HAND_IN_DEFERRED: _received,
    Action.DEFERRED_LAPSED: _owed,
    Action.SERVE: _served,
    Action.ACCEPT: _promise,
    Action.ACCEPT_BY_SILENCE: _promise,
    Action.OPEN_PART: _promise,
    Action.REQUEST_CORRECTION: _correction,
    Action.REFUSE_ACCEPTANCE: _with_remedies,
    Action.REVOKE: _with_remedies,
    Action.OUT_OF_SCOPE: _elsewhere,
    Action.START_REVIEW: _link,
    Action.PASS_LINK: _link,
    Action.RETURN_LINK: _link,
    Action.START_SPECIAL: _special,
    Action.END_SPECIAL: _special_over,
    Action.SPECIAL_LAPSED: _special_over,
    Action.EXTEND: _extension,
    Action.START_JOINT: _parts,
    Action.PART_COMMITTED: _part,
    Action.PART_DECIDED: _part,
    Action.DECIDE: _decision,
}
