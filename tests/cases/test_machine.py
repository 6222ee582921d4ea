import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from citydesk import cases
from citydesk.cases import LABELS, NEXT_STEPS, Action, NotAllowedNow, NotYourStep, State
from citydesk.cases.guards import MEANINGS, SENTENCES, Guard, Standing, holds
from citydesk.cases.machine import actions_for, lines_of, step_for
from citydesk.cases.states import ENDS, Actor, JointKind
from citydesk.cases.table import STEPS, Leads
from citydesk.cases.words import TITLES
from citydesk.identity import Citizen, Officer, Role
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Refusal
from citydesk.world import World
from models.cases import Case, CaseEvent
from tests.cases.making import WAYS, Desk

TODAY = date(2026, 3, 2)
HERE, BACK = Leads.SAME, Leads.BACK
APPLICANT = "applicant agent"
DATED = (
    "received correcting accepted in_review suspended decided completed certificate_ready served"
)
UNDECIDED = "draft filed returned_to_applicant pre_reviewed received correcting accepted in_review"
UNDECIDED += " suspended"
UNDECIDED_ACCEPTED = "accepted in_review suspended"
DECIDED = "decided completed certificate_ready served"
# Written by hand from the domain model 4.2: from, what happens, by whom, to.
MODEL = f"""
draft; submit; {APPLICANT}; filed
filed; pre_pass; front_desk; pre_reviewed
filed; pre_fail; front_desk; returned_to_applicant
returned_to_applicant; resubmit; {APPLICANT}; filed
pre_reviewed; not_brought; system; returned_to_applicant
draft filed pre_reviewed; receive; front_desk; received
received; request_correction; front_desk back_office; correcting
correcting; correct; {APPLICANT} front_desk; received
correcting; correction_lapsed; system; returned_uncorrected
received; accept; front_desk; accepted
received; accept_by_silence; system; accepted
{UNDECIDED_ACCEPTED} {DECIDED}; hand_in_deferred; {APPLICANT} front_desk; {HERE}
{UNDECIDED_ACCEPTED}; deferred_lapsed; system; returned_uncorrected
{DECIDED}; deferred_lapsed; system; {HERE}
received; refuse_acceptance; front_desk; not_accepted
received; out_of_scope; front_desk; not_in_scope
accepted; start_review; back_office; in_review
in_review; pass_link return_link request_supplement; back_office; {HERE}
in_review; supplement; {APPLICANT} front_desk; {HERE}
accepted in_review; start_special; back_office; suspended
suspended; end_special; back_office; {BACK}
suspended; special_lapsed; system; {BACK}
accepted in_review; end_special; back_office; {HERE}
in_review; extend; department_head; {HERE}
accepted in_review; start_joint commit; back_office; {HERE}
-; open_part; back_office; accepted
accepted in_review suspended; part_committed; system; {HERE}
accepted in_review suspended decided; part_decided; system; {HERE}
accepted in_review suspended; part_ended; system; voided
in_review; decide; back_office; decided
accepted; decide; front_desk; decided
decided; complete; back_office front_desk; completed
completed; issue_certificate; back_office; certificate_ready
completed certificate_ready; serve; exit_window; served
{UNDECIDED}; withdraw; {APPLICANT} front_desk; withdrawn
{UNDECIDED} {DECIDED}; end_mandate; applicant; {HERE}
{UNDECIDED.removeprefix("draft ")} decided; void; department_head; voided
completed certificate_ready served; revoke; department_head; revoked
served; archive; system; archived
{DATED}; recount; system; {HERE}
"""


def ways(lines: Any) -> set[tuple[str, str, str, str]]:
    """Every single way: from, what, by whom, to."""
    return {
        (begin, what, who, to)
        for begins, whats, whos, to in lines
        for begin in begins
        for what in whats
        for who in whos
    }


def test_the_table_allows_exactly_what_the_domain_model_allows() -> None:
    told = [[part.strip() for part in line.split(";")] for line in MODEL.strip().splitlines()]
    model = ways((a.split(), b.split(), c.split(), d) for a, b, c, d in told)
    table = ways(
        ([each or "-" for each in step.from_states], [step.action], step.actors, step.to)
        for step in STEPS
    )
    assert {tuple(str(word) for word in way) for way in table} == model


def test_every_state_step_and_condition_has_its_words() -> None:
    assert {step.action for step in STEPS} == set(Action) == set(TITLES)
    assert set(LABELS) == set(NEXT_STEPS) == set(State) == set(WAYS)
    assert set(MEANINGS) == set(SENTENCES) == set(Guard)
    used = {guard for step in STEPS for guard in step.guards}
    assert used == set(Guard)


def test_a_reason_is_demanded_wherever_something_is_taken_from_the_applicant() -> None:
    needing = {step.action for step in STEPS if step.reason}
    assert needing >= {Action.PRE_FAIL, Action.REQUEST_CORRECTION, Action.REFUSE_ACCEPTANCE}
    assert needing >= {Action.OUT_OF_SCOPE, Action.START_SPECIAL, Action.EXTEND, Action.VOID}
    assert needing >= {Action.REVOKE, Action.RETURN_LINK, Action.REQUEST_SUPPLEMENT}


standings = st.builds(
    Standing,
    today=st.just(TODAY),
    lapse_on=st.sampled_from([None, date(2026, 3, 1), TODAY, date(2026, 3, 9)]),
    immediate=st.booleans(),
    certificate=st.booleans(),
    is_part=st.booleans(),
    joint_kind=st.sampled_from([None, *JointKind]),
    parts_open=st.integers(0, 2),
    parts_uncommitted=st.integers(0, 2),
    committed=st.booleans(),
    special_open=st.booleans(),
    extended_days=st.sampled_from([0, 10]),
    correction_round=st.integers(0, 2),
    supplement_asked=st.booleans(),
    link=st.sampled_from([None, 0, 1]),
    links=st.integers(1, 2),
    at_window=st.booleans(),
    has_agent=st.booleans(),
    deferred_open=st.booleans(),
    deferred_due_on=st.sampled_from([None, date(2026, 3, 1), TODAY]),
)


@given(
    st.sampled_from(Action),
    st.sampled_from([*State, None]),
    st.sampled_from([*Actor, None]),
    st.sampled_from([None, "", " \n", "理由"]),
    standings,
)
def test_a_step_is_taken_only_as_the_table_says(
    action: Action,
    state: State | None,
    actor: Actor | None,
    reason: str | None,
    standing: Standing,
) -> None:
    fitting = [
        line
        for line in lines_of(action)
        if actor in line.actors
        and state in line.from_states
        and all(holds(guard, standing) for guard in line.guards)
    ]
    if state is not None:
        assert (action in actions_for(state, actor, standing)) is bool(fitting)
    if fitting and (not fitting[0].reason or reason == "理由"):
        assert step_for(action, state, actor, reason, standing) is fitting[0]
    else:
        with pytest.raises(Refusal):
            step_for(action, state, actor, reason, standing)


FINAL = set(ENDS)


@settings(max_examples=80, stateful_step_count=40)
class ALife(RuleBasedStateMachine):
    """Anybody tries anything, in any order, under any conditions, on the pure table."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.DRAFT
        self.interrupted: State | None = None
        self.passed = [State.DRAFT]
        self.standing = Standing(TODAY, links=2, link=0, certificate=True)

    @rule(standing=standings)
    def things_change(self, standing: Standing) -> None:
        self.standing = replace(standing, is_part=False)

    @rule(action=st.sampled_from(Action), actor=st.sampled_from([*Actor, None]))
    def try_a_step(self, action: Action, actor: Actor | None) -> None:
        try:
            step = step_for(action, self.state, actor, "理由", self.standing)
        except Refusal:
            return
        before, self.state = self.state, step.leads_to(self.state, self.interrupted)
        if self.state is State.SUSPENDED and before is not State.SUSPENDED:
            self.interrupted = before
        self.passed.append(self.state)

    @precondition(lambda self: self.state not in FINAL)
    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        steps = [step for step in STEPS if self.state in step.from_states]
        step = data.draw(st.sampled_from(steps))
        self.try_a_step(step.action, data.draw(st.sampled_from(sorted(step.actors))))

    @invariant()
    def an_end_is_an_end(self) -> None:
        assert all(state not in FINAL for state in self.passed[:-1])

    @invariant()
    def nothing_is_decided_before_it_was_received_and_accepted(self) -> None:
        if State.DECIDED in self.passed:
            path = [
                self.passed.index(each) for each in (State.FILED, State.RECEIVED, State.ACCEPTED)
            ]
            assert path == sorted(path)
            assert State.CORRECTING not in self.passed[path[-1] :]

    @invariant()
    def nothing_is_served_undecided_nor_reviewed_unaccepted(self) -> None:
        first = {state: self.passed.index(state) for state in self.passed}
        never = len(self.passed)
        assert first.get(State.SERVED, never) >= first.get(State.DECIDED, never)
        assert first.get(State.IN_REVIEW, never) >= first.get(State.ACCEPTED, never)
        assert first.get(State.REVOKED, never) >= first.get(State.COMPLETED, never)

    @invariant()
    def what_was_interrupted_goes_on_where_it_was(self) -> None:
        for before, after in zip(self.passed, self.passed[1:], strict=False):
            if before is State.SUSPENDED and after in (State.ACCEPTED, State.IN_REVIEW):
                last = max(i for i, each in enumerate(self.passed) if each is State.SUSPENDED)
                begun = [each for each in self.passed[:last] if each is not State.SUSPENDED]
                assert after in begun

    @invariant()
    def an_open_case_can_always_go_on(self) -> None:
        whole = Standing(TODAY, certificate=True)
        anything = any(actions_for(self.state, actor, whole) for actor in Actor)
        assert anything or self.state in FINAL


test_no_path_reaches_a_forbidden_state: Any = ALife.TestCase


def refused_steps(log: Path, case: Case) -> list[dict[str, Any]]:
    """What the log says of steps of this case that were refused."""
    lines = [line for line in log.read_text().splitlines() if "case: step refused" in line]
    return [told for line in lines if (told := json.loads(line))["case_id"] == str(case.id)]


@pytest.mark.parametrize("state", State)
async def test_every_other_step_by_anybody_is_refused_logged_and_changes_nothing(
    world: World, state: State, log_file: Path
) -> None:
    """Through the real actions: every step by every post, in this state."""
    desk = await Desk.open(world)
    case = await desk.bring_to(state)
    before = await photograph(case)
    tried = 0
    for action in Action:
        for asker in desk.askers.values():
            doors = set(SAME_DOOR) if action in SAME_DOOR else {action}
            if doors & set(cases.allowed_actions(world, asker, await Case.get(id=case.id))):
                continue
            with pytest.raises((NotYourStep, NotAllowedNow, cases.NoSuchCase)):
                await desk.take(action, asker, case.id)
            tried += 1
    assert await photograph(case) == before
    told = refused_steps(log_file, case)
    assert len(told) == tried > 150
    assert {each["role"] for each in told} == {None, *(list(desk.askers)[1:])}
    assert all(each["refusal"] and each["asker"] and each["action"] for each in told)


SAME_DOOR = (Action.SUBMIT, Action.RESUBMIT)  # the applicant's one button


async def photograph(case: Case) -> tuple[Any, ...]:
    """Everything stored of a case."""
    stored = await Case.filter(id=case.id).values()
    events = await CaseEvent.filter(case_id=case.id).order_by("seq").values()
    return stored, events


@pytest.mark.parametrize("state", State)
async def test_the_events_replay_to_the_stored_row(world: World, state: State) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(state)
    assert (await cases.rebuild(world, case.id)).differences == ()
    assert (await Case.get(id=case.id)).state == state


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
    assert cases.allowed_actions(world, admin, case) == []
    assert (await cases.work_list(world, admin)).items == []


async def test_a_citizen_without_a_checked_name_has_no_cases(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.FILED)
    nobody = Citizen(new_id(), None, 0, "app", None)
    with pytest.raises(cases.NoSuchCase):
        await cases.fetch_for(nobody, case.id)
    assert (await cases.my_cases(world, nobody)).items == []
    assert await cases.latest_progress(world, nobody) == []
