"""The life of a consultation as a table: which step leads where, who takes it, with which clock."""

from dataclasses import dataclass
from enum import StrEnum

from citydesk.consultations.refusals import NotNow
from citydesk.consultations.states import LABELS, Action, Actor, ConsultationState

RULE_VERSION = "2026.1"


class Clock(StrEnum):
    """What a step does to the limit of five working days."""

    NONE = "-"
    START = "start"
    STOP = "stop"
    VOID = "void"  # nothing that was passed but not yet noticed falls any more
    MOVE = "goes on at the new organ"


class Guard(StrEnum):
    """What else must hold."""

    FIRST_FOLLOW_UP = "not followed up yet"
    FIRST_LOOK = "first answer"
    SECOND_LOOK = "second answer"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table; ``to`` None: it stays where it is. ``text``: words are needed."""

    action: Action
    from_states: frozenset[ConsultationState | None]
    to: ConsultationState | None
    actor: Actor
    clock: Clock = Clock.NONE
    guard: Guard | None = None
    text: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What the conditions look at."""

    followed_up: bool = False
    second_look: bool = False


_NEW: frozenset[ConsultationState | None] = frozenset({None})
_OPEN: frozenset[ConsultationState | None] = frozenset(
    {ConsultationState.SUBMITTED, ConsultationState.ASSIGNED}
)
_ANSWERED: frozenset[ConsultationState | None] = frozenset({ConsultationState.ANSWERED})

STEPS = (
    Step(Action.ASK, _NEW, ConsultationState.SUBMITTED, Actor.ASKER, Clock.START, text=True),
    Step(
        Action.TAKE,
        frozenset({ConsultationState.SUBMITTED}),
        ConsultationState.ASSIGNED,
        Actor.OFFICER,
    ),
    Step(Action.TRANSFER, _OPEN, ConsultationState.SUBMITTED, Actor.OFFICER, Clock.MOVE, text=True),
    Step(Action.ANSWER, _OPEN, ConsultationState.ANSWERED, Actor.OFFICER, Clock.STOP, text=True),
    Step(Action.REFER, _OPEN, ConsultationState.REFERRED, Actor.OFFICER, Clock.STOP, text=True),
    Step(Action.WITHDRAW, _OPEN, ConsultationState.WITHDRAWN, Actor.ASKER, Clock.VOID),
    Step(
        Action.FOLLOW_UP,
        _ANSWERED,
        ConsultationState.SUBMITTED,
        Actor.ASKER,
        Clock.START,
        Guard.FIRST_FOLLOW_UP,
        text=True,
    ),
    Step(
        Action.OBJECT,
        _ANSWERED,
        ConsultationState.SUBMITTED,
        Actor.ASKER,
        Clock.START,
        Guard.FIRST_LOOK,
        text=True,
    ),
    Step(
        Action.OBJECT_AGAIN,
        _ANSWERED,
        ConsultationState.CLOSED,
        Actor.ASKER,
        guard=Guard.SECOND_LOOK,
        text=True,
    ),
    Step(Action.ACCEPT, _ANSWERED, ConsultationState.CLOSED, Actor.ASKER),
    Step(Action.SETTLE, _ANSWERED, ConsultationState.CLOSED, Actor.SYSTEM),
    Step(Action.RECOUNT, _OPEN, None, Actor.SYSTEM),
)
_BY_ACTION = {step.action: step for step in STEPS}
_SENTENCES = {
    Guard.FIRST_FOLLOW_UP: "每个问题只能追问一次。还有问题，请再提一个新的。",
    Guard.FIRST_LOOK: "已经换人重新答复过一次。仍不满意，请拨打12345。",
    Guard.SECOND_LOOK: "还没有重新答复过，请先要求重新答复。",
}


def step_for(action: Action, state: ConsultationState | None, standing: Standing) -> Step:
    """Return the line of a step, if it may be taken from here.

    Raises:
        NotNow: the consultation does not stand where the step begins, or a condition is not met.
    """
    step = _BY_ACTION[action]
    if state not in step.from_states:
        label = LABELS[state] if state else "新"
        raise NotNow(f"现在是“{label}”，不能做这一步。请刷新后再看。", state=str(state))
    if step.guard is not None and not _holds(step.guard, standing):
        raise NotNow(_SENTENCES[step.guard], unmet=step.guard.name.lower())
    return step


def actions_for(actor: Actor, state: ConsultationState, standing: Standing) -> list[Action]:
    """The steps somebody may take now, in the table's order."""
    return [
        step.action
        for step in STEPS
        if step.actor is actor
        and state in step.from_states
        and (step.guard is None or _holds(step.guard, standing))
    ]


def _holds(guard: Guard, standing: Standing) -> bool:
    match guard:
        case Guard.FIRST_FOLLOW_UP:
            return not standing.followed_up
        case Guard.FIRST_LOOK:
            return not standing.second_look
        case Guard.SECOND_LOOK:
            return standing.second_look
