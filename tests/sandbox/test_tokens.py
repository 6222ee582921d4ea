"""Access tokens: stable, classic, forced, expired."""

import pytest

PATH = "/cgi-bin/message/template/send"


async def test_a_stable_token_stays_the_same_until_five_minutes_before_its_end(outside):
    first = await outside.stable_token()
    await outside.post("clock", move_seconds=6800)
    again = await outside.stable_token()
    assert again["access_token"] == first["access_token"]
    assert 300 <= again["expires_in"] <= 400
    await outside.post("clock", move_seconds=100)
    fresh = await outside.stable_token()
    assert fresh["access_token"] != first["access_token"]
    assert fresh["expires_in"] > 7100


async def test_the_old_stable_token_lives_on_beside_the_new_one_and_then_expires(outside, follower):
    old = await outside.token()
    await outside.post("clock", move_seconds=6950)
    await outside.token()
    assert (await outside.send_template("zhang", token=old))["errcode"] == 0
    await outside.post("clock", move_seconds=300)
    assert (await outside.send_template("zhang", token=old))["errcode"] == 42001


async def test_forcing_kills_the_old_token_and_is_limited(outside, follower):
    old = await outside.token()
    forced = await outside.stable_token(force_refresh=True)
    assert forced["access_token"] != old
    assert (await outside.send_template("zhang", token=old))["errcode"] == 40001
    assert (await outside.stable_token(force_refresh=True))["errcode"] == 45011
    for _ in range(19):
        await outside.post("clock", move_seconds=31)
        assert "access_token" in await outside.stable_token(force_refresh=True)
    await outside.post("clock", move_seconds=31)
    assert (await outside.stable_token(force_refresh=True))["errcode"] == 45009
    await outside.post("clock", move_seconds=86400)
    assert "access_token" in await outside.stable_token(force_refresh=True)


@pytest.mark.parametrize(
    ("wrong", "errcode"),
    [
        ({"secret": "no"}, 40125),
        ({"secret": ""}, 41004),
        ({"appid": "wx0"}, 40013),
        ({"appid": ""}, 41002),
        ({"grant_type": "password"}, 40002),
        ({"force_refresh": "yes"}, 47001),
    ],
)
async def test_a_wrong_credential_has_its_own_code(outside, wrong, errcode):
    answer = await outside.stable_token(**wrong)
    assert answer["errcode"] == errcode
    assert " rid: " in answer["errmsg"]


async def test_the_classic_token_changes_each_time_and_the_old_one_lives_five_minutes(
    outside, follower
):
    asked = {
        "grant_type": "client_credential",
        "appid": outside.config.wechat_app_id,
        "secret": outside.config.wechat_app_secret,
    }
    first = (await outside.read("/cgi-bin/token", **asked))["access_token"]
    second = (await outside.read("/cgi-bin/token", **asked))["access_token"]
    stable = await outside.token()
    assert len({first, second, stable}) == 3
    assert (await outside.send_template("zhang", token=first))["errcode"] == 0
    await outside.post("clock", move_seconds=301)
    assert (await outside.send_template("zhang", token=first))["errcode"] == 42001
    assert (await outside.send_template("zhang", token=second))["errcode"] == 0


async def test_a_missing_unknown_or_foreign_token_is_told_apart(outside, follower):
    miniprogram = await outside.stable_token(
        appid=outside.config.miniprogram_app_id, secret=outside.config.miniprogram_app_secret
    )
    assert (await outside.send_template("zhang", token=""))["errcode"] == 41001
    assert (await outside.send_template("zhang", token="nonsense"))["errcode"] == 40001
    foreign = miniprogram["access_token"]
    assert (await outside.send_template("zhang", token=foreign))["errcode"] == 40001


async def test_control_can_kill_every_token(outside, follower):
    old = await outside.token()
    await outside.post("tokens/revoke")
    assert (await outside.send_template("zhang", token=old))["errcode"] == 40001
    assert await outside.token() != old


async def test_quotas_per_day_and_minute_run_out_and_begin_anew(outside, follower):
    await outside.post("limits", day={PATH: 2}, minute={PATH: 1})
    token = await outside.token()
    assert (await outside.send_template("zhang", token))["errcode"] == 0
    assert (await outside.send_template("zhang", token))["errcode"] == 45011
    await outside.post("clock", move_seconds=60)
    assert (await outside.send_template("zhang", token))["errcode"] == 0
    assert (await outside.send_template("zhang", token))["errcode"] == 45009
    await outside.post("clock", move_seconds=86400)
    assert (await outside.send_template("zhang", await outside.token()))["errcode"] == 0


async def test_the_wrong_method_and_unreadable_bodies_have_their_codes(outside):
    url = f"{outside.url}/cgi-bin/stable_token"
    assert (await outside.read("/cgi-bin/stable_token"))["errcode"] == 43002
    for body, errcode in ((b"", 44002), (b"{", 47001), (b"[]", 47001), (b"[" * 9000, 47001)):
        async with outside.http.post(url, data=body) as answer:
            assert answer.status == 200
            assert (await answer.json(content_type=None))["errcode"] == errcode
