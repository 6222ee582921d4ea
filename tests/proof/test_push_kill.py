"""kill -9 of the push worker in the middle of pushing (limits.md T14).

Each event must reach its person's phone once: none lost, none doubled. The same run through a
proxy that takes the client_msg_id away must show doubles, or the proof proves nothing.
"""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from citydesk import cases
from citydesk.kit import sql
from citydesk.kit.clock import SystemClock
from citydesk.kit.ids import new_id
from citydesk.settings import PREFIX, Settings
from citydesk.world import World, open_world
from models.cases import Case
from tests.people import Outside
from tests.proof.push_worker import LEASE_SECONDS
from tests.pushes import TEMPLATE_SEND, citizen, spoil

FULL = os.environ.get("PROOF_SCALE") == "full"
MESSAGES, KILLS = (6_000, 20) if FULL else (400, 4)
PEOPLE = ("zhang", "li")
SEED = 20261123
ROOT = Path(__file__).parents[2]
CALL_SECONDS = 0.05  # slow enough to be killed in the middle


@dataclass
class Killing:
    """What one run showed."""

    shown: Counter[str]
    wire: int
    drained_after: float


@pytest.mark.timeout(900)
async def test_killed_in_the_middle_of_pushing_every_message_arrives_once(
    settings: Settings, outside: Outside
) -> None:
    result = await _run(settings, outside, settings.wechat_api_url)

    doubled = {case_no: n for case_no, n in result.shown.items() if n > 1}
    print(
        f"\n{MESSAGES} messages, {KILLS} kills: lost {MESSAGES - len(result.shown)}, "
        f"doubled {len(doubled)}, repeats on the wire {result.wire - MESSAGES} "
        f"({(result.wire / MESSAGES - 1):.1%}), drained {result.drained_after:.1f} s after the last"
    )
    assert len(result.shown) == MESSAGES
    assert doubled == {}
    assert result.wire > MESSAGES, "no kill struck between the send and its note: no proof"
    states = await _states(settings)
    assert states == {"sent": MESSAGES}


@pytest.mark.timeout(900)
async def test_without_the_client_msg_id_the_same_kills_do_double(
    settings: Settings, outside: Outside
) -> None:
    async with _forgetful(outside.url) as url:
        result = await _run(settings, outside, url)

    doubled = [case_no for case_no, n in result.shown.items() if n > 1]
    print(f"\ncontrol: {len(doubled)} of {MESSAGES} doubled")
    assert len(result.shown) == MESSAGES
    assert doubled


async def _run(settings: Settings, outside: Outside, api_url: str) -> Killing:
    """Announce, push, kill as often as told, and wait until the outbox is empty."""
    chance = random.Random(SEED)
    told = replace(settings, wechat_api_url=api_url)
    await outside.control("POST", "limits", job_finish=False)
    async with open_world(told, clock=SystemClock()) as world, _reading(outside) as shown:
        await _announce(world, outside)
        await spoil(outside, path=TEMPLATE_SEND, delay_seconds=CALL_SECONDS, times=None)
        for _ in range(KILLS):
            worker = await _start(told)
            goal = await _calls(outside) + chance.randint(20, MESSAGES // (KILLS + 1))
            while await _calls(outside) < goal:  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.005)
            worker.send_signal(signal.SIGKILL)
            await worker.wait()
        began = perf_counter()
        worker = await _start(told)
        try:
            while await _open():  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.05)
            drained = perf_counter() - began
        finally:
            worker.kill()
            await worker.wait()
        await asyncio.sleep(0.3)
    return Killing(shown, await _calls(outside), drained)


async def _announce(world: World, outside: Outside) -> None:
    """So many cases of the sandbox's people, each received just now."""
    who = [await citizen(world, outside, name) for name in PEOPLE]
    await sql.run("DELETE FROM outbox_message")
    async with world.transaction() as tx:
        for number in range(MESSAGES):
            case = await Case.create(
                created_at=world.clock.now(),
                case_no=f"K{number:06}",
                query_code_sealed=b"",
                query_code_blind=str(number),
                item_version_id=new_id(),
                item_code="food",
                item_name="食品经营许可（示例）",
                organ_id=new_id(),
                hall_id=new_id(),
                identity_id=who[number % len(who)],
                account_id=new_id(),
                source="test",
                state="received",
                form_sealed=b"",
            )
            tx.announce(cases.CaseReceived(case.id))


async def _start(settings: Settings) -> asyncio.subprocess.Process:
    told = {
        PREFIX + each.name.upper(): str(getattr(settings, each.name)) for each in fields(settings)
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.proof.push_worker",
        cwd=ROOT,
        env={**os.environ, **told},
        stderr=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )


async def _open() -> int:
    found: int = await sql.value("SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL")
    return found


async def _states(settings: Settings) -> dict[str, int]:
    async with open_world(settings):
        found = await sql.rows("SELECT state, count(*) AS n FROM notification GROUP BY state")
        return {each["state"]: each["n"] for each in found}


async def _calls(outside: Outside) -> int:
    state = await outside.control("GET", "state")
    found: int = state["calls"].get(TEMPLATE_SEND, 0)
    return found


@asynccontextmanager
async def _reading(outside: Outside) -> AsyncIterator[Counter[str]]:
    """Read the phones all the while: each keeps its newest 2,000 entries only."""
    shown: Counter[str] = Counter()
    last = dict.fromkeys(PEOPLE, 0)
    stop = asyncio.Event()

    async def read() -> None:
        for who in PEOPLE:
            told = await outside.control("GET", f"people/{who}/phone?since={last[who]}")
            last[who] = told["last"]
            shown.update(
                each["fields"]["character_string2"]
                for each in told["phone"]
                if each["kind"] == "template"
            )

    async def keep_reading() -> None:
        while not stop.is_set():
            await read()
            await asyncio.sleep(0.2)

    reader = asyncio.create_task(keep_reading())
    try:
        yield shown
    finally:
        stop.set()
        await reader
        await read()


@asynccontextmanager
async def _forgetful(url: str) -> AsyncIterator[str]:
    """A proxy to the sandbox that takes the client_msg_id out of every message."""

    async def forward(request: web.Request) -> web.Response:
        body: Any = orjson.loads(await request.read())
        body.pop("client_msg_id", None)
        where = url + request.path_qs
        async with session.request(request.method, where, data=orjson.dumps(body)) as answer:
            return web.Response(body=await answer.read(), content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def test_the_lease_of_the_proof_is_shorter_than_the_real_one() -> None:
    from citydesk.kit.outbox import LEASE_SECONDS as REAL

    assert LEASE_SECONDS < REAL
