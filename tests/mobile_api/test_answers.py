"""How the API says no, and that it always answers."""

import re
from typing import Any

import aiohttp
import pytest

from citydesk.kit import sql
from citydesk.world import World
from tests.mobile_api.lamps import SECRET
from tests.mobile_api.wire import got
from tests.people import Phone


@pytest.mark.parametrize(
    ("name", "status", "problem", "more", "headers"),
    [
        ("missing", 404, "missing", {"lamp": "1"}, {}),
        ("conflict", 409, "slot-full", {"left": 0, "title": "Slot full"}, {}),
        ("forbidden", 403, "forbidden", {}, {}),
        ("invalid", 422, "invalid", {"errors": [{"field": "a", "detail": "错"}]}, {}),
        ("too-many", 429, "too-many", {}, {"Retry-After": "30"}),
        (
            "unidentified",
            401,
            "unidentified",
            {},
            {"WWW-Authenticate": 'Bearer realm="citydesk"'},
        ),
        ("refusal", 400, "refusal", {"detail": "不。"}, {}),
        ("trouble", 503, "gateway-trouble", {}, {"Retry-After": "7"}),
        ("troubled", 503, "gateway-trouble", {}, {"Retry-After": "5"}),
        ("time-out", 503, "unavailable", {}, {"Retry-After": "5"}),
        ("connection", 503, "unavailable", {}, {"Retry-After": "5"}),
    ],
)
async def test_what_goes_wrong_is_told_in_one_way(
    lamps: Phone,
    name: str,
    status: int,
    problem: str,
    more: dict[str, Any],
    headers: dict[str, str],
) -> None:
    told = await lamps.get(f"/raised/{name}")
    document = told.refused(status, problem)
    assert document.items() >= {"status": status, "instance": f"/api/raised/{name}", **more}.items()
    assert document["detail"].endswith("。")
    assert document["title"]
    assert document["request_id"] == told.headers["X-Request-Id"]
    assert told.headers["Cache-Control"] == "no-store"
    assert {key: told.headers[key] for key in headers} == headers
    assert b"inside" not in told.body
    assert b"10.0.0.1" not in told.body


async def test_a_fault_of_ours_is_told_without_detail(lamps: Phone) -> None:
    told = await lamps.get("/raised/fault")
    document = told.refused(500, "fault")
    assert document["request_id"] == told.headers["X-Request-Id"]
    assert set(document) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert SECRET.encode() not in told.body
    assert b"RuntimeError" not in told.body
    assert b"Traceback" not in told.body


@pytest.mark.parametrize("path", ["", "/", "/none", "/lamps/1/2", "/openapi", "/docs/x", "/.."])
async def test_an_address_that_is_none_is_a_problem(lamps: Phone, path: str) -> None:
    (await lamps.get(path)).refused(404, "no-such-path")


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/lamps/check"), ("PUT", "/named/a"), ("POST", "/docs")]
)
async def test_a_method_an_address_does_not_know_is_a_problem(
    lamps: Phone, method: str, path: str
) -> None:
    told = await lamps.ask(method, path)
    told.refused(405, "method-not-allowed")
    assert told.headers["Allow"]


async def test_head_answers_like_get_without_the_body(lamps: Phone) -> None:
    told = await lamps.ask("HEAD", "/lamps")
    assert (told.status, told.body) == (200, b"")
    assert int(told.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"limit": "9" * 5_000}, "limit"),
        ({"limit": ""}, "limit"),
        ({"since": "2026-02-30"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"colour": "green"}, "colour"),
        ({"q": "x" * 21}, "q"),
        ({"q": "a\0b"}, "q"),
        ({"unknown": "1"}, "unknown"),
        ({"a\0": "1"}, "a\0"),
    ],
)
async def test_a_query_that_is_wrong_is_named(
    lamps: Phone, query: dict[str, str], field: str
) -> None:
    document = (await lamps.get("/lamps", **query)).refused(422, "invalid")
    assert [each["field"] for each in document["errors"]] == [field]


async def test_a_query_is_read_into_numbers_dates_and_words(lamps: Phone) -> None:
    told = await lamps.get("/lamps", limit="5", since="2026-03-02", colour="cold", q=" 灯 ")
    assert told.ok() == {"limit": 5, "since": "2026-03-02", "colour": "cold", "q": "灯"}


async def test_a_query_that_says_a_thing_twice_is_refused(lamps: Phone) -> None:
    told = await lamps.get("/lamps?limit=1&limit=2")
    assert told.refused(422, "invalid")["errors"][0]["field"] == "limit"


@pytest.mark.parametrize(
    "query", ["%", "%zz", "%ff=%ff", "%00", "&&&", "=", "q=%ED%A0%80", "a" * 9_000]
)
async def test_a_broken_query_is_never_a_fault_of_ours(lamp_server: str, query: str) -> None:
    assert await got(lamp_server, f"/api/lamps?{query}") in (200, 422)


@pytest.mark.parametrize("name", ["1", "x" * 300, "%00", "%ff", "..", "01990000-0000-7000-8000"])
async def test_an_identifier_that_is_none_is_named(lamp_server: str, name: str) -> None:
    assert await got(lamp_server, f"/api/lamps/{name}") == 422


async def test_a_nul_in_an_address_never_reaches_the_database(lamp_server: str) -> None:
    assert await got(lamp_server, "/api/named/a%00b") == 422
    assert await got(lamp_server, "/api/named/%ED%A0%80%F0%9F") == 200


async def test_an_answer_may_be_empty_and_carry_a_header(lamps: Phone) -> None:
    told = await lamps.get("/nothing")
    assert (told.status, told.body, told.headers["X-Kind"]) == (204, b"", "none")


@pytest.mark.parametrize("given", ["abcd1234", "A-Z_a-z-0-9", "x" * 64])
async def test_a_request_keeps_the_name_it_came_with(lamps: Phone, given: str) -> None:
    told = await lamps.ask("GET", "/none", headers={"X-Request-Id": given})
    assert told.headers["X-Request-Id"] == told.json["request_id"] == given


@pytest.mark.parametrize("given", [None, "short", "x" * 65, "with space", "<script>", "名" * 8])
async def test_a_request_without_a_usable_name_gets_one(lamps: Phone, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    told = await lamps.ask("GET", "/none", headers=headers)
    assert re.fullmatch(r"[0-9A-Z]{16}", told.headers["X-Request-Id"])
    assert told.headers.getall("X-Request-Id") == [told.json["request_id"]]


async def test_every_answer_forbids_guessing_and_telling(lamps: Phone) -> None:
    for path in ("/lamps", "/none", "/raised/fault", "/docs"):
        told = await lamps.get(path)
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        assert told.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer x.y.z", "Bearer " + "x" * 5_000, "灯"]
)
async def test_who_is_not_signed_in_is_asked_to(lamps: Phone, header: str) -> None:
    told = await lamps.post("/lamps", {"name": "a"}, headers={"Authorization": header})
    assert told.status == 401
    assert told.headers["WWW-Authenticate"] == 'Bearer realm="citydesk"'
    assert told.headers["content-type"] == "application/problem+json"
    assert await sql.value("SELECT count(*) FROM lamp") == 0


async def test_who_asks_is_judged_before_what_is_asked(lamps: Phone) -> None:
    assert (await lamps.post("/lamps", data=b"{", key=None)).status == 401


async def test_alive_and_ready(lamp_server: str) -> None:
    async with aiohttp.ClientSession(lamp_server) as session:
        async with session.get("/healthz") as answer:
            assert (answer.status, await answer.text()) == (200, "ok")
        async with session.get("/readyz") as answer:
            assert answer.status == 200
            assert await answer.json() == {"database": "ok", "valkey": "ok"}


async def test_without_valkey_the_city_goes_on(
    lamp_server: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.valkey.aclose()
    pool = world.valkey.connection_pool
    monkeypatch.setitem(pool.connection_kwargs, "path", "/nowhere/valkey.sock")
    pool.reset()
    async with aiohttp.ClientSession(lamp_server) as session, session.get("/readyz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"database": "ok", "valkey": "ConnectionError"}
