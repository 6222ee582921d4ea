"""What careless, broken and hostile callers send: each is told what is wrong, and nothing runs."""

import asyncio
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from citydesk import appointments, cases
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from mobile_api.reading import STRANGERS_LIMIT
from models.cases import Case
from tests.cases.making import FORM, HALL, PDF, Desk, kite_guide
from tests.city import planted
from tests.journeys.test_restaurant import officer, signed_in_citizen
from tests.people import Outside, Phone, Told

ITEM = "/appointments"


def field_names(told: Told, status: int = 422) -> set[str]:
    """The fields a problem document names."""
    assert told.status == status, f"{told.status} {told.body.decode()[:500]}"
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json["detail"].endswith(("。", "。）"))
    return {each["field"] for each in told.json["errors"]}


@pytest.fixture
async def citizen(world: World, outside: Outside, phone: Phone) -> Phone:
    return await signed_in_citizen(phone, outside, "zhang")


async def test_a_form_that_does_not_fit_is_told_by_field(world: World, citizen: Phone) -> None:
    item = await kite_guide(world)
    good: dict[str, Any] = {"item_code": item, "hall_code": HALL, "form": {}}
    for changes, named in (
        ({"extra": 1}, {"extra"}),
        ({"hall_code": 7}, {"hall_code"}),
        ({"form": []}, {"form"}),
        ({"form": {"kite": 7}}, {"form.kite"}),
        ({"form": {"Kite!": "x"}}, {"form.Kite!.[key]"}),
        ({"form": {"kite": "x" * 2001}}, {"form.kite"}),
        ({"form": {"unknown": "x"}}, {"form.unknown"}),
        ({"form": {"phone": "1", "since": "gestern"}}, {"form.phone", "form.since"}),
        ({"item_code": None}, {"item_code"}),
        ({"item_code": "x" * 32, "hall_code": True}, {"item_code", "hall_code"}),
    ):
        assert field_names(await citizen.post("/cases", {**good, **changes})) == named, changes
    for missing in ("item_code", "hall_code"):
        less = {key: value for key, value in good.items() if key != missing}
        assert field_names(await citizen.post("/cases", less)) == {missing}
    assert await Case.all().count() == 0


JUNK = {
    "not json": b"item_code=1",
    "half": b'{"item_code": "x"',
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "nan": b'{"item_code": NaN, "hall_code": "shenhe"}',
    "infinity": b'{"item_code": 1e999, "hall_code": "shenhe"}',
    "big number": b'{"item_code": ' + b"9" * 5000 + b', "hall_code": "shenhe"}',
    "half an emoji": rb'{"item_code": "\ud83d", "hall_code": "shenhe"}',
    "a null character": rb'{"item_code": "\u0000", "hall_code": "shenhe"}',
    "latin-1": '{"item_code": "é"}'.encode("latin-1"),
    "utf-16": '{"item_code": "x"}'.encode("utf-16"),
    "twice": b'{"item_code": "x", "item_code": {}, "hall_code": "shenhe"}',
}


async def test_a_body_that_is_no_form_is_a_problem_and_never_a_fault(
    world: World, citizen: Phone
) -> None:
    for path in ("/cases", "/appointments", "/case-progress"):
        for name, body in JUNK.items():
            told = await citizen.ask("POST", path, data=body)
            too_large = path == "/case-progress" and len(body) > STRANGERS_LIMIT
            expected = (413,) if too_large else (400, 422)
            assert told.status in expected, (path, name, told.status)
            assert told.headers["content-type"] == "application/problem+json", (path, name)
    told = await citizen.ask("POST", "/cases", data=b" " * 300_000)
    told.refused(413, "too-large")
    assert await Case.all().count() == 0


async def test_a_path_or_query_that_cannot_be_is_told_by_field(citizen: Phone) -> None:
    assert field_names(await citizen.get("/cases/7")) == {"case_id"}
    assert field_names(await citizen.get("/cases", limit="0")) == {"limit"}
    assert field_names(await citizen.get("/cases", limit="viele")) == {"limit"}
    assert field_names(await citizen.get("/cases", cursor="%%%")) == {"cursor"}
    assert field_names(await citizen.get(f"/halls/{HALL}/slots")) == {"on"}
    for day in ("2026-02-30", "30.2.2026", "morgen", "2026-03-02T25:00"):
        assert field_names(await citizen.get(f"/halls/{HALL}/slots", on=day)) == {"on"}
    assert field_names(await citizen.get("/cases", extra="1")) == {"extra"}
    (await citizen.get("/halls/nowhere/slots", on="2026-03-03")).refused(404, "no-such-hall")


async def test_a_foreign_case_and_a_missing_one_get_the_same_answer(
    world: World, outside: Outside, phone: Phone, citizen: Phone
) -> None:
    desk = await Desk.open(world)
    foreign = await desk.filed()
    [paper] = await cases.papers(world, foreign)
    front = await officer(phone, world, "qiantai")
    answers: dict[str, set[str]] = {}
    for case_id in (str(foreign.id), str(uuid4())):
        for method, path, body in (
            ("GET", f"/cases/{case_id}", None),
            ("GET", f"/cases/{case_id}/papers", None),
            ("GET", f"/cases/{case_id}/papers/{paper.id}", None),
            ("PUT", f"/cases/{case_id}/form", {"form": {}}),
            ("POST", f"/cases/{case_id}/submission", None),
            ("POST", f"/cases/{case_id}/correction", None),
            ("POST", f"/cases/{case_id}/withdrawal", {}),
        ):
            told = await citizen.ask(method, path, json=body)
            problem = told.refused(404, "no-such-case")
            answers.setdefault(path.replace(case_id, "…"), set()).add(problem["detail"])
    assert all(len(each) == 1 for each in answers.values())
    # The officers' doors are shut to citizens, the citizens' to officers; each post has its own.
    at = f"/officer/cases/{foreign.id}"
    assert (await citizen.get(at)).status == 403
    assert (await front.get(at)).status == 200
    assert (await front.get(f"/cases/{foreign.id}/papers")).status == 403
    for step in ("review", "decision", "completion", "service"):
        body = {"outcome": "granted"} if step == "decision" else {}
        assert (await front.post(f"{at}/{step}", body)).status == 403
    assert (await Case.get(id=foreign.id)).state == "filed"


async def test_nobody_gets_in_without_a_true_token(world: World, citizen: Phone) -> None:
    assert citizen.token is not None
    head, claims, signature = citizen.token.split(".")
    forged = (
        None,
        "",
        "x",
        "a.b.c",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature[::-1]}",
        f"{head}.{claims[:-2]}.{signature}",
        "eyJhbGciOiJub25lIn0." + claims + ".",
        citizen.token + "é",
        "\u00ff" * 5000,
    )
    for token in forged:
        phone = Phone(citizen.session, None)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        for method, path in (
            ("GET", "/cases"),
            ("POST", "/appointments"),
            ("GET", "/officer/cases"),
        ):
            told = await phone.ask(method, path, json={}, headers=headers)
            assert told.status == 401, (token, method, path, told.status)
            assert told.headers["content-type"] == "application/problem+json"
    (await citizen.get("/cases")).ok()


async def test_a_token_expires(world: World, citizen: Phone, clock: SetClock) -> None:
    (await citizen.get("/cases")).ok()
    clock.move(days=1)
    (await citizen.get("/cases")).refused(401, "session-over")


async def test_what_is_no_paper_is_not_taken_and_a_paper_comes_back_as_a_download(
    world: World, citizen: Phone
) -> None:
    item = await kite_guide(world)
    case = (await citizen.post("/cases", {"item_code": item, "hall_code": HALL, "form": FORM})).ok(
        201
    )
    at = f"/cases/{case['id']}/materials/m01"
    for body in (b"", b"MZ\x90", b"<svg/>", b"<html>", b"GIF89a", b" %PDF-1.7", b"PK\x03\x04"):
        told = await citizen.ask("POST", at, data=body)
        assert field_names(told) == {"file"}
    # So large that the door shuts before all of it has come.
    file: Any = io.BytesIO(PDF.ljust(5 * 1024 * 1024 + 1025, b"x"))
    large = await citizen.ask("POST", at, data=file)
    large.refused(413, "too-large")
    for name, kept, saved in (
        ("../../etc/passwd", "passwd", "passwd.pdf"),
        ("<script>", "<script>", "script.pdf"),
        ("证" * 200, "证" * 200, "file.pdf"),
        ("", "m01", "m01.pdf"),
    ):
        shown = (await citizen.ask("POST", at, data=PDF, name=name)).ok(201)
        assert shown["name"] == kept
        told = await citizen.get(f"/cases/{case['id']}/papers/{shown['id']}")
        assert told.body == PDF
        assert told.headers["Content-Disposition"].startswith(f'attachment; filename="{saved}"')
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in told.headers["Content-Security-Policy"]
        assert told.headers["Cache-Control"] == "private, no-store"
    assert field_names(await citizen.ask("POST", at, data=PDF, name="x" * 201)) == {"name"}
    (await citizen.ask("POST", at, data=PDF, key=None)).refused(400, "key-missing")
    (await citizen.post(f"/cases/{case['id']}/submission")).ok()
    (await citizen.ask("POST", at, data=PDF)).refused(409, "not-allowed-now")


async def test_a_case_number_cannot_be_found_out(
    world: World, phone: Phone, citizen: Phone
) -> None:
    """Five tries from one address, then 429 with the seconds to wait; foreign and unknown alike."""
    desk = await Desk.open(world)
    case = await desk.filed()
    code = await cases.query_code(world, desk.citizen, case.id)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in case.case_no)
    seen = set()
    for case_no in (wide, "x", "1" * 40, case.case_no[:-1] + "!", "٢" * 22):
        told = await phone.post(
            "/case-progress", {"case_no": case_no, "query_code": "W" * 8}, key=None
        )
        seen.add(told.refused(404, "wrong-code")["detail"])
    for _ in range(5):
        told = await phone.post(
            "/case-progress", {"case_no": case.case_no, "query_code": "W" * 8}, key=None
        )
        seen.add(told.refused(404, "wrong-code")["detail"])
    assert len(seen) == 1
    told = await phone.post(
        "/case-progress", {"case_no": case.case_no, "query_code": code}, key=None
    )
    told.refused(429, "code-locked")
    assert told.headers["Retry-After"] == "1800"
    assert field_names(await phone.post("/case-progress", {"case_no": ""}, key=None)) == {
        "case_no",
        "query_code",
    }


async def test_the_same_booking_sent_twice_is_one_booking(
    world: World, citizen: Phone, clock: SetClock
) -> None:
    await planted(world)
    item = await kite_guide(world)
    day = (clock.today() + timedelta(days=1)).isoformat()
    first, second, *_ = (await citizen.get(f"/halls/{HALL}/slots", on=day)).ok()
    body = {"slot_id": first["id"], "item_code": item}
    told = await asyncio.gather(*(citizen.post(ITEM, body, key="once") for _ in range(5)))
    assert {each.status for each in told} <= {201, 409}
    kept = await citizen.post(ITEM, body, key="once")
    assert kept.headers["Idempotent-Replay"] == "true"
    mine = (await citizen.get(ITEM)).ok()["items"]
    assert [each["id"] for each in mine] == [kept.json["id"]]
    other = {"slot_id": second["id"], "item_code": item}
    (await citizen.post(ITEM, other, key="once")).refused(422, "key-reused")
    (await citizen.post(ITEM, other)).refused(409, "already-booked")
    (await citizen.post(ITEM, {**other, "slot_id": str(uuid4())})).refused(404, "no-such-slot")
    (await citizen.post(ITEM, other, key=None)).refused(400, "key-missing")
    assert await sql.value("SELECT sum(booked) FROM slot") == 1


async def test_a_foreign_appointment_is_as_good_as_none(
    world: World, outside: Outside, phone: Phone, clock: SetClock
) -> None:
    await planted(world)
    desk = await Desk.open(world)
    item = await kite_guide(world)
    day = clock.today() + timedelta(days=1)
    first = (await appointments.open_slots(world, HALL, day))[0]
    held = await appointments.book(world, desk.citizen, first.id, item)
    clock.set(first.starts_at - timedelta(minutes=5))
    await outside.at(clock)
    citizen = await signed_in_citizen(phone, outside, "li")
    for gone in (held.id, uuid4()):
        told = await citizen.ask("DELETE", f"{ITEM}/{gone}")
        told.refused(404, "no-such-appointment")
    (await citizen.post(f"{ITEM}/check-in", {"code": held.code})).refused(
        404, "no-such-appointment"
    )
    assert field_names(await citizen.post(f"{ITEM}/check-in", {"code": "kurz"})) == {"code"}
    front = await officer(phone, world, "qiantai")
    came = (await front.post("/officer/check-ins", {"code": held.code})).ok()
    assert came["state"] == "checked_in"


async def test_no_address_answers_with_a_fault(citizen: Phone) -> None:
    """Whatever is asked for, the answer is below 500 and a problem document."""
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        for path in (
            "/nothing",
            "/cases/%00",
            "/guides/%E4%BD",
            "/guides/" + "x" * 3000,
        ):
            told = await citizen.ask(method, path)
            assert 400 <= told.status < 500, (method, path, told.status)
            assert told.headers["content-type"] == "application/problem+json", (method, path)
