import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from citydesk.gateways.wechat import (
    AccountTrouble,
    BadMessage,
    OfficialAccount,
    QuotaGone,
    RecipientGone,
    WindowClosed,
)
from citydesk.kit.clock import SetClock
from citydesk.kit.http import Http, open_http
from citydesk.kit.servers import ValkeyServer
from citydesk.kit.troubles import GatewayTrouble
from tests.people import Outside

TOKEN, TEMPLATE, CUSTOM = (
    "/cgi-bin/stable_token",
    "/cgi-bin/message/template/send",
    "/cgi-bin/message/custom/send",
)
NOTICE = "sandbox-notice".ljust(43, "0")
WORDS = {"thing1": "食品经营许可", "thing2": "已受理", "time3": "2026年3月9日"}


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with open_http() as opened:
        yield opened


@pytest.fixture
async def cache(valkey: ValkeyServer) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey.url_of(62), socket_timeout=1)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def account(http: Http, cache: Redis, outside: Outside, clock: SetClock) -> OfficialAccount:
    return make(http, cache, outside, clock)


def make(
    http: Http, cache: Redis | None, outside: Outside, clock: SetClock, url: str = ""
) -> OfficialAccount:
    known = outside.config
    return OfficialAccount(
        http, cache, url or outside.url, known.wechat_app_id, known.wechat_app_secret, clock
    )


async def follower(outside: Outside) -> str:
    await outside.control("POST", "people/zhang/follow")
    openid: str = (await outside.person("zhang"))["openid"]
    return openid


async def spoil(outside: Outside, **fault: object) -> None:
    async with outside.session.post("/_ctl/faults", json=fault) as answer:
        assert answer.status == 200


async def calls(outside: Outside, path: str) -> int:
    return len((await outside.control("GET", f"ledger?path={path}"))["entries"])


async def send(account: OfficialAccount, openid: str, number: str = "m1") -> str:
    return await account.send_template(openid, NOTICE, WORDS, number, "http://127.0.0.1/x")


async def test_a_template_message_reaches_the_phone(
    account: OfficialAccount, outside: Outside
) -> None:
    openid = await follower(outside)

    msgid = await send(account, openid)

    [told] = [each for each in await outside.on_phone("zhang") if each["kind"] == "template"]
    assert (told["fields"], str(told["msgid"])) == (WORDS, msgid)
    assert told["url"] == "http://127.0.0.1/x"


async def test_the_same_message_sent_again_is_one_message(
    account: OfficialAccount, outside: Outside
) -> None:
    openid = await follower(outside)

    assert await send(account, openid) == await send(account, openid)

    assert len([each for each in await outside.on_phone("zhang") if "msgid" in each]) == 1


async def test_fifty_tasks_in_four_processes_fetch_one_token_per_expiry(
    http: Http, valkey: ValkeyServer, cache: Redis, outside: Outside, clock: SetClock
) -> None:
    openid = await follower(outside)
    caches = [Redis.from_url(valkey.url_of(62), socket_timeout=1) for _ in range(4)]
    accounts = [make(http, each, outside, clock) for each in caches]

    async def everybody(round_: int) -> None:
        await asyncio.gather(
            *(send(each, openid, f"{round_}-{n}") for n in range(50) for each in accounts)
        )

    try:
        await everybody(0)
        assert await calls(outside, TOKEN) == 1
        await outside.control("POST", "tokens/revoke")
        await everybody(1)
        assert await calls(outside, TOKEN) == 2
    finally:
        await asyncio.gather(*(each.aclose() for each in caches))


async def test_without_valkey_every_process_fetches_for_itself_and_nothing_fails(
    http: Http, outside: Outside, clock: SetClock
) -> None:
    openid = await follower(outside)
    nowhere = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    accounts = [make(http, cache, outside, clock) for cache in (None, None, nowhere)]

    await asyncio.gather(*(send(each, openid, f"{n}") for n in range(20) for each in accounts))

    assert await calls(outside, TOKEN) == 3
    await nowhere.aclose()


async def test_a_token_that_is_always_refused_does_not_make_a_loop(
    account: OfficialAccount, outside: Outside
) -> None:
    openid = await follower(outside)
    await spoil(outside, path=TEMPLATE, errcode=40001, times=None)

    for _ in range(5):
        with pytest.raises(AccountTrouble):
            await send(account, openid)

    assert await calls(outside, TEMPLATE) <= 2
    assert await calls(outside, TOKEN) <= 2


async def test_a_newer_token_of_another_process_is_not_thrown_away(
    http: Http, cache: Redis, outside: Outside, clock: SetClock
) -> None:
    openid = await follower(outside)
    first, second = (make(http, cache, outside, clock) for _ in range(2))
    await send(first, openid, "1")
    await send(second, openid, "2")
    await outside.control("POST", "tokens/revoke")

    await send(first, openid, "3")  # puts the new token into Valkey
    await send(second, openid, "4")  # comes with the old one, finds the new one there

    assert await calls(outside, TOKEN) == 2


@pytest.mark.parametrize(
    ("errcode", "means"),
    [
        (-1, GatewayTrouble),
        (45011, GatewayTrouble),
        (43108, GatewayTrouble),
        (99999, GatewayTrouble),
        (45009, QuotaGone),
        (45015, WindowClosed),
        (45047, WindowClosed),
        (43004, RecipientGone),
        (43101, RecipientGone),
        (43019, RecipientGone),
        (48002, RecipientGone),
        (40003, RecipientGone),
        (47003, BadMessage),
        (40037, BadMessage),
        (45168, BadMessage),
        (48001, AccountTrouble),
        (40164, AccountTrouble),
        (50002, AccountTrouble),
    ],
)
async def test_an_error_code_tells_the_sender_what_to_do(
    account: OfficialAccount, outside: Outside, errcode: int, means: type[Exception]
) -> None:
    openid = await follower(outside)
    await spoil(outside, path=TEMPLATE, errcode=errcode)

    with pytest.raises(means) as told:
        await send(account, openid)

    assert type(told.value) is means
    assert openid not in str(told.value)


async def test_a_used_up_quota_stops_the_calls_until_midnight_in_the_city(
    account: OfficialAccount, outside: Outside, clock: SetClock
) -> None:
    openid = await follower(outside)
    await outside.control("POST", "limits", day={TEMPLATE: 1})
    await send(account, openid, "1")

    for number in ("2", "3", "4"):
        with pytest.raises(QuotaGone) as gone:
            await send(account, openid, number)
        assert gone.value.retry_after_seconds == 15 * 3600  # 09:00 → 24:00
    assert await calls(outside, TEMPLATE) == 2

    clock.move(hours=15, seconds=1)
    await outside.control("POST", "clock", move_seconds=15 * 3600 + 1)
    await send(account, openid, "5")


async def test_a_full_minute_asks_for_a_minutes_wait(
    account: OfficialAccount, outside: Outside
) -> None:
    openid = await follower(outside)
    await spoil(outside, path=TEMPLATE, errcode=45011)

    with pytest.raises(GatewayTrouble) as trouble:
        await send(account, openid)

    assert (trouble.value.retry_after_seconds, trouble.value.sent) == (60, False)


@pytest.mark.parametrize(
    "fault",
    [{"http_status": 502}, {"truncated": True}, {"drop": "after"}, {"drop": "before"}],
    ids=str,
)
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_open(
    account: OfficialAccount, outside: Outside, fault: dict[str, object]
) -> None:
    openid = await follower(outside)
    await account.check()
    await spoil(outside, path=TEMPLATE, **fault)

    with pytest.raises(GatewayTrouble) as trouble:
        await send(account, openid)

    assert trouble.value.sent
    await send(account, openid)
    assert len([each for each in await outside.on_phone("zhang") if "msgid" in each]) == 1


async def test_nobody_there_means_surely_not_sent(
    http: Http, cache: Redis, outside: Outside, clock: SetClock
) -> None:
    openid = await follower(outside)
    account = make(http, cache, outside, clock)
    await account.check()
    away = make(http, cache, outside, clock, url="http://127.0.0.1:1")

    with pytest.raises(GatewayTrouble) as trouble:
        await send(away, openid)

    assert not trouble.value.sent


async def test_a_wrong_secret_is_a_matter_for_a_person_and_appears_nowhere(
    http: Http, outside: Outside, clock: SetClock
) -> None:
    account = OfficialAccount(
        http, None, outside.url, outside.config.wechat_app_id, "top-secret", clock
    )

    with pytest.raises(AccountTrouble) as trouble:
        await account.check()

    assert "top-secret" not in repr(account) + str(trouble.value) + repr(account.tokens)


async def test_a_text_goes_to_who_has_just_written_and_to_nobody_else(
    account: OfficialAccount, outside: Outside, clock: SetClock
) -> None:
    openid = await follower(outside)
    await account.send_text(openid, "您好")
    assert (await outside.on_phone("zhang"))[-1]["text"] == "您好"

    await outside.control("POST", "clock", move_seconds=timedelta(days=3).total_seconds())
    with pytest.raises(WindowClosed):
        await account.send_text(openid, "还在吗")
    with pytest.raises(BadMessage):
        await account.send_text(openid, "长" * 1000)


async def test_user_info_tells_followers_from_others(
    account: OfficialAccount, outside: Outside
) -> None:
    openid = await follower(outside)
    assert (await account.user_info(openid)).unionid == (await outside.person("zhang"))["unionid"]

    await outside.control("POST", "people/zhang/unfollow")
    left = await account.user_info(openid)
    assert (left.subscribed, left.unionid) == (False, None)
    with pytest.raises(RecipientGone) as unknown:
        await account.user_info("o-nobody")
    assert unknown.value.unknown
