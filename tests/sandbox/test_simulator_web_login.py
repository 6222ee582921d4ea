"""Who opened a page: WeChat's OAuth2, its open host and its API, also by wechatpy's client."""

import asyncio
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from wechatpy.exceptions import WeChatOAuthException
from wechatpy.oauth import WeChatOAuth

PAGE = "http://127.0.0.1:8000/wechat-login/return"
AUTHORIZE = "/connect/oauth2/authorize"


def asked(outside, **changed):
    told = {
        "appid": outside.config.wechat_app_id,
        "redirect_uri": PAGE,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc123",
    }
    return {name: value for name, value in (told | changed).items() if value is not None}


async def authorize(outside, opener="zhang", form=None, **changed):
    """Open the page on somebody's phone; status, text, and what the redirect carries."""
    query = urlencode(asked(outside, **changed))
    cookies = {"sandbox_person": opener} if opener else {}
    method = "GET" if form is None else "POST"
    async with outside.http.request(
        method,
        f"{outside.url}{AUTHORIZE}?{query}",
        data=form,
        cookies=cookies,
        allow_redirects=False,
    ) as answer:
        location = answer.headers.get("Location", "")
        carried = {name: value[0] for name, value in parse_qs(urlsplit(location).query).items()}
        return answer.status, await answer.text(), location, carried


async def exchange(outside, code, /, **changed):
    told = {
        "appid": outside.config.wechat_app_id,
        "secret": outside.config.wechat_app_secret,
        "code": code,
        "grant_type": "authorization_code",
    }
    return await outside.read("/sns/oauth2/access_token", **(told | changed))


async def test_base_scope_redirects_silently_with_a_code_for_the_person_of_the_phone(outside):
    status, _, location, carried = await authorize(outside)
    assert status == 302
    assert location.startswith(f"{PAGE}?code=")
    assert carried["state"] == "abc123"
    told = await exchange(outside, carried["code"])
    person = await outside.person("zhang")
    assert (told["openid"], told["scope"]) == (person["openid"], "snsapi_base")
    assert told["expires_in"] == 7200
    assert {"access_token", "refresh_token"} <= told.keys()
    assert "unionid" not in told
    assert "is_snapshotuser" not in told


async def test_a_person_named_in_the_address_is_the_one_who_opened_it(outside):
    _, _, _, carried = await authorize(outside, opener=None, person="li")
    told = await exchange(outside, carried["code"])
    assert told["openid"] == (await outside.person("li"))["openid"]


async def test_a_code_works_once_and_for_five_minutes(outside):
    _, _, _, carried = await authorize(outside)
    assert "openid" in await exchange(outside, carried["code"])
    assert (await exchange(outside, carried["code"]))["errcode"] == 40163
    _, _, _, carried = await authorize(outside)
    await outside.post("clock", move_seconds=300)
    assert (await exchange(outside, carried["code"]))["errcode"] == 40029
    assert (await exchange(outside, "nonsense"))["errcode"] == 40029


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"code": ""}, 41008),
        ({"appid": ""}, 41002),
        ({"appid": "wx9900000000000002"}, 40013),
        ({"secret": "no"}, 40125),
        ({"secret": ""}, 41004),
        ({"grant_type": "client_credential"}, 40002),
    ],
)
async def test_a_wrong_exchange_is_refused_with_wechats_code(outside, changed, errcode):
    assert (await exchange(outside, "x", **changed))["errcode"] == errcode


@pytest.mark.parametrize(
    "changed",
    [
        {"appid": "wx1"},
        {"redirect_uri": "https://example.com/"},
        {"redirect_uri": None},
        {"response_type": "token"},
        {"scope": "snsapi_login"},
        {"state": "a" * 129},
        {"state": "a-b"},
    ],
)
async def test_a_wrong_request_shows_a_page_and_gives_no_code(outside, changed):
    status, text, location, _ = await authorize(outside, **changed)
    assert (status, location) == (400, "")
    assert "无法打开网页" in text


async def test_parameters_in_another_order_are_refused_as_wechat_does(outside):
    told = asked(outside)
    query = urlencode({name: told[name] for name in reversed(told)})
    async with outside.http.get(f"{outside.url}{AUTHORIZE}?{query}") as answer:
        assert answer.status == 400
        assert "参数顺序" in await answer.text()


async def test_outside_a_phone_the_page_asks_who_opened_it(outside):
    status, text, _, _ = await authorize(outside, opener=None)
    assert status == 200
    assert "请在微信客户端打开链接" in text
    status, _, _, carried = await authorize(outside, opener=None, form={"person": "wang"})
    assert status == 302
    told = await exchange(outside, carried["code"])
    assert told["openid"] == (await outside.person("wang"))["openid"]


async def test_userinfo_scope_asks_for_consent_and_then_tells_nickname_and_unionid(outside):
    status, text, _, _ = await authorize(outside, scope="snsapi_userinfo")
    assert status == 200
    assert "允许" in text
    form = {"answer": "allow"}
    _, _, _, carried = await authorize(outside, form=form, scope="snsapi_userinfo")
    told = await exchange(outside, carried["code"])
    person = await outside.person("zhang")
    assert told["unionid"] == person["unionid"]
    parts = {"access_token": told["access_token"], "openid": told["openid"]}
    info = await outside.read("/sns/userinfo", **parts)
    assert (info["nickname"], info["unionid"]) == (person["name"], person["unionid"])
    assert (await outside.read("/sns/auth", **parts))["errcode"] == 0
    wrong = await outside.read("/sns/userinfo", **(parts | {"openid": "oX"}))
    assert wrong["errcode"] == 40003


async def test_a_person_who_denies_comes_back_with_the_state_alone(outside):
    form = {"answer": "deny"}
    status, _, _, carried = await authorize(outside, form=form, scope="snsapi_userinfo")
    assert (status, carried) == (302, {"state": "abc123"})


async def test_a_base_token_may_not_read_userinfo_and_dies_after_two_hours(outside):
    _, _, _, carried = await authorize(outside)
    told = await exchange(outside, carried["code"])
    parts = {"access_token": told["access_token"], "openid": told["openid"]}
    assert (await outside.read("/sns/userinfo", **parts))["errcode"] == 48001
    await outside.post("clock", move_seconds=7200)
    assert (await outside.read("/sns/auth", **parts))["errcode"] == 42001


async def test_a_refresh_token_gives_new_access_for_thirty_days(outside):
    _, _, _, carried = await authorize(outside)
    told = await exchange(outside, carried["code"])
    parts = {
        "appid": outside.config.wechat_app_id,
        "grant_type": "refresh_token",
        "refresh_token": told["refresh_token"],
    }
    renewed = await outside.read("/sns/oauth2/refresh_token", **parts)
    assert renewed["openid"] == told["openid"]
    assert renewed["access_token"] != told["access_token"]
    unknown = await outside.read("/sns/oauth2/refresh_token", **(parts | {"refresh_token": "x"}))
    assert unknown["errcode"] == 40030
    await outside.post("clock", move_seconds=30 * 86_400)
    assert (await outside.read("/sns/oauth2/refresh_token", **parts))["errcode"] == 42002


@pytest.mark.parametrize("way", ["forced", "switched"])
async def test_a_snapshot_gives_a_virtual_openid_and_says_so(outside, way):
    changed = {"forceSnapShot": "true"} if way == "forced" else {}
    if way == "switched":
        await outside.post("people/zhang/snapshot", on=True)
    _, _, _, carried = await authorize(outside, **changed)
    told = await exchange(outside, carried["code"])
    assert told["is_snapshotuser"] == 1
    assert told["openid"] != (await outside.person("zhang"))["openid"]
    assert len(told["openid"]) == 28
    assert "unionid" not in told


async def test_wechatpys_client_goes_the_whole_way(outside):
    class Client(WeChatOAuth):
        API_BASE_URL = f"{outside.url}/"
        OAUTH_BASE_URL = f"{outside.url}/connect/"

    config = outside.config
    client = Client(
        config.wechat_app_id, config.wechat_app_secret, PAGE, scope="snsapi_userinfo", state="s1"
    )
    address = client.authorize_url.partition("#")[0]
    form = {"answer": "allow", "person": "zhang"}
    async with outside.http.post(address, data=form, allow_redirects=False) as answer:
        assert answer.status == 302
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    told = await asyncio.to_thread(client.fetch_access_token, code)
    assert told["openid"] == (await outside.person("zhang"))["openid"]
    info = await asyncio.to_thread(client.get_user_info)
    assert info["nickname"] == "张示例"
    assert await asyncio.to_thread(client.check_access_token)
    refreshed = await asyncio.to_thread(client.refresh_access_token, told["refresh_token"])
    assert refreshed["openid"] == told["openid"]
    with pytest.raises(WeChatOAuthException) as refused:
        await asyncio.to_thread(client.fetch_access_token, code)
    assert refused.value.errcode == 40163
