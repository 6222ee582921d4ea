from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from citydesk import identity
from citydesk.identity import Role
from citydesk.world import World
from models.identity import Account, Identity, Session, VerificationAttempt
from models.outbox import OutboxMessage
from tests.identity.browser import Browser
from tests.people import Outside, Phone

JSON = {"Accept": "application/json"}
FINISH = "/identity/verifications/finish"


async def signed_in(phone: Phone, outside: Outside, who: str) -> tuple[Phone, dict[str, Any]]:
    told = await outside.control("POST", f"people/{who}/login_code")
    pair = (await phone.post("/sessions/mini-program", {"code": told["code"]}, key=None)).ok(201)
    return phone.signed_in(pair["access_token"]), pair


async def handed_back(phone: Phone, back: dict[str, str]) -> dict[str, Any]:
    """What the callback hands to the app, as JSON."""
    told = await phone.ask("GET", f"/identity/callback?{urlencode(back)}", headers=JSON)
    assert told.headers["cache-control"] == "no-store"
    form: dict[str, Any] = told.ok(200)
    return form


async def test_the_story_of_signing_in_and_proving_who_one_is(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, pair = await signed_in(phone, outside, "zhang")
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 900)
    me = (await zhang.get("/me")).ok()
    assert (me["person"], me["assurance_level"], me["channel"]) == (None, 0, "app")

    begun = (await zhang.post("/identity/verifications", {"return_to": "/cases/new"})).ok(201)
    came_back = await browser.goes_to(begun["authorize_url"], "zhang")
    assert came_back["iss"] == browser.world.settings.provider_url
    form = await handed_back(phone, came_back)
    verified = (await zhang.post(FINISH, form, key=None)).ok(200)
    assert (verified["assurance_level"], verified["return_to"]) == (4, "/cases/new")

    me = (await zhang.get("/me")).ok()
    assert (me["identity_id"], me["assurance_level"]) == (verified["identity_id"], 4)
    assert me["person"]["name"] == "张**"
    assert me["person"]["id_no"].startswith("990***")


async def comes_back(zhang: Phone, browser: Browser, who: str) -> dict[str, str]:
    """Begin a check and log in at the provider as somebody; return what its redirect carries."""
    begun = (await zhang.post("/identity/verifications", {})).ok(201)
    return await browser.goes_to(begun["authorize_url"], who)


async def nobody_is_bound() -> bool:
    return not (
        await Identity.exists()
        or await Account.filter(identity_id__isnull=False).exists()
        or await OutboxMessage.filter(name="IdentityVerified").exists()
    )


@pytest.mark.parametrize("accept", ["text/html,*/*;q=0.8", "*/*"])
async def test_a_browser_is_sent_back_to_its_app_in_chinese_and_nothing_happens(
    phone: Phone, browser: Browser, outside: Outside, accept: str
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    back = await comes_back(zhang, browser, "zhang")
    for _ in range(2):
        told = await phone.ask(
            "GET", f"/identity/callback?{urlencode(back)}", headers={"Accept": accept}
        )
        assert (told.status, told.body.decode()) == (200, "请返回小程序或客户端继续。\n")
        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        assert told.headers["cache-control"] == "no-store"
        assert told.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in told.headers["content-security-policy"]
    assert await nobody_is_bound()
    assert await VerificationAttempt.filter(used_at=None).count() == 1


@pytest.mark.parametrize("who", ["zhang", "deny"])
async def test_the_callback_hands_over_the_form_to_finish_with_and_does_nothing_else(
    phone: Phone, browser: Browser, outside: Outside, who: str
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    back = await comes_back(zhang, browser, who)
    # Who is signed in makes no difference.
    forms = [await handed_back(each, back) for each in (phone, zhang)]
    wanted = {name: back.get(name) for name in ("state", "code", "error", "iss")}
    assert forms == [wanted, wanted]
    assert await nobody_is_bound()
    assert await VerificationAttempt.filter(used_at=None).count() == 1


async def test_what_came_back_is_in_no_log(
    phone: Phone, browser: Browser, outside: Outside, log_file: Path
) -> None:
    before = log_file.stat().st_size
    zhang, _ = await signed_in(phone, outside, "zhang")
    li, _ = await signed_in(phone, outside, "li")
    back = await comes_back(zhang, browser, "zhang")
    form = await handed_back(phone, back)
    (await li.post(FINISH, form, key=None)).refused(409, "verification-over")
    logged = log_file.read_bytes()[before:].decode()
    assert "/api/identity/callback" in logged
    assert "verification_of_another_account" in logged
    assert back["state"] not in logged
    assert back["code"] not in logged


@pytest.mark.parametrize("first", ["victim", "attacker"])
async def test_a_link_sent_to_a_victim_binds_them_to_nobodys_account(
    phone: Phone, browser: Browser, outside: Outside, first: str
) -> None:
    """The attack: li begins a check and sends the provider's link to zhang, who logs in by it."""
    attacker, _ = await signed_in(phone, outside, "li")
    victim, _ = await signed_in(phone, outside, "zhang")
    back = await comes_back(attacker, browser, "zhang")  # lands in the victim's browser
    page = await phone.ask("GET", f"/identity/callback?{urlencode(back)}")
    assert page.status == 200
    assert await nobody_is_bound()
    # The attacker knows the state from the link, never the code; the victim's app has both.
    guess = {"state": back["state"], "code": "a-guess"}
    stolen = await handed_back(victim, back)
    if first == "victim":
        (await victim.post(FINISH, stolen, key=None)).refused(409, "verification-over")
        (await attacker.post(FINISH, guess, key=None)).refused(409, "verification-over")
    else:
        (await attacker.post(FINISH, guess, key=None)).refused(409, "authorization-refused")
        (await victim.post(FINISH, stolen, key=None)).refused(409, "verification-over")
    (await attacker.post(FINISH, stolen, key=None)).refused(409, "verification-over")
    assert await nobody_is_bound()
    for each in (attacker, victim):
        assert (await each.get("/me")).ok()["identity_id"] is None


async def test_a_check_is_finished_only_by_a_citizen_who_is_signed_in(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    form = await handed_back(phone, await comes_back(zhang, browser, "zhang"))
    assert (await phone.post(FINISH, form, key=None)).status == 401
    (await zhang.post(FINISH, form, key=None)).ok(200)


async def test_coming_back_without_having_agreed_binds_nobody(
    phone: Phone, browser: Browser, outside: Outside
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    form = await handed_back(phone, await comes_back(zhang, browser, "deny"))
    assert form["error"] == "access_denied"
    (await zhang.post(FINISH, form, key=None)).refused(409, "verification-declined")
    (await zhang.post(FINISH, form, key=None)).refused(409, "verification-over")
    assert await nobody_is_bound()


@pytest.mark.parametrize(
    "told", [{"iss": "https://elsewhere.example"}, {"error": "access_denied"}, {"code": None}]
)
async def test_an_answer_that_is_no_yes_of_our_provider_ends_the_attempt(
    phone: Phone, browser: Browser, outside: Outside, told: dict[str, str | None]
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    form = await handed_back(phone, await comes_back(zhang, browser, "zhang"))
    changed = {**form, **told}
    (await zhang.post(FINISH, changed, key=None)).refused(409, "verification-declined")
    (await zhang.post(FINISH, form, key=None)).refused(409, "verification-over")
    assert await nobody_is_bound()


@pytest.mark.parametrize("path", ["/provider/token", "/provider/jwks"])
async def test_a_provider_that_does_not_answer_is_503(
    phone: Phone, browser: Browser, outside: Outside, path: str
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    form = await handed_back(phone, await comes_back(zhang, browser, "zhang"))
    await browser.fault(path, http_status=502)
    (await zhang.post(FINISH, form, key=None)).refused(503, "gateway-trouble")
    assert await nobody_is_bound()


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


@pytest.mark.parametrize(
    "form", [{}, {"state": "x" * 101}, {"state": "x", "more": "y"}, {"state": "x", "code": ""}]
)
async def test_a_form_to_finish_with_that_is_not_right_is_refused(
    phone: Phone, outside: Outside, form: dict[str, str]
) -> None:
    zhang, _ = await signed_in(phone, outside, "zhang")
    (await zhang.post(FINISH, form, key=None)).refused(422, "invalid")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 7000])
async def test_without_a_token_of_ours_nothing_is_shown(phone: Phone, token: str) -> None:
    told = await phone.signed_in(token).get("/me")
    assert told.status == 401
