"""Papers through the real doors: in parts by tus, opened under random names, replaced."""

from hashlib import sha256
from typing import Any

import aiohttp
import pytest

from citydesk import cases, identity
from citydesk.cases import LARGEST_PART
from citydesk.identity import Citizen
from citydesk.kit import sql
from citydesk.world import World
from portal.sessions import CITIZEN_COOKIE
from sandbox.scanner import EICAR
from tasks import outbox
from tests.cases.making import FORM, HALL, kite_guide
from tests.cases.test_uploads import LARGE
from tests.documents import a_pdf, a_picture
from tests.people import Outside, Phone, Told
from tests.proof.crowd import citizen_of, real_name

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
async def zhang(phone: Phone, outside: Outside) -> Phone:
    """A citizen whose name was checked."""
    return await real_name(phone, outside, "zhang")


async def drafted(world: World, citizen: Phone) -> str:
    """A draft of theirs."""
    wanted = {"item_code": await kite_guide(world), "hall_code": HALL, "form": FORM}
    told: dict[str, Any] = (await citizen.post("/cases", wanted)).ok(201)
    return str(told["id"])


async def part(citizen: Phone, path: str, at: int, how: str = "PATCH") -> Told:
    """Send the part of the large file that begins there."""
    body = LARGE[at : at + LARGEST_PART]
    return await citizen.ask(
        how, path, data=body, headers={**TUS, "Upload-Offset": str(at)}, key=None
    )


async def test_a_file_is_sent_in_parts_gone_on_with_and_opened(
    world: World, zhang: Phone, phone: Phone
) -> None:
    case_id = await drafted(world, zhang)
    told = {
        "name": "租赁合同.pdf",
        "size_bytes": len(LARGE),
        "sha256": sha256(LARGE).hexdigest(),
    }
    begun = await zhang.post(f"/cases/{case_id}/materials/m01/uploads", told)
    state = begun.ok(201)
    assert begun.headers["location"] == state["path"]
    path = state["path"].removeprefix("/api")
    first = await part(zhang, path, 0)
    assert (first.status, first.headers["upload-offset"]) == (204, str(LARGEST_PART))
    assert first.headers["tus-resumable"] == "1.0.0"
    twice = await part(zhang, path, 0)
    assert twice.refused(409, "wrong-offset")["offset"] == LARGEST_PART
    assert twice.headers["upload-offset"] == str(LARGEST_PART)
    (await zhang.post(f"{path}/completion")).refused(409, "upload-incomplete")
    # The app was closed. It asks where to go on, as tus does.
    [known] = (await zhang.get(f"/cases/{case_id}/uploads")).ok()
    assert known["received_bytes"] == LARGEST_PART
    where = await zhang.ask("HEAD", path, headers=TUS)
    assert (where.status, where.body) == (200, b"")
    assert where.headers["upload-offset"] == str(LARGEST_PART)
    assert where.headers["upload-length"] == str(len(LARGE))
    assert where.headers["cache-control"] == "no-store"
    last = await part(zhang, path, LARGEST_PART, "POST")  # a mini program knows no PATCH
    assert last.status == 204
    assert (await part(zhang, path, 2 * LARGEST_PART)).status == 204
    paper = (await zhang.post(f"{path}/completion", key="finish-1")).ok(201)
    again = await zhang.post(f"{path}/completion", key="finish-1")
    assert again.ok(201) == paper
    assert again.headers["idempotent-replay"] == "true"
    (await zhang.get(path)).refused(404, "no-such-upload")
    opened = await zhang.get(f"/cases/{case_id}/papers/{paper['id']}")
    assert opened.body == LARGE
    # By a link, without signing in, a piece across two parts.
    link = (await zhang.get(f"/cases/{case_id}/papers/{paper['id']}/link")).ok()
    wanted = {"Range": f"bytes={LARGEST_PART - 2}-{LARGEST_PART + 1}"}
    async with phone.session.get(link["url"], headers=wanted) as answer:
        assert answer.status == 206
        assert await answer.read() == LARGE[LARGEST_PART - 2 : LARGEST_PART + 2]
        assert answer.headers["content-length"] == "4"
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, no-store"
        assert "sandbox" in answer.headers["content-security-policy"]
        said = answer.headers["content-disposition"]
        assert said.startswith("attachment; filename=")
        assert "filename*=UTF-8''%E7%A7%9F%E8%B5%81%E5%90%88%E5%90%8C.pdf" in said
    for spoilt in (link["url"][:-1] + "x", link["url"].partition("?")[0]):
        async with phone.session.get(spoilt) as answer:
            assert answer.status == 404
    (await zhang.ask("PUT", path, data=b"")).refused(405, "method-not-allowed")


async def test_what_does_not_fit_the_protocol_is_told_so(world: World, zhang: Phone) -> None:
    case_id = await drafted(world, zhang)
    place = f"/cases/{case_id}/materials/m01/uploads"
    told = {"name": "x", "size_bytes": 100_000, "sha256": "0" * 64}
    for wrong in (
        {"size_bytes": 0},
        {"size_bytes": cases.LARGEST_UPLOAD + 1},
        {"sha256": "0" * 63},
        {"sha256": "G" * 64},
        {"replaces": "x"},
    ):
        (await zhang.post(place, {**told, **wrong})).refused(422, "invalid")
    path = (await zhang.post(place, told)).ok(201)["path"].removeprefix("/api")
    for offset in ("", "-1", "x", "9" * 20):
        headers = {**TUS, **({"Upload-Offset": offset} if offset else {})}
        sent = await zhang.ask("PATCH", path, data=b"0" * 70_000, headers=headers)
        sent.refused(422, "invalid")
    old = {**TUS, "Tus-Resumable": "0.2.2", "Upload-Offset": "0"}
    (await zhang.ask("PATCH", path, data=b"0", headers=old)).refused(412, "wrong-protocol")
    assert (await zhang.ask("DELETE", path, headers=TUS)).status == 204
    (await zhang.ask("DELETE", path, headers=TUS)).refused(404, "no-such-upload")


async def test_a_harmful_paper_is_told_of_and_replaced(
    world: World, zhang: Phone, outside: Outside
) -> None:
    await outside.control("POST", "people/zhang/follow")
    case_id = await drafted(world, zhang)
    place = f"/cases/{case_id}/materials/m01"
    bad = (await zhang.ask("POST", place, data=a_pdf() + EICAR, name="a.pdf")).ok(201)
    assert bad["scan"] == "waiting"
    while await outbox.drain(world):
        pass
    [paper] = (await zhang.get(f"/cases/{case_id}/papers")).ok()
    assert paper["scan"] == "infected"
    own = f"/cases/{case_id}/papers/{paper['id']}"
    for path in (own, f"{own}/link"):
        (await zhang.get(path)).refused(409, "paper-harmful")
    refused = (await zhang.post(f"/cases/{case_id}/submission")).refused(422, "filing-incomplete")
    assert refused["errors"][0]["field"] == "materials.m01"
    [told] = [
        each
        for each in await sql.rows("SELECT name FROM outbox_message")
        if each["name"] == "PaperFoundHarmful"
    ]
    assert told
    good = await zhang.ask("POST", place, data=a_picture("PNG"), name="b.png", replaces=paper["id"])
    assert good.ok(201)["media_type"] == "image/png"
    [left] = (await zhang.get(f"/cases/{case_id}/papers")).ok()
    assert left["name"] == "b.png"
    assert (await zhang.ask("DELETE", own)).status == 404
    now = f"/cases/{case_id}/papers/{good.json['id']}"
    assert (await zhang.ask("DELETE", now)).status == 204
    assert (await zhang.get(f"/cases/{case_id}/papers")).ok() == []


async def test_a_file_is_opened_by_the_session_of_those_concerned_only(
    world: World, zhang: Phone, phone: Phone, outside: Outside, server: str
) -> None:
    case_id = await drafted(world, zhang)
    paper = await zhang.ask("POST", f"/cases/{case_id}/materials/m01", data=a_pdf(), name="a.pdf")
    assert paper.status == 201
    [name] = [row["public_name"] for row in await sql.rows("SELECT public_name FROM stored_file")]
    li = await real_name(phone, outside, "li")
    for who, status in ((None, 404), (li, 404), (zhang, 200)):
        async with aiohttp.ClientSession(server) as browser:
            cookies = {} if who is None else {CITIZEN_COOKIE: await cookie_of(world, who)}
            async with browser.get(f"/files/{name}", cookies=cookies) as answer:
                assert answer.status == status
            for odd in (f"/files/{name}x", "/files/..%2f..%2fetc", "/files/%00"):
                async with browser.get(odd, cookies=cookies) as answer:
                    assert answer.status == 404


async def cookie_of(world: World, phone: Phone) -> str:
    """A browser session of the same citizen."""
    found: Citizen = await citizen_of(world, phone)
    return (await identity.open_browser_session(world, account_id=found.account_id)).token
