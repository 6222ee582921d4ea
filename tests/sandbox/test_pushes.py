"""Pushes to our webhook: three modes, signed, cut after a while, tried three times."""

import asyncio
import time

import pytest
import wechatpy
import xmltodict
from aiohttp import web
from wechatpy.utils import check_signature

from sandbox.wechat_crypto import signature


def reply(person, text="好的", kind="text", sender="gh_990000000001", created=None):
    created = int(time.time()) if created is None else created
    return (
        f"<xml><ToUserName><![CDATA[{person['openid']}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{created}</CreateTime>"
        f"<MsgType><![CDATA[{kind}]]></MsgType><Content><![CDATA[{text}]]></Content></xml>"
    )


async def test_wechatpy_reads_a_safe_push(outside, webhook, follower, config):
    await outside.post("people/zhang/say", text="开饭店 🍜 ]]> <b>")
    message = wechatpy.parse_message(webhook.opened())
    assert message.content == "开饭店 🍜 ]]> <b>"
    assert (message.source, message.target) == (follower["openid"], "gh_990000000001")
    assert len(str(message.id)) == 19
    query, body = webhook.received[-1]
    check_signature(config.wechat_token, query["signature"], query["timestamp"], query["nonce"])
    assert (query["openid"], query["encrypt_type"]) == (follower["openid"], "aes")
    assert set(xmltodict.parse(body)["xml"]) == {"ToUserName", "Encrypt"}


async def test_compat_mode_carries_the_plain_fields_beside_the_cipher(outside, webhook, follower):
    await outside.post("people/zhang/say", text="你好", mode="compat")
    fields = xmltodict.parse(webhook.received[-1][1])["xml"]
    assert fields["Content"] == "你好"
    assert wechatpy.parse_message(webhook.opened()).content == "你好"


async def test_plain_mode_signs_the_query_only(outside, webhook, follower):
    await outside.post("people/zhang/say", text="你好", mode="plain")
    query, body = webhook.received[-1]
    assert "msg_signature" not in query
    assert wechatpy.parse_message(body).content == "你好"


@pytest.mark.parametrize("mode", ["safe", "compat", "plain"])
async def test_a_right_reply_appears_on_the_phone(outside, webhook, follower, mode):
    webhook.says(reply(follower, "带上身份证"), plain=mode == "plain")
    said = await outside.post("people/zhang/say", text="要带什么", mode=mode)
    assert said["shown"] == ["带上身份证"]
    [attempt] = said["attempts"]
    assert (attempt["outcome"], attempt["encrypted"]) == ("reply", mode != "plain")
    assert attempt["reply"]["Content"] == "带上身份证"
    assert 0 < attempt["latency_seconds"] < 5
    [shown] = await outside.phone("zhang")
    assert (shown["kind"], shown["text"]) == ("reply", "带上身份证")


@pytest.mark.parametrize("silence", ["success", ""])
async def test_success_and_nothing_are_silence(outside, webhook, follower, silence):
    async def answer(request, body):
        return web.Response(text=silence)

    webhook.answer = answer
    said = await outside.post("people/zhang/say", text="你好")
    assert ([a["outcome"] for a in said["attempts"]], said["shown"]) == (["silent"], [])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"created": int(time.time() * 1000)}, "seconds"),
        ({"sender": "gh_other"}, "FromUserName"),
        ({"kind": "poem"}, "MsgType"),
        ({"text": ""}, "0 bytes"),
        ({"text": "长" * 683}, "2049 bytes"),
        ({"text": "]]><b/><![CDATA["}, "unknown|not XML|bytes"),
        ({"text": "]]></Content><MsgType>image</MsgType><Content><![CDATA["}, "twice"),
    ],
)
async def test_a_wrong_reply_shows_the_fault_bubble(outside, webhook, follower, change, problem):
    webhook.says(reply(follower, **change))
    said = await outside.post("people/zhang/say", text="你好")
    assert said["shown"] == ["该公众号提供的服务出现故障，请稍后再试"]
    [attempt] = said["attempts"]
    assert any(word in "; ".join(attempt["problems"]) for word in problem.split("|"))


async def test_a_reply_to_another_person_is_a_fault(outside, webhook, follower):
    webhook.says(reply({"openid": "somebody"}))
    said = await outside.post("people/zhang/say", text="你好")
    assert "ToUserName is not the person who wrote" in said["attempts"][0]["problems"]


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ("oops", 200, "not XML"),
        ("success", 500, "HTTP status 500"),
        ("success", 302, "HTTP status 302"),
        ("<xml><Encrypt>x</Encrypt></xml>", 200, "lacks"),
        ("<!DOCTYPE x><xml/>", 200, "DOCTYPE"),
        ("x" * 70_000, 200, "64 KiB"),
    ],
)
async def test_anything_else_is_a_fault_and_is_not_tried_again(
    outside, webhook, follower, body, status, problem
):
    async def answer(request, _):
        return web.Response(text=body, status=status)

    webhook.answer = answer
    said = await outside.post("people/zhang/say", text="你好")
    [attempt] = said["attempts"]
    assert problem in "; ".join(attempt["problems"])
    assert [each["kind"] for each in await outside.phone("zhang")] == ["fault"]


async def test_a_plain_reply_in_safe_mode_is_a_fault(outside, webhook, follower):
    webhook.says(reply(follower), plain=True)
    said = await outside.post("people/zhang/say", text="你好")
    assert "lacks" in said["attempts"][0]["problems"][0]


async def test_a_slow_webhook_is_cut_and_called_three_times(outside, webhook, follower):
    async def answer(request, body):
        await asyncio.sleep(5)
        return web.Response(text="success")

    webhook.answer = answer
    await outside.post("limits", cut_seconds=0.5)
    said = await outside.post("people/zhang/say", text="你好")
    assert [a["outcome"] for a in said["attempts"]] == ["cut"] * 3
    assert all(0.04 < a["latency_seconds"] < 1 for a in said["attempts"])
    assert said["shown"] == ["该公众号提供的服务出现故障，请稍后再试"]
    assert len({body for _, body in webhook.received}) == 1
    assert len(webhook.received) == 3


async def test_the_retry_is_the_connection_that_delivers(outside, webhook, follower):
    calls = []

    async def answer(request, body):
        calls.append(body)
        if len(calls) == 1:
            await asyncio.sleep(5)
        sealed = webhook.crypto().encrypt_message(reply(follower, "第二次"), "n", "1")
        return web.Response(text=sealed)

    webhook.answer = answer
    said = await outside.post("people/zhang/say", text="你好", cut_seconds=0.5)
    assert [a["outcome"] for a in said["attempts"]] == ["cut", "reply"]
    assert said["shown"] == ["第二次"]


@pytest.mark.parametrize(("fresh", "nonces"), [(False, 1), (True, 3)])
async def test_a_retry_is_the_same_envelope_or_signed_anew(
    outside, webhook, follower, fresh, nonces
):
    async def answer(request, body):
        await asyncio.sleep(5)
        return web.Response(text="success")

    webhook.answer = answer
    await outside.post("people/zhang/say", text="你好", cut_seconds=0.5, fresh_timestamp=fresh)
    assert len({query["nonce"] for query, _ in webhook.received}) == nonces
    assert len({wechatpy.parse_message(webhook.opened(i)).id for i in range(3)}) == 1


async def test_nobody_listening_is_three_tries_too(outside, webhook, follower):
    await outside.post("webhook", url="http://127.0.0.1:9/wechat")
    said = await outside.post("people/zhang/say", text="你好")
    assert [a["outcome"] for a in said["attempts"]] == ["unreachable"] * 3


async def test_the_cut_is_five_seconds_unless_changed(outside):
    state = await outside.get("state")
    assert (state["limits"]["cut_seconds"], state["limits"]["tries"]) == (5.0, 3)


async def test_a_duplicate_push_is_the_same_message_shown_once(outside, webhook, follower):
    webhook.says(reply(follower))
    said = await outside.post("people/zhang/say", text="你好", duplicate=2, at_once=True)
    assert len(said["attempts"]) == len(webhook.received) == 3
    assert len({wechatpy.parse_message(webhook.opened(i)).id for i in range(3)}) == 1
    assert len(await outside.phone("zhang")) == 1


async def test_messages_can_arrive_out_of_order(outside, webhook, follower):
    words = [{"text": "一"}, {"text": "二"}, {"event": {"Event": "CLICK", "EventKey": "三"}}]
    await outside.post("people/zhang/conversation", messages=words, order=[2, 1, 0])
    messages = [wechatpy.parse_message(webhook.opened(i)) for i in range(3)]
    assert messages[0].event == "click"
    assert [m.content for m in messages[1:]] == ["二", "一"]
    assert messages[2].id < messages[1].id
    assert len({m.create_time for m in messages}) == 1


@pytest.mark.parametrize("which", ["signature", "msg_signature", "both"])
async def test_a_false_signature_is_false_where_asked(outside, webhook, follower, config, which):
    await outside.post("people/zhang/say", text="你好", wrong_signature=which)
    query, body = webhook.received[-1]
    parts = (config.wechat_token, query["timestamp"], query["nonce"])
    sealed = xmltodict.parse(body)["xml"]["Encrypt"]
    assert (query["signature"] == signature(*parts)) is (which == "msg_signature")
    assert (query["msg_signature"] == signature(*parts, sealed)) is (which == "signature")
    assert await outside.phone("zhang") == []


async def test_a_stale_push_is_signed_long_ago_and_tampering_breaks_the_proof(
    outside, webhook, follower, config
):
    await outside.post("people/zhang/say", text="你好", stale_seconds=900)
    query, _ = webhook.received[-1]
    assert abs(time.time() - int(query["timestamp"]) - 900) < 30
    assert wechatpy.parse_message(webhook.opened()).content == "你好"
    await outside.post("people/zhang/say", text="你好", tamper=True)
    with pytest.raises(wechatpy.exceptions.InvalidSignatureException):
        webhook.opened()


async def test_follow_and_unfollow_are_events_with_their_scene(outside, webhook):
    await outside.post("people/li/follow", scene="hall7")
    message = wechatpy.parse_message(webhook.opened())
    assert (message.event, message.scene_id) == ("subscribe_scan", "hall7")
    await outside.post("people/li/unfollow")
    assert wechatpy.parse_message(webhook.opened()).event == "unsubscribe"
    assert (await outside.person("li"))["following"] is False


async def test_nested_events_and_other_kinds_of_messages_can_be_sent(outside, webhook, follower):
    popup = {"List": [{"TemplateId": "a"}, {"TemplateId": "b"}]}
    await outside.post(
        "people/zhang/event", Event="subscribe_msg_popup_event", SubscribeMsgPopupEvent=popup
    )
    shown = xmltodict.parse(webhook.opened())["xml"]["SubscribeMsgPopupEvent"]["List"]
    assert [each["TemplateId"] for each in shown] == ["a", "b"]
    place = {"MsgType": "location", "Location_X": 41.8, "Location_Y": 123.4, "Label": "市府"}
    await outside.post("people/zhang/say", message=place)
    assert wechatpy.parse_message(webhook.opened()).label == "市府"


async def test_raw_bodies_go_over_the_wire_as_they_are(outside, webhook, follower, config):
    entry = await outside.post("people/zhang/raw", body="<xml>&boom;", headers={"X-Try": "1"})
    query, body = webhook.received[-1]
    assert (entry["status"], body) == (200, b"<xml>&boom;")
    parts = (config.wechat_token, query["timestamp"], query["nonce"])
    assert query["signature"] == signature(*parts)
    await outside.post("people/zhang/raw", body_base64="AAEC/w==", signed=False)
    assert webhook.received[-1] == ({}, b"\x00\x01\x02\xff")
    await outside.post("people/zhang/raw", xml="<!DOCTYPE x><xml><MsgType>text</MsgType></xml>")
    assert webhook.opened().startswith("<!DOCTYPE")


async def test_saving_the_settings_proves_the_address_by_get(outside, webhook):
    proof = await outside.post("webhook", url=webhook.url, verify=True)
    assert proof["verified"] is True
    query, _ = webhook.received[-1]
    assert set(query) == {"signature", "timestamp", "nonce", "echostr"}
    proof = await outside.post("webhook", url="http://127.0.0.1:9/wechat", verify=True)
    assert proof["verified"] is False


async def test_who_does_not_follow_cannot_write(outside, webhook):
    refused = await outside.ctl("POST", "people/li/say", expect=409, text="你好")
    assert "follow first" in refused["error"]
    assert webhook.received == []
