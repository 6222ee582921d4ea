"""容缺受理: accepted with papers to follow, brought in time or not."""

from datetime import timedelta
from typing import Any

import pytest

from citydesk import cases, supervision, workdays
from citydesk.cases import Deferral, Outcome, State
from citydesk.cases.lapses import lapse
from citydesk.cases.states import Action
from citydesk.kit import sql
from citydesk.kit.clock import SetClock, in_city
from citydesk.kit.refusals import Refusal
from citydesk.world import World
from models.cases import Case, CaseEvent
from tasks.draining import Drain
from tests.cases.making import PDF, Desk, kite_guide
from tests.guides.making import elements

LATER = Deferral(("m02",), 5)
SIGNED = Deferral(("m02",), 5, signed=True)


async def kites_with_a_later_paper(world: World) -> str:
    """A guide whose second paper may follow."""
    first = elements()["materials"][0]
    second = {**first, "code": "m02", "name": "风筝检验报告", "necessity": "deferrable"}
    third = {**first, "code": "m03", "name": "风筝保险单", "necessity": "optional"}
    return await kite_guide(world, materials=[first, second, third])


async def received(desk: Desk, *, promises: bool = True) -> Case:
    case = await desk.draft(await kites_with_a_later_paper(desk.world))
    await cases.attach(desk.world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    await cases.submit(desk.world, desk.citizen, case.id, promises=promises)
    return await cases.receive(desk.world, desk.front, case.id)


async def accepted(desk: Desk) -> Case:
    case = await received(desk)
    return await cases.accept(desk.world, desk.front, case.id, deferral=LATER)


async def fresh(world: World, case: Case) -> Case:
    assert (await cases.rebuild(world, case.id)).differences == ()
    return await Case.get(id=case.id)


async def all_time_does(world: World) -> None:
    """Let rungs fall and what they announce happen."""
    await supervision.fire_rungs(world)
    await Drain(world, {workdays.TimerExpired: [cases.lapse_expired]}).until_empty()


@pytest.mark.parametrize(
    ("deferral", "named"),
    [
        (Deferral(("m01",), 5), "deferred"),  # required: may not follow
        (Deferral(("m03",), 5), "deferred"),  # optional: nobody asks for it
        (Deferral(("m99",), 5), "deferred"),
        (Deferral((), 5), "deferred"),
        (Deferral(("m02",), 0), "days"),
        (Deferral(("m02",), 31), "days"),
    ],
)
async def test_only_what_the_guide_lets_follow_may_follow_and_not_for_ever(
    world: World, deferral: Deferral, named: str
) -> None:
    desk = await Desk.open(world)
    case = await received(desk)
    with pytest.raises(cases.DeferralFaulty) as refused:
        await cases.accept(world, desk.front, case.id, deferral=deferral)
    assert [each["field"] for each in refused.value.facts["errors"]] == [named]
    assert (await Case.get(id=case.id)).state == State.RECEIVED


async def test_nothing_follows_without_the_applicants_promise(world: World) -> None:
    desk = await Desk.open(world)
    case = await received(desk, promises=False)
    offered = await cases.deferrable(world, case)
    assert ([each.code for each in offered.papers], offered.promised) == (["m02"], False)
    with pytest.raises(cases.DeferralFaulty) as refused:
        await cases.accept(world, desk.front, case.id, deferral=LATER)
    assert [each["field"] for each in refused.value.facts["errors"]] == ["signed"]
    case = await cases.accept(world, desk.front, case.id, deferral=SIGNED)
    event = await CaseEvent.get(case_id=case.id, action="accept")
    assert event.facts["commitment"] == "signed"


async def test_the_applicant_is_told_what_to_bring_by_when_and_brings_it(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await accepted(desk)
    last = (await workdays.calendar(world)).after(clock.today(), 5).on
    assert (case.deferred_open, case.deferred_due_on) == (True, last)
    shown = await cases.timeline(world, desk.citizen, case.id)
    assert shown.deferred == ("风筝检验报告",)
    assert shown.deferred_due_on == last
    assert "风筝检验报告" in shown.next_step
    assert f"请在{last.year}年{last.month}月{last.day}日前补齐：风筝检验报告" in (
        shown.happenings[-1].detail or ""
    )

    with pytest.raises(cases.FilingIncomplete, match="风筝检验报告"):
        await cases.hand_in_deferred(world, desk.citizen, case.id)
    await cases.attach(world, desk.citizen, case.id, "m02", "检验.pdf", PDF)
    case = await cases.hand_in_deferred(world, desk.citizen, case.id)
    case = await fresh(world, case)
    assert (case.state, case.deferred_open, case.deferred_due_on) == ("accepted", False, None)
    assert await cases.deferred_papers(case) == ()
    with pytest.raises(cases.NotAllowedNow):
        await cases.hand_in_deferred(world, desk.citizen, case.id)
    with pytest.raises(cases.NotAllowedNow):
        await cases.attach(world, desk.citizen, case.id, "m02", "检验.pdf", PDF)
    clock.move(days=30)
    await all_time_does(world)
    assert (await Case.get(id=case.id)).state == State.ACCEPTED


async def test_the_reminder_comes_two_days_before_and_only_while_the_papers_are_owed(
    world: World,
) -> None:
    desk = await Desk.open(world)
    case = await accepted(desk)
    [row] = await sql.rows("SELECT due_at, order_key FROM outbox_message WHERE name='DeferredDue'")
    assert case.deferred_due_on is not None
    due = in_city(row["due_at"])
    assert (due.date(), due.hour) == (case.deferred_due_on - timedelta(days=2), 9)
    assert row["order_key"] is None  # or everything told after it would wait for it


async def test_undecided_it_goes_back_when_the_papers_do_not_come_in_time(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await accepted(desk)
    await cases.start_review(world, desk.back, case.id)
    assert case.deferred_due_on is not None
    clock.move(days=(case.deferred_due_on - clock.today()).days)
    await all_time_does(world)
    with pytest.raises(cases.NotAllowedNow):  # its last day is not over
        await lapse(world, case.id, Action.DEFERRED_LAPSED)
    clock.move(days=1)
    with pytest.raises(cases.NotAllowedNow):
        await cases.hand_in_deferred(world, desk.citizen, case.id)
    await all_time_does(world)
    case = await fresh(world, case)
    assert (case.state, case.deferred_open) == (State.RETURNED_UNCORRECTED, False)
    shown = await cases.timeline(world, desk.citizen, case.id)
    assert shown.happenings[-1].detail == "没有补齐：风筝检验报告"
    assert all(not each.live for each in await workdays.timers_on(world, subject(case)))


async def test_granted_with_papers_to_follow_it_is_shown_to_supervision_when_they_do_not_come(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await accepted(desk)
    await cases.start_review(world, desk.back, case.id)
    with pytest.raises(cases.NotAllowedNow, match="容缺准予"):
        await cases.decide(world, desk.back, case.id, Outcome.GRANTED)
    case = await cases.decide(world, desk.back, case.id, Outcome.GRANTED_DEFERRED)
    await cases.complete(world, desk.back, case.id)
    await cases.issue_certificate(world, desk.back, case.id)
    case = await cases.serve(world, desk.exit, case.id)
    clock.move(days=10)
    for _ in range(2):  # told twice, it happens once
        await all_time_does(world)
        with pytest.raises(cases.NotAllowedNow):
            await lapse(world, case.id, Action.DEFERRED_LAPSED)
    case = await fresh(world, case)
    assert (case.state, case.deferred_open, case.deferred_due_on) == ("served", True, None)
    marks = await CaseEvent.filter(case_id=case.id, mark__isnull=False).values_list("mark")
    assert marks == [("容缺材料逾期未补",)]
    shown = await cases.timeline(world, desk.citizen, case.id)
    assert "已逾期" in shown.next_step
    assert case.lapse_on is not None
    clock.move(days=(case.lapse_on - clock.today()).days + 1)
    await cases.lapse_overdue(world)
    assert (await Case.get(id=case.id)).state == State.SERVED  # not archived with papers owed
    await cases.attach(world, desk.citizen, case.id, "m02", "检验.pdf", PDF)
    await cases.hand_in_deferred(world, desk.citizen, case.id)
    await cases.lapse_overdue(world)
    assert (await fresh(world, case)).state == State.ARCHIVED


async def test_a_refusal_ends_what_was_to_follow_and_nothing_else_may_be_granted_so(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await accepted(desk)
    await cases.start_review(world, desk.back, case.id)
    case = await cases.decide(world, desk.back, case.id, Outcome.REFUSED, "不符合条件")
    assert ((await fresh(world, case)).deferred_open, case.deferred_due_on) == (False, None)
    clock.move(days=30)
    await all_time_does(world)
    assert await CaseEvent.filter(case_id=case.id, action="deferred_lapsed").count() == 0
    other = await desk.bring_to(State.IN_REVIEW)
    with pytest.raises(cases.NotAllowedNow, match="没有等待后补"):
        await cases.decide(world, desk.back, other.id, Outcome.GRANTED_DEFERRED)


@pytest.mark.parametrize("stands", ["accepted", "in_review", "decided"])
async def test_papers_still_to_follow_come_back_as_the_events_tell_it(
    world: World, stands: str
) -> None:
    """Withdrawn, voided or decided: nothing is owed by what has ended."""
    desk = await Desk.open(world)
    case = await accepted(desk)
    ends: dict[str, Any] = {
        "accepted": lambda: cases.withdraw(world, desk.citizen, case.id, None),
        "in_review": lambda: cases.void(world, desk.head, case.id, "示例理由"),
        "decided": lambda: cases.void(world, desk.head, case.id, "示例理由"),
    }
    if stands != "accepted":
        await cases.start_review(world, desk.back, case.id)
    if stands == "decided":
        await cases.decide(world, desk.back, case.id, Outcome.GRANTED_DEFERRED)
    after = await fresh(world, await ends[stands]())
    assert (after.deferred_open, after.deferred_due_on) == (False, None)
    with pytest.raises(Refusal):
        _ = await cases.hand_in_deferred(world, desk.citizen, case.id)


def subject(case: Case) -> workdays.Subject:
    return workdays.Subject("case", case.id)
