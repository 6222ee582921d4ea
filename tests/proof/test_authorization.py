"""Every operation × everybody × own and other's things (limits.md T31)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from citydesk import cases
from citydesk.cases import State
from citydesk.cases import moving as cases_moving
from citydesk.cases import queries as cases_queries
from citydesk.world import World
from mobile_api.api import Operation
from mobile_api.app import OPERATIONS
from mobile_api.cases.shown import Note
from tests.cases.making import FORM, HALL
from tests.consultations.making import ANSWER, QUESTION
from tests.people import Outside, Phone, Told
from tests.proof.crowd import NEEDS, PDF, Crowd, asker_of, sign_in
from tests.proof.matrix import LINES, ROLES, Line, deviations, differences

Seen = dict[tuple[str, str], Told]
BY_ID: dict[str, Operation] = {each.handler.__name__: each for each in OPERATIONS}
REASON = {"reason": "示例理由"}
LAST = ("sign_out", "sign_out_everywhere")
QUERIES = {
    "hand_back": {"state": "x", "code": "y"},
    "list_themes": {"audience": "person"},
    "list_theme": {"audience": "person", "theme": "社会保障"},
    "list_letter": {"letter": "S"},
    "list_near": {"region": "210103"},
}
ANSWERED = ("follow_up", "rate_answer", "propose_public_answer")  # what these begin at
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
        self.crowd, self.roles = crowd, roles

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

    async def thing(self, operation: str) -> dict[str, str]:
        """What the operation is about: fresh, and the citizen's."""
        found = {
            "item_code": self.crowd.item,
            "hall_code": HALL,
            "code": HALL,
            "requirement": "m01",
        }
        path = BY_ID[operation].path
        if operation in ("cancel", "check_in", "check_in_at_desk"):
            found |= await self._appointment(operation)
        if "{consultation_id}" in path:
            found["consultation_id"] = await self.crowd.consultation(ANSWERED, operation)
        if "{upload_id}" in path:
            found["upload_id"] = await self.crowd.upload(sent=operation == "finish_upload")
        if "{case_id}" in path or operation == "progress_by_code":
            case = await self.crowd.case(NEEDS.get(operation, State.FILED))
            code = await cases.query_code(self.crowd.world, self.crowd.desk.citizen, case.id)
            papers = await cases.papers(self.crowd.world, case)
            found |= {"case_id": str(case.id), "case_no": case.case_no, "query_code": code}
            found |= {"paper_id": str(papers[0].id)}
        return found

    async def _appointment(self, operation: str) -> dict[str, str]:
        now = (await self.crowd.slots(0))[1]["id"]
        later = (await self.crowd.slots(1))[20]["id"]
        held = {each["state"]: each for each in (await self.mine())}
        if operation == "check_in_at_desk" and "checked_in" in held:  # one a day and matter
            booked = await self.crowd.books(self.crowd.other_citizen, now)
        else:
            booked = await self.crowd.books(
                self.crowd.citizen, later if operation == "cancel" else now
            )
        return {"appointment_id": booked["id"], "code": booked["code"]}

    async def mine(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.crowd.citizen.get("/appointments")).ok()["items"]
        return found

    async def ask(self, operation: str, role: str, thing: dict[str, str]) -> Told:
        """Ask for one operation on one thing as somebody."""
        one = BY_ID[operation]
        path = one.path.removeprefix("/api").format_map(thing)
        body = await self._body(operation, role, thing)
        params: dict[str, Any] = QUERIES.get(operation, {})
        if operation == "open_slots":
            params = {"on": self.crowd.world.clock.today().isoformat()}
        sent: dict[str, Any] = {"data": body} if one.body is bytes else {"json": body}
        if one.headers:
            sent["headers"] = {"Upload-Offset": "0"}
        somebody = self.roles[role]
        if operation == "sign_out" and role in LINES[operation].allowed:
            somebody = await self.crowd.again(await asker_of(self.crowd.world, somebody))
        return await somebody.ask(one.method, path, **sent, **params)

    async def _body(self, operation: str, role: str, thing: dict[str, str]) -> Any:
        if operation == "book":
            slots = await self.crowd.slots(2)
            return {"slot_id": slots[ROLES.index(role)]["id"], "item_code": thing["item_code"]}
        if BY_ID[operation].body is Note:
            return {}
        return {
            "ask_consultation": {"kind": "consult", "text": QUESTION},
            "follow_up": {"text": QUESTION},
            "rate_answer": {"satisfied": True},
            "answer_consultation": {"text": ANSWER},
            "refer_consultation": REASON,
            "transfer_consultation": {**REASON, "organ_code": "gongan"},
            "propose_public_answer": {"question": "示例问题怎么办", "answer": "示例答复如下"},
            "sign_in_mini_program": {"code": "nobody's"},
            "refresh": {"refresh_token": "nobody's"},
            "sign_in_officer": {"login": f"nobody-{role}", "password": "nobody's"},
            "begin_verification": {},
            "ask_guidance": {},
            "keep_situation": {},
            "finish_verification": {"state": "nobody's", "code": "nobody's"},
            "check_in": {"code": thing["code"]},
            "check_in_at_desk": {"code": thing["code"]},
            "start_case": {"item_code": thing["item_code"], "hall_code": HALL, "form": FORM},
            "fill_form": {"form": FORM},
            "keep_typed_form": {"form": {"kite": "示例"}},
            "fill_at_window": {"form": FORM},
            "hand_in_at_window": PDF,
            "hand_in_deferred_at_window": {},
            "receive": {},
            "accept": {},
            "serve": {},
            "withdraw_at_window": REASON,
            "begin_at_window": {
                "item_code": thing["item_code"],
                "applicant": {"name": "张示例", "id_no": FORM["id_no"]},  # the sandbox's
            },
            "hand_in_material": PDF,
            **dict.fromkeys(("add_part", "add_part_by_post"), PDF),
            "begin_upload": {"size_bytes": len(PDF), "sha256": "0" * 64},
            "progress_by_code": {
                "case_no": thing.get("case_no"),
                "query_code": thing.get("query_code"),
            },
            "decide": {"outcome": "granted"},
            "finish_at_once": {"outcome": "granted"},
            "out_of_scope": {**REASON, "competent_organ": "示例部门"},
            "return_link": REASON,
            "request_supplement": REASON,
            "start_special": {**REASON, "kind": "testing", "days": 3, "document_no": "示例1号"},
            "end_special": {"result": "passed"},
            "extend": {**REASON, "days": 5},
            "start_joint": {"kind": "general", "parts": [{"organ_code": "gongan", "days": 3}]},
            "void": REASON,
            "revoke": REASON,
            "pre_fail": REASON,
            "request_correction": REASON,
            "refuse_acceptance": REASON,
        }.get(operation)

    async def cells(self, operations: Iterable[str]) -> tuple[Seen, list[str]]:
        """Ask everybody; return the answers, and what tells "not yours" from "not there"."""
        seen: Seen = {}
        leaks: list[str] = []
        for operation in operations:
            line = LINES[operation]
            thing = await self.thing(operation)
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
