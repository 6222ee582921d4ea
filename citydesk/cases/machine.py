"""The life of a case as a table: which step leads where, and who may take it on which condition.

The lines stand in ``data/machine.csv`` and follow the domain model 4.2; the articles are those of
the Administrative Licensing Law (行政许可法). ``docs/cases.md`` is made from them.
"""

from citydesk.cases.guards import SENTENCES, Guard, Standing, first_unmet, holds
from citydesk.cases.refusals import NotAllowedNow, NotYourStep, ReasonMissing
from citydesk.cases.states import Action, Actor, State
from citydesk.cases.table import STEPS, Step
from citydesk.cases.words import LABELS

_LINES = {action: [step for step in STEPS if step.action is action] for action in Action}


def lines_of(action: Action) -> list[Step]:
    """The lines of one step: several when different posts take it, or from different states."""
    return _LINES[action]


def step_for(
    action: Action,
    state: State | None,
    actor: Actor | None,
    reason: str | None,
    standing: Standing,
) -> Step:
    """Return the line by which this actor may take the step now.

    Raises:
        NotYourStep: other posts take this step.
        NotAllowedNow: the case does not stand where the step begins, or a condition is not met.
        ReasonMissing: the step needs a reason and has none.
    """
    mine = [step for step in lines_of(action) if _concerns(step, actor, standing)]
    if not mine:
        raise not_yours(action)
    unmet = None
    for step in mine:
        if state in step.from_states:
            unmet = first_unmet(step.guards, standing)
            if unmet is None:
                _check_reason(step, reason)
                return step
    told = {"action": action.value, "state": str(state)}
    if unmet is not None:
        raise NotAllowedNow(SENTENCES[unmet], unmet=unmet.value, **told)
    label = LABELS[state] if state else "新"
    raise NotAllowedNow(f"办件现在是“{label}”，不能做这一步。请刷新后再看。", **told)


def not_yours(action: Action) -> NotYourStep:
    """Say that other posts take a step, and which."""
    posts = sorted({each.value for step in lines_of(action) for each in step.actors})
    return NotYourStep("这一步不由您当前的岗位办理。", action=action.value, actor=" ".join(posts))


def _concerns(step: Step, actor: Actor | None, standing: Standing) -> bool:
    """Whether a line is this actor's; what is done at once at the window is so of such items."""
    at_once = Guard.IMMEDIATE not in step.guards or holds(Guard.IMMEDIATE, standing)
    return actor in step.actors and at_once


def _check_reason(step: Step, reason: str | None) -> None:
    if step.reason and not (reason or "").strip():
        raise ReasonMissing(
            "请写明理由，让申请人知道怎么办。", [{"field": "reason", "detail": "必填"}]
        )


def actions_for(state: State, actor: Actor | None, standing: Standing) -> list[Action]:
    """The steps this actor may take now, in the table's order, each once."""
    found = [
        step.action
        for step in STEPS
        if actor in step.actors
        and state in step.from_states
        and first_unmet(step.guards, standing) is None
    ]
    return list(dict.fromkeys(found))


def waits_for(actor: Actor | None) -> list[State]:
    """The states whose cases wait for an actor: what a work list shows."""
    begins = {
        state
        for step in STEPS
        if step.queued and actor in step.actors
        for state in step.from_states
    }
    return [state for state in State if state in begins]
