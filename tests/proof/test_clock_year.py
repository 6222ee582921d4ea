"""A year of clocks, day by day: started, paused, ended, stopped; a new calendar in between.

What fell, and when, must be what the finished terms of every timer say; nothing falls on a date
nobody could know yet; every moved date is announced once.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from citydesk import supervision, workdays
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.workdays import Day, DayKind, Subject, Timer, TimerKind, Year, rule_books, timers
from citydesk.workdays.rungs import falls_at
from citydesk.world import World
from tests.supervision.clocks import at

FULL = os.environ.get("PROOF_SCALE") == "full"
A_DAY = 20 if FULL else 3
SEED = 20261123
BEGIN, PUBLISHED, END = "2026-06-01 00:00", date(2026, 11, 20), date(2027, 6, 1)
KINDS = {
    TimerKind.PROMISED: (1, 15),
    TimerKind.STATUTORY: (10, 45),
    TimerKind.SPECIAL: (1, 10),
    TimerKind.CONSULT: (5, 5),
    TimerKind.CORRECTION_DECISION: (5, 5),
}


@dataclass
class Town:
    """The timers of the year, and what was done to them."""

    world: World
    clock: SetClock
    chance: random.Random
    running: dict[UUID, Timer] = field(default_factory=dict)
    subjects: list[Subject] = field(default_factory=list)

    async def start(self) -> None:
        kind = self.chance.choice(list(KINDS))
        budget = workdays.working_days(self.chance.randint(*KINDS[kind]))
        subject = Subject("case", new_id())
        now = self.clock.now()
        timer = await workdays.start_timer(self.world, subject, kind, budget, now)
        self.running[timer.id] = timer
        self.subjects.append(subject)

    async def meddle(self) -> None:
        """Pause, resume or stop one of the running timers."""
        timer = self.running[self.chance.choice(list(self.running))]
        now, kinds = self.clock.now(), [timer.kind]
        [timer] = await workdays.timers_on(self.world, timer.subject)
        match self.chance.randrange(4):
            case 0 if timer.open_pause is None and all(
                each.to_at is None or each.to_at <= now for each in timer.pauses
            ):
                cap = self.chance.choice([None, 2, 5, 10])
                await workdays.suspend_timers(
                    self.world, timer.subject, kinds, now, approved_days=cap, reason="检验"
                )
            case 1 | 2 if timer.open_pause is not None:
                await workdays.resume_timers(self.world, timer.subject, kinds, now)
            case 3:
                await workdays.stop_timers(self.world, timer.subject, now)
                del self.running[timer.id]

    async def day(self, on: date) -> None:
        for _ in range(self.chance.randrange(2 * A_DAY)):
            self.clock.set(moment(on, self.chance.randrange(7 * 3600, 20 * 3600), self.clock.now()))
            await self.start()
            for _ in range(2):
                await self.meddle()
            if self.chance.random() < 0.3:
                await supervision.fire_rungs(self.world)
        self.clock.set(moment(on, 86399, self.clock.now()))
        await supervision.fire_rungs(self.world)


def moment(on: date, second: int, not_before: datetime) -> datetime:
    return max(at(f"{on} 00:00") + timedelta(seconds=second), not_before)


async def publish(world: World) -> None:
    off = [date(2027, 1, day) for day in (1, 2, 3)] + [
        date(2027, 2, 5) + timedelta(days=n) for n in range(8)
    ]
    off += [date(2027, 5, 1), date(2027, 10, 1), date(2027, 10, 2), date(2027, 10, 3)]
    on = [date(2027, 2, 14), date(2027, 2, 20)]
    days = [Day(date=each, kind=DayKind.HOLIDAY, name="示例") for each in off]
    days += [Day(date=each, kind=DayKind.MAKEUP_WORKDAY, name="示例") for each in on]
    await workdays.import_year(world, Year(year=2027, days=tuple(days)))


@pytest.mark.timeout(900)
async def test_in_a_year_of_clocks_everything_falls_when_it_should(
    world: World, clock: SetClock, figure: Callable[[str], None]
) -> None:
    clock.set(at(BEGIN))
    town = Town(world, clock, random.Random(SEED))
    due_before: dict[UUID, date] = {}
    on = date(2026, 6, 1)
    while on < END:
        if on == PUBLISHED:
            due_before = await live_days(town)
            await publish(world)
            await workdays.recount_timers(world)
            await moved_are_announced(town, due_before)
        await town.day(on)
        on += timedelta(days=1)

    book = await rule_books.rule_book(world)
    expected, now = [], clock.now()
    for subject in town.subjects:
        [timer] = await workdays.timers_on(world, subject)
        if timer.live:
            assert timer == timers.projected(timer, book.calendar, book.ladders)
        assert timer.next_rung_at is None or timer.next_rung_at > now
        expected += [(timer.id, *rung) for rung in should_fall(timer, book, now)]
    rows = await sql.rows("SELECT timer_id, rung_key, passed_at FROM timer_rung")
    fallen = [(row["timer_id"], row["rung_key"], row["passed_at"]) for row in rows]
    figure(f"{len(town.subjects)} timers, {len(fallen)} rungs, {len(due_before)} live in November")
    assert sorted(fallen) == sorted(expected)
    assert len(fallen) > 100 * A_DAY
    cards = await sql.value("SELECT count(*) FROM card")
    assert cards == sum(key != "expired" for _, key, _ in fallen)
    wrong = await sql.value(
        "SELECT count(*) FROM timer_rung WHERE passed_at >= '2026-12-31T16:00:00Z'"
        " AND created_at < '2026-11-20T00:00:00+08:00'"
    )
    assert wrong == 0


def should_fall(
    timer: Timer, book: rule_books.RuleBook, now: datetime
) -> list[tuple[str, datetime]]:
    """The rungs a timer must have passed, by its finished terms."""
    due = workdays.deadline(timer.limit, book.calendar)
    end = min(now, timer.stopped_at or now)
    found = []
    for rung in book.ladders.ladder(timer.kind, date(2026, 6, 1)):
        passed_at = falls_at(rung, timer.limit, due, book.calendar)
        if passed_at is not None and passed_at <= end:
            found.append((rung.key, passed_at))
    return found


async def live_days(town: Town) -> dict[UUID, date]:
    found = {}
    for subject in {timer.subject for timer in town.running.values()}:
        for timer in await workdays.timers_on(town.world, subject):
            found[timer.id] = timer.due_on
    return found


async def moved_are_announced(town: Town, before: dict[UUID, date]) -> None:
    after = await live_days(town)
    told = await sql.rows(
        "SELECT facts->>'timer_id' AS timer, facts->>'after' AS after FROM outbox_message"
        " WHERE name = 'DueMoved'"
    )
    moved = {str(timer): str(on) for timer, on in after.items() if on != before[timer]}
    assert {row["timer"]: row["after"] for row in told} == moved
    assert len(told) == len(moved)
    assert moved
