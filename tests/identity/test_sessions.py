import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from citydesk import identity
from citydesk.identity.known_tokens import MOST_TOKENS, KnownTokens
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.refusals import Unidentified
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from models.identity import Account, RefreshToken, Session
from tests.identity.browser import Browser
from tests.people import Outside


async def test_a_log_in_code_signs_a_citizen_in_once(
    browser: Browser, world: World, outside: Outside
) -> None:
    told = await outside.control("POST", "people/zhang/login_code")
    tokens = await identity.sign_in_mini_program(world, told["code"])
    citizen = await browser.citizen_of(tokens)
    account = await Account.get(id=citizen.account_id)
    zhang = await outside.person("zhang")
    assert (account.openid, account.unionid) == (zhang["miniprogram_openid"], zhang["unionid"])
    with pytest.raises(identity.LogInCodeRefused):
        await identity.sign_in_mini_program(world, told["code"])


@pytest.mark.parametrize("code", ["", "nobodys", "x" * 300, "码", "a\nb", "a\0"])
async def test_a_code_of_nobodys_is_refused(world: World, code: str) -> None:
    with pytest.raises(identity.LogInCodeRefused):
        await identity.sign_in_mini_program(world, code)
    assert not await Session.exists()


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ({"errcode": 40226}, identity.WeChatUserRefused),
        ({"errcode": 45011}, identity.LogInTooOften),
        ({"errcode": -1}, GatewayTrouble),
        ({"errcode": 40125}, GatewayTrouble),
        ({"http_status": 502}, GatewayTrouble),
        ({"drop": "before", "times": None}, GatewayTrouble),
        ({"truncated": True}, GatewayTrouble),
    ],
)
async def test_what_wechat_says_is_told_apart(
    browser: Browser, fault: dict[str, object], refusal: type[Exception]
) -> None:
    await browser.fault("/sns/jscode2session", **fault)
    with pytest.raises(refusal) as told:
        await browser.signs_in("zhang")
    assert "secret" not in str(told.value)


async def test_the_same_person_comes_back_to_the_same_account(browser: Browser) -> None:
    first, second = await browser.citizen("zhang"), await browser.citizen("zhang")
    assert first.account_id == second.account_id
    assert first.session_id != second.session_id


async def test_tokens_carry_no_personal_data_and_secrets_are_not_shown(
    browser: Browser, outside: Outside
) -> None:
    import jwt

    tokens = await browser.signs_in("zhang")
    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "role"}
    assert claims["exp"] - claims["iat"] == 900
    zhang = await outside.person("zhang")
    assert not {str(zhang[name]) for name in ("openid", "unionid", "id_number")} & set(
        map(str, claims.values())
    )
    assert tokens.refresh_token not in repr(tokens)
    assert tokens.access_token not in repr(tokens)


async def test_refresh_tokens_lie_in_the_table_as_hashes(browser: Browser) -> None:
    tokens = await browser.signs_in("zhang")
    [row] = await RefreshToken.all().values()
    assert tokens.refresh_token not in str(row)
    assert len(row["token_hash"]) == 64


async def test_a_refresh_token_brings_the_next_pair(browser: Browser, world: World) -> None:
    first = await browser.signs_in("zhang")
    second = await identity.refresh(world, first.refresh_token)
    third = await identity.refresh(world, second.refresh_token)
    assert first.session_id == second.session_id == third.session_id
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    citizen = await browser.citizen_of(third)
    assert citizen.session_id == first.session_id


@pytest.mark.parametrize("generation", [0, 1, 2])
async def test_any_refresh_token_used_twice_ends_the_whole_session(
    browser: Browser, world: World, generation: int
) -> None:
    pairs = [await browser.signs_in("zhang")]
    for _ in range(3):
        pairs.append(await identity.refresh(world, pairs[-1].refresh_token))
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, pairs[generation].refresh_token)
    for pair in pairs:
        with pytest.raises(identity.SessionOver):
            await identity.refresh(world, pair.refresh_token)
        with pytest.raises(identity.SessionOver):
            await identity.asker_for(world, pair.access_token)
    session = await Session.get()
    assert session.revoked_for == "refresh_token_reused"


async def test_a_thief_and_the_owner_refreshing_at_once_both_lose(
    browser: Browser, world: World
) -> None:
    tokens = await browser.signs_in("zhang")
    ends = await asyncio.gather(
        *(identity.refresh(world, tokens.refresh_token) for _ in range(4)), return_exceptions=True
    )
    winners = [each for each in ends if isinstance(each, identity.Tokens)]
    assert len(winners) == 1
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, winners[0].refresh_token)


async def test_another_session_of_the_same_person_is_not_touched(
    browser: Browser, world: World
) -> None:
    stolen, other = await browser.signs_in("zhang"), await browser.signs_in("zhang")
    await identity.refresh(world, stolen.refresh_token)
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, stolen.refresh_token)
    await identity.refresh(world, other.refresh_token)


@pytest.mark.parametrize("word", ["", "nobodys", "x" * 5000, "刷新"])
async def test_a_refresh_token_of_nobodys_is_refused(world: World, word: str) -> None:
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, word)


async def test_a_session_lives_thirty_days_from_its_last_use(
    browser: Browser, world: World, clock: SetClock
) -> None:
    tokens = await browser.signs_in("zhang")
    clock.move(days=29)
    tokens = await identity.refresh(world, tokens.refresh_token)
    clock.move(days=29)
    tokens = await identity.refresh(world, tokens.refresh_token)
    clock.move(days=30)
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, tokens.refresh_token)


async def test_an_access_token_is_over_after_a_quarter_of_an_hour(
    browser: Browser, world: World, clock: SetClock
) -> None:
    await browser.verified("zhang")
    tokens = await browser.signs_in("zhang")
    clock.move(minutes=15, seconds=-1)
    await identity.asker_for(world, tokens.access_token)  # now it is kept in memory
    clock.move(seconds=1)
    with pytest.raises(identity.SessionOver):
        await identity.asker_for(world, tokens.access_token)


async def test_signing_out_ends_this_session_at_once(browser: Browser, world: World) -> None:
    tokens, other = await browser.signs_in("zhang"), await browser.signs_in("zhang")
    await identity.sign_out(world, await browser.citizen_of(tokens))
    with pytest.raises(identity.SessionOver):
        await identity.asker_for(world, tokens.access_token)
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, tokens.refresh_token)
    await identity.asker_for(world, other.access_token)


async def test_signing_out_everywhere_ends_the_sessions_of_all_accounts_of_the_person(
    browser: Browser, world: World
) -> None:
    zhang = await browser.verified("zhang")
    second_phone = await browser.signs_in("li")
    await browser.verifies(await browser.citizen_of(second_phone), "zhang")
    stranger = await browser.signs_in("wang")
    await identity.sign_out_everywhere(world, zhang)
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, second_phone.refresh_token)
    await identity.refresh(world, stranger.refresh_token)


async def test_a_revoked_session_is_felt_in_another_process_within_five_seconds(
    browser: Browser, world: World, clock: SetClock
) -> None:
    await browser.verified("zhang")
    tokens = await browser.signs_in("zhang")
    elsewhere = replace(world, memory={})  # another process: its own memory, the same tables
    citizen = await identity.asker_for(elsewhere, tokens.access_token)
    await identity.sign_out(world, citizen)
    # The positive control: it is kept in memory there, so it would be felt later than at once.
    await identity.asker_for(elsewhere, tokens.access_token)
    clock.move(seconds=5)
    with pytest.raises(identity.SessionOver):
        await identity.asker_for(elsewhere, tokens.access_token)


async def test_a_known_token_asks_the_database_nothing(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.verified("zhang")
    tokens = await browser.signs_in("zhang")
    known = await identity.asker_for(world, tokens.access_token)

    async def nothing_more(*_: object) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(sql, "row", nothing_more)
    assert await identity.asker_for(world, tokens.access_token) == known


async def test_the_memory_of_tokens_is_bounded(browser: Browser, world: World) -> None:
    await browser.verified("zhang")
    tokens = await browser.signs_in("zhang")
    await identity.asker_for(world, tokens.access_token)
    store = world.kept(KnownTokens)
    known = next(iter(store.by_hash.values()))
    for number in range(MOST_TOKENS + 10):
        store.keep(number.to_bytes(32), known)
    assert len(store.by_hash) == MOST_TOKENS
    await identity.asker_for(world, tokens.access_token)


async def test_a_session_that_vanished_is_over(browser: Browser, world: World) -> None:
    tokens = await browser.signs_in("zhang")
    await Session.all().delete()
    with pytest.raises(Unidentified):
        await identity.asker_for(world, tokens.access_token)


async def test_a_session_knows_its_device_and_channel(browser: Browser) -> None:
    await browser.signs_in("zhang")
    session = await Session.get()
    assert (session.channel, session.device) == ("app", "示例手机")
    assert session.expires_at - session.created_at == timedelta(days=30)


async def test_what_ended_long_ago_is_forgotten(
    browser: Browser, world: World, clock: SetClock
) -> None:
    await browser.proves(await browser.citizen("zhang"), "zhang")
    clock.move(days=59)
    young = await browser.signs_in("zhang")
    clock.move(days=2)
    assert await identity.forget_ended(world) == 2  # the old session and the old attempt
    assert [each.id for each in await Session.all()] == [young.session_id]
    assert await RefreshToken.all().count() == 1
    assert await identity.forget_ended(world) == 0


async def test_a_used_refresh_token_is_kept_for_a_month_to_betray_a_theft(
    browser: Browser, world: World, clock: SetClock
) -> None:
    first = await browser.signs_in("zhang")
    clock.move(days=10)
    second = await identity.refresh(world, first.refresh_token)
    clock.move(days=25)
    assert await identity.forget_ended(world) == 0
    await identity.refresh(world, second.refresh_token)
    clock.move(days=6)
    assert await identity.forget_ended(world) == 1
    assert await RefreshToken.filter(used_at=None).count() == 1
