from dataclasses import replace
from typing import Any

import pytest

from asgi import create_app
from citydesk.kit import sql
from citydesk.world import World
from tests.people import Outside
from tests.serving import served
from tests.wechat.door import follow, links, says, texts
from wechat.words import GREETING, HELP


async def test_a_new_follower_is_greeted_and_noted(server: str, outside: Outside) -> None:
    assert await follow(outside) == GREETING
    lead_to = {"w:hot", "w:progress", "w:appointments", "w:consult", "w:complain"}
    assert set(links(GREETING)) == lead_to
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


async def test_a_position_from_a_phone_is_answered_with_halls(
    server: str, outside: Outside
) -> None:
    await follow(outside)
    position = {"MsgType": "location", "Location_X": 41.8, "Location_Y": 123.4}
    message = {**position, "Scale": 16, "Label": "]]>"}
    told = await outside.control("POST", "people/zhang/say", message=message)
    assert "离您最近的办事大厅" in told["shown"][0]
