"""What time alone does: silence accepts, missed deadlines return; and items done on the spot."""

from datetime import date, datetime, time

import pytest

from citydesk import cases, supervision, workdays
from citydesk.cases import Outcome, State
from citydesk.kit import sql
from citydesk.kit.clock import CITY, SetClock
from citydesk.world import World
from models.cases import Case, CaseEvent
from tasks import outbox
from tests.cases.making import PDF, Desk, kite_guide, publish_2027


async def time_passes(world: World, clock: SetClock, day: date, hour: int = 0) -> None:
    """Set the clock to a day, and let happen what time brings about."""
    clock.set(datetime.combine(day, time(hour, 1), CITY))
    await supervision.fire_rungs(world)
    while await outbox.drain(world):
        pass


async def test_five_working_days_of_silence_are_acceptance_from_the_day_of_receipt(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.RECEIVED)
    assert case.lapse_on == date(2026, 3, 9)
    received_at = case.received_at
    await time_passes(world, clock, date(2026, 3, 9), 23)
    assert (await Case.get(id=case.id)).state == "received"  # the last day is not over
    await time_passes(world, clock, date(2026, 3, 10))
    stored = await Case.get(id=case.id)
    assert (stored.state, stored.accepted_at) == ("accepted", received_at)
    assert stored.promised_on == date(2026, 3, 9)  # counted from receipt: overdue already
    event = await CaseEvent.get(case_id=case.id, action="accept_by_silence")
    assert (event.actor_kind, event.mark) == ("system", "逾期未告知，自收到材料之日起即为受理")
    assert event.legal_basis == "行政许可法第三十二条第一款第四项"
    told = await sql.value(
        "SELECT count(*) FROM outbox_message WHERE name = 'CaseAcceptedBySilence'"
    )
    assert told == 1
    assert (await cases.rebuild(world, case.id)).differences == ()


async def test_what_is_late_is_refused_even_before_the_clock_has_been_heard(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    received = await desk.bring_to(State.RECEIVED)
    correcting = await desk.bring_to(State.CORRECTING)
    clock.set(datetime.combine(date(2026, 3, 18), time(9), CITY))
    for late in (
        cases.accept(world, desk.front, received.id),
        cases.request_correction(world, desk.front, received.id, "太晚了"),
        cases.refuse_acceptance(world, desk.front, received.id, "太晚了"),
        cases.correct(world, desk.citizen, correcting.id),
    ):
        with pytest.raises(cases.NotAllowedNow, match="期限已过"):
            await late
    assert await cases.lapse_overdue(world) == 2
    states = [(await Case.get(id=each.id)).state for each in (received, correcting)]
    assert states == ["accepted", "returned_uncorrected"]


async def test_a_correction_lapses_only_when_the_notice_named_a_day(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    named = await desk.bring_to(State.CORRECTING)
    open_ended = await desk.bring_to(State.RECEIVED)
    await cases.request_correction(world, desk.front, open_ended.id, "请补照片", days=None)
    assert named.correction_due_on == date(2026, 3, 17)
    await time_passes(world, clock, date(2026, 3, 18))
    await cases.lapse_overdue(world)
    assert (await Case.get(id=named.id)).state == "returned_uncorrected"
    assert (await Case.get(id=open_ended.id)).state == "correcting"
    await cases.attach(world, desk.citizen, open_ended.id, "m01", "照片.pdf", PDF)
    assert (await cases.correct(world, desk.citizen, open_ended.id)).state == "received"


async def test_who_never_brings_the_papers_gets_the_case_back_and_may_go_on(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.PRE_REVIEWED)
    clock.move(days=60)
    assert await cases.lapse_overdue(world) == 0
    clock.move(days=1)
    assert await cases.lapse_overdue(world) == 1
    assert await cases.lapse_overdue(world) == 0
    assert (await cases.submit(world, desk.citizen, case.id)).state == "filed"


async def test_nothing_lapses_on_a_provisional_day(world: World, clock: SetClock) -> None:
    desk = await Desk.open(world)
    clock.set(datetime.combine(date(2026, 12, 30), time(10), CITY))
    case = await desk.bring_to(State.RECEIVED)
    assert case.lapse_on is None
    await time_passes(world, clock, date(2027, 1, 20))
    await cases.lapse_overdue(world)
    assert (await Case.get(id=case.id)).state == "received"
    await publish_2027(world)
    while await outbox.drain(world):
        pass
    await cases.lapse_overdue(world)
    stored = await Case.get(id=case.id)
    assert stored.state == "accepted"
    assert (await cases.rebuild(world, case.id)).differences == ()


async def test_an_immediate_item_is_finished_in_one_transaction_or_not_at_all(
    world: World,
) -> None:
    desk = await Desk.open(world)
    limit = {"value": 0, "unit": "working_day", "note": ""}
    item = await kite_guide(world, case_type="immediate", promised_limit=limit)
    case = await desk.filed(item)
    with pytest.raises(cases.ReasonMissing):
        await cases.finish_at_once(world, desk.front, case.id, Outcome.REFUSED)
    assert (await Case.get(id=case.id)).state == "filed"
    assert await CaseEvent.filter(case_id=case.id).count() == 1
    done = await cases.finish_at_once(world, desk.front, case.id, Outcome.GRANTED)
    assert done.state == "completed"
    events = await CaseEvent.filter(case_id=case.id).order_by("seq")
    assert [each.action for each in events[1:]] == ["receive", "accept", "decide", "complete"]
    assert len({each.created_at for each in events[1:]}) == 1
    assert (await cases.rebuild(world, case.id)).differences == ()
    [telling] = (await cases.tellings(world, [case.id])).values()
    assert telling.at_once  # so that only the end is told
    assert (await cases.serve(world, desk.exit, case.id)).state == "served"


async def test_a_promised_item_is_never_finished_at_the_window(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.filed()
    with pytest.raises(cases.NotYourStep):
        await cases.finish_at_once(world, desk.front, case.id, Outcome.GRANTED)
    assert (await Case.get(id=case.id)).state == "filed"
    assert await CaseEvent.filter(case_id=case.id).count() == 1


async def test_cases_from_before_the_clocks_are_given_theirs(world: World) -> None:
    desk = await Desk.open(world)
    found = [await desk.bring_to(each) for each in (State.FILED, State.RECEIVED, State.IN_REVIEW)]
    correcting = await desk.bring_to(State.CORRECTING)
    await sql.run("UPDATE service_case SET lapse_on = NULL")
    await sql.run("DELETE FROM business_timer")
    await cases.settle_dates(world)
    dues = await cases.next_dues(world, found)
    assert [due.on for due in dues.values() if due] == [
        date(2026, 3, 4),
        date(2026, 3, 9),
        date(2026, 3, 9),
    ]
    assert (await Case.get(id=found[1].id)).lapse_on == date(2026, 3, 9)
    bounded = await Case.get(id=correcting.id)
    assert bounded.lapse_on == bounded.correction_due_on == date(2026, 3, 17)
    timers = await workdays.timers_on(world, workdays.Subject("case", found[2].id))
    assert {str(each.kind) for each in timers} == {"promised", "statutory"}
