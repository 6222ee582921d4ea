"""kill -9 of the application while bookings and filings arrive (limits.md T03).

The application is the real process, `citydesk serve`. Every citizen retries with the same
Idempotency-Key until they are told yes or no. Whoever was told yes has exactly one, nobody has one
without having been told, and no slot holds more than its places. The same kills with a new key for
every try must leave doubles, or the proof proves nothing.
"""

import asyncio
import os
import random
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import orjson
import pytest

from citydesk import appointments, organs
from citydesk.kit import sql
from citydesk.kit.clock import SystemClock
from citydesk.settings import PREFIX, Settings
from citydesk.world import World, open_world
from tests.cases.making import FORM, HALL, kite_guide
from tests.proof.residents import residents
from tests.proof.slow_link import slow_link
from tests.serving import free_listener

FULL = os.environ.get("PROOF_SCALE") == "full"
REQUESTS, KILLS, CONTROL_KILLS = (2_000, 50, 10) if FULL else (200, 5, 3)
AT_ONCE = 8
PLACES = 2
SEED = 20261123
LINK_SECONDS = 0.08
ROOT = Path(__file__).parents[2]

Answer = tuple[int, dict[str, Any], bool]  # status, body, whether it had been given before


@dataclass
class Wanted:
    """One thing one citizen wants."""

    token: str
    path: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))
    tries: int = 0
    answer: Answer | None = None


@dataclass
class Application:
    """`citydesk serve` on a listening socket of ours: who calls while it is down waits in line."""

    settings: Settings
    listening: socket.socket
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        told = {
            PREFIX + each.name.upper(): str(getattr(self.settings, each.name))
            for each in fields(self.settings)
        }
        number = self.listening.fileno()
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "citydesk", "serve", "--fd", str(number)),
            cwd=ROOT,
            env={**os.environ, **told},
            pass_fds=[number],
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def kill(self) -> None:
        assert self.process is not None
        assert self.process.returncode is None, "the application ended by itself"
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@pytest.mark.timeout(900)
async def test_killed_again_and_again_every_acknowledged_request_counts_exactly_once(
    settings: Settings, figure: Callable[[str], None]
) -> None:
    async with _city(settings) as (world, url, application):
        wanted = await _wishes(world, ("/appointments", "/cases"))
        kills = await _storm(url, application, wanted, KILLS, same_key=True)
        again = await _all_once_more(url, wanted)
        made = await _made()
        slots = await sql.rows(
            "SELECT s.booked, s.places, count(a.id) AS held FROM slot s"
            " LEFT JOIN appointment a ON a.slot_id = s.id GROUP BY s.id"
        )

    yes = [each for each in wanted if _status(each) == 201]
    lost = [each for each in yes if made[_id(each)] != 1]
    ghosts = sum(made.values()) - len(yes)
    changed = [each for each, told in zip(wanted, again, strict=True) if not _same(each, told)]
    oversold = [each for each in slots if each["booked"] > each["places"]]
    drifted = [each for each in slots if each["booked"] != each["held"]]
    late = sum(each.answer is not None and each.answer[2] for each in yes)
    figure(
        f"{len(wanted)} requests, {kills} kills, {sum(each.tries for each in wanted)} tries:"
        f" {len(yes)} acknowledged, lost {len(lost)}, ghosts {ghosts}, told another answer later"
        f" {len(changed)}, oversold {len(oversold)}, drift {len(drifted)}; committed but told only"
        f" on retry {late}; statuses {dict(Counter(map(_status, wanted)))}"
    )
    assert (lost, ghosts, changed, oversold, drifted) == ([], 0, [], [], [])
    assert kills == KILLS
    assert late, "no kill struck between a commit and its answer: no proof"
    assert {_status(each) for each in wanted} <= {201, 409}


@pytest.mark.timeout(900)
async def test_with_a_new_key_for_every_try_the_same_kills_leave_doubles(
    settings: Settings, figure: Callable[[str], None]
) -> None:
    async with _city(settings) as (world, url, application):
        wanted = await _wishes(world, ("/cases", "/cases"))
        kills = await _storm(url, application, wanted, CONTROL_KILLS, same_key=False)
        made = sum((await _made()).values())
    figure(f"control: {kills} kills, {len(wanted)} filings made {made} cases")
    assert made > len(wanted)


@asynccontextmanager
async def _city(settings: Settings) -> AsyncIterator[tuple[World, str, Application]]:
    """A city on the real clock, the application's process, and the slow line to it."""
    listening = free_listener()
    listening.listen(128)
    application = Application(settings, listening)
    host, port = listening.getsockname()
    async with (
        open_world(settings, clock=SystemClock()) as world,
        slow_link(host, port, LINK_SECONDS) as url,
    ):
        await application.start()
        try:
            yield world, url, application
        finally:
            await application.kill()
            listening.close()


async def _wishes(world: World, paths: tuple[str, str]) -> list[Wanted]:
    """Each citizen wants one of each; the slots have too few places for everybody."""
    hall = await organs.hall_by_code(world, HALL)
    _ = await appointments.offer_hours(
        world, hall.id, "08:00", "18:00", slot_minutes=30, places=PLACES
    )
    await appointments.open_days(world)
    after = world.clock.now() + timedelta(hours=12)
    slots = await sql.rows(
        "SELECT id FROM slot WHERE starts_at > $1 ORDER BY starts_at LIMIT $2",
        after,
        REQUESTS // 2 // PLACES - REQUESTS // 20,
    )
    item = await kite_guide(world)
    chance = random.Random(SEED)
    wanted = []
    for each in await residents(world, REQUESTS // 2):
        slot_id = str(chance.choice(slots)["id"])
        bodies: dict[str, dict[str, Any]] = {
            "/appointments": {"slot_id": slot_id, "item_code": item},
            "/cases": {"item_code": item, "hall_code": HALL, "form": FORM},
        }
        wanted += [Wanted(each.token, path, bodies[path]) for path in paths]
    chance.shuffle(wanted)
    return wanted


async def _storm(
    url: str, application: Application, wanted: list[Wanted], most: int, *, same_key: bool
) -> int:
    """Let all citizens ask, and kill the application while they do."""
    chance = random.Random(SEED)
    line = list(reversed(wanted))
    kills = 0

    async def asks(session: aiohttp.ClientSession) -> None:
        while line:
            await _until_told(session, line.pop(), same_key=same_key)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(10)) as session:
        asking = [asyncio.create_task(asks(session)) for _ in range(AT_ONCE)]
        while kills < most:
            goal = len(wanted) * (kills + 1) // (most + 2) + chance.randint(0, 10)
            while sum(each.answer is not None for each in wanted) < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            await asyncio.sleep(chance.random() * LINK_SECONDS)
            await application.kill()
            kills += 1
            await application.start()
        await asyncio.gather(*asking)
    return kills


async def _until_told(session: aiohttp.ClientSession, each: Wanted, *, same_key: bool) -> None:
    """Ask until there is a yes or a no, as a phone would."""
    while each.answer is None:
        each.tries += 1
        key = each.key if same_key else str(uuid4())
        try:
            status, body, replayed = await _asked(session, each, key)
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.02)
            continue
        if status == 503 or body.get("type") == "/problems/key-in-flight":
            await asyncio.sleep(0.05)
            continue
        each.answer = status, body, replayed


async def _asked(session: aiohttp.ClientSession, each: Wanted, key: str) -> Answer:
    headers = {"Authorization": f"Bearer {each.token}", "Idempotency-Key": key}
    async with session.post(f"/api{each.path}", json=each.body, headers=headers) as told:
        body = orjson.loads(await told.read())
        return told.status, body, told.headers.get("Idempotent-Replay") == "true"


async def _all_once_more(url: str, wanted: list[Wanted]) -> list[Answer]:
    """Ask everything again under the same keys."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def ask(session: aiohttp.ClientSession, each: Wanted) -> Answer:
        async with limit:
            return await _asked(session, each, each.key)

    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(ask(session, each) for each in wanted))


async def _made() -> Counter[str]:
    found = await sql.rows("SELECT id FROM appointment UNION ALL SELECT id FROM service_case")
    return Counter(str(each["id"]) for each in found)


def _status(each: Wanted) -> int:
    assert each.answer is not None
    return each.answer[0]


def _id(each: Wanted) -> str:
    assert each.answer is not None
    return str(each.answer[1]["id"])


def _same(each: Wanted, again: Answer) -> bool:
    """A yes stays the very same yes; a no stays a no, since no place is given back."""
    assert each.answer is not None
    if each.answer[0] == 201:
        return again == (201, each.answer[1], True)
    return again[0] == each.answer[0]
