"""Every operation of the API, fuzzed by schemathesis with real sign-ins (limits.md T28, T30)."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from time import perf_counter

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from citydesk import identity
from citydesk.cases import State
from citydesk.identity import Role
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Missing, Refusal
from citydesk.world import World
from mobile_api import docs
from mobile_api.api import ANYONE, Api, Call, routes_of
from mobile_api.app import EXCEPTION_HANDLERS, OPERATIONS, broken
from mobile_api.openapi import described
from mobile_api.organs import WantedHalls
from tests.cases.making import ORGAN
from tests.people import Outside, Phone
from tests.proof.crowd import NEEDS, PDF, Crowd, asker_of, sign_in, staff
from tests.proof.fuzzing import Fuzzed, Sound, Things, Token, config, fuzz
from tests.proof.sound_calls import BY_ID, HEADERS, SoundCalls, who_may
from tests.serving import served

FULL = os.environ.get("PROOF_SCALE") == "full"
EXAMPLES, CASES, SECONDS = (100, 8, 420) if FULL else (6, 4, 35)
MOST_TRIES = 8
LAST = ("sign_out", "sign_out_everywhere", "sign_in_mini_program")
SACRIFICED = "wang"  # signs out again and again; nobody else's sessions end with theirs


# What no call of this fuzzing is carried out for, and why.
CANNOT = {
    "finish_verification": "takes the provider's code, which only a browser is given",
    "show_materials": "takes a frozen baseline; the sample city has none",
    "end_mandate": "takes a case that an agent handed in at a window",
    "hand_in_deferred": "takes a guide that lets a paper follow; the sample guide asks for one",
    "hand_in_deferred_at_window": "likewise",
    "finish_at_once": "takes a matter that is done on the spot; the sample one has a process",
    "commit": "takes another organ's part of a joint case",
}


@pytest.mark.timeout(900)
async def test_no_request_breaks_any_operation_or_its_description(
    world: World, outside: Outside, phone: Phone, server: str, figure: Callable[[str], None]
) -> None:
    crowd = await Crowd.gather(world, outside, phone)
    things = await _things(crowd)
    token = await _tokens(crowd)

    began = perf_counter()
    told = config(examples=EXAMPLES, stateful=True, seconds=SECONDS)
    result = await asyncio.to_thread(fuzz, server, told, token, things)
    figure(_told(result, perf_counter() - began))
    assert result.errors == []
    assert result.failures == {}, result.told()
    assert not [status for status in result.statuses if status >= 500]
    assert len(result.operations) == len(OPERATIONS), "an operation was not reached"
    done = result.carried_out()
    never = {name for name, each in BY_ID.items() if f"{each.method} {each.path}" not in done}
    assert isinstance(things.sound, Making)
    assert never == set(CANNOT), {name: things.sound.faults.get(name) for name in never}


async def test_the_same_fuzzing_finds_faults_that_were_put_in(
    world: World, figure: Callable[[str], None]
) -> None:
    async with served(_faulty(world)) as url:
        told = config(examples=40, stateful=False, seconds=10)
        result = await asyncio.to_thread(fuzz, url, told, lambda _: None)

    found = sorted(
        f"{label.split('/')[-1]} {check.split(':')[0]}" for label, check in result.failures
    )
    figure(f"control: {', '.join(found)}")
    assert "hole not_a_server_error" in found
    assert "liar response_schema_conformance" in found
    assert "stray status_code_conformance" in found
    assert not [each for each in found if each.startswith("sound ")]


def _faulty(world: World) -> Starlette:
    """An API with a hole, a liar and a stray refusal in it, and one sound operation."""
    api = Api("faulty")

    @api("GET", "/hole", who=ANYONE, query=WantedHalls, out=int)
    async def hole(call: Call) -> int:
        return 100 // (call.query.limit - 7 if call.query.limit > 99 else call.query.limit % 7)

    @api("GET", "/liar", who=ANYONE, out=int)
    async def liar(call: Call) -> Response:
        return Response(b'"seven"', media_type="application/json")

    @api("GET", "/stray", who=ANYONE, out=int)
    async def stray(call: Call) -> int:
        raise Missing("没有。")

    @api("GET", "/sound", who=ANYONE, out=int)
    async def sound(call: Call) -> int:
        return 7

    app = Starlette(
        routes=[*routes_of(api.operations), *docs.routes(described(api.operations))],
        exception_handlers={**EXCEPTION_HANDLERS, Exception: broken},
    )
    app.state.world = world
    return app


class Making:
    """Makes sound calls for whom fuzzes in another thread: a few of each operation, in between.

    What could not be made stands in ``faults``; it is tried again.
    """

    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.calls = crowd, SoundCalls(crowd)
        self.loop = asyncio.get_running_loop()
        self.wanted = Counter(dict.fromkeys((name for name in BY_ID if name not in LAST), 2))
        self.tries: Counter[str] = Counter()
        self.faults: dict[str, str] = {}

    def __call__(self, operation: str) -> Sound | None:
        """Make one, if one is wanted still."""
        self.tries[operation] += 1
        if not self.wanted[operation] or self.tries[operation] > MOST_TRIES:
            return None
        try:
            made = asyncio.run_coroutine_threadsafe(self._make(operation), self.loop).result(20)
        except (AssertionError, Refusal) as fault:
            self.faults[operation] = repr(fault)
            return None
        self.wanted[operation] -= 1
        return made

    async def _make(self, operation: str) -> Sound:
        role = who_may(operation)
        thing = await self.calls.thing(operation)
        body = await self._way_in(operation) or await self.calls.body(operation, role, thing)
        headers = HEADERS if BY_ID[operation].headers else {}
        somebody: Phone | None = getattr(self.crowd, role, None)
        token = somebody.token if somebody else None
        return Sound(token, thing, self.calls.query(operation), headers, body)

    async def _way_in(self, operation: str) -> dict[str, str] | None:
        """What a session begins or goes on with; nobody else's session ends by it."""
        if operation == "sign_in_officer":
            login = f"o.{str(new_id())[-12:]}"
            password = await identity.add_officer(self.crowd.world, login, "吴示例")
            await identity.add_post(self.crowd.world, login, Role.BACK_OFFICE, ORGAN)
            return {"login": login, "password": password}
        if operation == "refresh":
            outside, code = self.crowd.outside, f"people/{SACRIFICED}/login_code"
            told = {"code": (await outside.control("POST", code))["code"]}
            opened = await self.crowd.nobody.post("/sessions/mini-program", told, key=None)
            return {"refresh_token": opened.ok()["refresh_token"]}
        return None


async def _tokens(crowd: Crowd) -> Token:
    """Who signs in for an operation: the one it is for."""
    loop = asyncio.get_running_loop()
    who = {each.handler.__name__: each.who for each in OPERATIONS}
    somebody = await sign_in(crowd.nobody, crowd.outside, SACRIFICED)
    sacrificed = await asker_of(crowd.world, somebody)
    supervisor = await staff(crowd.world, crowd.nobody, Role.SUPERVISOR, ORGAN, None)
    by_role = crowd.by_role | {Role.SUPERVISOR: supervisor}

    def token(operation: str) -> str | None:
        if operation in ("sign_out", "sign_out_everywhere"):
            return asyncio.run_coroutine_threadsafe(crowd.again(sacrificed), loop).result(10).token
        admitted = who[operation]
        if admitted.citizen:
            return crowd.citizen.token
        known = (by_role[each].token for each in admitted.roles if each in by_role)
        return next(known, None)

    return token


async def _things(crowd: Crowd) -> Things:
    """Cases in every state, a paper, appointments, slots, log-ins that work."""
    by_state = {
        state: [str((await crowd.case(state)).id) for _ in range(CASES)]
        for state in dict.fromkeys(NEEDS.values())
    }
    slots = [each["id"] for days in (1, 2, 3) for each in await crowd.slots(days)]
    later = await crowd.books(crowd.citizen, slots[-1])
    case_id = by_state[State.FILED][0]
    paper_id = (await crowd.citizen.get(f"/cases/{case_id}/papers")).ok()[0]["id"]
    ways_in = [
        (await crowd.outside.control("POST", f"people/{SACRIFICED}/login_code"))["code"]
        for _ in range(5)
    ]
    return Things(
        by_operation={
            **{(name, "case_id"): by_state[state] for name, state in NEEDS.items()},
            ("open_paper", "case_id"): [case_id],
            **{
                (name, "consultation_id"): [await crowd.consultation((name,), name)]
                for name in ("follow_up", "rate_answer", "propose_public_answer")
            },
            ("hand_in_material", "body"): [PDF],
            **{(name, "body"): [PDF] for name in ("add_part", "add_part_by_post")},
            ("sign_in_mini_program", "code"): ways_in,
        },
        by_name={
            "case_id": [each[0] for each in by_state.values()],
            "paper_id": [paper_id],
            "upload_id": [await crowd.upload()],
            "requirement": ["m01"],
            "consultation_id": [await crowd.consultation() for _ in range(CASES)],
            "appointment_id": [later["id"]],
            "slot_id": slots,
            "item_code": [crowd.item],
            "hall_code": ["shenhe"],
            "code": ["shenhe"],
        },
        sound=Making(crowd),
    )


def _told(result: Fuzzed, seconds: float) -> str:
    good: Counter[str] = Counter()
    for (label, status), count in result.answered.items():
        good[label] += count * (status < 300)
    refused = ", ".join(sorted(label for label in good if not good[label]))
    return (
        f"{len(result.operations)} operations, {result.requests} requests"
        f" ({', '.join(f'{name} {count}' for name, count in result.phases.items())}),"
        f" {result.checks} checks in {seconds:.0f} s: {len(result.failures)} failures;"
        f" statuses {dict(sorted(result.statuses.items()))}; never carried out: {refused}"
    )
