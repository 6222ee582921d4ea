import asyncio
import base64
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi import create_app
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.valkey import Batched
from citydesk.world import World, open_valkey
from tests.people import Outside
from tests.serving import free_listener, served
from tests.wechat.door import follow, links, says, tap, texts
from wechat.app import WeChatDoor
from wechat.words import BUSY_OUTSIDE, GREETING, HELP


async def test_a_new_follower_is_greeted_and_noted(server: str, outside: Outside) -> None:
    assert await follow(outside) == GREETING
    assert set(links(GREETING)) == {"w:hot", "w:progress", "w:appointments"}
    person = await outside.person("zhang")
    row = await sql.row("SELECT followed FROM account WHERE openid = $1", person["openid"])
    assert row is not None
    assert row["followed"]
    await outside.control("POST", "people/zhang/unfollow")
    row = await sql.row("SELECT followed FROM account WHERE openid = $1", person["openid"])
    assert row is not None
    assert not row["followed"]


@pytest.mark.parametrize("mode", ["plain", "compat", "safe"])
async def test_the_account_answers_in_every_mode_of_the_console(
    world: World, outside: Outside, mode: str
) -> None:
    chosen = replace(world, settings=replace(world.settings, wechat_mode=mode))
    await outside.control("POST", "limits", mode=mode)
    async with served(create_app(chosen)) as url:
        told = await outside.control("POST", "webhook", url=f"{url}/wechat", verify=True)
        assert told["verified"]
        assert await follow(outside) == GREETING
        [attempt] = await says(outside, "zhang", "开饭店")
        assert attempt["problems"] == []
        assert attempt["encrypted"] is (mode != "plain")
        assert texts([attempt])[0].startswith("【食品经营许可")
        # A push that is not encrypted is believed in plain mode only.
        [attempt] = await says(outside, "zhang", "帮助", mode="plain", tries=1)
        assert attempt["status"] == (200 if mode == "plain" else 403)


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


async def test_the_second_and_third_try_get_the_first_ones_answer(
    server: str, outside: Outside
) -> None:
    await follow(outside)
    for at_once in (False, True):
        attempts = await says(outside, "zhang", "开饭店", duplicate=2, at_once=at_once)
        assert len(attempts) == 3
        assert len({text for text in texts(attempts)}) == 1
        assert texts(attempts)[0].startswith("【食品经营许可")


async def test_a_repeated_push_has_one_effect(server: str, outside: Outside) -> None:
    for who in ("zhang", "li"):
        at_once = who == "li"
        told = await outside.control("POST", f"people/{who}/follow", duplicate=5, at_once=at_once)
        assert {each["reply"]["Content"] for each in told["attempts"]} == {GREETING}
    assert await sql.value("SELECT count(*) FROM account") == 2
    announced = "SELECT count(*) FROM outbox_message WHERE name = 'AccountFollowed'"
    assert await sql.value(announced) == 2


async def test_different_events_of_one_second_are_each_heard(server: str, outside: Outside) -> None:
    told = await outside.control(
        "POST",
        "people/zhang/conversation",
        messages=[
            {"event": {"Event": "subscribe", "EventKey": ""}, "force": True},
            {"event": {"Event": "CLICK", "EventKey": "hot"}},
            {"event": {"Event": "CLICK", "EventKey": "help"}},
            {"event": {"Event": "CLICK", "EventKey": "nothing-of-ours"}},
            {"event": {"Event": "LOCATION", "Latitude": 41.8, "Longitude": 123.4}},
            {"event": {"Event": "a_new_event", "EventKey": "x", "Deep": {"List": [{"a": 1}]}}},
        ],
        at_once=True,
    )
    answers = [texts(each["attempts"])[0] for each in told["pushes"]]
    assert answers[0] == GREETING
    assert answers[1].startswith("常办的事")
    assert answers[2:] == [HELP, HELP, "", ""]
    assert all(each["attempts"][0]["status"] == 200 for each in told["pushes"])


async def test_a_late_unsubscribe_does_not_undo_a_newer_follow(
    server: str, outside: Outside
) -> None:
    person = await outside.person("zhang")
    now = int((await outside.control("GET", "state"))["now"])
    for event, at in (("subscribe", now), ("unsubscribe", now - 60)):
        await outside.control(
            "POST",
            "people/zhang/event",
            Event=event,
            EventKey="",
            options={"create_time": at},
        )
    row = await sql.row("SELECT followed FROM account WHERE openid = $1", person["openid"])
    assert row is not None
    assert row["followed"]


@pytest.mark.parametrize(
    "message",
    [
        {"MsgType": "image", "PicUrl": "http://127.0.0.1/x", "MediaId": "m"},
        {"MsgType": "voice", "MediaId": "m", "Format": "amr"},
        {
            "MsgType": "location",
            "Location_X": 41.8,
            "Location_Y": 123.4,
            "Scale": 16,
            "Label": "]]>",
        },
        {"MsgType": "link", "Title": "t", "Description": "d", "Url": "http://127.0.0.1/"},
        {"MsgType": "a_new_kind"},
    ],
)
async def test_what_is_not_text_is_told_so_kindly(
    server: str, outside: Outside, message: dict[str, Any]
) -> None:
    await follow(outside)
    told = await outside.control("POST", "people/zhang/say", message=message)
    assert "文字" in told["shown"][0]


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
    [attempt] = await says(outside, "zhang", said)
    assert (attempt["status"], attempt["problems"]) == (200, [])
    assert attempt["latency_seconds"] < 0.5


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


async def test_the_account_answers_while_valkey_is_away(
    world: World, outside: Outside, clock: SetClock
) -> None:
    nobody = free_listener()  # bound, so nobody else takes it; not listening, so nobody answers
    away: Redis = open_valkey(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
    lonely = replace(world, valkey=away, batched=Batched(away))
    async with served(create_app(lonely)) as url:
        await outside.control("POST", "webhook", url=f"{url}/wechat")
        told = await outside.control("POST", "people/zhang/follow", duplicate=2, at_once=True)
        assert {each["reply"]["Content"] for each in told["attempts"]} == {GREETING}
        for said in ("帮助", "开饭店", "进度", "1", "热门"):
            [attempt] = await says(outside, "zhang", said)
            assert (attempt["status"], attempt["problems"]) == (200, [])
            assert texts([attempt]) != [BUSY_OUTSIDE]
    announced = "SELECT count(*) FROM outbox_message WHERE name = 'AccountFollowed'"
    assert await sql.value(announced) == 1  # the inbox keeps effects single
    await away.aclose()
    nobody.close()


@pytest.fixture
async def hasty(world: World, outside: Outside) -> AsyncIterator[str]:
    """The door alone, in a hurry: its budget is three tenths of a second."""
    door = WeChatDoor()
    door.budget_seconds = 0.3
    door.open(world)
    async with served(Starlette(routes=[Mount("/wechat", door)])) as url:
        await outside.control("POST", "webhook", url=f"{url}/wechat/")
        yield url


async def test_a_slow_desk_is_answered_for_in_time(
    hasty: str, world: World, outside: Outside
) -> None:
    await follow(outside)
    async with world.transaction():
        await sql.run("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        [attempt] = await says(outside, "zhang", "进度", tries=1)
        assert texts([attempt]) == [BUSY_OUTSIDE]
        assert attempt["latency_seconds"] < 1.5
        told = await outside.control("POST", "people/li/follow", tries=1)
        assert told["attempts"][0]["status"] == 200  # an event nobody waits for: `success`
        assert told["attempts"][0]["latency_seconds"] < 1.5
        [attempt] = await says(outside, "zhang", "帮助")  # what needs no table is as quick as ever
        assert texts([attempt]) == [HELP]
    [attempt] = await says(outside, "zhang", "进度")
    assert "还没有实名" in texts([attempt])[0]


async def test_the_fallback_is_not_kept_as_the_answer(
    hasty: str, world: World, outside: Outside
) -> None:
    """The same message, tried again when the desk is back, is answered properly."""
    await follow(outside)
    async with world.transaction():
        await sql.run("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        [first] = await says(outside, "zhang", "进度", msg_id=4711, tries=1)
    [again] = await says(outside, "zhang", "进度", msg_id=4711)
    assert texts([first, again])[0] == BUSY_OUTSIDE
    assert texts([first, again])[1] != BUSY_OUTSIDE


async def test_the_budget_leaves_time_within_wechats_five_seconds() -> None:
    assert WeChatDoor.budget_seconds == 4.5


async def test_a_body_that_never_comes_does_not_hold_a_connection_for_ever(hasty: str) -> None:
    host, _, port = hasty.removeprefix("http://").partition(":")
    for sent in (b"", b"<xml>"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /wechat/?signature=x HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
        writer.write(sent)
        async with asyncio.timeout(2):
            line = await reader.readline()
        assert b" 408 " in line
        writer.close()


async def test_a_body_of_a_million_bytes_is_not_read_to_its_end(
    server: str, outside: Outside
) -> None:
    async def flood() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    for body in (io.BytesIO(b"x" * 1_000_000), flood()):  # with its length, and chunk by chunk
        async with outside.session.post(f"{server}/wechat", data=body) as answer:
            assert answer.status == 413


async def test_help_costs_no_query_and_one_command(
    world: World, server: str, outside: Outside
) -> None:
    await follow(outside)
    await says(outside, "zhang", "帮助")
    before = await commands(world)
    async with world.transaction():
        # Nothing can be read from the tables of people while this is held.
        await sql.run("LOCK TABLE account, service_item, service_case IN ACCESS EXCLUSIVE MODE")
        for _ in range(10):
            assert texts(await says(outside, "zhang", "帮助")) == [HELP]
    assert await commands(world) - before == 10


async def commands(world: World) -> int:
    """How often SET was carried out on the Valkey of these tests, and nothing of ours besides."""
    stats = await world.valkey.info("commandstats")
    return sum(
        each["calls"] for name, each in stats.items() if name in ("cmdstat_set", "cmdstat_get")
    )


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
