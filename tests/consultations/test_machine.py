"""The machine as values: every way through it, and what stands in the documents about it."""

from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from citydesk.consultations import rules
from citydesk.consultations.machine import STEPS, Clock, Standing, actions_for, step_for
from citydesk.consultations.refusals import NotNow
from citydesk.consultations.states import LABELS, Action, Actor, ConsultationState

ENDS = {ConsultationState.CLOSED, ConsultationState.WITHDRAWN, ConsultationState.REFERRED}


class Life(RuleBasedStateMachine):
    """One consultation, and somebody who tries everything."""

    def __init__(self) -> None:
        super().__init__()
        self.state: ConsultationState | None = None
        self.followed_up = self.second_look = self.running = False
        self.rounds = self.answers = 0

    @rule(action=st.sampled_from(list(Action)))
    def tries(self, action: Action) -> None:
        standing = Standing(self.followed_up, self.second_look)
        try:
            step = step_for(action, self.state, standing)
        except NotNow:
            if self.state is not None:
                assert all(action not in actions_for(who, self.state, standing) for who in Actor)
            return
        if self.state is not None:
            assert action in actions_for(step.actor, self.state, standing)
        assert self.state not in ENDS, "nothing happens after the end"
        self.followed_up |= action is Action.FOLLOW_UP
        self.second_look |= action is Action.OBJECT
        self.answers += action is Action.ANSWER
        if step.clock is Clock.START:
            assert not self.running
            self.running, self.rounds = True, self.rounds + 1
        if step.clock in (Clock.STOP, Clock.VOID):
            assert self.running
            self.running = False
        self.state = step.to or self.state

    @precondition(lambda self: self.state is not None)
    @invariant()
    def the_clock_runs_exactly_while_it_waits_for_an_answer(self) -> None:
        assert self.running == (
            self.state in (ConsultationState.SUBMITTED, ConsultationState.ASSIGNED)
        )

    @invariant()
    def it_is_asked_three_times_at_most(self) -> None:
        assert self.rounds <= 3
        assert self.answers <= self.rounds

    @invariant()
    def nothing_but_an_answer_is_answered_back_to(self) -> None:
        if self.followed_up or self.second_look:
            assert self.answers


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


def test_every_state_is_reached_and_every_open_one_can_be_left() -> None:
    reached = {step.to for step in STEPS if step.to}
    assert reached == set(ConsultationState) == set(LABELS)
    for state in set(ConsultationState) - ENDS:
        assert any(actions_for(who, state, Standing()) for who in Actor)
    for state in ENDS:
        assert not any(actions_for(who, state, Standing()) for who in Actor)


def test_the_page_about_consultations_has_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "consultations.md").read_text("utf-8")
    for step in STEPS:
        begins = " ".join(sorted(each for each in step.from_states if each)) or "–"
        line = f"| {begins} | `{step.action}` | {step.actor} | {step.to or 'same'} |"
        assert line in page, line


def test_alike_questions_are_told_from_others() -> None:
    asked = "办健康证要空腹吗？"
    assert rules.alikeness(asked, "办理健康证需要空腹吗") > 0.5
    assert rules.alikeness(asked, "公积金怎么提取") < 0.15
    assert rules.alikeness("", asked) == 0.0
