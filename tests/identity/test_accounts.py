import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citydesk import identity
from citydesk.kit.announced import Announced
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import Account
from models.outbox import OutboxMessage
from tests.identity.browser import Browser
from tests.people import Outside


async def follows(world: World, outside: Outside, who: str, key: str = "") -> Account:
    """A person follows; the world outside knows, and our worker has reacted."""
    person = await outside.control("POST", f"people/{who}/follow", push=False)
    await identity.follow(world, person["openid"], key or f"follow:{who}")
    account = await Account.get(openid=person["openid"])
    await reacts(world, account)
    return await Account.get(id=account.id)


async def reacts(world: World, *accounts: Account) -> None:
    batch = [
        Announced(new_id(), identity.AccountFollowed(each.id), world.clock.now(), 1)
        for each in accounts
    ]
    assert not await identity.learn_unionid(world, batch)


async def test_following_twice_by_one_message_is_following_once(world: World) -> None:
    assert await identity.follow(world, "oOpenidOfSomebody", "key-1")
    assert not await identity.follow(world, "oOpenidOfSomebody", "key-1")
    assert await Account.all().count() == 1
    assert await OutboxMessage.filter(name="AccountFollowed").count() == 1


async def test_one_message_arriving_five_times_at_once_is_one_follower(world: World) -> None:
    first = await asyncio.gather(
        *(identity.follow(world, "oOpenidOfSomebody", "key-1") for _ in range(5))
    )
    assert sorted(first) == [False, False, False, False, True]
    assert await OutboxMessage.filter(name="AccountFollowed").count() == 1


async def test_a_follower_is_known_but_nobody_until_the_real_name_check(world: World) -> None:
    assert await identity.account_by_openid(world, "oOpenidOfSomebody") is None
    await identity.follow(world, "oOpenidOfSomebody", "key-1")
    citizen = await identity.account_by_openid(world, "oOpenidOfSomebody")
    assert citizen is not None
    assert (citizen.identity_id, citizen.assurance_level, citizen.channel) == (None, 0, "wechat")


async def test_who_follows_after_the_check_in_the_mini_program_is_known_in_the_account(
    browser: Browser, world: World, outside: Outside
) -> None:
    verified = await browser.verified("zhang")
    account = await follows(world, outside, "zhang")
    citizen = await identity.account_by_openid(world, account.openid)
    assert citizen is not None
    assert citizen.identity_id == verified.identity_id
    assert citizen.assurance_level == 4


async def test_who_checks_after_following_is_known_in_the_account(
    browser: Browser, world: World, outside: Outside
) -> None:
    account = await follows(world, outside, "zhang")
    verified = await browser.verified("zhang")
    assert verified.identity_id is not None
    assert await identity.official_openids(world, [verified.identity_id]) == {
        verified.identity_id: account.openid
    }


async def test_who_opens_the_mini_program_after_the_check_elsewhere_is_known_at_once(
    browser: Browser, world: World, outside: Outside
) -> None:
    first = await browser.verified("zhang")
    await Account.filter(id=first.account_id).update(
        provider="official_account", app_id=world.settings.wechat_app_id, openid="oElsewhere"
    )
    assert (await browser.citizen("zhang")).identity_id == first.identity_id


async def test_other_peoples_accounts_are_not_joined(
    browser: Browser, world: World, outside: Outside
) -> None:
    await browser.verified("zhang")
    li = await follows(world, outside, "li")
    citizen = await identity.account_by_openid(world, li.openid)
    assert citizen is not None
    assert citizen.identity_id is None


async def test_following_and_proving_at_the_same_time_still_joins(
    browser: Browser, world: World, outside: Outside
) -> None:
    names = ["zhang", "li", "wang", "zhao"]
    ways, followers = [], []
    for who in names:
        person = await outside.control("POST", f"people/{who}/follow", push=False)
        await identity.follow(world, person["openid"], who)
        followers.append(await Account.get(openid=person["openid"]))
        asker = await browser.citizen(who)
        ways.append((asker, *await browser.proves(asker, who)))
    await asyncio.gather(
        reacts(world, *followers), *(identity.finish_verification(world, *way) for way in ways)
    )
    for follower in followers:
        citizen = await identity.account_by_openid(world, follower.openid)
        assert citizen is not None
        assert citizen.assurance_level >= 3


async def test_who_leaves_is_not_pushed_to_but_stays_known(
    browser: Browser, world: World, outside: Outside, clock: SetClock
) -> None:
    account = await follows(world, outside, "zhang")
    verified = await browser.verified("zhang")
    assert verified.identity_id is not None
    clock.move(seconds=1)
    assert await identity.unfollow(world, account.openid, "leaves")
    assert not await identity.unfollow(world, account.openid, "leaves")
    assert await identity.official_openids(world, [verified.identity_id]) == {}
    citizen = await identity.account_by_openid(world, account.openid)
    assert citizen is not None
    assert citizen.identity_id == verified.identity_id


async def test_a_unionid_is_asked_for_once(world: World, outside: Outside) -> None:
    account = await follows(world, outside, "zhang")
    zhang = await outside.person("zhang")
    assert account.unionid == zhang["unionid"]
    before = (await outside.control("GET", "state"))["calls"].get("/cgi-bin/user/info")
    await reacts(world, account)
    after = (await outside.control("GET", "state"))["calls"].get("/cgi-bin/user/info")
    assert before == after


async def test_when_wechat_fails_only_that_follower_is_asked_for_again(
    browser: Browser, world: World, outside: Outside
) -> None:
    accounts = []
    for who in ("zhang", "li"):
        person = await outside.control("POST", f"people/{who}/follow", push=False)
        await identity.follow(world, person["openid"], who)
        accounts.append(await Account.get(openid=person["openid"]))
    await browser.fault("/cgi-bin/user/info", errcode=-1, times=1)
    batch = [
        Announced(new_id(), identity.AccountFollowed(each.id), world.clock.now(), 1)
        for each in accounts
    ]
    failed = await identity.learn_unionid(world, batch)
    assert len(failed) == 1
    assert await Account.filter(unionid__isnull=False).count() == 1


Step = tuple[bool, int]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=8))
async def test_news_in_any_order_ends_with_what_happened_last(
    world: World, steps: list[Step]
) -> None:
    openid = f"o{new_id().hex}"
    start = world.clock.now()
    for number, (follow, second) in enumerate(steps):
        news = identity.follow if follow else identity.unfollow
        await news(world, openid, f"{openid}:{number}", start + timedelta(seconds=second))
    latest = max(second for _, second in steps)
    last = [follow for follow, second in steps if second == latest][-1]
    account = await Account.get(openid=openid)
    assert account.followed is last


@pytest.mark.parametrize("count", [0, 3])
async def test_openids_are_found_for_many_people_at_once(
    browser: Browser, world: World, outside: Outside, count: int
) -> None:
    wanted = {}
    for who in ("zhang", "li", "wang")[:count]:
        account = await follows(world, outside, who)
        verified = await browser.verified(who)
        assert verified.identity_id is not None
        wanted[verified.identity_id] = account.openid
    assert await identity.official_openids(world, list(wanted)) == wanted
