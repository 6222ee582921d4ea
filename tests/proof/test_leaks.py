"""Nobody's name, ID number, phone or query code lies anywhere in clear (limits.md T33).

Seeded people live through the story, and through everything that goes wrong with it; then the
logs, every table, Valkey, the metrics and every push that left are searched for them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.servers import PostgresServer
from citydesk.settings import Settings
from citydesk.world import World
from tasks import outbox
from tests.cases.making import FORM, HALL
from tests.people import Outside, Phone
from tests.proof.crowd import PDF, Crowd, real_name, sign_in
from tests.proof.hunt import Hunt, look_through_tables, look_through_valkey

PEOPLE = 20
STORIES = 4


@pytest.mark.timeout(300)
async def test_nothing_personal_lies_anywhere_in_clear(
    world: World,
    settings: Settings,
    outside: Outside,
    phone: Phone,
    postgres: PostgresServer,
    log: Path,
    figure: Callable[[str], None],
) -> None:
    crowd = await Crowd.gather(world, outside, phone)
    people = (await outside.control("POST", "people", count=PEOPLE))["people"]
    words = [each[name] for each in people for name in ("name", "id_number", "phone_number")]
    for each in people[:STORIES]:
        words += await _lives(crowd, each)
    for each in people[STORIES:]:
        await _goes_wrong(crowd, each)
    await _drained(world)

    hunt = Hunt(words)
    tables = await look_through_tables(hunt, settings.database_url.replace("asyncpg", "postgresql"))
    keys = await look_through_valkey(hunt, settings.redis_url)
    hunt.read("log", log)
    hunt.read("PostgreSQL's log", postgres.log)
    hunt.look("metrics", await _metrics(phone))
    pushes = 0
    for each in people:
        for push in await outside.on_phone(each["key"]):
            if push["kind"] == "template":
                pushes += 1
                hunt.look("push", str(push).encode())
    assert keys
    assert pushes == STORIES * 7  # booked, filed, received, accepted, decided, completed, served
    figure(
        f"{len(words)} words of {PEOPLE} people, {tables} tables, {keys} Valkey keys, {pushes}"
        f" pushes, {hunt.places} values, {hunt.size / 1e6:.1f} MB: hits {dict(hunt.hits)}"
    )
    assert hunt.shown == []


async def test_a_word_left_in_clear_is_found_wherever_it_lies(
    world: World,
    settings: Settings,
    log: Path,
    postgres: PostgresServer,
    clock: SetClock,
    figure: Callable[[str], None],
) -> None:
    names = [f"控示例{number}" for number in range(6)]
    await sql.run("CREATE TABLE trap (a text, b bytea, c jsonb, d text[])")
    await sql.run(
        "INSERT INTO trap VALUES ($1, $2, jsonb_build_object('who', $3::text), ARRAY[$4::text])",
        names[0],
        names[1].encode(),
        names[2],
        names[3],
    )
    await world.valkey.set("trap", f'{{"who":"{names[4]}"}}'.encode("ascii", "backslashreplace"))
    world.log.info("trap", note=names[5])

    hunt = Hunt(names)
    await look_through_tables(hunt, settings.database_url.replace("asyncpg", "postgresql"))
    await look_through_valkey(hunt, settings.redis_url)
    hunt.read("log", log)
    figure(f"control: {len(hunt.shown)} of {len(names)} found: {', '.join(hunt.hits)}")
    assert len(hunt.hits) == len(names)


async def _asks(crowd: Crowd, citizen: Phone, person: dict[str, Any]) -> None:
    """In the chat and over the API, with the person's own data in the question."""
    words = f"我叫{person['name']}，{person['id_number']}，{person['phone_number']}，放风筝要报备吗"
    who, told = person["key"], "你好"
    for said in ("我要咨询", words, words, "提交", "我的咨询"):
        told = await crowd.outside.says(who, said)
    assert "待答复" in told
    made = (await citizen.post("/consultations", {"kind": "complaint", "text": words})).ok(201)
    listed = (await citizen.get("/consultations")).ok()["items"]
    assert made["number"] == listed[0]["number"]


async def _lives(crowd: Crowd, person: dict[str, Any]) -> list[str]:
    """The whole story, with the person's own data in the form; returns the secrets it was told."""
    who = person["key"]
    await crowd.outside.control("POST", f"people/{who}/follow")
    await _drained(crowd.world)
    citizen = await real_name(crowd.nobody, crowd.outside, who)
    form = {
        **FORM,
        "kite": person["name"],
        "id_no": person["id_number"],
        "phone": person["phone_number"],
    }
    slot = (await crowd.slots(1))[0]["id"]
    await crowd.books(citizen, slot)
    filing = {"item_code": crowd.item, "hall_code": HALL, "form": form}
    await _asks(crowd, citizen, person)
    case = (await citizen.post("/cases", filing)).ok(201)
    paper = PDF + person["name"].encode() + person["id_number"].encode()
    (
        await citizen.ask(
            "POST",
            f"/cases/{case['id']}/materials/m01",
            data=paper,
            name=f"{person['name']}{person['id_number']}.pdf",
        )
    ).ok(201)
    (await citizen.ask("PUT", f"/cases/{case['id']}/form", json={"form": form})).ok()
    (await citizen.post(f"/cases/{case['id']}/submission")).ok()
    at = f"/officer/cases/{case['id']}"
    await _drained(crowd.world)  # the papers are scanned
    seen = (await crowd.front_desk.get(at)).ok()
    assert seen["form"]["id_no"] == person["id_number"], "the officer reads it, and must"
    opened = await crowd.front_desk.get(f"/cases/{case['id']}/papers/{seen['papers'][0]['id']}")
    assert opened.body == paper
    (await crowd.front_desk.post(f"{at}/receipt", {})).ok()
    (await crowd.front_desk.post(f"{at}/acceptance", {})).ok()
    (await crowd.back_office.post(f"{at}/review", {})).ok()
    (await crowd.back_office.post(f"{at}/decision", {"outcome": "granted"})).ok()
    (await crowd.back_office.post(f"{at}/completion", {})).ok()
    (await crowd.exit_window.post(f"{at}/service", {})).ok()
    assert person["name"] not in str((await citizen.get("/me")).ok()), "masked, even to themselves"
    told = f"进度 {case['case_no']} {case['query_code']}"
    assert "已送达" in await crowd.outside.says(who, told)
    return [case["query_code"]]


async def _goes_wrong(crowd: Crowd, person: dict[str, Any]) -> None:
    """Everything personal, in every place it does not belong."""
    who, name, id_no = person["key"], person["name"], person["id_number"]
    number = person["phone_number"]
    citizen = await sign_in(crowd.nobody, crowd.outside, who)
    for body in (
        {"item_code": name, "hall_code": id_no, "form": {"id_no": id_no}},
        {"item_code": crowd.item, "hall_code": HALL, "form": {name: id_no}},
        {name: number},
        {"form": id_no, "item_code": [name]},
    ):
        assert (await citizen.post("/cases", body)).status in (403, 422)
        assert (await crowd.citizen.post("/cases", body)).status in (404, 409, 422)
        assert (await crowd.citizen.post("/appointments", body)).status == 422
    for path in (f"/guides/{id_no}", f"/halls/{number}", f"/nowhere/{id_no}/{number}"):
        assert (await citizen.get(path)).status in (404, 422)
    assert (await citizen.get(f"/{name}")).status == 404
    (await citizen.get("/guides", q=f"{name} {id_no} {number}")).ok()
    assert (await citizen.get("/regions", parent=id_no, cursor=name)).status == 422
    log_in = {"login": name, "password": f"{id_no}{number}", "device": name}
    assert (await citizen.post("/officer-sessions", log_in)).status in (401, 429)
    progress = {"case_no": id_no, "query_code": number}
    assert (await citizen.post("/case-progress", progress)).status in (404, 429)
    assert (await citizen.get("/me")).status == 200
    broken = await citizen.ask("POST", "/cases", data=f'{{"{name}": "{id_no}'.encode())
    assert broken.status == 400
    await crowd.outside.control("POST", f"people/{who}/follow")
    for text in (f"我叫{name}，身份证{id_no}，电话{number}", f"进度 {id_no} {number}", name):
        await crowd.outside.says(who, text)
    forged = citizen.signed_in(f"{name.encode().hex()}.{id_no}.{number}")
    assert (await forged.get("/me", key=id_no)).status == 401


async def _drained(world: World) -> None:
    """Let the worker do what is due."""
    while await outbox.drain(world):
        pass


async def _metrics(phone: Phone) -> bytes:
    async with phone.session.get("/metrics") as answer:
        assert answer.status == 200
        return await answer.read()
