"""Customer-service messages: only after the person did something, and not too many."""

import pytest

KINDS = [
    ("say", {"text": "你好"}, 5),
    ("say", {"text": "满意", "bizmsgmenuid": "101"}, 3),
    ("event", {"Event": "CLICK", "EventKey": "progress"}, 3),
    ("event", {"Event": "SCAN", "EventKey": "hall1", "Ticket": "t"}, 3),
    ("follow", {}, 3),
]


async def test_without_a_word_from_the_person_nothing_may_be_sent(outside, webhook):
    assert (await outside.send_text("zhang"))["errcode"] == 45015


@pytest.mark.parametrize(("action", "told", "leave"), KINDS)
async def test_each_thing_a_person_does_opens_its_own_number_of_messages(
    outside, webhook, action, told, leave
):
    await outside.post("people/zhang/follow", push=False)
    await outside.post("clock", move_seconds=61)
    await outside.post(f"people/zhang/{action}", **told)
    codes = [(await outside.send_text("zhang"))["errcode"] for _ in range(leave + 1)]
    assert codes == [0] * leave + [45047]
    assert [each["kind"] for each in await outside.phone("zhang")] == ["custom"] * leave


async def test_a_view_of_a_page_opens_nothing(outside, webhook, follower):
    await outside.post("clock", move_seconds=61)
    await outside.post("people/zhang/event", Event="VIEW", EventKey="https://example.invalid")
    assert (await outside.send_text("zhang"))["errcode"] == 45015


async def test_windows_close_after_one_minute_and_after_48_hours(outside, follower):
    await outside.post("people/zhang/say", text="你好")
    await outside.post("clock", move_seconds=48 * 3600 - 1)
    assert (await outside.send_text("zhang"))["errcode"] == 0
    await outside.post("clock", move_seconds=2)
    assert (await outside.send_text("zhang"))["errcode"] == 45015


async def test_writing_again_renews_the_window_and_adds_none(outside, follower):
    await outside.post("clock", move_seconds=61)
    for _ in range(3):
        await outside.post("people/zhang/say", text="你好")
    shown = await outside.person("zhang")
    assert shown["grants"]["message"]["left"] == 5


async def test_a_forged_push_opens_no_window(outside, webhook, follower):
    await outside.post("clock", move_seconds=61)
    await outside.post("people/zhang/say", text="你好", wrong_signature=True)
    assert (await outside.send_text("zhang"))["errcode"] == 45015


async def test_a_person_who_left_or_refuses_gets_nothing(outside, webhook, follower):
    await outside.post("people/zhang/block")
    assert (await outside.send_text("zhang"))["errcode"] == 48002
    await outside.post("people/zhang/unfollow", push=False)
    await outside.post("people/zhang/unblock")
    assert (await outside.send_text("zhang"))["errcode"] == 45015


@pytest.mark.parametrize(
    ("told", "errcode"),
    [
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {"content": "长" * 700}}, 45002),
        ({"msgtype": "text", "text": "plain"}, 47001),
        ({"msgtype": "poem", "poem": {}}, 40008),
        ({"msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"msgtype": "msgmenu", "msgmenu": {"list": []}}, 47003),
        ({"msgtype": "image", "image": {}}, 40007),
        ({"touser": "x", "msgtype": "text", "text": {"content": "a"}}, 40003),
    ],
)
async def test_a_bad_message_is_refused_and_costs_no_leave(outside, follower, told, errcode):
    path = "/cgi-bin/message/custom/send"
    whole = {"touser": follower["openid"]} | told
    assert (await outside.call(path, await outside.token(), **whole))["errcode"] == errcode
    assert (await outside.person("zhang"))["grants"]["follow"]["left"] == 3


async def test_a_menu_of_choices_reaches_the_phone(outside, follower):
    menu = {"head_content": "满意吗？", "list": [{"id": "1", "content": "满意"}]}
    told = {"touser": follower["openid"], "msgtype": "msgmenu", "msgmenu": menu}
    path = "/cgi-bin/message/custom/send"
    assert (await outside.call(path, await outside.token(), **told))["errcode"] == 0
    [shown] = await outside.phone("zhang")
    assert (shown["text"], shown["content"]["list"][0]["content"]) == ("满意吗？", "满意")


async def test_typing_follows_a_message_within_thirty_seconds(outside, follower):
    async def typing(command):
        told = {"touser": follower["openid"], "command": command}
        path = "/cgi-bin/message/custom/typing"
        return (await outside.call(path, await outside.token(), **told))["errcode"]

    assert await typing("Typing") == 45080
    await outside.post("people/zhang/say", text="你好")
    assert [await typing("Typing"), await typing("Typing")] == [0, 45081]
    assert [await typing("CancelTyping"), await typing("Sing")] == [0, 45072]
