"""The one way a consultation moves: lock it, ask the table, run its clock, write it down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from citydesk import cases, workdays
from citydesk.consultations import rules
from citydesk.consultations.machine import RULE_VERSION, Clock, Standing, Step, step_for
from citydesk.consultations.refusals import NoSuchConsultation, NotYoursToAnswer
from citydesk.consultations.states import OPEN, Action, ConsultationState, Kind
from citydesk.identity import Asker, Citizen, Officer
from citydesk.kit.ids import new_id
from citydesk.workdays import Subject, Timer, TimerKind, working_days
from citydesk.world import World
from models.consultations import Consultation, ConsultationEvent

SUBJECT = "consultation"
TEXT = "consultation_event.text"
ANSWER_DAYS = 5  # working days, for questions and complaints alike (model 4.3)
UNKNOWN = "没有找到这条咨询或投诉，请核对后再试。"
TIMERS = {Kind.CONSULT: TimerKind.CONSULT, Kind.COMPLAINT: TimerKind.COMPLAINT}


@dataclass(slots=True)
class Told:
    """What a step brings along: words, facts to keep, and columns that change besides the state."""

    text: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)


def subject_of(row: Consultation) -> Subject:
    """Whose clock it is."""
    return Subject(SUBJECT, row.id)


def standing_of(row: Consultation) -> Standing:
    """What the conditions of the table look at."""
    return Standing(row.followed_up, row.second_look)


async def handlers_of(row: Consultation) -> frozenset[UUID]:
    """The officers a complaint may be about: those who took a step in its case."""
    if row.kind != Kind.COMPLAINT or row.case_id is None:
        return frozenset()
    return (await cases.handlers_of([row.case_id]))[row.case_id]


def is_own(citizen: Citizen, row: Consultation) -> bool:
    """Whether it is this citizen's: by the account it was asked from, or by the person."""
    same = citizen.identity_id is not None and citizen.identity_id == row.identity_id
    return same or citizen.account_id == row.account_id


async def may_see(asker: Asker, row: Consultation) -> bool:
    """Whether a consultation is the asker's to see."""
    if isinstance(asker, Citizen):
        return is_own(asker, row)
    return rules.may_see(asker, Kind(row.kind), row.organ_id, await handlers_of(row))


async def fetched(asker: Asker, consultation_id: UUID, *, to_change: bool = False) -> Consultation:
    """Return a consultation, if it is the asker's; locked when it is to be changed.

    Raises:
        NoSuchConsultation: not there and not yours are told alike.
    """
    rows = Consultation.select_for_update() if to_change else Consultation.all()
    row = await rows.get_or_none(id=consultation_id)
    if row is None or not await may_see(asker, row):
        raise NoSuchConsultation(UNKNOWN)
    return row


def check_answers(world: World, officer: Officer, row: Consultation, action: Action) -> None:
    """Refuse an officer who may read it and not answer it; the attempt is logged.

    Raises:
        NotYoursToAnswer: the second answer is given by the head or a supervisor, never by whoever
        gave the first.
    """
    if row.state in OPEN and not rules.may_answer(officer, row.second_look, row.answered_by):
        world.log.warning(
            "consultation: step refused",
            consultation_id=str(row.id),
            action=action.value,
            asker=officer.key,
            role=officer.role.value,
        )
        raise NotYoursToAnswer("办事人要求换人答复，请由部门负责人或监管人员答复。")


async def take_step(
    world: World, asker: Asker | None, row: Consultation, action: Action, told: Told
) -> None:
    """Take one step of a locked consultation (``asker`` None: the clock).

    Raises:
        NotNow: see ``machine``.
    """
    step = step_for(action, ConsultationState(row.state), standing_of(row))
    changed = {**told.changed}
    if step.to is not None:
        changed["state"] = step.to.value
    before = row.state
    for name, value in changed.items():
        setattr(row, name, value)
    changed |= await _clocked(world, row, step)
    await note(world, asker, row, step, before, told)
    await row.save(update_fields=sorted({*changed, "last_seq"}))


async def begin(world: World, asker: Asker, row: Consultation, told: Told) -> None:
    """Write a new consultation down, with its first event and its clock."""
    step = step_for(Action.ASK, None, Standing())
    await row.save(force_create=True)
    changed = await _clocked(world, row, step)
    await note(world, asker, row, step, None, told)
    await row.save(update_fields=sorted({*changed, "last_seq"}))


async def _clocked(world: World, row: Consultation, step: Step) -> dict[str, Any]:
    """Start, stop or hand on the clock; return the columns that follow from it."""
    at, subject = world.clock.now(), subject_of(row)
    match step.clock:
        case Clock.START:
            timer = await workdays.start_timer(
                world,
                subject,
                TIMERS[Kind(row.kind)],
                working_days(ANSWER_DAYS),
                at,
                no=row.round,
                organ_id=row.organ_id,
            )
            return dated(row, timer)
        case Clock.STOP | Clock.VOID:
            await workdays.stop_timers(world, subject, at, void=step.clock is Clock.VOID)
        case Clock.MOVE:
            await workdays.hand_over_timers(world, subject, row.organ_id)
        case Clock.NONE:
            pass
    return {}


def dated(row: Consultation, timer: Timer) -> dict[str, Any]:
    """Take the last day over from the clock; return what changed."""
    row.due_on = timer.due_on
    return {"due_on": row.due_on}


async def note(
    world: World,
    asker: Asker | None,
    row: Consultation,
    step: Step,
    before: str | None,
    told: Told,
) -> None:
    """Append what happened; the words are sealed."""
    row.last_seq += 1
    event_id = new_id()
    _ = await ConsultationEvent.create(
        id=event_id,
        created_at=world.clock.now(),
        consultation_id=row.id,
        seq=row.last_seq,
        action=step.action.value,
        **_who(asker),
        from_state=before,
        to_state=row.state,
        text_sealed=world.seals.seal(told.text, TEXT, event_id) if told.text else None,
        rule_version=RULE_VERSION,
        facts=told.facts,
    )


def _who(asker: Asker | None) -> dict[str, Any]:
    if isinstance(asker, Citizen):
        return {
            "actor_kind": "citizen",
            "actor_id": asker.account_id,
            "channel": asker.channel,
            "device": asker.device or None,
        }
    if isinstance(asker, Officer):
        return {
            "actor_kind": "officer",
            "actor_id": asker.officer_id,
            "post_id": asker.post_id,
            "channel": "desk",
            "device": asker.device or None,
        }
    return {"actor_kind": "system", "channel": "system"}
