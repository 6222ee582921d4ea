"""The life of a case as a table: which step leads where, and who may take it.

The states and steps follow the domain model (a union of GB/T 39046—2020 tables 5–8 and published
provincial systems); the articles are those of the Administrative Licensing Law (行政许可法).
"""

from dataclasses import dataclass
from enum import StrEnum

from citydesk.cases.refusals import NotAllowedNow, NotYourStep, ReasonMissing

RULE_VERSION = "2026.1"


class State(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    FILED = "filed"
    RETURNED = "returned_to_applicant"
    PRE_REVIEWED = "pre_reviewed"
    RECEIVED = "received"
    CORRECTING = "correcting"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    COMPLETED = "completed"
    SERVED = "served"
    WITHDRAWN = "withdrawn"


class Actor(StrEnum):
    """Who takes a step: the applicant, or an officer in one of these posts."""

    APPLICANT = "applicant"
    FRONT_DESK = "front_desk"
    BACK_OFFICE = "back_office"
    EXIT_WINDOW = "exit_window"


class Action(StrEnum):
    """The steps."""

    SUBMIT = "submit"
    PRE_PASS = "pre_pass"  # noqa: S105 - a step, not a word to let pass
    PRE_FAIL = "pre_fail"
    RESUBMIT = "resubmit"
    RECEIVE = "receive"
    REQUEST_CORRECTION = "request_correction"
    CORRECT = "correct"
    ACCEPT = "accept"
    REFUSE_ACCEPTANCE = "refuse_acceptance"
    START_REVIEW = "start_review"
    DECIDE = "decide"
    COMPLETE = "complete"
    SERVE = "serve"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table."""

    action: Action
    from_states: frozenset[State]
    to_state: State
    actor: Actor
    reason: bool = False
    legal_basis: str | None = None


def _step(
    action: Action,
    from_states: State | tuple[State, ...],
    to_state: State,
    actor: Actor,
    *,
    reason: bool = False,
    basis: str | None = None,
) -> Step:
    states = from_states if isinstance(from_states, tuple) else (from_states,)
    return Step(action, frozenset(states), to_state, actor, reason, basis)


UNDECIDED = (
    State.DRAFT,
    State.FILED,
    State.RETURNED,
    State.PRE_REVIEWED,
    State.RECEIVED,
    State.CORRECTING,
    State.ACCEPTED,
    State.IN_REVIEW,
)

STEPS: tuple[Step, ...] = (
    _step(Action.SUBMIT, State.DRAFT, State.FILED, Actor.APPLICANT),
    _step(Action.PRE_PASS, State.FILED, State.PRE_REVIEWED, Actor.FRONT_DESK),
    _step(Action.PRE_FAIL, State.FILED, State.RETURNED, Actor.FRONT_DESK, reason=True),
    _step(Action.RESUBMIT, State.RETURNED, State.FILED, Actor.APPLICANT),
    _step(Action.RECEIVE, (State.FILED, State.PRE_REVIEWED), State.RECEIVED, Actor.FRONT_DESK),
    _step(
        Action.REQUEST_CORRECTION,
        State.RECEIVED,
        State.CORRECTING,
        Actor.FRONT_DESK,
        reason=True,
        basis="行政许可法第三十二条第一款第四项",
    ),
    _step(Action.CORRECT, State.CORRECTING, State.RECEIVED, Actor.APPLICANT),
    _step(
        Action.ACCEPT,
        State.RECEIVED,
        State.ACCEPTED,
        Actor.FRONT_DESK,
        basis="行政许可法第三十二条第一款第五项",
    ),
    _step(
        Action.REFUSE_ACCEPTANCE,
        State.RECEIVED,
        State.NOT_ACCEPTED,
        Actor.FRONT_DESK,
        reason=True,
        basis="行政许可法第三十二条",
    ),
    _step(Action.START_REVIEW, State.ACCEPTED, State.IN_REVIEW, Actor.BACK_OFFICE),
    _step(
        Action.DECIDE,
        State.IN_REVIEW,
        State.DECIDED,
        Actor.BACK_OFFICE,
        basis="行政许可法第三十八条",
    ),
    _step(Action.COMPLETE, State.DECIDED, State.COMPLETED, Actor.BACK_OFFICE),
    _step(
        Action.SERVE,
        State.COMPLETED,
        State.SERVED,
        Actor.EXIT_WINDOW,
        basis="行政许可法第四十四条",
    ),
    _step(Action.WITHDRAW, UNDECIDED, State.WITHDRAWN, Actor.APPLICANT),
)

BY_ACTION = {step.action: step for step in STEPS}


def step_for(action: Action, state: State, actor: Actor | None, reason: str | None) -> Step:
    """Return the step, if this actor may take it now.

    Raises:
        NotYourStep: another post takes this step.
        NotAllowedNow: the case does not stand where the step begins.
        ReasonMissing: the step needs a reason and has none.
    """
    step = BY_ACTION[action]
    if step.actor is not actor:
        raise NotYourStep(
            "这一步不由您当前的岗位办理。", action=action.value, actor=step.actor.value
        )
    if state not in step.from_states:
        raise NotAllowedNow(
            f"办件现在是“{LABELS[state]}”，不能做这一步。请刷新后再看。",
            action=action.value,
            state=state.value,
        )
    if step.reason and not (reason or "").strip():
        raise ReasonMissing(
            "请写明理由，让申请人知道怎么办。", [{"field": "reason", "detail": "必填"}]
        )
    return step


def actions_for(state: State, actor: Actor | None) -> list[Action]:
    """The steps this actor may take now, in the table's order."""
    return [step.action for step in STEPS if step.actor is actor and state in step.from_states]


LABELS: dict[State, str] = {
    State.DRAFT: "草稿",
    State.FILED: "已提交，等待预审",
    State.RETURNED: "预审未通过，待修改",
    State.PRE_REVIEWED: "预审通过",
    State.RECEIVED: "已收件",
    State.CORRECTING: "待补正",
    State.ACCEPTED: "已受理",
    State.NOT_ACCEPTED: "不予受理",
    State.IN_REVIEW: "审查中",
    State.DECIDED: "已作出决定",
    State.COMPLETED: "已办结",
    State.SERVED: "已送达",
    State.WITHDRAWN: "已撤回",
}

NEXT_STEPS: dict[State, str] = {
    State.DRAFT: "填好表单、传齐材料后提交。",
    State.FILED: "工作人员会在2个工作日内预审，请等待通知。",
    State.RETURNED: "请按提示一次改好，再重新提交。",
    State.PRE_REVIEWED: "等待窗口收件；如预约了时间，请按时到大厅。",
    State.RECEIVED: "5个工作日内会告诉您是否受理。",
    State.CORRECTING: "请按通知补齐材料后提交补正。",
    State.ACCEPTED: "已开始办理，请等待审查结果。",
    State.NOT_ACCEPTED: "请看不予受理的理由；不服可申请复议或诉讼。",
    State.IN_REVIEW: "部门正在审查，请等待结果。",
    State.DECIDED: "决定已作出，正在制作结果。",
    State.COMPLETED: "请到出件窗口领取结果，带上身份证。",
    State.SERVED: "已办完，感谢您的配合。",
    State.WITHDRAWN: "已撤回，需要时可重新申报。",
}
