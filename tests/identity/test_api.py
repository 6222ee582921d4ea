from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from citydesk import identity
from citydesk.identity import Role
from citydesk.world import World
from models.identity import Identity, Session
from tests.identity.browser import Browser
from tests.people import Outside, Phone

JSON = {"Accept": "application/json"}


async def signed_in(phone: Phone, outside: Outside, who: str) -> tuple[Phone, dict[str, Any]]:
    told = await outside.control("POST", f"people/{who}/login_code")
    pair = (await phone.post("/sessions/mini-program", {"code": told["code"]}, key=None)).ok(201)
    return phone.signed_in(pair["access_token"]), pair


async def test_the_story_of_signing_in_and_proving_who_one_is(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, pair = await signed_in(phone, outside, "zhang")
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 900)
    me = (await zhang.get("/me")).ok()
    assert (me["person"], me["assurance_level"], me["channel"]) == (None, 0, "app")

    begun = (await zhang.post("/identity/verifications", {"return_to": "/cases/new"})).ok(201)
    back = await browser.goes_to(begun["authorize_url"], "zhang")
    assert back["iss"] == browser.world.settings.provider_url
    told = await phone.ask("GET", "/identity/callback", headers=JSON, **back)
    verified = told.ok()
    assert (verified["assurance_level"], verified["return_to"]) == (4, "/cases/new")

    me = (await zhang.get("/me")).ok()
    assert (me["identity_id"], me["assurance_level"]) == (verified["identity_id"], 4)
    assert me["person"]["name"] == "张**"
    assert me["person"]["id_no"].startswith("990***")


async def test_a_browser_is_told_in_chinese(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    begun = (await zhang.post("/identity/verifications", {})).ok(201)
    back = await browser.goes_to(begun["authorize_url"], "zhang")
    first = await phone.ask("GET", "/identity/callback", headers={"Accept": "text/html"}, **back)
    assert first.status == 200
    assert first.headers["content-type"] == "text/plain; charset=utf-8"
    assert "实名认证成功" in first.body.decode()
    again = await phone.ask("GET", "/identity/callback", headers={"Accept": "text/html"}, **back)
    assert again.status == 409
    assert "重新发起" in again.body.decode()
    assert again.headers["referrer-policy"] == "no-referrer"


async def test_coming_back_without_having_agreed_binds_nobody(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    begun = (await zhang.post("/identity/verifications", {})).ok(201)
    back = await browser.goes_to(begun["authorize_url"], "deny")
    told = await phone.ask("GET", "/identity/callback", headers=JSON, **back)
    told.refused(409, "verification-declined")
    told = await phone.ask("GET", "/identity/callback", headers=JSON, **back)
    told.refused(409, "verification-over")
    assert not await Identity.exists()


async def test_an_answer_of_another_provider_ends_the_attempt(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    begun = (await zhang.post("/identity/verifications", {})).ok(201)
    back = await browser.goes_to(begun["authorize_url"], "zhang")
    elsewhere = {**back, "iss": "https://elsewhere.example"}
    told = await phone.ask("GET", "/identity/callback", headers=JSON, **elsewhere)
    told.refused(409, "verification-declined")
    assert not await Identity.exists()


async def test_a_provider_that_does_not_answer_is_503(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    begun = (await zhang.post("/identity/verifications", {})).ok(201)
    back = await browser.goes_to(begun["authorize_url"], "zhang")
    await browser.fault("/provider/token", http_status=502)
    told = await phone.ask("GET", "/identity/callback", headers=JSON, **back)
    told.refused(503, "gateway-trouble")
    await browser.fault("/provider/jwks", http_status=502)
    begun = (await zhang.post("/identity/verifications", {})).ok(201)
    back = await browser.goes_to(begun["authorize_url"], "zhang")
    told = await phone.ask("GET", "/identity/callback", headers={"Accept": "*/*"}, **back)
    assert told.status == 503
    assert "稍后" in told.body.decode()


async def test_a_refresh_token_used_twice_is_401_and_so_is_all_that_follows(
    phone: Phone, outside: Outside
) -> None:
    zhang, pair = await signed_in(phone, outside, "zhang")
    form = {"refresh_token": pair["refresh_token"]}
    new = (await phone.post("/sessions/refresh", form)).ok(201)
    told = await phone.post("/sessions/refresh", form)
    told.refused(401, "session-over")
    assert told.headers["www-authenticate"].startswith("Bearer")
    (await zhang.get("/me")).refused(401, "session-over")
    told = await phone.post("/sessions/refresh", {"refresh_token": new["refresh_token"]})
    told.refused(401, "session-over")


async def test_signing_out_here_and_everywhere(phone: Phone, outside: Outside) -> None:
    first, _ = await signed_in(phone, outside, "zhang")
    second, _ = await signed_in(phone, outside, "zhang")
    third, _ = await signed_in(phone, outside, "zhang")
    assert (await first.ask("DELETE", "/sessions/current")).status == 204
    (await first.get("/me")).refused(401, "session-over")
    (await second.get("/me")).ok()
    assert (await second.ask("DELETE", "/sessions")).status == 204
    (await third.get("/me")).refused(401, "session-over")
    assert not await Session.filter(revoked_at=None).exists()


async def test_an_officer_signs_in_and_is_no_citizen(phone: Phone, world: World) -> None:
    password = await identity.add_officer(world, "w.sample", "王示例")
    await identity.add_post(world, "w.sample", Role.ADMIN)
    form = {"login": "w.sample", "password": password}
    pair = (await phone.post("/officer-sessions", form)).ok(201)
    officer = phone.signed_in(pair["access_token"])
    (await officer.get("/me")).refused(403, "forbidden")
    (await officer.post("/identity/verifications", {})).refused(403, "forbidden")
    assert (await officer.ask("DELETE", "/sessions/current")).status == 204


async def test_an_officer_of_several_posts_is_shown_them(phone: Phone, world: World) -> None:
    password = await identity.add_officer(world, "w.sample", "王示例")
    wanted = {
        str(await identity.add_post(world, "w.sample", Role.ADMIN)),
        str(await identity.add_post(world, "w.sample", Role.ADMIN)),
    }
    form = {"login": "w.sample", "password": password}
    told = (await phone.post("/officer-sessions", form)).refused(409, "choose-post")
    assert {each["id"] for each in told["posts"]} == wanted
    (await phone.post("/officer-sessions", {**form, "post_id": wanted.pop()})).ok(201)
    told = await phone.post("/officer-sessions", {**form, "post_id": str(uuid4())})
    told.refused(403, "no-post")


async def test_a_locked_login_says_when_to_come_back(phone: Phone) -> None:
    form = {"login": "nobody", "password": "wrong"}
    for _ in range(5):
        (await phone.post("/officer-sessions", form)).refused(401, "wrong-password")
    told = await phone.post("/officer-sessions", form)
    told.refused(429, "login-locked")
    assert told.headers["retry-after"] == "900"


@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("/sessions/mini-program", {}, "code"),
        ("/sessions/mini-program", {"code": 5}, "code"),
        ("/sessions/mini-program", {"code": "x", "openid": "o"}, "openid"),
        ("/sessions/mini-program", {"code": "x" * 257}, "code"),
        ("/sessions/refresh", {"refresh_token": ""}, "refresh_token"),
        ("/officer-sessions", {"login": "w.sample"}, "password"),
        (
            "/officer-sessions",
            {"login": "w.sample", "password": "x", "post_id": "nonsense"},
            "post_id",
        ),
    ],
)
async def test_a_form_that_is_not_right_names_the_field(
    phone: Phone, path: str, form: dict[str, Any], field: str
) -> None:
    told = (await phone.post(path, form)).refused(422, "invalid")
    assert field in [each["field"] for each in told["errors"]]


@pytest.mark.parametrize(
    "query",
    [{}, {"state": "x" * 101}, {"state": "x", "more": "y"}, {"state": "x", "code": "y" * 2000}],
)
async def test_a_callback_that_is_not_right_is_refused(phone: Phone, query: dict[str, str]) -> None:
    told = await phone.ask("GET", f"/identity/callback?{urlencode(query)}", headers=JSON)
    assert told.status == 422


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 7000])
async def test_without_a_token_of_ours_nothing_is_shown(phone: Phone, token: str) -> None:
    told = await phone.signed_in(token).get("/me")
    assert told.status == 401
