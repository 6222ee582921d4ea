"""Joint handling: other organs with cases and clocks of their own; what the main one waits for."""

from datetime import date

import pytest

from citydesk import cases, organs
from citydesk.cases import Action, JointKind, Outcome, Part, State
from citydesk.identity import Officer, Role
from citydesk.world import World
from models.cases import Case
from tests.cases.making import Desk, at_post


async def other(world: World, organ: str = "gongan") -> Officer:
    return await at_post(world, Role.BACK_OFFICE, None, organ)


async def part_of(case: Case, organ: str, world: World) -> Case:
    found = (await organs.organ_by_code(world, organ)).id
    return await Case.get(parent_id=case.id, organ_id=found)


async def test_a_general_joint_case_waits_until_every_organ_has_decided(world: World) -> None:
    desk, police = await Desk.open(world), await other(world)
    case = await desk.bring_to(State.IN_REVIEW)
    parts = [Part("gongan", 3), Part("weijian", 5)]
    case = await cases.start_joint(world, desk.back, case.id, JointKind.GENERAL, parts)
    assert (case.parts_open, case.promised_on) == (2, date(2026, 3, 9))
    assert case.statutory_on == date(2026, 5, 8)  # 45 working days for joint handling
    with pytest.raises(cases.NotAllowedNow):
        await cases.decide(world, desk.back, case.id, Outcome.GRANTED)
    mine = await part_of(case, "gongan", world)
    assert (mine.state, mine.promised_on) == ("accepted", date(2026, 3, 5))
    assert [each.id for each in (await cases.work_list(world, police)).items] == [mine.id]
    assert await cases.form_of(world, desk.citizen, mine) != {}
    await cases.start_review(world, police, mine.id)
    await cases.decide(world, police, mine.id, Outcome.GRANTED)
    assert (await cases.work_list(world, police)).items == []
    told = await cases.timeline(world, desk.citizen, case.id)
    assert told.happenings[-1].title == "协办部门已办完"
    assert str(told.happenings[-1].detail).endswith("：准予")
    health = await other(world, "weijian")
    theirs = await part_of(case, "weijian", world)
    await cases.start_review(world, health, theirs.id)
    await cases.decide(world, health, theirs.id, Outcome.REFUSED, "不符合卫生要求")
    with pytest.raises(cases.NotAllowedNow):  # not against another organ's no
        await cases.decide(world, desk.back, case.id, Outcome.GRANTED)
    done = await cases.decide(world, desk.back, case.id, Outcome.REFUSED, "卫生部门不同意")
    assert done.state == "decided"
    for each in (case, mine, theirs):
        assert (await cases.rebuild(world, each.id)).differences == ()


async def test_of_a_prerequisite_a_commitment_is_enough_to_begin(world: World) -> None:
    desk, police = await Desk.open(world), await other(world)
    case = await desk.bring_to(State.ACCEPTED)
    await cases.start_joint(world, desk.back, case.id, JointKind.PREREQUISITE, [Part("gongan", 3)])
    with pytest.raises(cases.NotAllowedNow):
        await cases.start_review(world, desk.back, case.id)
    mine = await part_of(case, "gongan", world)
    await cases.commit(world, police, mine.id)
    with pytest.raises(cases.NotAllowedNow):
        await cases.commit(world, police, mine.id)
    await cases.start_review(world, desk.back, case.id)
    with pytest.raises(cases.NotAllowedNow):
        await cases.decide(world, desk.back, case.id, Outcome.GRANTED)
    await cases.start_review(world, police, mine.id)
    await cases.decide(world, police, mine.id, Outcome.GRANTED)
    done = await cases.decide(world, desk.back, case.id, Outcome.GRANTED)
    assert (done.state, done.parts_open, done.parts_uncommitted) == ("decided", 0, 0)


async def test_what_is_passed_up_is_decided_above_and_completed_here(world: World) -> None:
    desk, above = await Desk.open(world), await other(world, "weijian")
    case = await desk.bring_to(State.IN_REVIEW)
    with pytest.raises(cases.NotAllowedNow):
        await cases.decide(world, desk.back, case.id, Outcome.FORWARDED_UP)
    await cases.start_joint(
        world, desk.back, case.id, JointKind.FORWARDED_UP, [Part("weijian", 10)]
    )
    with pytest.raises(cases.NotAllowedNow):
        await cases.decide(world, desk.back, case.id, Outcome.GRANTED)
    case = await cases.decide(world, desk.back, case.id, Outcome.FORWARDED_UP)
    told = await cases.timeline(world, desk.citizen, case.id)
    assert "转报上级部门" in told.next_step
    with pytest.raises(cases.NotAllowedNow):
        await cases.complete(world, desk.back, case.id)
    theirs = await part_of(case, "weijian", world)
    await cases.start_review(world, above, theirs.id)
    await cases.decide(world, above, theirs.id, Outcome.GRANTED)
    done = await cases.complete(world, desk.back, case.id)
    assert (done.state, done.outcome) == ("completed", "forwarded_up")
    assert (await cases.rebuild(world, case.id)).differences == ()


async def test_with_the_main_case_its_parts_end_and_no_citizen_ever_sees_one(world: World) -> None:
    desk, police = await Desk.open(world), await other(world)
    case = await desk.bring_to(State.IN_REVIEW)
    await cases.start_joint(world, desk.back, case.id, JointKind.GENERAL, [Part("gongan", 3)])
    mine = await part_of(case, "gongan", world)
    with pytest.raises(cases.NoSuchCase):
        await cases.fetch_for(desk.citizen, mine.id)
    assert [each.id for each in (await cases.my_cases(world, desk.citizen)).items] == [case.id]
    assert [each.id for each in (await cases.work_list(world, desk.front)).items] == []
    await cases.withdraw(world, desk.citizen, case.id, None)
    ended = await Case.get(id=mine.id)
    assert ended.state == "voided"
    assert cases.allowed_actions(world, police, ended) == []
    assert (await cases.next_dues(world, [ended]))[ended.id] is None
    assert (await cases.rebuild(world, mine.id)).differences == ()


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (JointKind.GENERAL, []),
        (JointKind.GENERAL, [Part("gongan", 0)]),
        (JointKind.GENERAL, [Part("gongan", 61)]),
        (JointKind.GENERAL, [Part("gongan", 5), Part("gongan", 5)]),
        (JointKind.GENERAL, [Part("shijianju", 5)]),
        (JointKind.FORWARDED_UP, [Part("gongan", 5), Part("weijian", 5)]),
    ],
)
async def test_joint_handling_that_cannot_be_is_refused(
    world: World, kind: JointKind, parts: list[Part]
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.ACCEPTED)
    with pytest.raises(cases.JointFaulty):
        await cases.start_joint(world, desk.back, case.id, kind, parts)
    assert await Case.filter(parent_id=case.id).count() == 0
    assert Action.START_JOINT in cases.allowed_actions(world, desk.back, case)
