"""The control plane, the mini program's log-in, the ledger, and the bounds of the whole."""

import asyncio
import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from sandbox.config import NAMES, SECRETS, BadConfig, Config

ROOT = Path(__file__).parents[2]


async def log_in(outside, code, **changed):
    asked = {
        "appid": outside.config.miniprogram_app_id,
        "secret": outside.config.miniprogram_app_secret,
        "js_code": code,
        "grant_type": "authorization_code",
    }
    return await outside.read("/sns/jscode2session", **(asked | changed))


async def test_a_log_in_code_gives_the_mini_programs_openid_and_the_unionid_once(outside):
    person = await outside.person("li")
    code = (await outside.post("people/li/login_code"))["code"]
    session = await log_in(outside, code)
    assert session["openid"] == person["miniprogram_openid"] != person["openid"]
    assert session["unionid"] == person["unionid"]
    assert len(session["session_key"]) == 24
    assert (await log_in(outside, code))["errcode"] == 40163
    assert (await log_in(outside, "nonsense"))["errcode"] == 40029
    late = (await outside.post("people/li/login_code"))["code"]
    await outside.post("clock", move_seconds=300)
    assert (await log_in(outside, late))["errcode"] == 40029


async def test_a_log_in_needs_the_mini_programs_own_secret(outside):
    code = (await outside.post("people/li/login_code"))["code"]
    assert (await log_in(outside, code, secret="no"))["errcode"] == 40125
    account = {
        "appid": outside.config.wechat_app_id,
        "secret": outside.config.wechat_app_secret,
    }
    assert (await log_in(outside, code, **account))["errcode"] == 40013
    assert (await log_in(outside, code, grant_type="x"))["errcode"] == 40002
    assert (await log_in(outside, ""))["errcode"] == 41008
    assert "openid" in await log_in(outside, code)


async def test_user_info_tells_a_follower_from_others(outside, follower):
    token = await outside.token()
    info = await outside.read("/cgi-bin/user/info", access_token=token, openid=follower["openid"])
    assert (info["subscribe"], info["unionid"]) == (1, follower["unionid"])
    other = (await outside.person("li"))["openid"]
    info = await outside.read("/cgi-bin/user/info", access_token=token, openid=other)
    assert info == {"subscribe": 0, "openid": other}


async def test_the_sample_people_are_eight_distinct_and_marked(outside):
    people = (await outside.get("people"))["people"]
    assert len(people) == 8
    assert all("示例" in person["label"] and "示例" in person["name"] for person in people)
    assert all(person["phone_number"].startswith("100") for person in people)
    assert {person["assurance_level"] for person in people} == {2, 3, 4, 5}
    for name in ("openid", "miniprogram_openid", "unionid", "id_number", "phone_number"):
        assert len({person[name] for person in people}) == 8
    added = (await outside.post("people", count=300, following=True))["people"]
    assert len({person["openid"] for person in added}) == 300
    assert len({person["id_number"] for person in added}) == 300
    assert all(person["following"] for person in added)


async def test_the_ledger_keeps_both_directions_in_order_and_filters(outside, webhook, follower):
    await outside.send_template("zhang")
    await outside.post("settle")
    last = (await outside.get("ledger"))["last"]
    await outside.post("people/zhang/say", text="你好")
    entries = (await outside.get(f"ledger?openid={follower['openid']}"))["entries"]
    assert [each["direction"] for each in entries] == ["in", "out", "out"]
    assert entries[0]["body"]["data"]["thing1"]["value"] == "食品经营许可"
    assert entries[0]["answer"]["errcode"] == 0
    later = (await outside.get(f"ledger?since={last}"))["entries"]
    assert [each["message"]["Content"] for each in later] == ["你好"]
    tokens = (await outside.get("ledger?path=/cgi-bin/stable_token"))["entries"]
    assert len(tokens) == 1


async def test_a_phone_can_be_waited_for(outside, follower):
    waiting = asyncio.create_task(outside.get("people/zhang/phone?at_least=1&within=5"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await outside.send_template("zhang")
    assert len((await waiting)["phone"]) == 1
    assert (await outside.get("people/zhang/phone?since=1&at_least=1&within=0.05"))["phone"] == []


async def test_reset_is_a_new_beginning_with_the_address_and_the_clock_given(outside, webhook):
    await outside.post("people/zhang/follow", push=False)
    await outside.post("faults", path="*", errcode=-1, times=None)
    told = {"webhook": webhook.url, "now": "2026-03-02T09:00:00+08:00", "frozen": True}
    state = await outside.post("reset", **told)
    assert state["now"] == 1772413200
    assert (state["webhook"], state["faults"]) == (webhook.url, [])
    assert (await outside.get("people/zhang"))["following"] is False
    await outside.post("clock", move_seconds=60)
    assert (await outside.get("state"))["now"] == 1772413260
    running = await outside.post("clock", frozen=False)
    assert running["frozen"] is False


async def test_a_frozen_clock_stamps_the_pushes(outside, webhook):
    await outside.post("clock", now=1772413200, frozen=True)
    await outside.post("people/zhang/follow")
    query, _ = webhook.received[-1]
    assert query["timestamp"] == "1772413200"
    assert "<CreateTime>1772413200</CreateTime>" in webhook.opened()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("webhook", {"url": "https://example.com/wechat"}),
        ("webhook", {"url": "http://example.com/wechat"}),
        ("clock", {"now": "yesterday"}),
        ("clock", {"now": "2026-03-02T09:00:00"}),
        ("limits", {"colour": 1}),
        ("limits", {"mode": "open"}),
        ("limits", {"day": {"/x": -1}}),
        ("templates", {"template_id": "x", "keys": ["poem1"]}),
        ("people", {"count": 0}),
        ("people/zhang/event", {"EventKey": "no Event"}),
        ("people/zhang/say", {"words": "你好"}),
        ("people/zhang/say", {"text": "你好", "force": True, "speed": 1}),
        ("people/zhang/raw", {}),
    ],
)
async def test_control_refuses_what_makes_no_sense(outside, path, told):
    assert (await outside.ctl("POST", path, expect=400, **told))["error"]


async def test_an_unknown_person_and_an_unknown_path_are_404(outside):
    await outside.ctl("POST", "people/nobody/say", expect=404, text="x")
    async with outside.http.get(f"{outside.url}/cgi-bin/no/such/api") as answer:
        assert answer.status == 404
        assert "no such API" in (await answer.json(content_type=None))["errmsg"]


async def test_a_body_beyond_the_bound_is_refused(outside):
    url = f"{outside.url}/cgi-bin/stable_token"
    try:
        async with outside.http.post(url, data=io.BytesIO(b"x" * 5_000_000)) as answer:
            assert answer.status == 413
    except aiohttp.ClientError:
        pass  # it closed while we were still sending
    assert "access_token" in await outside.stable_token()


NASTY = [
    {"touser": {}, "msgtype": [], "template_id": {}, "appid": [], "secret": {}},
    {"touser": "\ud800", "msgtype": "text", "text": {"content": "\udfff"}},
    {"touser": None, "data": [], "client_msg_id": {"a": 1}, "force_refresh": None},
    {"touser": "zhang", "msgtype": "news", "news": {"articles": [1]}},
    {"grant_type": ["client_credential"], "appid": "wx9900000000000001", "secret": 5},
]


@pytest.mark.parametrize("told", NASTY)
async def test_no_json_makes_the_sandbox_stumble(outside, follower, told):
    token = await outside.token()
    whole = told | ({"touser": follower["openid"]} if told.get("touser") == "zhang" else {})
    for path in ("template/send", "custom/send", "custom/typing"):
        await outside.call(f"/cgi-bin/message/{path}", token, **whole)
    assert (await outside.call("/cgi-bin/stable_token", **told))["errcode"] != 0
    for path in ("ledger", "state", "people/zhang/phone"):
        assert await outside.get(path)


async def test_another_host_name_is_refused(outside):
    headers = {"Host": "evil.example.com"}
    async with outside.http.get(f"{outside.url}/_ctl/state", headers=headers) as answer:
        assert answer.status == 403


def test_missing_settings_are_named_all_at_once():
    with pytest.raises(BadConfig) as wrong:
        Config.from_env({})
    assert all(NAMES[name] in str(wrong.value) for name in SECRETS)


def test_settings_come_from_the_environment_and_secrets_stay_out_of_sight():
    source = Config.for_tests()
    env = {NAMES[name]: getattr(source, name) for name in SECRETS}
    config = Config.from_env(env, mode="plain")
    assert config.mode == "plain"
    assert config.wechat_app_secret not in repr(config)


@pytest.mark.parametrize(
    "wrong",
    [
        {"wechat_aes_key": "short"},
        {"wechat_token": "a"},
        {"webhook_url": "http://example.com/"},
        {"wechat_app_secret": ""},
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(wrong):
    with pytest.raises(BadConfig):
        Config.for_tests(**wrong)


def environment():
    source = Config.for_tests()
    secrets = {NAMES[name]: getattr(source, name) for name in SECRETS}
    return {"PATH": os.environ["PATH"], **secrets}


@pytest.mark.parametrize(
    ("arguments", "changed", "says"),
    [
        (["--host", "192.0.2.1"], {}, "127.0.0.1 only"),
        ([], {"CITYDESK_MODE": "production"}, "production"),
        ([], {"CITYDESK_WECHAT_TOKEN": ""}, "CITYDESK_WECHAT_TOKEN"),
    ],
)
def test_the_command_refuses_to_start_wrongly(arguments, changed, says):
    command = [sys.executable, "-m", "sandbox", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment() | changed, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2
    assert says in done.stderr


async def test_the_command_serves_on_the_port_of_the_environment_and_stops_on_a_signal():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = environment() | {"CITYDESK_SANDBOX_PORT": str(port)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(30):
            while True:
                try:
                    async with http.get(f"http://127.0.0.1:{port}/_ctl/state") as answer:
                        assert (await answer.json())["webhook"] == "http://127.0.0.1:8000/wechat"
                        break
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.05)
    finally:
        child.terminate()
        _, said = await asyncio.wait_for(child.communicate(), 15)
    assert b"Traceback" not in said
