"""Consultations as people read them: the asker, the officers, and whoever tells of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from citydesk import cases, guides, identity, organs, workdays
from citydesk.consultations import rules
from citydesk.consultations.machine import actions_for
from citydesk.consultations.moving import SUBJECT, TEXT, fetched, may_see, standing_of
from citydesk.consultations.refusals import NoSuchConsultation
from citydesk.consultations.states import (
    KINDS,
    LABELS,
    NEXT_STEPS,
    OPEN,
    TITLES,
    Action,
    Actor,
    ConsultationState,
    Kind,
)
from citydesk.identity import Asker, Citizen, Officer
from citydesk.kit import sql
from citydesk.kit.clock import full_day
from citydesk.workdays import Timer
from citydesk.world import World
from models.consultations import Consultation, ConsultationEvent

PREVIEW = 60
# Masking makes the marks of Chinese sentences narrow: in a list they are read again as written.
_NARROW = re.compile("(?<=[\u3400-\u9fff〕])[,?!;:]")
_WIDE = str.maketrans(",?!;:", "，？！；：")


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a consultation: what happened, and the words that came with it."""

    at: datetime
    action: Action
    title: str
    text: str
    by_asker: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A consultation as a line of a list; ``preview``: the question, masked and cut short."""

    id: UUID
    number: str
    kind: Kind
    title: str
    organ: str
    state: ConsultationState
    label: str
    preview: str
    asked_at: datetime
    due_on: date | None
    provisional: bool
    overdue: bool
    second_look: bool

    @property
    def kind_words(self) -> str:
        """咨询 or 投诉."""
        return KINDS[self.kind]

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Whole:
    """A consultation with everything that was said, why it is due that day, and what may be done.

    ``person``: masked, for officers, who see nobody behind a complaint.
    """

    line: Shown
    item_code: str | None
    case_id: UUID | None
    next_step: str
    said: tuple[Said, ...]
    why: tuple[str, ...]
    actions: tuple[Action, ...]
    satisfied: bool | None
    person: str


@dataclass(frozen=True, slots=True)
class ConsultationTelling:
    """What a push about a consultation may say, and to whom: a person, or a nameless account."""

    number: str
    kind: Kind
    title: str
    recipient_id: UUID
    due_on: date | None


async def consultation(world: World, asker: Asker, consultation_id: UUID) -> Whole:
    """Return one consultation; an officer's reading is noted.

    Raises:
        NoSuchConsultation: not there and not yours are told alike.
    """
    row = await fetched(asker, consultation_id)
    if isinstance(asker, Officer) and row.identity_id is not None:
        await identity.note_access(
            world, asker, row.identity_id, f"阅看咨询投诉 {row.number}", ("words",)
        )
    timers = await workdays.timers_of(world, SUBJECT, [row.id])
    live = _live(timers[row.id])
    why = [each.text for each in await workdays.explain(world, live)] if live else []
    return Whole(
        line=(await lines(world, [row], timers))[0],
        item_code=row.item_code,
        case_id=row.case_id,
        next_step=NEXT_STEPS[row.state],
        said=tuple(await _said(world, asker, row)),
        why=tuple(why),
        actions=tuple(_actions(asker, row)),
        satisfied=row.satisfied,
        person=await _person(world, asker, row),
    )


async def _person(world: World, asker: Asker, row: Consultation) -> str:
    """Say to an officer who asks: masked, and nobody where it is a complaint."""
    if isinstance(asker, Citizen) or row.kind == Kind.COMPLAINT:
        return ""
    if row.identity_id is None:
        return "未实名"
    return identity.masked(await identity.person(world, row.identity_id)).name


async def _said(world: World, asker: Asker, row: Consultation) -> list[Said]:
    events = await ConsultationEvent.filter(consultation_id=row.id).order_by("seq")
    own = isinstance(asker, Citizen)
    return [
        Said(
            event.created_at,
            (action := Action(event.action)),
            _title(action, event, own),
            _words(world, event),
            event.actor_kind == "citizen",
        )
        for event in events
    ]


def _title(action: Action, event: ConsultationEvent, own: bool) -> str:
    if action is Action.TRANSFER:
        return f"已转交{event.facts['organ']}"
    if action is Action.ASK:
        return "您提交了" if own else "办事人提交"
    if action is Action.RECOUNT:
        return f"最晚答复日期调整为{full_day(date.fromisoformat(event.facts['due_on']))}"
    return TITLES[action]


def _words(world: World, event: ConsultationEvent) -> str:
    if event.text_sealed is None:
        return ""
    return world.seals.open(event.text_sealed, TEXT, event.id)


def _actions(asker: Asker, row: Consultation) -> list[Action]:
    actor = Actor.ASKER if isinstance(asker, Citizen) else Actor.OFFICER
    found = actions_for(actor, ConsultationState(row.state), standing_of(row))
    if isinstance(asker, Officer) and not rules.may_answer(asker, row.second_look, row.answered_by):
        return [each for each in found if each is Action.TRANSFER]
    return found


def _live(timers: Sequence[Timer]) -> Timer | None:
    return next((each for each in reversed(timers) if each.live), None)


async def asked_words(world: World, row: Consultation) -> str:
    """Return what was asked last, as it was written; whoever calls has noted the reading."""
    [found] = await sql.rows(_LAST_WORDS, [row.id], _ASKING)
    return world.seals.open(found["text_sealed"], TEXT, found["id"])


async def id_of_number(world: World, officer: Officer, number: str) -> UUID:
    """Return which consultation has this number, if this post may see it.

    Raises:
        NoSuchConsultation: not there and not yours are told alike.
    """
    word = number.strip().upper()
    row = await Consultation.get_or_none(number=word) if rules.is_number(word) else None
    if row is None or not await may_see(officer, row):
        raise NoSuchConsultation("没有找到这个编号，请核对，或确认是不是本岗位办理的。")
    return row.id


_LAST_WORDS = """
    SELECT DISTINCT ON (consultation_id) consultation_id, id, text_sealed
    FROM consultation_event
    WHERE consultation_id = ANY ($1::uuid[]) AND action = ANY ($2::text[])
    ORDER BY consultation_id, seq DESC
"""
_ASKING = [Action.ASK.value, Action.FOLLOW_UP.value]


async def lines(
    world: World, rows: Sequence[Consultation], timers: dict[UUID, list[Timer]] | None = None
) -> list[Shown]:
    """Return rows as lines of a list, in the same order."""
    ids = [row.id for row in rows]
    if timers is None:
        timers = await workdays.timers_of(world, SUBJECT, ids)
    names = {each: (await organs.organ(world, each)).short_name for each in _organs(rows)}
    asked = {
        each["consultation_id"]: world.seals.open(each["text_sealed"], TEXT, each["id"])
        for each in await sql.rows(_LAST_WORDS, ids, _ASKING)
    }
    now, today = world.clock.now(), world.clock.today()
    found = []
    for row in rows:
        live = _live(timers[row.id])
        late = live is not None and (
            live.due_on < today or (live.due_at is not None and live.due_at < now)
        )
        found.append(
            Shown(
                id=row.id,
                number=row.number,
                kind=Kind(row.kind),
                title=row.title,
                organ=names[row.organ_id],
                state=ConsultationState(row.state),
                label=LABELS[row.state],
                preview=preview(asked.get(row.id, "")),
                asked_at=row.asked_at,
                due_on=live.due_on if live else None,
                provisional=live is not None and live.provisional,
                overdue=late and live is not None and not live.provisional,
                second_look=row.second_look,
            )
        )
    return found


def _organs(rows: Sequence[Consultation]) -> list[UUID]:
    return sorted({row.organ_id for row in rows})


def preview(text: str) -> str:
    """Return the beginning of somebody's words as a list may show it: no numbers, no names."""
    words = " ".join(guides.masked_words(text).split())
    words = _NARROW.sub(lambda found: found[0].translate(_WIDE), words)
    return words if len(words) <= PREVIEW else words[: PREVIEW - 1] + "…"


async def tellings(
    world: World, consultation_ids: Sequence[UUID]
) -> dict[UUID, ConsultationTelling]:
    """Return what may be told about many consultations, in one question."""
    rows = await Consultation.filter(id__in=list(consultation_ids))
    return {
        row.id: ConsultationTelling(
            row.number, Kind(row.kind), row.title, row.identity_id or row.account_id, row.due_on
        )
        for row in rows
    }


async def handled(rows: Sequence[Consultation]) -> dict[UUID, frozenset[UUID]]:
    """Return by consultation the officers it may complain of; in one question."""
    about = {
        row.id: row.case_id
        for row in rows
        if row.kind == Kind.COMPLAINT and row.case_id is not None
    }
    found = await cases.handlers_of(set(about.values()))
    return {row_id: found[case_id] for row_id, case_id in about.items()}
