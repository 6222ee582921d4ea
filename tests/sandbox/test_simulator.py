"""The simulator's phones over HTTP: chats, live events, exchanges, the menu, pages in frames."""

import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from sandbox.chat_text import parts_of
from sandbox.config import NAMES, SECRETS, Config
from sandbox.live import MOST_LISTENERS, QUEUED_EVENTS, Live

ROOT = Path(__file__).parents[2]
MENU = [
    {
        "name": "查办事",
        "sub_button": [
            {"type": "click", "name": "热门事项", "key": "hot"},
            {"type": "view", "name": "网上大厅", "url": "http://127.0.0.1:8000/"},
        ],
    },
    {"type": "click", "name": "帮助", "key": "help"},
]


def reply(person, content):
    return (
        f"<xml><ToUserName><![CDATA[{person['openid']}]]></ToUserName>"
        "<FromUserName><![CDATA[gh_990000000001]]></FromUserName>"
        f"<CreateTime>{{}}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content></xml>"
    )


async def chat(outside, who="zhang"):
    async with outside.http.get(f"{outside.url}/simulator/chats/{who}") as answer:
        assert answer.status == 200
        return await answer.json(content_type=None)


async def page(outside, path, status=200, **more):
    async with outside.http.get(f"{outside.url}{path}", allow_redirects=False, **more) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text(), answer.headers


class Stream:
    """What a page hears."""

    def __init__(self, answer):
        self._answer = answer

    async def next(self, kind):
        """The next event of this kind, within three seconds."""
        async with asyncio.timeout(3):
            name = None
            while True:
                line = (await self._answer.content.readline()).decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == kind:
                    return json.loads(line.removeprefix("data: "))


@contextlib.asynccontextmanager
async def listening(outside, people="zhang"):
    async with outside.http.get(f"{outside.url}/simulator/live?people={people}") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        await answer.content.readline()
        yield Stream(answer)


async def publish(outside, token, button):
    """Publish a menu in real UTF-8, as WeChat demands."""
    url = f"{outside.url}/cgi-bin/menu/create?access_token={token}"
    body = json.dumps({"button": button}, ensure_ascii=False).encode()
    async with outside.http.post(url, data=body) as answer:
        return await answer.json(content_type=None)


@pytest.fixture
async def published(outside):
    token = await outside.token()
    assert (await publish(outside, token, MENU))["errcode"] == 0
    return token


async def test_a_chat_shows_what_was_said_and_what_was_answered(outside, webhook, follower):
    now = int((await outside.get("state"))["now"])
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=看材料&msgmenuid=m:A1">看材料</a>'
    webhook.says(reply(follower, f"您好\n{link}").format(now))
    await outside.post("people/zhang/say", text="开饭店")
    mine, theirs = (await chat(outside))["bubbles"][-2:]
    assert (mine["side"], mine["text"]) == ("me", "开饭店")
    assert (mine["exchange"]["outcome"], mine["exchange"]["tries"]) == ("reply", 1)
    assert theirs["side"] == "account"
    assert theirs["parts"] == [
        {"kind": "text", "text": "您好\n"},
        {"kind": "choice", "text": "看材料", "content": "看材料", "id": "m:A1"},
    ]


async def test_live_tells_bubbles_and_how_a_message_fares(outside, webhook, follower):
    async with listening(outside) as stream:
        await outside.post("people/zhang/say", text="在吗")
        assert (await stream.next("bubble"))["bubble"]["text"] == "在吗"
        ended = None
        while ended is None or ended["outcome"] == "sending":
            ended = (await stream.next("exchange"))["exchange"]
        assert ended["outcome"] == "silent"


async def test_live_tells_a_template_message_with_its_labels(outside, webhook, follower):
    async with listening(outside) as stream:
        await outside.send_template("zhang", url="http://127.0.0.1:8000/my/cases/1")
        bubble = (await stream.next("bubble"))["bubble"]
    assert (bubble["kind"], bubble["title"]) == ("template", "办件进度通知")
    assert bubble["fields"][0] == {"label": "事项名称", "value": "食品经营许可"}
    assert bubble["url"].endswith("/my/cases/1")


async def test_live_tells_nothing_of_people_who_are_not_looked_at(outside, webhook, follower):
    await outside.post("people/li/follow", push=False)
    async with listening(outside, "li") as stream:
        await outside.post("people/zhang/say", text="给别人看的")
        await outside.post("people/li/say", text="给我看的")
        assert (await stream.next("bubble"))["bubble"]["text"] == "给我看的"


async def test_when_we_do_not_answer_the_phone_says_so_after_three_tries(
    outside, webhook, follower
):
    async def slow(request, body):
        await asyncio.sleep(5)
        return web.Response(text="success")

    webhook.answer = slow
    await outside.post("limits", cut_seconds=0.05)
    await outside.post("people/zhang/say", text="在吗")
    mine, theirs = (await chat(outside))["bubbles"][-2:]
    assert theirs["kind"] == "fault"
    assert "该公众号暂时无法提供服务" in theirs["text"]
    assert (mine["exchange"]["tries"], mine["exchange"]["outcome"]) == (3, "fault")
    text, _ = await page(outside, f"/simulator/exchanges/{mine['exchange']['no']}")
    assert text.count("超时，微信断开了连接") == 3


async def test_an_exchange_lays_open_signature_cipher_and_message(outside, webhook, follower):
    now = int((await outside.get("state"))["now"])
    webhook.says(reply(follower, "您好，<b>粗体</b>").format(now))
    await outside.post("people/zhang/say", text="开<饭>店")
    number = (await chat(outside))["bubbles"][-2]["exchange"]["no"]
    text, headers = await page(outside, f"/simulator/exchanges/{number}")
    for part in (
        "msg_signature",
        "signature 验证一致",
        "msg_signature 验证一致",
        "&lt;Encrypt&gt;",
    ):
        assert part in text
    assert "开&lt;饭&gt;店" in text
    assert "您好，&lt;b&gt;" in text
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    await page(outside, "/simulator/exchanges/999999", status=404)


async def test_events_are_noted_and_results_of_templates_are_not(outside, webhook):
    await outside.post("people/zhang/follow")
    await outside.send_template("zhang")
    await outside.post("settle")
    kinds = [bubble["kind"] for bubble in (await chat(outside))["bubbles"]]
    assert kinds == ["note", "template"]


async def test_a_published_menu_is_given_back_and_taken_away(outside, published):
    got = await outside.read("/cgi-bin/menu/get", access_token=published)
    names = [button["name"] for button in got["menu"]["button"]]
    assert names == ["查办事", "帮助"]
    assert (await outside.read("/cgi-bin/menu/delete", access_token=published))["errcode"] == 0
    gone = await outside.read("/cgi-bin/menu/get", access_token=published)
    assert gone["errcode"] == 46003


@pytest.mark.parametrize(
    ("button", "errcode"),
    [
        ([], 40016),
        ([{"name": "a", "type": "click", "key": "k"}] * 4, 40016),
        ([{"name": "六个汉字的名", "type": "click", "key": "k"}], 40018),
        ([{"name": "a", "type": "unknown"}], 40017),
        ([{"name": "a", "type": "click"}], 40019),
        ([{"name": "a", "type": "view", "url": "javascript:x"}], 40020),
        ([{"name": "a", "sub_button": [{"name": "b", "type": "click", "key": "k"}] * 6}], 40023),
        ([{"name": "a", "sub_button": [{"name": "b", "type": "nonsense"}]}], 40024),
        (
            [
                {
                    "name": "a",
                    "type": "miniprogram",
                    "url": "http://127.0.0.1/",
                    "appid": "wx1",
                    "pagepath": "p",
                }
            ],
            40013,
        ),
    ],
)
async def test_a_wrong_menu_is_refused_with_wechats_code(outside, button, errcode):
    token = await outside.token()
    answer = await publish(outside, token, button)
    assert answer["errcode"] == errcode


async def test_a_menu_with_escaped_characters_is_refused(outside):
    url = f"{outside.url}/cgi-bin/menu/create?access_token={await outside.token()}"
    async with outside.http.post(url, data=json.dumps({"button": MENU})) as answer:
        assert (await answer.json(content_type=None))["errcode"] == 40033


async def test_a_tap_pushes_the_event_and_says_what_opens(outside, webhook, follower, published):
    told = await outside.post("people/zhang/tap", path=[0, 0])
    assert told["event"] == {"Event": "CLICK", "EventKey": "hot"}
    told = await outside.post("people/zhang/tap", path=[0, 1])
    assert told["button"]["url"] == "http://127.0.0.1:8000/"
    await outside.post("settle")
    pushed = "".join(webhook.opened(i) for i in range(len(webhook.received)))
    assert "<![CDATA[CLICK]]>" in pushed
    assert "<![CDATA[VIEW]]>" in pushed
    notes = [bubble["text"] for bubble in (await chat(outside))["bubbles"]]
    assert "点了菜单“热门事项”" in notes
    for wrong in ([0], [2], [], "0", [0, True]):
        await outside.ctl("POST", "people/zhang/tap", expect=404, path=wrong)


async def test_a_scan_is_a_scan_for_a_follower_and_a_subscription_for_a_stranger(outside, webhook):
    await outside.post("people/zhang/scan", scene="hall-shenhe")
    assert "qrscene_hall-shenhe" in webhook.opened()
    await outside.post("people/zhang/scan", scene="hall-shenhe")
    assert "<![CDATA[SCAN]]>" in webhook.opened()
    await outside.ctl("POST", "people/zhang/scan", expect=400, scene="有空 格")


async def test_another_persons_page_lets_go_of_cookies_but_the_officers(outside):
    cookies = {"sandbox_person": "zhang", "citydesk": "a", "citydesk_desk": "b"}
    path = "/simulator/open?person=li&url=http%3A%2F%2F127.0.0.1%3A8000%2Fmy"
    _, headers = await page(outside, path, status=303, cookies=cookies)
    assert headers["Location"] == "http://127.0.0.1:8000/my"
    given = headers.getall("Set-Cookie")
    assert any(each.startswith('citydesk=""; ') and "Max-Age=0" in each for each in given)
    assert any(each.startswith("sandbox_person=li") and "HttpOnly" in each for each in given)
    assert not any(each.startswith("citydesk_desk") for each in given)
    same = {"sandbox_person": "li", "citydesk": "a"}
    _, headers = await page(outside, path, status=303, cookies=same)
    assert not any(each.startswith("citydesk=") for each in headers.getall("Set-Cookie"))


async def test_a_page_elsewhere_is_told_of_and_not_opened(outside):
    path = "/simulator/open?person=li&url=https%3A%2F%2Fexample.com%2F"
    text, headers = await page(outside, path)
    assert "外部网页" in text
    assert "Location" not in headers
    await page(outside, "/simulator/open?person=nobody&url=x", status=404)


async def test_pages_from_beyond_this_machine_may_order_nothing(outside):
    url = f"{outside.url}/_ctl/people/zhang/follow"
    for origin in ("https://example.com", "null", "http://127.0.0.1.example.com"):
        async with outside.http.post(url, headers={"Origin": origin}) as answer:
            assert answer.status == 403
    assert not (await outside.person("zhang"))["following"]
    own = {"Origin": outside.url}
    async with outside.http.post(url, headers=own, json={"push": False}) as answer:
        assert answer.status == 200


async def test_the_simulators_own_pages_are_not_in_the_ledger(outside):
    await page(outside, "/")
    await page(outside, "/panel")
    await chat(outside)
    assert (await outside.get("state"))["ledger_last"] == 0


async def test_the_phones_are_under_one_name(outside):
    other = outside.url.replace("127.0.0.1", "localhost")
    async with outside.http.get(f"{other}/?people=li", allow_redirects=False) as answer:
        assert answer.status == 307
        assert answer.headers["Location"] == f"{outside.url}/?people=li"


async def test_assets_are_given_and_templates_are_not(outside):
    for name in ("simulator.css", "simulator.js", "phone.js", "icon.svg"):
        await page(outside, f"/simulator/assets/{name}")
    for name in ("panel.html", "nothing.css", "..%2Fapp.py"):
        await page(outside, f"/simulator/assets/{name}", status=404)


@pytest.mark.parametrize(
    ("deed", "form", "seen"),
    [
        ("clock", {"move": "3600"}, "时间已调整"),
        ("clock", {"set": "2026-05-01T09:30"}, "2026年05月01日 09:30"),
        ("clock", {"frozen": "1"}, "已停住"),
        ("fault", {"path": "*", "times": "3", "kind": "500"}, "返回 HTTP 500，还有 3 次"),
        ("fault", {"path": "webhook", "times": "0", "kind": "slow"}, "慢 6 秒，正常回答，直到清除"),
        ("fault", {"path": "*", "times": "1", "kind": "token"}, "现在一切正常"),
        ("provider", {"kind": "expired"}, "凭证已过期，下一次"),
        ("clear", {"x": "1"}, "故障已全部清除"),
        ("person", {"who": "zhang", "deed": "block"}, "拒收消息"),
        ("reset", {"x": "1"}, "恢复到开始的样子"),
        ("fault", {"path": "/elsewhere", "times": "1", "kind": "500"}, "没有做成"),
        ("clock", {"move": "nan"}, "没有做成"),
    ],
)
async def test_the_panel_does_what_its_buttons_say(outside, deed, form, seen):
    async with outside.http.post(f"{outside.url}/panel/{deed}", data=form) as answer:
        assert answer.status == 200
        assert seen in await answer.text()


async def test_the_panels_limits_are_kept(outside):
    form = {"cut_seconds": "2.5", "tries": "2", "mode": "plain", "template_quota": "7"}
    async with outside.http.post(f"{outside.url}/panel/limits", data=form) as answer:
        assert "限制已保存" in await answer.text()
    limits = (await outside.get("state"))["limits"]
    assert (limits["cut_seconds"], limits["tries"], limits["mode"]) == (2.5, 2, "plain")
    assert not limits["job_finish"]


async def test_a_reset_on_the_panel_keeps_the_menu(outside, published):
    async with listening(outside) as stream:
        async with outside.http.post(f"{outside.url}/panel/reset", data={"x": "1"}) as answer:
            assert answer.status == 200
        await stream.next("reset")
    assert (await chat(outside))["menu"][1]["name"] == "帮助"


async def test_the_ledgers_table_filters_and_hides_what_opens_doors(outside, webhook, follower):
    await outside.send_template("zhang")
    text, _ = await page(outside, "/panel/ledger?path=/cgi-bin/*")
    assert "/cgi-bin/message/template/send" in text
    assert "/wechat" not in text
    assert outside.config.wechat_app_secret not in text
    assert await outside.token() not in text
    text, _ = await page(outside, "/panel/ledger?person=li")
    assert "还没有符合条件的往来" in text


async def test_too_many_pages_are_asked_to_come_again(outside):
    async with contextlib.AsyncExitStack() as open_pages:
        for _ in range(MOST_LISTENERS):
            await open_pages.enter_async_context(listening(outside))
        async with outside.http.get(f"{outside.url}/simulator/live") as answer:
            assert answer.status == 503
            assert answer.headers["Retry-After"]


async def test_a_page_that_does_not_keep_up_is_let_go():
    live = Live()
    listener = live.listen(frozenset({"zhang"}))
    for number in range(QUEUED_EVENTS + 1):
        live.publish("bubble", "zhang", number=number)
    assert len(live) == 0
    frames = [frame async for frame in listener.frames()]
    assert len(frames) <= QUEUED_EVENTS + 1


async def test_a_chat_keeps_the_latest_three_hundred(outside, webhook, follower):
    for number in range(310):
        outside_text = f"第{number}条"
        await outside.ctl("POST", "people/zhang/say", text=outside_text)
    bubbles = (await chat(outside))["bubbles"]
    assert len(bubbles) == 300
    assert bubbles[-1]["text"] == "第309条"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("没有链接", [("text", "没有链接")]),
        (
            "看http://127.0.0.1:8000/a。好",
            [("text", "看"), ("link", "http://127.0.0.1:8000/a"), ("text", "。好")],
        ),
        ('<a href="javascript:alert(1)">点</a>', [("text", "点")]),
        ('<a href="https://example.com/">点</a>', [("link", "点")]),
        (
            '<a href="x" data-miniprogram-appid="wx1" data-miniprogram-path="p">点</a>',
            [("miniprogram", "点")],
        ),
        ("<b>粗</b>", [("text", "<b>粗</b>")]),
        ('<a href="http://[">点</a>', [("text", "点")]),
        ("", []),
    ],
)
def test_the_text_of_a_bubble_is_taken_apart(text, parts):
    assert [(part["kind"], part["text"]) for part in parts_of(text)] == parts


async def test_the_command_stops_quietly_while_a_page_is_looking():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = Config.for_tests()
    env = {NAMES[name]: getattr(source, name) for name in SECRETS}
    env |= {"PATH": os.environ["PATH"], "CITYDESK_SANDBOX_PORT": str(port)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(30):
            answer = None
            while answer is None:
                with contextlib.suppress(aiohttp.ClientConnectorError):
                    answer = await http.get(f"http://127.0.0.1:{port}/simulator/live")
                await asyncio.sleep(0.05)
            await answer.content.readline()
            child.terminate()
            began = time.perf_counter()
            await answer.content.read()
            _, said = await child.communicate()
            assert time.perf_counter() - began < 5  # it would wait for the reader for ever
            assert said == b""
    finally:
        if child.returncode is None:
            child.kill()
