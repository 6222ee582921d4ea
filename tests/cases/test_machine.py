from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from citydesk import cases
from citydesk.cases import LABELS, NEXT_STEPS, Action, NotAllowedNow, NotYourStep, State
from citydesk.cases.machine import BY_ACTION, STEPS, Actor, actions_for, step_for
from citydesk.identity import Citizen, Officer, Role
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Refusal
from citydesk.world import World
from models.cases import Case, CaseEvent
from tests.cases.making import WAYS, Desk

ENDS = {State.NOT_ACCEPTED, State.SERVED, State.WITHDRAWN}
# Written by hand from the domain model 4.2: who may lead a case from where to where.
ALLOWED = {
    (State.DRAFT, State.FILED, Actor.APPLICANT),
    (State.FILED, State.PRE_REVIEWED, Actor.FRONT_DESK),
    (State.FILED, State.RETURNED, Actor.FRONT_DESK),
    (State.RETURNED, State.FILED, Actor.APPLICANT),
    (State.FILED, State.RECEIVED, Actor.FRONT_DESK),
    (State.PRE_REVIEWED, State.RECEIVED, Actor.FRONT_DESK),
    (State.RECEIVED, State.CORRECTING, Actor.FRONT_DESK),
    (State.CORRECTING, State.RECEIVED, Actor.APPLICANT),
    (State.RECEIVED, State.ACCEPTED, Actor.FRONT_DESK),
    (State.RECEIVED, State.NOT_ACCEPTED, Actor.FRONT_DESK),
    (State.ACCEPTED, State.IN_REVIEW, Actor.BACK_OFFICE),
    (State.IN_REVIEW, State.DECIDED, Actor.BACK_OFFICE),
    (State.DECIDED, State.COMPLETED, Actor.BACK_OFFICE),
    (State.COMPLETED, State.SERVED, Actor.EXIT_WINDOW),
} | {
    (state, State.WITHDRAWN, Actor.APPLICANT)
    for state in State
    if state
    not in {State.DECIDED, State.COMPLETED, State.SERVED, State.NOT_ACCEPTED, State.WITHDRAWN}
}


def test_the_table_allows_exactly_what_the_domain_model_allows() -> None:
    table = {(begin, step.to_state, step.actor) for step in STEPS for begin in step.from_states}
    assert table == ALLOWED


def test_each_step_stands_in_the_table_once_and_every_state_has_words() -> None:
    assert len(BY_ACTION) == len(STEPS) == len(Action)
    assert set(LABELS) == set(NEXT_STEPS) == set(State) == set(WAYS)


@given(
    st.sampled_from(Action),
    st.sampled_from(State),
    st.sampled_from([*Actor, None]),
    st.sampled_from([None, "", " \n", "理由"]),
)
def test_a_step_is_taken_only_as_the_table_says(
    action: Action, state: State, actor: Actor | None, reason: str | None
) -> None:
    line = BY_ACTION[action]
    admitted = line.actor is actor and state in line.from_states
    assert (action in actions_for(state, actor)) is admitted
    if admitted and (not line.reason or reason == "理由"):
        assert step_for(action, state, actor, reason) is line
    else:
        with pytest.raises(Refusal):
            step_for(action, state, actor, reason)


@settings(max_examples=60, stateful_step_count=30)
class ALife(RuleBasedStateMachine):
    """Anybody tries anything, in any order, on the pure table."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.DRAFT
        self.passed = [State.DRAFT]

    @rule(action=st.sampled_from(Action), actor=st.sampled_from([*Actor, None]))
    def try_a_step(self, action: Action, actor: Actor | None) -> None:
        try:
            step = step_for(action, self.state, actor, "理由")
        except Refusal:
            return
        self.state = step.to_state
        self.passed.append(self.state)

    @precondition(lambda self: self.state not in ENDS)
    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        ways = [step for step in STEPS if self.state in step.from_states]
        step = data.draw(st.sampled_from(ways))
        self.try_a_step(step.action, step.actor)

    @invariant()
    def an_end_is_an_end(self) -> None:
        assert all(state not in ENDS for state in self.passed[:-1])

    @invariant()
    def nothing_is_decided_before_it_was_received_accepted_and_reviewed(self) -> None:
        if State.DECIDED in self.passed:
            path = [
                self.passed.index(each)
                for each in (State.FILED, State.RECEIVED, State.ACCEPTED, State.IN_REVIEW)
            ]
            assert path == sorted(path)
            assert State.CORRECTING not in self.passed[path[-2] :]

    @invariant()
    def an_open_case_can_always_go_on(self) -> None:
        open_ = self.state not in ENDS
        assert open_ == any(actions_for(self.state, actor) for actor in Actor)


test_no_path_reaches_a_forbidden_state: Any = ALife.TestCase


@pytest.mark.parametrize("state", State)
async def test_every_other_step_by_anybody_is_refused_and_changes_nothing(
    world: World, state: State
) -> None:
    """Through the real actions: every action by every actor, in this state."""
    desk = await Desk.open(world)
    case = await desk.bring_to(state)
    before = await photograph(case)
    for action, line in BY_ACTION.items():
        for actor, asker in desk.askers.items():
            same_door = {Action.SUBMIT, Action.RESUBMIT} if action is Action.RESUBMIT else {action}
            if line.actor == actor and any(state in BY_ACTION[a].from_states for a in same_door):
                continue
            if action is Action.SUBMIT and actor == "applicant" and state is State.RETURNED:
                continue  # submitting again goes through the same door
            with pytest.raises((NotYourStep, NotAllowedNow, cases.NoSuchCase)):
                await desk.take(action, asker, case.id)
            assert await photograph(case) == before, (action, actor)


async def photograph(case: Case) -> tuple[Any, ...]:
    """Everything stored of a case."""
    stored = await Case.filter(id=case.id).values()
    events = await CaseEvent.filter(case_id=case.id).order_by("seq").values()
    return stored, events


@pytest.mark.parametrize("state", State)
async def test_the_events_replay_to_the_stored_state(world: World, state: State) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(state)
    stored = await Case.get(id=case.id)
    events = await CaseEvent.filter(case_id=case.id).order_by("seq")
    at = State.DRAFT
    for seq, event in enumerate(events, 1):
        assert (event.seq, event.from_state) == (seq, at)
        at = step_for(
            Action(event.action), at, BY_ACTION[Action(event.action)].actor, "理由"
        ).to_state
        assert event.to_state == at
    assert stored.state == at == state
    assert stored.last_seq == len(events)


async def test_an_event_says_who_did_what_for_whom_and_by_which_law(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.ACCEPTED)
    events = await CaseEvent.filter(case_id=case.id).order_by("seq")
    first, last = events[0], events[-1]
    assert (first.actor_kind, first.actor_id) == ("citizen", desk.citizen.account_id)
    assert (first.acting_for, first.channel) == (desk.citizen.identity_id, "app")
    assert (last.actor_kind, last.actor_id) == ("officer", desk.front.officer_id)
    assert (last.post_id, last.channel) == (desk.front.post_id, "window")
    assert last.legal_basis is not None
    assert "三十二条" in last.legal_basis
    assert last.rule_version


@pytest.mark.parametrize("reason", ["", "  \n"])
async def test_a_step_against_the_applicant_needs_its_reason(world: World, reason: str) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.FILED)
    with pytest.raises(cases.ReasonMissing):
        await cases.pre_fail(world, desk.front, case.id, reason)
    await cases.receive(world, desk.front, case.id)
    with pytest.raises(cases.ReasonMissing):
        await cases.request_correction(world, desk.front, case.id, reason)
    with pytest.raises(cases.ReasonMissing):
        await cases.refuse_acceptance(world, desk.front, case.id, reason)
    case = await desk.bring_to(State.IN_REVIEW)
    with pytest.raises(cases.ReasonMissing):
        await cases.decide(world, desk.back, case.id, cases.Outcome.REFUSED, reason)
    assert (await Case.get(id=case.id)).state == State.IN_REVIEW


async def test_a_post_that_takes_no_steps_sees_no_case_either(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.FILED)
    admin = Officer(
        new_id(),
        new_id(),
        Role.ADMIN,
        desk.front.organ_id,
        desk.front.hall_id,
        new_id(),
    )
    with pytest.raises(cases.NoSuchCase):
        await cases.fetch_for(admin, case.id)
    assert cases.allowed_actions(admin, case) == []
    assert (await cases.work_list(world, admin)).items == []


async def test_a_citizen_without_a_checked_name_has_no_cases(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.FILED)
    nobody = Citizen(new_id(), None, 0, "app", None)
    with pytest.raises(cases.NoSuchCase):
        await cases.fetch_for(nobody, case.id)
    assert (await cases.my_cases(world, nobody)).items == []
    assert await cases.latest_progress(world, nobody) == []
