"""Timers: kept with their subject, counted again by a new calendar, always explicable."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citydesk import workdays
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.workdays import Budget, Day, DayKind, Subject, Timer, TimerKind, Unit, Year, timers
from citydesk.workdays.rungs import CountedBy, Ladders, Rung
from citydesk.world import World
from tests.supervision.clocks import ACCEPTED, a_case, announced, at, started
from tests.workdays.test_rules import calendars, instants

unhurried = settings(deadline=None)  # the machine may be busy
BOTH = [TimerKind.PROMISED, TimerKind.STATUTORY]
HOLIDAYS_2027 = ("01-01", "01-02", "01-03", "01-04", "05-01", "10-01", "10-02", "10-03")


async def publish_2027(world: World) -> None:
    days = tuple(
        Day(date=date.fromisoformat(f"2027-{each}"), kind=DayKind.HOLIDAY, name="示例")
        for each in HOLIDAYS_2027
    )
    await workdays.import_year(world, Year(year=2027, days=days))


async def test_a_clock_pauses_resumes_is_extended_and_stops_with_its_case(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    subject, organ = a_case(), new_id()
    promised = await started(world, subject, TimerKind.PROMISED, 7, organ_id=organ)
    await started(world, subject, TimerKind.STATUTORY, 20)
    assert (promised.due_at, promised.due_on) == (at("2018-10-24 10:00"), date(2018, 10, 24))
    assert promised.running_since == at(ACCEPTED)

    clock.set(at("2018-10-17 10:00"))
    [held, _] = await workdays.suspend_timers(
        world, subject, BOTH, clock.now(), approved_days=None, reason="听证"
    )
    assert (held.due_at, held.running_since, held.next_rung_at) == (None, None, None)
    assert held.consumed_seconds == 2 * workdays.DAY_SECONDS
    said = "".join(each.text for each in await workdays.explain(world, held))
    assert "因听证暂停计时，尚未结束" in said
    with pytest.raises(workdays.PauseOverlaps):
        await workdays.suspend_timers(
            world, subject, BOTH, clock.now(), approved_days=2, reason="再停"
        )

    clock.set(at("2018-10-24 10:00"))
    await workdays.resume_timers(world, subject, BOTH, clock.now())
    longer = await workdays.extend_timer(
        world, subject, TimerKind.STATUTORY, 10, clock.now(), reason="案情复杂，局长批准"
    )
    assert longer.due_on == date(2018, 12, 3), "20 + 10 + 5 working days after 15 October"
    [kept, extended] = await workdays.timers_on(world, subject)
    assert (kept.due_at, kept.due_on) == (at("2018-10-31 10:00"), date(2018, 10, 31))
    assert (kept.organ_id, extended) == (organ, longer)
    said = "".join(each.text for each in await workdays.explain(world, extended))
    assert "经批准延长10个工作日，共30个工作日" in said

    clock.set(at("2018-10-26 12:00"))
    done = await workdays.stop_timers(world, subject, clock.now())
    assert [each.live for each in done] == [False, False]
    calendar = await workdays.calendar(world)
    later = at("2018-12-26 12:00")
    assert done[0].used_seconds(later, calendar) == 4 * workdays.DAY_SECONDS + 2 * 3600
    by_id = await workdays.timers_of(world, "case", [subject.id, organ])
    assert [len(each) for each in by_id.values()] == [2, 0]
    with pytest.raises(workdays.NoSuchTimer):
        await workdays.extend_timer(
            world, subject, TimerKind.STATUTORY, 10, clock.now(), reason="太晚"
        )


async def test_a_clock_started_again_takes_the_place_of_the_old_one(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    subject = a_case()
    first = await started(world, subject, TimerKind.PRE_REVIEW, 2)
    clock.set(at("2018-10-16 10:00"))
    second = await started(world, subject, TimerKind.PRE_REVIEW, 2, "2018-10-16 10:00")
    await started(world, subject, TimerKind.LINK, 2, "2018-10-16 10:00", no=1)
    await started(world, subject, TimerKind.LINK, 2, "2018-10-16 10:00", no=2)
    kept = await workdays.timers_on(world, subject)
    assert [(each.kind.value, each.no) for each in kept] == [
        ("pre_review", 0),
        ("link", 1),
        ("link", 2),
    ]
    replaced = await sql.value("SELECT superseded_by FROM business_timer WHERE id = $1", first.id)
    assert replaced == second.id


async def test_what_is_stored_is_what_was_answered(world: World, clock: SetClock) -> None:
    clock.set(at(ACCEPTED))
    for unit in Unit:
        subject = a_case()
        budget = Budget(3, unit)
        timer = await workdays.start_timer(
            world, subject, TimerKind.CONSULT, budget, clock.now(), no=3, organ_id=new_id()
        )
        assert await workdays.timers_on(world, subject) == [timer]


async def test_a_published_year_moves_live_clocks_and_tells_of_it_once(
    world: World, clock: SetClock
) -> None:
    clock.set(at("2026-12-28 10:00"))
    moved, stays, over = a_case(), a_case(), a_case()
    before = await started(world, moved, TimerKind.PROMISED, 5, "2026-12-28 10:00")
    await started(world, stays, TimerKind.PROMISED, 2, "2026-12-28 10:00")
    await started(world, over, TimerKind.PROMISED, 5, "2026-12-28 10:00")
    await workdays.stop_timers(world, over, clock.now())
    assert (before.due_on, before.provisional) == (date(2027, 1, 4), True)
    await publish_2027(world)
    assert await workdays.recount_timers(world) >= 2
    assert await workdays.recount_timers(world) == 0
    [told] = await announced("DueMoved")
    assert (told["subject"], told["before"], told["after"]) == (
        str(moved.id),
        "2027-01-04",
        "2027-01-06",
    )
    [after] = await workdays.timers_on(world, moved)
    assert (after.due_on, after.provisional) == (date(2027, 1, 6), False)
    assert after.next_rung_at is not None
    assert "1月1日至4日" in "".join(each.text for each in await workdays.explain(world, after))


async def test_the_law_decides_by_which_ladder_a_clock_goes_on_the_day_it_begins(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    await sql.run(
        "INSERT INTO rung_rule (id, created_at, timer_kind, rung_key, counted_by, over_days,"
        " valid_from, version) VALUES (gen_random_uuid(), now(), 'certificate', 'red', 'instant',"
        " 2, '2018-10-16', '2018-10')"
    )
    old = await started(world, a_case(), TimerKind.CERTIFICATE, 3)
    new = await started(world, a_case(), TimerKind.CERTIFICATE, 3, "2018-10-16 10:00")
    assert (old.next_rung_key, old.next_rung_at) == ("yellow", at("2018-10-18 10:00:01"))
    assert (new.next_rung_key, new.next_rung_at) == ("red", at("2018-10-22 10:00:01"))


# --- as values -----------------------------------------------------------------------------------

LADDERS = Ladders.of_rows(
    ("promised", date(2000, 1, 1), Rung(key, CountedBy.INSTANT, over, "1"))
    for key, over in (("warning", -2), ("yellow", 1), ("red", 3))
)
changes = st.lists(
    st.tuples(
        st.sampled_from(["suspend", "hold", "resume", "extend"]),
        st.integers(60, 6 * 86400),
        st.integers(0, 6),
    ),
    max_size=8,
)


def changed(timer: Timer, what: str, now: datetime, number: int) -> Timer:
    try:
        if what == "suspend":
            return timers.suspended(timer, now, number, "检验")
        if what == "hold":
            return timers.suspended(timer, now, None, "听证")
        if what == "extend":
            return timers.extended(timer, now, number, "复杂")
    except (workdays.PauseOverlaps, workdays.LimitFaulty):
        return timer
    return timers.resumed(timer, now)


@unhurried
@given(calendars, instants, st.integers(0, 12), changes, st.integers(0, 20 * 86400))
def test_what_was_consumed_and_what_runs_since_make_what_is_used(
    calendar: workdays.Calendar,
    anchor: datetime,
    days: int,
    steps: list[tuple[str, int, int]],
    later: int,
) -> None:
    """Seconds add up through any story of pauses; nothing ever makes a due date earlier."""
    now, anchor = anchor, anchor.astimezone(UTC).replace(microsecond=0)
    subject = Subject("case", new_id())
    timer = Timer(new_id(), subject, TimerKind.PROMISED, anchor, workdays.working_days(days))
    timer = timers.projected(timer, calendar, LADDERS)
    for what, seconds, number in steps:
        now += timedelta(seconds=seconds)
        before = timer
        timer = timers.projected(changed(timer, what, now, number), calendar, LADDERS)
        if what != "resume" and before.due_at is not None and timer.due_at is not None:
            assert timer.due_at >= before.due_at
            assert timer.due_on >= before.due_on
    now = max(now, timer.running_since or now) + timedelta(seconds=later)
    running = calendar.working_seconds(timer.running_since, now) if timer.running_since else 0
    assert timer.consumed_seconds + running == timer.used_seconds(now, calendar)
    stop = timers.projected(timers.stopped(timer, now, voided=False), calendar, LADDERS)
    assert stop.consumed_seconds == timer.used_seconds(now, calendar)
    assert stop.due_at is None
    assert stop.running_since is None


@unhurried
@given(calendars, instants, st.integers(0, 12), changes)
def test_rungs_are_passed_in_order_and_none_while_the_clock_stands_still(
    calendar: workdays.Calendar, anchor: datetime, days: int, steps: list[tuple[str, int, int]]
) -> None:
    now, subject = anchor, Subject("case", new_id())
    timer = Timer(new_id(), subject, TimerKind.PROMISED, anchor, workdays.working_days(days))
    for what, seconds, number in steps:
        now += timedelta(seconds=seconds)
        timer = changed(timer, what, now, number)
    timer = timers.projected(timer, calendar, LADDERS)
    fallen: list[datetime] = []
    while timer.next_rung_at is not None:
        fallen.append(timer.next_rung_at)
        assert not timer.suspended(timer.next_rung_at - timedelta(seconds=1), calendar)
        assert len(fallen) <= 3
        passed = timer.passed | {str(timer.next_rung_key)}
        timer = timers.projected(replace(timer, passed=passed), calendar, LADDERS)
    assert fallen == sorted(fallen)
