"""Sessions of browsers: whom a cookie stands for, and when it no longer does."""

import asyncio
import re
from dataclasses import replace

import aiohttp
import pytest

from citydesk import identity, organs
from citydesk.identity import Role, SessionOver
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from portal.sessions import CITIZEN_COOKIE, OFFICER_COOKIE
from tests.portal.conftest import Surfer
from tests.portal.notebook import create_notebook
from tests.serving import served


async def account(world: World, openid: str = "o-zhang") -> identity.Citizen:
    await identity.follow(world, openid, f"follow-{openid}")
    found = await identity.account_by_openid(world, openid)
    assert found is not None
    return found


async def signed_in(world: World, notebook: Surfer, openid: str = "o-zhang") -> str:
    citizen = await account(world, openid)
    session = await identity.open_browser_session(
        world, account_id=citizen.account_id, channel="wechat"
    )
    notebook.holds(CITIZEN_COOKIE, session.token)
    return session.token


async def officer(world: World, role: Role, login: str = "w.sample") -> str:
    password = await identity.add_officer(world, login, "王示例")
    hall = (await organs.page_of_halls(world)).items[0]
    organ = (await organs.organs(world)).items[0]
    await identity.add_post(world, login, role, organ.code, hall.code)
    return password


async def test_a_citizens_cookie_stands_for_their_account(world: World, notebook: Surfer) -> None:
    await signed_in(world, notebook)
    page = await notebook.get("/mine")
    citizen = await account(world)
    assert page.status == 200
    assert page.text.startswith(str(citizen.account_id))


@pytest.mark.parametrize("cookie", ["", "x", "中文", "a" * 5000])
async def test_without_a_session_one_is_led_to_the_sign_in_and_back(
    notebook: Surfer, cookie: str
) -> None:
    page = await notebook.get("/mine?a=1", Cookie=f"{CITIZEN_COOKIE}={cookie}")
    assert page.status == 303
    assert page.headers["location"] == "/wechat-login?next=%2Fmine%3Fa%3D1"
    page = await notebook.get("/counter")
    assert page.headers["location"] == "/desk/sign-in?next=%2Fcounter"


async def test_the_secret_itself_is_in_no_table(world: World) -> None:
    citizen = await account(world)
    session = await identity.open_browser_session(world, account_id=citizen.account_id)
    kept = await sql.row("SELECT * FROM session WHERE id = $1", session.session_id)
    assert kept is not None
    assert session.token not in str(dict(kept))
    assert len(session.token) == 43
    assert session.token not in repr(session)


async def test_pages_loaded_side_by_side_all_know_their_citizen(
    world: World, notebook: Surfer
) -> None:
    await signed_in(world, notebook)
    pages = await asyncio.gather(*(notebook.get("/mine") for _ in range(20)))
    assert {page.status for page in pages} == {200}
    assert len({page.text for page in pages}) == 1


async def test_signing_out_ends_the_session_here_and_in_the_tables(
    world: World, notebook: Surfer
) -> None:
    token = await signed_in(world, notebook)
    out = await notebook.get("/out")
    assert out.status == 303
    assert f'{CITIZEN_COOKIE}="";' in out.headers["set-cookie"]
    notebook.holds(CITIZEN_COOKIE, token)
    assert (await notebook.get("/mine")).status == 303
    with pytest.raises(SessionOver):
        await identity.asker_for_browser(world, token)


async def test_a_session_revoked_by_another_process_is_felt_within_five_seconds(
    world: World, clock: SetClock
) -> None:
    await officer(world, Role.FRONT_DESK)
    password = await identity.reset_password(world, "w.sample")
    session = await identity.sign_in_officer_browser(world, "w.sample", password)
    await identity.asker_for_browser(world, session.token)
    elsewhere = replace(world, memory={})
    await identity.dismiss(elsewhere, "w.sample")
    clock.move(seconds=5)
    with pytest.raises(SessionOver):
        await identity.asker_for_browser(world, session.token)


async def test_signing_out_everywhere_reaches_browsers_too(world: World) -> None:
    citizen = await account(world)
    sessions = [
        await identity.open_browser_session(world, account_id=citizen.account_id) for _ in range(2)
    ]
    asker = await identity.asker_for_browser(world, sessions[0].token)
    await identity.sign_out_everywhere(world, asker)
    for each in sessions:
        with pytest.raises(SessionOver):
            await identity.asker_for_browser(world, each.token)


async def test_a_citizens_session_ends_after_a_week_an_officers_after_half_a_day(
    world: World, clock: SetClock
) -> None:
    citizen = await account(world)
    theirs = await identity.open_browser_session(world, account_id=citizen.account_id)
    password = await officer(world, Role.BACK_OFFICE)
    ours = await identity.sign_in_officer_browser(world, "w.sample", password)
    clock.move(hours=12)
    with pytest.raises(SessionOver):
        await identity.asker_for_browser(world, ours.token)
    await identity.asker_for_browser(world, theirs.token)
    clock.move(days=7)
    with pytest.raises(SessionOver):
        await identity.asker_for_browser(world, theirs.token)


async def test_closing_a_session_nobody_has_is_no_matter(world: World) -> None:
    await identity.close_browser_session(world, "nobody's")


async def test_a_citizen_and_an_officer_live_in_one_browser(world: World, notebook: Surfer) -> None:
    await signed_in(world, notebook)
    password = await officer(world, Role.FRONT_DESK)
    entered = await notebook.get(f"/in?login=w.sample&password={password}")
    assert entered.headers["location"] == "/counter"
    [cookie] = entered.headers.getall("set-cookie")
    assert cookie.startswith(f"{OFFICER_COOKIE}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert (await notebook.get("/counter")).text.startswith("front_desk")
    assert (await notebook.get("/mine")).status == 200


async def test_over_https_the_cookie_never_leaves_https(world: World) -> None:
    password = await officer(world, Role.FRONT_DESK)
    secure = replace(world, settings=replace(world.settings, public_url="https://desk.example"))
    async with served(create_notebook(secure)) as url, aiohttp.ClientSession(url) as session:
        entered = await Surfer(session).get(f"/in?login=w.sample&password={password}")
    assert "Secure" in entered.headers["set-cookie"].split("; ")


async def test_a_post_that_may_not_is_told_so(world: World, notebook: Surfer) -> None:
    password = await officer(world, Role.FRONT_DESK)
    await notebook.get(f"/in?login=w.sample&password={password}")
    page = await notebook.get("/boss")
    assert page.status == 403
    assert "岗位" in page.text


async def test_a_citizens_secret_opens_no_officers_door(world: World, notebook: Surfer) -> None:
    notebook.holds(OFFICER_COOKIE, await signed_in(world, notebook))
    assert (await notebook.get("/counter")).status == 303
    password = await officer(world, Role.ADMIN)
    ours = await identity.sign_in_officer_browser(world, "w.sample", password)
    notebook.holds(CITIZEN_COOKIE, ours.token)
    assert (await notebook.get("/mine")).status == 303


async def test_a_form_carries_the_proof_of_its_own_session(world: World, notebook: Surfer) -> None:
    async def proof() -> str:
        found = re.search(r"[0-9a-f]{64}", (await notebook.get("/mine")).text)
        assert found is not None
        return found.group(0)

    await signed_in(world, notebook)
    mine = await proof()
    assert (await notebook.post("/mine", csrf=mine)).status == 303
    await signed_in(world, notebook, "o-li")
    assert (await notebook.post("/mine", csrf=mine)).status == 403
    assert (await notebook.post("/mine", csrf=await proof())).status == 303
    assert notebook.cookie(CITIZEN_COOKIE) not in mine
