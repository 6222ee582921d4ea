"""The same Idempotency-Key: twins at once, retries late and after a restart (limits.md T02)."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from asgi import create_app
from citydesk import appointments, organs
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.settings import Settings
from citydesk.world import World, open_world
from tests.cases.making import FORM, HALL, kite_guide
from tests.people import Phone, Told
from tests.proof.residents import Resident, residents
from tests.serving import served

FULL = os.environ.get("PROOF_SCALE") == "full"
ROUNDS = 500 if FULL else 50
TWINS = 4
PATHS = ("/cases", "/appointments")


@dataclass
class Round:
    """What one resident sent under one key, and the one answer to it."""

    resident: Resident
    path: str
    key: str
    body: dict[str, Any]
    answer: bytes


@pytest.mark.timeout(600)
async def test_one_key_has_one_effect_and_one_answer_for_ever(
    settings: Settings, clock: SetClock, figure: Callable[[str], None]
) -> None:
    statuses: Counter[int] = Counter()
    async with _life(settings, clock) as (world, phone):
        bodies = await _bodies(world, phone)
        people = await residents(world, ROUNDS)
        done = [
            each
            for resident in people
            for path in PATHS
            for each in [await _twins(phone, resident, path, bodies[path], statuses)]
        ]
    assert statuses[409], "no twin ever met its other half in flight: no proof"

    async with _life(settings, clock) as (world, phone):  # another process would know as little
        late = [await _late(phone, each) for each in done]
        effects = await _effects(people)
    figure(
        f"{ROUNDS} rounds on each of {len(PATHS)} routes, {TWINS} twins each: answers"
        f" {dict(sorted(statuses.items()))}; late retries with another answer"
        f" {late.count(False)}; effects per key {dict(effects)}"
    )
    assert all(late)
    assert effects == {1: ROUNDS * len(PATHS)}


async def test_without_the_same_key_there_are_two_effects_and_without_any_none(
    settings: Settings, clock: SetClock, figure: Callable[[str], None]
) -> None:
    async with _life(settings, clock) as (world, phone):
        bodies = await _bodies(world, phone)
        people = await residents(world, 10)
        for each in people:
            asking = phone.signed_in(each.token)
            (await asking.post("/cases", bodies["/cases"])).ok(201)
            (await asking.post("/cases", bodies["/cases"])).ok(201)
            (await asking.post("/cases", bodies["/cases"], key=None)).refused(400, "key-missing")
        effects = await _effects(people)
    figure(f"control: two keys, effects per resident {dict(effects)}")
    assert effects == {2: len(people)}


@asynccontextmanager
async def _life(settings: Settings, clock: SetClock) -> AsyncIterator[tuple[World, Phone]]:
    """One life of the application, from its start to its end: nothing in memory outlives it."""
    async with (
        open_world(settings, clock=clock, connections=10) as world,
        served(create_app(world)) as url,
        aiohttp.ClientSession(url) as session,
    ):
        yield world, Phone(session)


async def _bodies(world: World, phone: Phone) -> dict[str, dict[str, Any]]:
    hall = await organs.hall_by_code(world, HALL)
    _ = await appointments.offer_hours(
        world, hall.id, "09:00", "17:00", slot_minutes=60, places=ROUNDS + 10
    )
    await appointments.open_days(world)
    item = await kite_guide(world)
    tomorrow = world.clock.today() + timedelta(days=1)
    [slot, *_] = (await phone.get(f"/halls/{HALL}/slots", on=tomorrow.isoformat())).ok()
    return {
        "/cases": {"item_code": item, "hall_code": HALL, "form": FORM},
        "/appointments": {"slot_id": slot["id"], "item_code": item},
    }


async def _twins(
    phone: Phone, resident: Resident, path: str, body: dict[str, Any], statuses: Counter[int]
) -> Round:
    """Send twins at once, then an altered one; every answer but one is the first one again."""
    asking, key = phone.signed_in(resident.token), str(uuid4())
    told = await asyncio.gather(*(asking.post(path, body, key=key) for _ in range(TWINS)))
    statuses.update(each.status for each in told)
    good = [each for each in told if each.status == 201]
    for each in told:
        if each.status != 201:
            assert each.refused(409, "key-in-flight")
            assert each.headers["Retry-After"] == "1"
    assert len([each for each in good if not _replayed(each)]) == 1
    good.append(await asking.post(path, body, key=key))
    assert _replayed(good[-1])
    assert len({each.body for each in good}) == 1
    altered = body | {"item_code": "0" * 31}
    (await asking.post(path, altered, key=key)).refused(422, "key-reused")
    return Round(resident, path, key, body, good[0].body)


async def _late(phone: Phone, done: Round) -> bool:
    """Retry after the restart; whether it is the first answer again, and the altered refused."""
    asking = phone.signed_in(done.resident.token)
    again = await asking.post(done.path, done.body, key=done.key)
    altered = await asking.post(done.path, done.body | {"item_code": "0" * 31}, key=done.key)
    same = again.status == 201 and again.body == done.answer and _replayed(again)
    return same and altered.status == 422


def _replayed(told: Told) -> bool:
    return bool(told.headers.get("Idempotent-Replay") == "true")


async def _effects(people: list[Resident]) -> Counter[int]:
    """How many rows each resident's request made, by table."""
    found = await sql.rows(
        "SELECT count(*) AS n FROM service_case WHERE identity_id = ANY($1::uuid[])"
        " GROUP BY identity_id UNION ALL"
        " SELECT count(*) FROM appointment WHERE identity_id = ANY($1::uuid[])"
        " GROUP BY identity_id",
        [each.identity_id for each in people],
    )
    return Counter(each["n"] for each in found)
