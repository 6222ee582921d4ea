"""Template messages: who gets them, once, in which shape; and what our webhook hears of it."""

import asyncio
from urllib.parse import urlsplit

import pytest
import requests
import wechatpy

from sandbox.people import wechat_id

TEMPLATE = "sandbox-case-progress".ljust(43, "0")


def data(**changed):
    fields = {
        "thing1": "食品经营许可",
        "character_string2": "SY20260302000001",
        "phrase3": "已受理",
        "time4": "2026-03-02 09:00",
    }
    return {key: {"value": value} for key, value in (fields | changed).items()}


async def test_a_follower_gets_the_message_and_our_webhook_the_result(outside, webhook, follower):
    sent = await outside.send_template("zhang", client_msg_id="a1")
    assert sent["errcode"] == 0
    assert len(str(sent["msgid"])) == 19
    assert sent["msgid"] > 2**53
    [shown] = await outside.phone("zhang")
    assert shown["kind"] == "template"
    assert shown["fields"]["phrase3"] == "已受理"
    assert shown["cut"] == []
    assert (await outside.post("settle"))["settled"]
    message = wechatpy.parse_message(webhook.opened())
    assert (message.event, message.status) == ("templatesendjobfinish", "success")
    assert int(message.id) == sent["msgid"]


async def test_the_same_client_msg_id_reaches_the_phone_once(outside, follower):
    await outside.post("limits", job_finish=False)
    first, *others = await asyncio.gather(
        *(outside.send_template("zhang", client_msg_id="a1") for _ in range(5))
    )
    assert {answer["msgid"] for answer in others} == {first["msgid"]}
    assert {answer["errcode"] for answer in others} == {0}
    assert len(await outside.phone("zhang")) == 1
    await outside.post("clock", move_seconds=601)
    later = await outside.send_template("zhang", client_msg_id="a1")
    assert later["msgid"] != first["msgid"]
    assert len(await outside.phone("zhang")) == 2


async def test_one_client_msg_id_counts_for_each_person_separately(outside, follower):
    await outside.post("people/li/follow", push=False)
    await outside.send_template("zhang", client_msg_id="a1")
    await outside.send_template("li", client_msg_id="a1")
    assert len(await outside.phone("li")) == 1


async def test_without_client_msg_id_every_call_is_a_message(outside, follower):
    await outside.send_template("zhang")
    await outside.send_template("zhang")
    assert len(await outside.phone("zhang")) == 2


@pytest.mark.parametrize(
    ("more", "errcode"),
    [
        ({"touser": "nobody"}, 40003),
        ({"touser": 5}, 40003),
        ({"touser": wechat_id("wx9900000000000002", "zhang")}, 40003),
        ({"template_id": "unknown"}, 40037),
        ({"template_id": ["x"]}, 40037),
        ({"data": None}, 47003),
        ({"data": {}}, 47003),
        ({"data": data(thing1="")}, 47003),
        ({"data": data(thing1="两\n行")}, 47003),
        ({"data": data(phrase3="超过五个汉字了")}, 47003),
        ({"data": data(character_string2="中文")}, 47003),
        ({"data": data(time4="明天")}, 47003),
        ({"data": {"thing1": "not an object"}}, 47003),
        ({"client_msg_id": 7}, 47003),
        ({"miniprogram": {"appid": "wx0"}}, 40013),
        ({"miniprogram": {"appid": "wx9900000000000002", "pagepath": "/pages/a"}}, 40165),
    ],
)
async def test_a_bad_message_is_refused_and_reaches_nobody(outside, follower, more, errcode):
    answer = await outside.send_template("zhang", **more)
    assert answer["errcode"] == errcode
    assert await outside.phone("zhang") == []


async def test_only_followers_get_template_messages(outside, webhook):
    assert (await outside.send_template("zhang"))["errcode"] == 43004
    await outside.post("people/zhang/follow", push=False)
    assert (await outside.send_template("zhang"))["errcode"] == 0
    await outside.post("people/zhang/unfollow")
    assert (await outside.send_template("zhang"))["errcode"] == 43004


async def test_a_person_who_refuses_messages_shows_only_in_the_result(outside, webhook, follower):
    await outside.post("people/zhang/block")
    assert (await outside.send_template("zhang"))["errcode"] == 0
    await outside.post("settle")
    assert wechatpy.parse_message(webhook.opened()).status == "failed:user block"
    assert await outside.phone("zhang") == []


async def test_a_long_thing_is_cut_to_twenty_characters_or_refused_when_strict(outside, follower):
    long = data(thing1="一" * 25)
    await outside.send_template("zhang", data=long)
    [shown] = await outside.phone("zhang")
    assert (len(shown["fields"]["thing1"]), shown["cut"]) == (20, ["thing1"])
    await outside.post("limits", strict_fields=True)
    assert (await outside.send_template("zhang", data=long))["errcode"] == 47003


async def test_the_result_push_can_be_switched_off_lost_or_doubled(outside, webhook, follower):
    await outside.post("faults", path="webhook", duplicate=True)
    await outside.post("faults", path="webhook", drop="before")
    await outside.send_template("zhang")
    await outside.post("settle")
    assert len(webhook.received) == 2
    await outside.send_template("zhang")
    await outside.post("settle")
    assert len(webhook.received) == 2
    await outside.post("limits", job_finish=False)
    await outside.send_template("zhang")
    await outside.post("settle")
    assert len(webhook.received) == 2


async def test_further_templates_can_be_registered(outside, follower):
    await outside.post("templates", template_id="T9", keys=["thing1", "date2"], title="通知")
    fields = {"thing1": {"value": "事项"}, "date2": {"value": "2026年3月2日"}}
    assert (await outside.send_template("zhang", template_id="T9", data=fields))["errcode"] == 0
    listed = await outside.read(
        "/cgi-bin/template/get_all_private_template", access_token=await outside.token()
    )
    assert "T9" in {each["template_id"] for each in listed["template_list"]}


@pytest.fixture
def wechatpy_client(outside, monkeypatch):
    """wechatpy's own client; only the address of its calls and the missing time-out are changed."""
    really_send = requests.Session.send

    def send(session, request, **how):
        parts = urlsplit(request.url)
        request.url = f"{outside.url}{parts.path}?{parts.query}"
        return really_send(session, request, **(how | {"timeout": 5, "proxies": {}}))

    monkeypatch.setattr(requests.Session, "send", send)
    config = outside.config
    client = wechatpy.WeChatClient(config.wechat_app_id, config.wechat_app_secret, timeout=5)
    yield client
    client._http.close()


async def test_wechatpy_sends_a_template_message_through_the_sandbox(
    outside, follower, wechatpy_client
):
    openid, fields = follower["openid"], data(thing1="由 wechatpy 发出")
    send = wechatpy_client.message.send_template
    assert (await asyncio.to_thread(send, openid, TEMPLATE, fields))["errcode"] == 0
    await outside.post("tokens/revoke")  # it takes a new token by itself
    assert (await asyncio.to_thread(send, openid, TEMPLATE, fields))["errcode"] == 0
    user = await asyncio.to_thread(wechatpy_client.user.get, openid)
    assert (user["subscribe"], user["unionid"]) == (1, follower["unionid"])
    shown = await outside.phone("zhang")
    assert [each["fields"]["thing1"] for each in shown] == ["由 wechatpy 发出"] * 2
    with pytest.raises(wechatpy.WeChatClientException) as refused:
        await asyncio.to_thread(send, "nobody", TEMPLATE, fields)
    assert refused.value.errcode == 40003


async def test_wechatpy_answers_a_customer(outside, follower, wechatpy_client):
    text = wechatpy_client.message.send_text
    assert (await asyncio.to_thread(text, follower["openid"], "您好"))["errcode"] == 0
    [shown] = await outside.phone("zhang")
    assert shown["text"] == "您好"
