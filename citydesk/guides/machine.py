"""The life of a guide's version as a table: which step leads where, and who may take it.

The states and steps follow the domain model (新增、变更、拆分、合并、暂停、取消 of the national
catalogue's rules); recalling, sending an approved version back and discarding a draft are ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from citydesk.guides.refusals import NotAllowedThere, NotYourGuide, ReasonNeeded
from citydesk.identity import Role
from models.guides import VersionState

State = VersionState


class Actor(StrEnum):
    """Who takes a step: an officer in one of these posts, the clock, or an import."""

    EDITOR = "editor"
    REVIEWER = "reviewer"
    PUBLISHER = "publisher"
    CLOCK = "clock"
    IMPORT = "import"


class Action(StrEnum):
    """The steps."""

    BEGIN = "begin"
    WRITE = "write"
    SUBMIT = "submit"
    RECALL = "recall"
    DISCARD = "discard"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    RELEASE = "release"
    HOLD = "hold"
    PUBLISH = "publish"
    SUPERSEDE = "supersede"
    SUSPEND = "suspend"
    RESUME = "resume"
    PLAN_END = "plan_end"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table; `to_state` None: it stays where it is."""

    action: Action
    from_states: frozenset[State | None]
    to_state: State | None
    actors: frozenset[Actor]
    needs: str = ""  # "reason" or "basis"


def _step(
    action: Action,
    from_states: Iterable[State | None],
    to_state: State | None,
    *actors: Actor,
    needs: str = "",
) -> Step:
    return Step(action, frozenset(from_states), to_state, frozenset(actors), needs)


OPEN = (State.DRAFT, State.IN_REVIEW, State.APPROVED)
SHOWN = (State.PUBLISHED, State.SUSPENDED)
ENDED = (State.SUPERSEDED, State.CANCELLED, State.DISCARDED)

STEPS: tuple[Step, ...] = (
    _step(Action.BEGIN, [None], State.DRAFT, Actor.EDITOR, Actor.IMPORT),
    _step(Action.WRITE, [State.DRAFT], None, Actor.EDITOR, Actor.IMPORT),
    _step(Action.SUBMIT, [State.DRAFT], State.IN_REVIEW, Actor.EDITOR),
    _step(Action.RECALL, [State.IN_REVIEW], State.DRAFT, Actor.EDITOR),
    _step(Action.DISCARD, [State.DRAFT], State.DISCARDED, Actor.EDITOR, needs="reason"),
    _step(Action.APPROVE, [State.IN_REVIEW], State.APPROVED, Actor.REVIEWER),
    _step(
        Action.SEND_BACK,
        [State.IN_REVIEW, State.APPROVED],
        State.DRAFT,
        *(Actor.REVIEWER, Actor.PUBLISHER),
        needs="reason",
    ),
    _step(Action.RELEASE, [State.APPROVED], None, Actor.PUBLISHER),
    _step(Action.HOLD, [State.APPROVED], None, Actor.CLOCK, needs="reason"),
    _step(Action.PUBLISH, [State.APPROVED], State.PUBLISHED, Actor.PUBLISHER, Actor.CLOCK),
    _step(Action.SUPERSEDE, SHOWN, State.SUPERSEDED, Actor.PUBLISHER, Actor.CLOCK),
    _step(Action.SUSPEND, [State.PUBLISHED], State.SUSPENDED, Actor.PUBLISHER, needs="reason"),
    _step(Action.RESUME, [State.SUSPENDED], State.PUBLISHED, Actor.PUBLISHER, Actor.CLOCK),
    _step(Action.PLAN_END, SHOWN, None, Actor.PUBLISHER, needs="basis"),
    _step(Action.CANCEL, SHOWN, State.CANCELLED, Actor.PUBLISHER, Actor.CLOCK, needs="basis"),
)
BY_ACTION = {step.action: step for step in STEPS}
_BY_ROLE = {
    Role.EDITOR: Actor.EDITOR,
    Role.REVIEWER: Actor.REVIEWER,
    Role.PUBLISHER: Actor.PUBLISHER,
}
LABELS: dict[State, str] = {
    State.DRAFT: "草稿",
    State.IN_REVIEW: "审核中",
    State.APPROVED: "已审核，待发布",
    State.PUBLISHED: "已发布",
    State.SUSPENDED: "暂停办理",
    State.SUPERSEDED: "已被新版代替",
    State.CANCELLED: "已取消",
    State.DISCARDED: "已作废",
}
_NEEDED = {"reason": "请写明原因，让同事知道怎么办。", "basis": "请写明依据。"}


def actor_of(role: Role) -> Actor | None:
    """The part a post plays in the life of a guide; None for a post that plays none."""
    return _BY_ROLE.get(role)


def step_for(action: Action, state: State | None, actor: Actor | None, said: str = "") -> Step:
    """Return the step, if this actor may take it now; `said` is the reason or basis given.

    Raises:
        NotYourGuide: another post takes this step. NotAllowedThere: the version does not stand
        where the step begins. ReasonNeeded: the step needs a reason or a basis and has none.
    """
    step = BY_ACTION[action]
    if actor not in step.actors:
        raise NotYourGuide("这一步不由您当前的岗位办理。", action=action.value)
    if state not in step.from_states:
        stands = LABELS[state] if state else "还没有草稿"
        raise NotAllowedThere(
            f"这份指南现在是“{stands}”，不能做这一步。请刷新后再看。", action=action.value
        )
    if step.needs and not said.strip():
        raise ReasonNeeded(_NEEDED[step.needs], [{"field": step.needs, "detail": "必填"}])
    return step


def actions_for(state: State, role: Role) -> list[Action]:
    """The steps a post may take with a version that stands there, in the table's order."""
    actor = actor_of(role)
    return [step.action for step in STEPS if actor in step.actors and state in step.from_states]
