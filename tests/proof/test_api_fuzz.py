"""Every operation of the API, fuzzed by schemathesis with real sign-ins (limits.md T28, T30)."""

import asyncio
import os
from collections import Counter
from time import perf_counter

import pytest

from citydesk.cases import State
from citydesk.identity import Role
from citydesk.world import World
from mobile_api.app import OPERATIONS
from tests.people import Outside, Phone
from tests.proof.crowd import PDF, Crowd, sign_in
from tests.proof.fuzzing import Fuzzed, Things, config, fuzz

FULL = os.environ.get("PROOF_SCALE") == "full"
EXAMPLES, CASES, SECONDS = (20, 12, 540) if FULL else (6, 4, 55)
SACRIFICED = "wang"  # signs out again and again; nobody else's sessions end with theirs

NEEDS: dict[str, State] = {
    "fill_form": State.DRAFT,
    "hand_in_material": State.DRAFT,
    "submit_case": State.DRAFT,
    "correct_case": State.CORRECTING,
    "pre_pass": State.FILED,
    "pre_fail": State.FILED,
    "receive": State.PRE_REVIEWED,
    "request_correction": State.RECEIVED,
    "accept": State.RECEIVED,
    "refuse_acceptance": State.RECEIVED,
    "start_review": State.ACCEPTED,
    "decide": State.IN_REVIEW,
    "complete": State.DECIDED,
    "serve": State.COMPLETED,
    "withdraw_case": State.ACCEPTED,
}


@pytest.mark.timeout(900)
async def test_no_request_breaks_any_operation_or_its_description(
    world: World, outside: Outside, phone: Phone, server: str
) -> None:
    crowd = await Crowd.gather(world, outside, phone)
    things = await _things(crowd)
    loop = asyncio.get_running_loop()
    who = {each.handler.__name__: each.who for each in OPERATIONS}

    def token(operation: str) -> str | None:
        if operation in ("sign_out", "sign_out_everywhere"):
            signing_in = sign_in(phone, outside, SACRIFICED)
            return asyncio.run_coroutine_threadsafe(signing_in, loop).result(10).token
        admitted = who[operation]
        if admitted.citizen:
            return crowd.citizen.token
        by_role = {
            Role.FRONT_DESK: crowd.front_desk,
            Role.BACK_OFFICE: crowd.back_office,
            Role.EXIT_WINDOW: crowd.exit_window,
        }
        return next((by_role[role].token for role in by_role if role in admitted.roles), None)

    began = perf_counter()
    told = config(examples=EXAMPLES, stateful=True, seconds=SECONDS)
    result = await asyncio.to_thread(fuzz, server, told, token, things)
    _print(result, perf_counter() - began)
    assert result.errors == []
    assert result.failures == {}, result.told()
    assert not [status for status in result.statuses if status >= 500]
    assert len(result.operations) == len(OPERATIONS), "an operation was not reached"


def _print(result: Fuzzed, seconds: float) -> None:
    print(
        f"\n{len(result.operations)} operations, {result.requests} requests, {result.checks} checks"
        f" in {seconds:.0f} s ({result.ended}, {dict(result.phases)}): failures {len(result.failures)}, statuses"
        f" {dict(sorted(result.statuses.items()))}"
    )
    good: Counter[str] = Counter()
    for (label, status), count in result.answered.items():
        good[label] += count * (status < 300)
    print("never carried out:", ", ".join(sorted(label for label in good if not good[label])))


async def _things(crowd: Crowd) -> Things:
    """Cases in every state, papers, appointments, slots, halls."""
    by_state = {
        state: [str((await crowd.case(state)).id) for _ in range(CASES)]
        for state in dict.fromkeys(NEEDS.values())
    }
    slots = [each["id"] for days in (1, 2, 3) for each in await crowd.slots(days)]
    booked = [
        (
            await crowd.citizen.post(
                "/appointments", {"slot_id": slots[0], "item_code": crowd.item}
            )
        ).ok(201)
    ]
    case_id = by_state[State.FILED][0]
    paper_id = (await crowd.citizen.get(f"/cases/{case_id}/papers")).ok()[0]["id"]
    assert PDF
    return Things(
        by_operation={
            **{(name, "case_id"): by_state[state] for name, state in NEEDS.items()},
            ("open_paper", "case_id"): [case_id],
        },
        by_name={
            "case_id": [each[0] for each in by_state.values()],
            "paper_id": [paper_id],
            "requirement": ["m01"],
            "appointment_id": [each["id"] for each in booked],
            "slot_id": slots,
            "item_code": [crowd.item],
            "hall_code": ["shenhe"],
            "code": ["shenhe", booked[0]["code"]],
        },
    )
