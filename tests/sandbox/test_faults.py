"""Each kind of scripted misbehaviour, seen by a real client."""

import time

import aiohttp
import pytest

TEMPLATE_PATH = "/cgi-bin/message/template/send"
STABLE = "/cgi-bin/stable_token"


async def test_an_errcode_does_nothing_and_passes(outside, follower):
    await outside.post("faults", path=TEMPLATE_PATH, errcode=-1, times=2)
    codes = [(await outside.send_template("zhang"))["errcode"] for _ in range(3)]
    assert codes == [-1, -1, 0]
    assert len(await outside.phone("zhang")) == 1


async def test_a_fault_can_wait_for_some_good_calls(outside, follower):
    await outside.post("faults", path=TEMPLATE_PATH, errcode=45009, after=2)
    codes = [(await outside.send_template("zhang"))["errcode"] for _ in range(4)]
    assert codes == [0, 0, 45009, 0]


async def test_an_http_status_is_an_error_page(outside):
    await outside.post("faults", path=STABLE, http_status=502)
    async with outside.http.post(f"{outside.url}{STABLE}", json={}) as answer:
        assert answer.status == 502
        assert "<html>" in await answer.text()


async def test_dropped_before_nothing_was_done(outside, follower):
    token = await outside.token()
    await outside.post("faults", path=TEMPLATE_PATH, drop="before")
    with pytest.raises(aiohttp.ClientError):
        await outside.send_template("zhang", token)
    assert await outside.phone("zhang") == []
    [entry] = (await outside.get(f"ledger?path={TEMPLATE_PATH}"))["entries"]
    assert (entry["fault"], entry["status"], entry["done"]) == ("drop before", None, False)


async def test_dropped_after_it_was_done_and_a_repeat_reaches_the_phone_once(outside, follower):
    token = await outside.token()
    await outside.post("faults", path=TEMPLATE_PATH, drop="after")
    with pytest.raises(aiohttp.ClientError):
        await outside.send_template("zhang", token, client_msg_id="a1")
    assert len(await outside.phone("zhang")) == 1
    assert (await outside.send_template("zhang", token, client_msg_id="a1"))["errcode"] == 0
    assert len(await outside.phone("zhang")) == 1


async def test_a_delay_is_slow_and_then_right(outside, follower):
    await outside.post("faults", path=TEMPLATE_PATH, delay_seconds=0.2)
    started = time.perf_counter()
    assert (await outside.send_template("zhang"))["errcode"] == 0
    assert time.perf_counter() - started >= 0.2


async def test_duplicate_does_it_twice(outside, follower):
    await outside.post("faults", path=TEMPLATE_PATH, duplicate=True)
    assert (await outside.send_template("zhang"))["errcode"] == 0
    assert len(await outside.phone("zhang")) == 2
    await outside.post("faults", path=TEMPLATE_PATH, duplicate=True)
    await outside.send_template("zhang", client_msg_id="a1")
    assert len(await outside.phone("zhang")) == 3


async def test_truncated_breaks_the_json_off(outside):
    await outside.post("faults", path=STABLE, truncated=True)
    async with outside.http.post(f"{outside.url}{STABLE}", json={}) as answer:
        text = await answer.text()
    assert answer.status == 200
    assert text.startswith("{")
    assert not text.endswith("}")


async def test_a_fault_without_end_lasts_until_cleared(outside, follower):
    await outside.post("faults", path="*", errcode=48001, times=None)
    token = "any"
    assert {(await outside.send_template("zhang", token))["errcode"] for _ in range(4)} == {48001}
    await outside.ctl("DELETE", "faults")
    assert (await outside.send_template("zhang"))["errcode"] == 0


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"path": "/x", "colour": "red"},
        {"path": "/x", "drop": "maybe"},
        {"path": "/x", "times": "two"},
        {"path": "/x", "times": True},
        {"path": "/x", "delay_seconds": 1000},
        {"path": "/x", "http_status": 99},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(outside, told):
    assert "error" in await outside.ctl("POST", "faults", expect=400, **told)
