"""Signing in inside WeChat, the real-name check at a page, and undoing the tie."""

import pytest

from citydesk import identity
from citydesk.kit.clock import SetClock
from citydesk.world import World
from portal.sessions import CITIZEN_COOKIE
from tests.people import Outside
from tests.portal.conftest import Surfer
from tests.portal.phone import local, named, over_provider, over_wechat, proof, query_of, signs_in


async def test_wechat_is_asked_in_the_order_it_wants_and_only_for_the_openid(
    surfer: Surfer, world: World
) -> None:
    begun = await surfer.get("/my/cases")
    assert begun.headers["location"] == "/wechat-login?next=%2Fmy%2Fcases"
    begun = await surfer.get(begun.headers["location"])
    address = begun.headers["location"]
    assert address.startswith(f"{world.settings.wechat_open_url}/connect/oauth2/authorize?appid=")
    assert address.endswith("#wechat_redirect")
    asked = query_of(address)
    assert list(asked) == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert asked["scope"] == "snsapi_base"
    assert asked["state"].isalnum()
    assert "HttpOnly" in begun.headers["set-cookie"]


async def test_whoever_opens_a_page_in_wechat_is_signed_in_and_goes_on(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    back = await signs_in(surfer, outside, "zhang", "/my/messages")
    assert back.status == 303
    assert back.headers["location"] == "/my/messages"
    assert (await surfer.get("/my/messages")).status == 200
    person = await outside.person("zhang")
    account = await identity.account_by_openid(world, person["openid"])
    assert account is not None
    asker = await identity.asker_for_browser(world, surfer.cookie(CITIZEN_COOKIE))
    assert isinstance(asker, identity.Citizen)
    assert (asker.account_id, asker.channel) == (account.account_id, "wechat")


async def test_a_used_state_signs_nobody_in_and_a_double_call_goes_on(
    surfer: Surfer, outside: Outside
) -> None:
    back = local(await over_wechat(surfer, outside, "zhang"))
    assert (await surfer.get(back)).status == 303
    twice = await surfer.get(back)
    assert (twice.status, twice.headers["location"]) == (303, "/my")
    surfer.session.cookie_jar.clear()
    again = await surfer.get(back)
    assert again.status == 403
    assert "重新登录" in again.text
    assert not surfer.cookie(CITIZEN_COOKIE)


async def test_a_used_code_signs_nobody_in(surfer: Surfer, outside: Outside) -> None:
    first = query_of(await over_wechat(surfer, outside, "zhang"))
    second = query_of(await over_wechat(surfer, outside, "zhang"))
    path = f"/wechat-login/return?code={first['code']}&state={second['state']}"
    assert (await surfer.get(path)).status == 303
    surfer.session.cookie_jar.clear()
    third = query_of(await over_wechat(surfer, outside, "zhang"))
    again = await surfer.get(f"/wechat-login/return?code={first['code']}&state={third['state']}")
    assert again.status == 403


async def test_a_sign_in_begun_in_another_browser_signs_nobody_in(
    surfer: Surfer, outside: Outside
) -> None:
    strange = local(await over_wechat(surfer, outside, "li"))
    surfer.session.cookie_jar.clear()
    await surfer.get("/wechat-login")
    assert (await surfer.get(strange)).status == 403
    assert not surfer.cookie(CITIZEN_COOKIE)


@pytest.mark.parametrize(
    "query", ["", "?state=x&code=y", "?state=%00&code=", "?code=1&state=" + "9" * 300]
)
async def test_a_made_up_return_is_refused_with_a_page(surfer: Surfer, query: str) -> None:
    await surfer.get("/wechat-login")
    assert (await surfer.get(f"/wechat-login/return{query}")).status == 403


async def test_a_snapshot_of_a_page_signs_nobody_in(surfer: Surfer, outside: Outside) -> None:
    await outside.control("POST", "people/zhang/snapshot", on=True)
    page = await signs_in(surfer, outside, "zhang")
    assert page.status == 403
    assert "快照" in page.text
    assert not surfer.cookie(CITIZEN_COOKIE)


async def test_a_way_on_that_leads_elsewhere_is_not_taken(surfer: Surfer, outside: Outside) -> None:
    back = await signs_in(surfer, outside, "zhang", "//evil.example/my")
    assert back.headers["location"] == "/my"


async def test_the_name_is_checked_from_this_page_and_shown_masked(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await signs_in(surfer, outside, "zhang")
    back = await over_provider(surfer, outside, "zhang", "/my/cases")
    assert back.startswith(f"{world.settings.public_url}/my/identity/return?")
    checked = await surfer.get(local(back))
    assert (checked.status, checked.headers["location"]) == (303, "/my/cases")
    page = await surfer.get("/my/identity")
    assert "张*" in page.text
    person = await outside.person("zhang")
    assert person.get("name", "张示例") not in page.text
    assert (await surfer.get(local(back))).status == 409


async def test_a_check_ends_only_in_the_browser_that_began_it(
    surfer: Surfer, outside: Outside
) -> None:
    await signs_in(surfer, outside, "zhang")
    back = local(await over_provider(surfer, outside, "zhang"))
    surfer.session.cookie_jar.clear()
    await signs_in(surfer, outside, "zhang")  # the same account, another session
    assert (await surfer.get(back)).status == 409
    assert "还没有实名核验" in (await surfer.get("/my/identity")).text


async def test_a_check_that_was_broken_off_is_told(surfer: Surfer, outside: Outside) -> None:
    await signs_in(surfer, outside, "zhang")
    back = query_of(await over_provider(surfer, outside, "zhang"))
    declined = await surfer.get(f"/my/identity/return?error=access_denied&state={back['state']}")
    assert declined.status == 409
    assert "没有完成" in declined.text


async def test_unbinding_signs_out_everywhere_and_takes_the_name_off(
    surfer: Surfer, outside: Outside, world: World, clock: SetClock
) -> None:
    await named(world, surfer, outside)
    asker = await identity.asker_for_browser(world, surfer.cookie(CITIZEN_COOKIE))
    assert isinstance(asker, identity.Citizen)
    elsewhere = await identity.open_browser_session(world, account_id=asker.account_id)
    page = await surfer.get("/my/identity/unbind")
    unsure = await surfer.post("/my/identity/unbind", csrf=proof(page))
    assert unsure.status == 422
    done = await surfer.post("/my/identity/unbind", csrf=proof(page), sure="yes")
    assert done.status == 303
    assert (await surfer.get("/my")).status == 303
    with pytest.raises(identity.SessionOver):
        await identity.asker_for_browser(world, elsewhere.token)
    await signs_in(surfer, outside, "zhang")
    assert "还没有实名核验" in (await surfer.get("/my/identity")).text
    again = await surfer.get(local(await over_provider(surfer, outside, "zhang")))
    assert again.status == 303


async def test_signing_out_ends_this_browser(surfer: Surfer, outside: Outside) -> None:
    await signs_in(surfer, outside, "zhang")
    page = await surfer.get("/my")
    assert (await surfer.post("/sign-out", csrf="0" * 64)).status == 403
    assert (await surfer.post("/sign-out", csrf=proof(page))).status == 303
    assert (await surfer.get("/my")).status == 303


async def test_a_follower_the_desk_never_heard_of_is_told_things_after_signing_in(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await outside.control("POST", "people/zhang/follow", push=False)
    await named(world, surfer, outside)
    asker = await identity.asker_for_browser(world, surfer.cookie(CITIZEN_COOKIE))
    assert isinstance(asker, identity.Citizen)
    assert asker.identity_id is not None
    assert await identity.official_openids(world, [asker.identity_id])


async def test_who_does_not_follow_signs_in_all_the_same(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    asker = await identity.asker_for_browser(world, surfer.cookie(CITIZEN_COOKIE))
    assert isinstance(asker, identity.Citizen)
    assert asker.identity_id is not None
    assert not await identity.official_openids(world, [asker.identity_id])
