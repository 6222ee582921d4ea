"""Every operation × everybody × own and other's things (limits.md T31)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from citydesk.cases import State
from citydesk.cases import moving as cases_moving
from citydesk.cases import queries as cases_queries
from citydesk.world import World
from tests.people import Outside, Phone, Told
from tests.proof.crowd import Crowd, asker_of, sign_in
from tests.proof.matrix import LINES, ROLES, Line, deviations, differences
from tests.proof.sound_calls import BY_ID, HEADERS, SoundCalls

Seen = dict[tuple[str, str], Told]
LAST = ("sign_out", "sign_out_everywhere")
NOT_THERE = {
    "consultation_id": "01a20000-0000-7000-8000-000000000003",
    "case_id": "01a20000-0000-7000-8000-000000000000",
    "paper_id": "01a20000-0000-7000-8000-000000000001",
    "upload_id": "01a20000-0000-7000-8000-000000000001",
    "appointment_id": "01a20000-0000-7000-8000-000000000002",
    "code": "AAAAAAAA",
}


class Matrix:
    """The crowd, asked one after another; those who may come last, or nothing would be left."""

    def __init__(self, crowd: Crowd, roles: dict[str, Phone]) -> None:
        self.crowd, self.roles, self.calls = crowd, roles, SoundCalls(crowd)

    @classmethod
    async def open(cls, world: World, outside: Outside, phone: Phone) -> "Matrix":
        crowd = await Crowd.gather(world, outside, phone)
        named = ("citizen", "other_citizen", "front_desk", "other_front_desk")
        roles = {each: getattr(crowd, each) for each in named}
        roles |= {
            "anonymous": phone,
            "forged": phone.signed_in(f"{crowd.citizen.token}"[:-4] + "AAAA"),
            "newcomer": await sign_in(phone, outside, "wang"),
            "back_office": crowd.back_office,
            "other_back_office": crowd.other_back_office,
            "exit_window": crowd.exit_window,
            "department_head": crowd.department_head,
        }
        assert sorted(roles) == ROLES
        return cls(crowd, roles)

    async def ask(self, operation: str, role: str, thing: dict[str, str]) -> Told:
        """Ask for one operation on one thing as somebody."""
        one = BY_ID[operation]
        path = one.path.removeprefix("/api").format_map(thing)
        body = await self.calls.body(operation, role, thing)
        sent: dict[str, Any] = {"data": body} if one.body is bytes else {"json": body}
        if one.headers:
            sent["headers"] = HEADERS
        somebody = self.roles[role]
        if operation == "sign_out" and role in LINES[operation].allowed:
            somebody = await self.crowd.again(await asker_of(self.crowd.world, somebody))
        return await somebody.ask(one.method, path, **sent, **self.calls.query(operation))

    async def cells(self, operations: Iterable[str]) -> tuple[Seen, list[str]]:
        """Ask everybody; return the answers, and what tells "not yours" from "not there"."""
        seen: Seen = {}
        leaks: list[str] = []
        for operation in operations:
            line = LINES[operation]
            thing = await self.calls.thing(operation)
            for role in sorted(ROLES, key=lambda each: each in line.allowed):
                seen[operation, role] = await self.ask(operation, role, thing)
                if role in line.hidden:
                    not_there = await self.ask(operation, role, thing | _not_there(thing))
                    told = differences(seen[operation, role], not_there)
                    leaks += [f"{operation} as {role}: {each}" for each in told]
        return seen, leaks


def _not_there(thing: dict[str, str]) -> dict[str, str]:
    return {name: word for name, word in NOT_THERE.items() if name in thing}


@pytest.mark.timeout(300)
async def test_everybody_may_do_exactly_what_is_theirs(
    world: World, outside: Outside, phone: Phone, figure: Callable[[str], None]
) -> None:
    assert sorted(LINES) == sorted(BY_ID), "an operation without a line in the matrix"
    matrix = await Matrix.open(world, outside, phone)
    ordered = sorted(LINES, key=lambda name: LAST.index(name) if name in LAST else -1)
    seen, leaks = await matrix.cells(ordered)

    wrong = deviations(LINES, seen)
    hidden = sum(len(line.hidden) for line in LINES.values())
    figure(
        f"{len(LINES)} operations × {len(ROLES)} people = {len(seen)} cells: {len(wrong)} wrong;"
        f' {hidden} pairs "not yours" / "not there": {len(leaks)} can be told apart'
    )
    assert wrong == []
    assert leaks == []
    for role, somebody in matrix.roles.items():
        if role != "anonymous":
            assert (await somebody.get("/me")).status == 401, "signed out, and still known"


@pytest.mark.timeout(120)
async def test_lists_show_everybody_their_own_and_nothing_else(
    world: World, outside: Outside, phone: Phone, figure: Callable[[str], None]
) -> None:
    matrix = await Matrix.open(world, outside, phone)
    states = {
        "front_desk": State.FILED,
        "back_office": State.ACCEPTED,
        "exit_window": State.COMPLETED,
    }
    numbers = {role: (await matrix.crowd.case(state)).case_no for role, state in states.items()}
    # A completed case waits at the exit window, and in the back office for its certificate.
    waiting = {role: {number} for role, number in numbers.items()}
    waiting["back_office"].add(numbers["exit_window"])
    draft = (await matrix.crowd.case(State.DRAFT)).case_no
    booked = await matrix.crowd.books(matrix.crowd.citizen, (await matrix.crowd.slots())[0]["id"])

    looked = 0
    for role in ROLES:
        somebody = matrix.roles[role]
        for path, expected in (
            ("/cases", {*numbers.values(), draft} if role == "citizen" else set()),
            ("/officer/cases", waiting.get(role, set())),
            ("/appointments", {booked["code"]} if role == "citizen" else set()),
        ):
            told = await somebody.get(path, **({} if path == "/appointments" else {"limit": "100"}))
            words = {*numbers.values(), draft, booked["code"]}
            assert {word for word in words if word in told.body.decode()} == expected, (role, path)
            looked += 1
    figure(f"{looked} lists: 0 strangers' entries")


@pytest.mark.timeout(120)
async def test_a_draft_is_nobodys_business_but_the_applicants(
    world: World, outside: Outside, phone: Phone
) -> None:
    matrix = await Matrix.open(world, outside, phone)
    draft = str((await matrix.crowd.case(State.DRAFT)).id)
    for role in set(ROLES) - {"citizen"}:
        for path in (f"/cases/{draft}", f"/officer/cases/{draft}"):
            assert (await matrix.roles[role].get(path)).status in (401, 403, 404), (role, path)
    assert (await matrix.crowd.citizen.get(f"/cases/{draft}")).status == 200


@pytest.mark.timeout(120)
async def test_the_matrix_notices_a_missing_check_and_a_wrong_line(
    world: World,
    outside: Outside,
    phone: Phone,
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[[str], None],
) -> None:
    matrix = await Matrix.open(world, outside, phone)
    some = ("case_timeline", "desk_case", "open_paper", "pre_pass")
    sound, _ = await matrix.cells(some)
    assert deviations(LINES, sound) == []

    wrong_line = {**LINES, "desk_case": replace(LINES["desk_case"], good=201)}
    assert len(deviations(wrong_line, sound)) == 4
    stricter = {**LINES, "case_timeline": Line(200, frozenset({"citizen"}))}
    assert len(deviations(stricter, sound)) == 4 + 4

    for module in (cases_queries, cases_moving):
        monkeypatch.setattr(module, "may_see", lambda asker, case: True)
    unchecked, leaks = await matrix.cells(some)
    noticed = deviations(LINES, unchecked)
    figure(f"control: without the check {len(noticed)} cells wrong, {len(leaks)} told apart")
    assert {each.split()[0] for each in noticed} == set(some)
    assert leaks


def test_the_comparison_notices_every_difference() -> None:
    one = Told(
        404,
        {"content-type": "application/json", "x-request-id": "1"},
        b'{"detail":"x","instance":"/a"}',
    )
    assert differences(one, replace(one, body=b'{"detail":"x","instance":"/b"}')) == []
    assert differences(one, replace(one, body=b'{"detail":"y","instance":"/a"}'))
    assert differences(one, replace(one, status=403))
    assert differences(one, replace(one, headers={"content-type": "text/json"}))
