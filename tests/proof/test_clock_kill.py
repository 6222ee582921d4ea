"""kill -9 of the workers that let rungs fall: every rung exactly once, with its true instant.

Time is simulated and goes on while nobody works, so rungs pass in every downtime. The same run
without the claim must show doubles, or the proof proves nothing.
"""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from citydesk import workdays
from citydesk.kit import sql
from citydesk.kit.clock import SetClock, SystemClock
from citydesk.kit.ids import new_id
from citydesk.settings import Settings
from citydesk.workdays import Subject, Timer, TimerKind, rule_books, timers
from citydesk.world import World
from tests.proof.clock_worker import BASE, SPEED, STARTED, clock_of
from tests.proof.running import ROOT, environment_of
from tests.supervision.clocks import ACCEPTED, at

FULL = os.environ.get("PROOF_SCALE") == "full"
TIMERS, KILLS, WORKERS = (2_000, 12, 3) if FULL else (300, 3, 2)
DAYS = {
    TimerKind.PROMISED: 7,
    TimerKind.STATUTORY: 10,
    TimerKind.CONSULT: 5,
    TimerKind.PRE_REVIEW: 2,
    TimerKind.SPECIAL: 3,
    TimerKind.CERTIFICATE: 3,
    TimerKind.CORRECTION_DECISION: 5,
}
SIMULATED = timedelta(days=42)
REAL_SECONDS = 120.0 if FULL else 14.0
STARTING_SECONDS = 6.0
SEED = 20261123
Rung = tuple[UUID, str, datetime]

_IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND state = 'idle in transaction'
"""

_LEFT = "SELECT count(*) FROM business_timer WHERE next_rung_at <= $1"


@dataclass
class Fallen:
    """What one run left behind."""

    expected: list[Rung]
    cards: list[Rung]
    announced: int
    expired: int
    struck: int


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["whole", "claim"])
async def test_killed_at_any_second_every_rung_falls_exactly_once(
    world: World, clock: SetClock, settings: Settings, figure: Callable[[str], None], mode: str
) -> None:
    found = await _run(world, clock, settings, mode)
    figure(
        f"{mode}: {TIMERS} timers, {len(found.expected)} rungs, {KILLS} kills "
        f"({found.struck} inside a transaction): "
        f"lost {len(set(found.expected) - set(found.cards))}, "
        f"doubled {len(found.cards) - len(set(found.cards))}"
    )
    assert sorted(found.cards) == sorted(found.expected)
    assert found.announced + found.expired == len(found.expected)
    assert found.struck > 0, "no kill struck inside a transaction: no proof"


@pytest.mark.timeout(900)
async def test_without_the_claim_the_same_kills_do_double(
    world: World, clock: SetClock, settings: Settings, figure: Callable[[str], None]
) -> None:
    await sql.run("ALTER TABLE timer_rung DROP CONSTRAINT IF EXISTS " + await _unique("timer_rung"))
    await sql.run("ALTER TABLE card DROP CONSTRAINT IF EXISTS " + await _unique("card"))
    found = await _run(world, clock, settings, "nothing")
    doubled = [rung for rung, count in Counter(found.cards).items() if count > 1]
    figure(f"control: {len(doubled)} of {len(found.expected)} rungs doubled")
    assert doubled


async def _run(world: World, clock: SetClock, settings: Settings, mode: str) -> Fallen:
    chance = random.Random(SEED)
    clock.set(at(ACCEPTED))
    started = [await _start(world, chance) for _ in range(TIMERS)]
    await sql.run("DELETE FROM outbox_message")
    told = {
        BASE: clock.now().isoformat(),
        STARTED: (SystemClock().now() + timedelta(seconds=STARTING_SECONDS)).isoformat(),
        SPEED: str(SIMULATED.total_seconds() / REAL_SECONDS),
    }
    struck = await _kill_often(settings, told, mode, chance)
    expected = await _expected(world, started, clock_of(told).now())
    rungs = await sql.rows("SELECT timer_id, rung_key, passed_at FROM timer_rung")
    cards = await sql.rows("SELECT timer_id, rung_key, passed_at FROM card")
    expired = [row for row in rungs if row["rung_key"] == "expired"]
    if mode != "nothing":
        assert {tuple(row.values()) for row in cards} <= {tuple(row.values()) for row in rungs}
        assert len(cards) + len(expired) == len(rungs)
    return Fallen(
        expected,
        [(row["timer_id"], row["rung_key"], row["passed_at"]) for row in (*cards, *expired)],
        await _announced("CardFallen"),
        await _announced("TimerExpired"),
        struck,
    )


async def _start(world: World, chance: random.Random) -> Timer:
    kind = chance.choice(list(DAYS))
    anchor = world.clock.now() + timedelta(hours=6 * chance.randrange(4 * 14))  # many at once
    subject, budget = Subject("case", new_id()), workdays.working_days(DAYS[kind])
    timer = await workdays.start_timer(world, subject, kind, budget, anchor)
    if chance.random() < 0.3:
        paused = anchor + timedelta(seconds=chance.randrange(5 * 86400))
        [timer] = await workdays.suspend_timers(
            world, subject, [kind], paused, approved_days=chance.randrange(1, 6), reason="检验"
        )
    return timer


async def _kill_often(
    settings: Settings, told: dict[str, str], mode: str, chance: random.Random
) -> int:
    """Run the workers, killing one again and again; then one to the end. How many struck home."""
    struck, pause = 0, REAL_SECONDS * 0.8 / KILLS
    with _crew() as crew:
        crew += [await _worker(settings, told, mode) for _ in range(WORKERS)]
        await asyncio.sleep(STARTING_SECONDS)
        for _ in range(KILLS):
            victim = crew.pop(chance.randrange(len(crew)))
            struck += await _caught_inside(victim, pause * chance.uniform(0.7, 1.0))
            victim.send_signal(signal.SIGKILL)
            await victim.wait()
            crew.append(await _worker(settings, told, mode))
        await _until_the_end(told)
    return struck


async def _until_the_end(told: dict[str, str]) -> None:
    """Wait until the simulated time is over and nothing that passed is left."""
    end = datetime.fromisoformat(told[BASE]) + SIMULATED
    async with asyncio.timeout(REAL_SECONDS * 3):
        while clock_of(told).now() < end or await sql.value(_LEFT, end):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _caught_inside(worker: asyncio.subprocess.Process, after_seconds: float) -> int:
    """Wait, then for a moment when some worker holds a transaction open; 1 if there was one."""
    await asyncio.sleep(after_seconds)
    for _ in range(400):
        assert worker.returncode is None, "a worker died by itself"
        if await sql.value(_IN_TRANSACTION):
            return 1
        await asyncio.sleep(0.002)
    return 0


async def _worker(
    settings: Settings, told: dict[str, str], mode: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.proof.clock_worker", mode),
        cwd=ROOT,
        env=environment_of(settings, ROOT / "nowhere", **told),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


@contextmanager
def _crew() -> Iterator[list[asyncio.subprocess.Process]]:
    crew: list[asyncio.subprocess.Process] = []
    try:
        yield crew
    finally:
        for each in crew:
            if each.returncode is None:
                each.kill()


async def _expected(world: World, started: list[Timer], now: datetime) -> list[Rung]:
    """Every rung passed by the end of the simulation, walked up by the pure engine alone."""
    book = await rule_books.rule_book(world)
    found: list[Rung] = []
    fallen = {
        (row["timer_id"], row["rung_key"])
        for row in await sql.rows("SELECT timer_id, rung_key FROM timer_rung")
    }
    for each in started:
        timer = timers.projected(each, book.calendar, book.ladders)
        while timer.next_rung_at is not None and timer.next_rung_at <= now:
            key = str(timer.next_rung_key)
            found.append((timer.id, key, timer.next_rung_at))
            timer = replace(timer, passed=timer.passed | {key})
            timer = timers.projected(timer, book.calendar, book.ladders)
    assert {(timer, key) for timer, key, _ in found} >= fallen
    return found


async def _announced(name: str) -> int:
    found: int = await sql.value("SELECT count(*) FROM outbox_message WHERE name = $1", name)
    return found


async def _unique(table: str) -> str:
    found: str = await sql.value(
        "SELECT quote_ident(conname) FROM pg_constraint"
        " WHERE conrelid = $1::text::regclass AND contype = 'u'",
        table,
    )
    return found
