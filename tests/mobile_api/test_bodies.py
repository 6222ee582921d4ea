"""What is sent is checked before anything sees it; what is wrong is named."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from citydesk.kit import sql
from citydesk.kit.refusals import Invalid
from mobile_api import reading
from mobile_api.reading import JSON_LIMIT, Malformed, form_of
from tests.mobile_api.lamps import NewLamp
from tests.mobile_api.wire import raw
from tests.people import Phone, Told

PATH = "/lamps/check"
GOOD = {"name": "路灯"}


async def sent(lamps: Phone, body: bytes) -> Told:
    return await lamps.post(PATH, data=body)


def fields_at_fault(told: Told) -> list[str]:
    problem = told.refused(422, "invalid")
    assert all(each["detail"] for each in problem["errors"])
    assert problem["detail"]
    return [each["field"] for each in problem["errors"]]


async def test_a_good_body_is_taken(lamps: Phone) -> None:
    more = {"深": [1, 1.5, None, True, {"字": "😀\t"}]}
    told = await lamps.post(PATH, {**GOOD, "up_on": "2026-03-02", "lit": True, "more": more})
    assert told.ok(200)["name"] == "路灯"
    assert orjson.loads(await sql.value("SELECT more->>'more' FROM lamp")) == more


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"name": "a"',
        b'{"name": "a"} x',
        b"{'name': 'a'}",
        b'{"name": "a",}',
        b"\xff\xfe\x00",
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"name": "\x00"}',
        b'{"name": "a\nb"}',
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "\\ud800"}',
        b'{"name": "\\udc00\\ud800"}',
        b'{"\\ud800": 1, "\\ud800": 2}',
        b'{"a": {"\\ud800": "\\u0000"}}',
        b"[" * 100_000,
        b'{"more": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
        b'{"name": "a", "more": {"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
        b'{"watts": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_not_json_is_malformed(lamps: Phone, body: bytes) -> None:
    (await sent(lamps, body)).refused(400, "malformed")
    assert await sql.value("SELECT count(*) FROM lamp") == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": 1}, "name"),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 21}, "name"),
        ({"watts": "1"}, "watts"),
        ({"watts": 1.5}, "watts"),
        ({"watts": True}, "watts"),
        ({"watts": 2**63}, "watts"),
        ({"watts": -(2**63) - 1}, "watts"),
        ({"brightness": "1"}, "brightness"),
        ({"lit": 1}, "lit"),
        ({"lit": "true"}, "lit"),
        ({"colour": "green"}, "colour"),
        ({"up_on": "2026-02-30"}, "up_on"),
        ({"up_on": "2026-3-2"}, "up_on"),
        ({"up_on": "02/03/2026"}, "up_on"),
        ({"up_on": 20260302}, "up_on"),
        ({"up_on": "0000-01-01"}, "up_on"),
        ({"up_on": "2026-03-02T10:00:00Z"}, "up_on"),
        ({"places": "here"}, "places"),
        ({"places": ["a", 1]}, "places.1"),
        ({"more": []}, "more"),
        ({"unknown": 1}, "unknown"),
        ({"name\u0000": 1}, "name\u0000"),
        ({"name": "a\u0000b"}, "name"),
        ({"places": ["a", "b\u0000"]}, "places"),
        ({"more": {"deep": {"inner": "\u0000"}}}, "inner"),
        ({"more": {"deep": [[2**64]]}}, "deep"),
    ],
    ids=lambda each: str(each)[:40],
)
async def test_what_is_not_this_form_is_named(
    lamps: Phone, change: dict[str, Any], field: str
) -> None:
    body = json.dumps({**GOOD, **change}).encode()
    assert field in fields_at_fault(await sent(lamps, body))
    assert await sql.value("SELECT count(*) FROM lamp") == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "where", ['{"name":"a","brightness":%s}', '{"name":"a","more":{"brightness":%s}}']
)
async def test_what_is_no_number_is_refused(lamps: Phone, where: str, number: str) -> None:
    assert fields_at_fault(await sent(lamps, (where % number).encode())) == ["brightness"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "n\\u0061me": "b"}',
        b'{"name": "a", "more": {"name": 1, "name": 1}}',
    ],
)
async def test_a_name_given_twice_is_refused(lamps: Phone, body: bytes) -> None:
    assert fields_at_fault(await sent(lamps, body)) == ["name"]


async def test_every_missing_and_unknown_field_is_named_at_once(lamps: Phone) -> None:
    told = await lamps.post(PATH, {"watts": "x", "colour": 1, "strange": 1})
    assert set(fields_at_fault(told)) == {"name", "watts", "colour", "strange"}


@pytest.mark.parametrize("body", [b"null", b"1", b'"a"', b"[]", b'[{"name":"a"}]', b"NaN"])
async def test_json_that_is_no_object_is_not_this_form(lamps: Phone, body: bytes) -> None:
    assert fields_at_fault(await sent(lamps, body)) == ["body"]


async def test_a_text_that_speaks_of_an_escape_is_a_text(lamps: Phone) -> None:
    assert (await sent(lamps, b'{"name": "\\\\u0000"}')).ok()["name"] == "\\u0000"


async def test_what_was_sent_is_not_sent_back(lamps: Phone) -> None:
    told = await lamps.post(PATH, {"name": 1, "up_on": "990000199001011234"})
    assert b"990000" not in told.body
    told = await lamps.post(PATH, {**GOOD, "x" * 10_000: 1})
    assert len(told.body) < 1_000


async def test_thousands_of_faults_are_a_short_answer(lamps: Phone) -> None:
    many = b",".join(b'"f%d":1' % number for number in range(20_000))
    told = await sent(lamps, b"{" + many + b"}")
    assert len(fields_at_fault(told)) == 20
    twice = b",".join(b'"f%d":1' % (number // 2) for number in range(20_000))
    told = await sent(lamps, b"{" + twice + b"}")
    assert len(fields_at_fault(told)) == 20


ADAPTER = TypeAdapter(NewLamp)


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_worse(body: bytes) -> None:
    with pytest.raises((Malformed, Invalid)):
        form_of(ADAPTER, body)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*NewLamp.model_fields, "x"]), JSON))
def test_any_json_is_a_form_or_a_refusal_that_can_be_told(value: dict[str, Any]) -> None:
    try:
        form = form_of(ADAPTER, json.dumps(value).encode())
    except Invalid as refused:
        orjson.dumps(refused.facts)
    else:
        orjson.dumps(form.model_dump(mode="json"))


# --- size and speed ------------------------------------------------------------------------------


def head(*lines: bytes, path: bytes = b"/api/lamps/check") -> bytes:
    return b"\r\n".join([b"POST %s HTTP/1.1" % path, b"Host: city", *lines, b"", b""])


async def test_a_body_at_the_limit_is_read_and_one_beyond_is_not(lamps: Phone) -> None:
    room = JSON_LIMIT - len(orjson.dumps({**GOOD, "places": [""]}))
    told = await lamps.post(PATH, data=orjson.dumps({**GOOD, "places": ["x" * room]}))
    told.ok()
    told = await lamps.post(PATH, data=orjson.dumps({**GOOD, "places": ["x" * (room + 1)]}))
    assert "256 KB" in told.refused(413, "too-large")["detail"]


async def test_a_route_has_a_limit_of_its_own(lamps: Phone) -> None:
    assert (await lamps.post("/pictures", data=b"\xff\x00" * 512)).ok() == 1024
    (await lamps.post("/pictures", data=b"x" * 1025)).refused(413, "too-large")


async def test_a_body_announced_too_large_is_refused_before_it_is_sent(lamp_server: str) -> None:
    answer = await raw(lamp_server, head(b"Content-Length: 999999999"))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_grows_too_large_is_refused_while_it_comes(lamp_server: str) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    answer = await raw(lamp_server, head(b"Transfer-Encoding: chunked"), *[chunk] * 5)
    assert answer.startswith(b"HTTP/1.1 413 "), "the end of it was never sent"


async def test_a_body_that_does_not_come_is_given_up(
    lamp_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reading.READ_SECONDS == 15.0
    monkeypatch.setattr(reading, "READ_SECONDS", 0.1)
    answer = await raw(lamp_server, head(b"Content-Length: 10"), b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_caller_who_hangs_up_half_way_does_no_harm(lamps: Phone, lamp_server: str) -> None:
    place = urlsplit(lamp_server)
    for _ in range(5):
        _, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(head(b"Content-Length: 10") + b"{")
        await writer.drain()
        writer.close()
    (await lamps.post(PATH, GOOD)).ok()


async def test_a_strange_host_is_no_fault_of_ours(lamp_server: str) -> None:
    for host in (b"[", b"a b", b"[::1", b"", b"\xff"):
        for path in (b"/api/none", b"/api/lamps/check", b"/api/lamps/"):
            asked = b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 2\r\n\r\n{}" % (path, host)
            status = (await raw(lamp_server, asked)).split()[1]
            assert not status.startswith(b"5"), (host, path, status)
