import base64
import io
from collections.abc import AsyncIterator

import pytest

from citydesk.kit import sql
from tests.people import Outside
from tests.wechat.door import follow, says, tap, texts
from wechat.words import BUSY_OUTSIDE, HELP


@pytest.mark.parametrize("wrong", ["signature", "msg_signature", "both"])
async def test_a_forged_push_is_turned_away_and_does_nothing(
    server: str, outside: Outside, wrong: str
) -> None:
    await follow(outside)
    [attempt] = await says(outside, "zhang", "开饭店", wrong_signature=wrong)
    assert (attempt["status"], attempt["reply"]) == (403, None)
    told = await outside.control(
        "POST",
        "people/li/event",
        Event="subscribe",
        EventKey="",
        options={"wrong_signature": wrong},
    )
    assert [each["status"] for each in told["attempts"]] == [403]
    assert await sql.value("SELECT count(*) FROM account") == 1


async def test_a_tampered_or_stale_push_is_turned_away(server: str, outside: Outside) -> None:
    await follow(outside)
    for how in ({"tamper": True}, {"stale_seconds": 301}, {"stale_seconds": 365 * 86_400}):
        [attempt] = await says(outside, "zhang", "开饭店", **how)
        assert attempt["status"] == 403
    [attempt] = await says(outside, "zhang", "开饭店", stale_seconds=299)
    assert attempt["status"] == 200


TYPED = (
    "😀👨‍👩‍👧‍👦",
    "]]>",
    "<![CDATA[x]]>",
    "</Content></xml>",
    "&lt;&#0;&xxe;",
    "\x00\x08\x0b\x1f开饭店",
    "\ufffe\uffff",
    " ",
    "\n\t",
    "'; DROP TABLE service_case; --",
    "${jndi:ldap://127.0.0.1/x}",
    "进度",
    "进度 " + "2" * 14 + "A" + "2" * 7 + " WWWWWWWW",
    "进度 " + "２" * 14 + "A" + "２" * 7 + " WWWWWWWW",
    "查" * 600,
    ("2" * 14 + "A" + "2" * 7) + " " * 1500 + "!",
    "0",
    "9",
    "⑨",
    "【收到不支持的消息类型，暂无法显示】",
)


async def test_whatever_is_typed_gets_a_sound_answer(server: str, outside: Outside) -> None:
    await follow(outside)
    for said in TYPED:
        [attempt] = await says(outside, "zhang", said)
        assert (attempt["status"], attempt["problems"]) == (200, []), said
        [text] = texts([attempt])
        assert 0 < len(text.encode()) <= 2048, said
        assert text != BUSY_OUTSIDE, said


async def test_a_very_long_message_does_not_hold_the_loop_up(server: str, outside: Outside) -> None:
    """A case number followed by 20,000 blanks used to keep the regular expression busy."""
    await follow(outside)
    said = ("2" * 14 + "A" + "2" * 7) + " " * 20_000 + "!"
    took = []
    for _ in range(3):  # the machine may be busy with something else
        [attempt] = await says(outside, "zhang", said)
        assert (attempt["status"], attempt["problems"]) == (200, [])
        took.append(attempt["latency_seconds"])
    assert min(took) < 0.5


BODIES = {
    "nothing": b"",
    "garbage": bytes(range(256)) * 4,
    "text": b"hello",
    "json": b'{"a": 1}',
    "entities": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><xml>&a;</xml>',
    "bomb": b'<!DOCTYPE x [<!ENTITY a "'
    + b"a" * 1000
    + b'"><!ENTITY b "'
    + b"&a;" * 1000
    + b'">]><xml><ToUserName>&b;</ToUserName></xml>',
    "file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
    "deep": b"<xml>" * 5000,
    "wide": b"<xml>" + b"<a>1</a>" * 5000 + b"</xml>",
    "cut": b"<xml><ToUserName><![CDATA[gh",
    "empty": b"<xml></xml>",
    "utf-16": "<xml><MsgType>text</MsgType></xml>".encode("utf-16"),
    "big": b"x" * 700_000,
    "big-xml": b"<xml><Content>" + b"x" * 700_000 + b"</Content></xml>",
}


@pytest.mark.parametrize("signed", [True, False])
async def test_nothing_on_the_wire_breaks_the_door(
    server: str, outside: Outside, signed: bool
) -> None:
    for name, body in BODIES.items():
        encoded = base64.b64encode(body).decode()
        told = await outside.control("POST", "people/zhang/raw", body_base64=encoded, signed=signed)
        assert 400 <= told["status"] < 500, name
        assert told["latency_seconds"] < 1, name
    assert await sql.value("SELECT count(*) FROM account") == 0


async def test_nothing_in_a_true_envelope_breaks_the_door(server: str, outside: Outside) -> None:
    """Genuine but unreadable: `success`, or the citizen would see an error and WeChat try again."""
    for name, body in BODIES.items():
        encoded = base64.b64encode(body).decode()
        told = await outside.control("POST", "people/zhang/raw", xml="", body_base64=encoded)
        [attempt] = told["attempts"]
        assert attempt["reply"] is None, name
        if name.startswith("big"):  # WeChat's own pushes are a hundred times smaller
            assert attempt["status"] == 413
        else:
            assert (attempt["status"], attempt["outcome"]) == (200, "silent"), name
    assert await sql.value("SELECT count(*) FROM account") == 0


async def test_a_body_of_a_million_bytes_is_not_read_to_its_end(
    server: str, outside: Outside
) -> None:
    async def flood() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    for body in (io.BytesIO(b"x" * 1_000_000), flood()):  # with its length, and chunk by chunk
        async with outside.session.post(f"{server}/wechat", data=body) as answer:
            assert answer.status == 413


async def test_only_get_and_post_are_answered(server: str, outside: Outside) -> None:
    async with outside.session.put(f"{server}/wechat") as answer:
        assert answer.status == 405
    async with outside.session.get(f"{server}/wechat?echostr=1") as answer:
        assert (answer.status, await answer.read()) == (403, b"")
    assert (await outside.control("POST", "webhook", verify=True))["verified"]


async def test_a_tapped_link_of_an_old_answer_still_says_something(
    server: str, outside: Outside
) -> None:
    await follow(outside)
    for menu_id in ("m:gone", "x:y", "w:unknown", "nothing", "g:", ":", "m" * 900, "g:%00", "]]>"):
        told = await outside.control(
            "POST", "people/zhang/say", text="看材料清单", bizmsgmenuid=menu_id
        )
        assert told["shown"]
        assert told["shown"] != [BUSY_OUTSIDE], menu_id
    assert await tap(outside, "zhang", HELP, "w:hot") != ""
