from datetime import date, datetime, time
from typing import Any

import pytest

from citydesk import cases, workdays
from citydesk.cases.limits import budgets_of
from citydesk.cases.table import Clock
from citydesk.identity import Citizen
from citydesk.kit import sql
from citydesk.kit.clock import CITY, SetClock
from citydesk.kit.ids import new_id
from citydesk.workdays import bundled_years
from citydesk.world import World
from models.cases import Case, CaseEvent
from tasks import outbox
from tests.cases.making import Desk, kite_guide, publish_2027
from tests.guides.making import a_guide
from tests.people import Outside
from tests.pushes import citizen as known
from tests.pushes import pushes_on

NEW_YEAR = [(f"2027-01-0{day}", "holiday") for day in (4, 5)]


def limit(value: int, unit: str = "working_day", note: str = "示例") -> dict[str, Any]:
    return {"value": value, "unit": unit, "note": note}


@pytest.fixture(scope="session")
def calendar() -> workdays.Calendar:
    """The State Council's calendar as bundled, 2018 to 2026."""
    days = [day for year in bundled_years() for day in year.days]
    kinds = {kind: frozenset(d.date for d in days if d.kind == kind) for kind in workdays.DayKind}
    return workdays.Calendar(
        holidays=kinds[workdays.DayKind.HOLIDAY],
        made_up=kinds[workdays.DayKind.MAKEUP_WORKDAY],
        years=frozenset(year.year for year in bundled_years()),
    )


def promised(
    days: dict[str, Any], accepted: date, calendar: workdays.Calendar
) -> workdays.Deadline:
    """The deadline of the promise a guide makes, for a case accepted on a morning."""
    budgets = budgets_of(a_guide(promised_limit=days, statutory_limit=limit(0)))
    assert budgets[Clock.STATUTORY] == budgets[Clock.PROMISED]  # the law sets none
    at = datetime.combine(accepted, time(10), CITY)
    return workdays.deadline(workdays.Limit(at, budgets[Clock.PROMISED]), calendar)


@pytest.mark.parametrize(
    ("accepted", "days", "due"),
    [
        # The golden vectors of domain/vectors.md A2, by the day rule: the first day not counted.
        (date(2018, 9, 28), 7, date(2018, 10, 12)),
        (date(2018, 9, 28), 1, date(2018, 9, 29)),
        (date(2018, 9, 30), 1, date(2018, 10, 8)),
        (date(2018, 12, 28), 3, date(2019, 1, 3)),
        (date(2019, 2, 1), 20, date(2019, 3, 6)),
        (date(2026, 3, 2), 5, date(2026, 3, 9)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday made up for Spring Festival
    ],
)
def test_a_promise_is_counted_in_working_days_of_the_state_council(
    calendar: workdays.Calendar, accepted: date, days: int, due: date
) -> None:
    found = promised(limit(days), accepted, calendar)
    assert (found.on, found.provisional) == (due, False)


@pytest.mark.parametrize(
    ("given", "due"),
    [
        (limit(36, "hour"), date(2026, 2, 1)),
        (limit(24, "hour"), date(2026, 2, 1)),  # hours run through Sundays
        (limit(10, "calendar_day"), date(2026, 2, 10)),
        (limit(1, "month"), date(2026, 2, 28)),  # no 31 February: the month's last day
        (limit(2, "month"), date(2026, 3, 31)),
        (limit(11, "month"), date(2026, 12, 31)),
        (limit(2, "calendar_day"), date(2026, 2, 2)),  # the 2nd is a Monday
        (limit(15, "calendar_day"), date(2026, 2, 24)),  # into the Spring Festival: the day after
    ],
)
def test_other_units_are_counted_on_the_calendar(
    calendar: workdays.Calendar, given: dict[str, Any], due: date
) -> None:
    found = promised(given, date(2026, 1, 31), calendar)
    assert (found.on, found.provisional) == (due, False)


async def test_a_promise_never_ends_after_the_law(world: World, clock: SetClock) -> None:
    clock.move(days=58)  # 29 April, before the holiday of five days that only one of the two counts
    desk = await Desk.open(world)
    item = await kite_guide(
        world, promised_limit=limit(5), statutory_limit=limit(7, "calendar_day")
    )
    case = await desk.accepted(item)
    assert case.promised_on == case.statutory_on == date(2026, 5, 6)


def test_nothing_fails_beyond_the_last_calendar_it_is_provisional(
    calendar: workdays.Calendar,
) -> None:
    found = promised(limit(5), date(2031, 6, 2), calendar)
    assert (found.on, found.provisional) == (date(2031, 6, 9), True)
    found = promised(limit(5), date(2026, 12, 30), calendar)
    assert found.provisional


async def test_the_day_of_acceptance_is_the_citys_day_not_greenwichs(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await desk.filed()
    clock.set(datetime.combine(date(2026, 3, 3), time(0, 30), CITY))  # still 2 March in UTC
    await cases.receive(world, desk.front, case.id)
    accepted = await cases.accept(world, desk.front, case.id)
    assert accepted.promised_on == date(2026, 3, 10)


async def promised_over_new_year(world: World, clock: SetClock) -> tuple[Desk, Case]:
    desk = await Desk.open(world)
    clock.set(datetime.combine(date(2026, 12, 30), time(10), CITY))
    case = await desk.accepted()
    assert (case.promised_on, case.provisional) == (date(2027, 1, 6), True)
    return desk, case


async def moved(case: Case) -> int:
    found: int = await sql.value(
        "SELECT count(*) FROM outbox_message WHERE name = 'PromiseMoved'"
        " AND facts ->> 'case_id' = $1",
        str(case.id),
    )
    return found


async def drained(world: World) -> None:
    while await outbox.drain(world):
        pass


async def test_a_provisional_date_is_counted_again_when_its_year_is_published(
    world: World, clock: SetClock, outside: Outside
) -> None:
    desk, case = await promised_over_new_year(world, clock)
    before = await cases.timeline(world, desk.citizen, case.id)
    assert before.provisional
    assert "暂定" in str(before.happenings[-1].detail)
    await publish_2027(world, *NEW_YEAR)
    await drained(world)
    stored = await Case.get(id=case.id)
    # 31 Dec works; 1 Jan, the weekend, and the 4th and 5th are off.
    assert (stored.promised_on, stored.provisional) == (date(2027, 1, 11), False)
    assert await moved(case) == 1
    told = await cases.timeline(world, desk.citizen, case.id)
    assert "2027-01-06 → 2027-01-11" in str(told.happenings[-1].detail)
    last = await CaseEvent.get(case_id=case.id, seq=stored.last_seq)
    assert (last.actor_kind, last.from_state, last.to_state) == ("system", "accepted", "accepted")


async def test_the_citizen_gets_a_push_when_the_date_moves(
    world: World, clock: SetClock, outside: Outside
) -> None:
    desk = await Desk.open(world)
    identity_id = await known(world, outside, "zhang")
    desk.citizen = Citizen(new_id(), identity_id, 3, "app", None)
    clock.set(datetime.combine(date(2026, 12, 30), time(10), CITY))
    await outside.at(clock)
    await desk.accepted()
    await drained(world)
    before = len(await pushes_on(outside, "zhang"))
    await publish_2027(world, *NEW_YEAR)
    await drained(world)
    pushes = await pushes_on(outside, "zhang")
    assert len(pushes) == before + 1
    assert "1月11日" in str(pushes[-1]["fields"]) or "01月11日" in str(pushes[-1]["fields"])


async def test_a_date_that_does_not_move_becomes_certain_without_a_word(
    world: World, clock: SetClock, outside: Outside
) -> None:
    _, case = await promised_over_new_year(world, clock)
    await publish_2027(world, ("2027-01-02", "makeup_workday"))  # for the 1st, which is off
    await drained(world)
    stored = await Case.get(id=case.id)
    assert (stored.promised_on, stored.provisional) == (date(2027, 1, 6), False)
    assert await moved(case) == 0


async def test_a_firm_promise_stays_firm_whatever_the_legal_limit_reaches_into(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    clock.set(datetime.combine(date(2026, 12, 30), time(10), CITY))
    case = await desk.accepted(
        await kite_guide(world, promised_limit=limit(1), statutory_limit=limit(20))
    )
    assert (case.promised_on, case.provisional) == (date(2026, 12, 31), False)
    await cases.start_review(world, desk.back, case.id)
    case = await cases.extend(world, desk.head, case.id, 10, "情况复杂")
    assert (case.promised_on, case.provisional) == (date(2026, 12, 31), False)
    told = (await cases.timeline(world, desk.citizen, case.id)).happenings[-1]
    assert "2027" in str(told.detail)
    assert "（暂定）" in str(told.detail)


async def test_nobody_is_told_of_the_date_of_a_case_that_is_over(
    world: World, clock: SetClock, outside: Outside
) -> None:
    desk, withdrawn = await promised_over_new_year(world, clock)
    await cases.withdraw(world, desk.citizen, withdrawn.id, None)
    decided = await desk.accepted()
    await cases.start_review(world, desk.back, decided.id)
    await cases.decide(world, desk.back, decided.id, cases.Outcome.GRANTED)
    await publish_2027(world, *NEW_YEAR)
    await drained(world)
    for case in (withdrawn, decided):
        assert await moved(case) == 0
        assert not (await Case.get(id=case.id)).provisional


async def test_publishing_the_same_year_again_moves_nothing_twice(
    world: World, clock: SetClock, outside: Outside
) -> None:
    _, case = await promised_over_new_year(world, clock)
    for _ in range(2):
        await publish_2027(world, *NEW_YEAR)
        await drained(world)
    assert await moved(case) == 1
