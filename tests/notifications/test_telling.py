from dataclasses import replace
from datetime import timedelta

from citydesk import notifications
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.people import Outside
from tests.pushes import (
    TEMPLATE_SEND,
    BallRolled,
    announce,
    citizen,
    drain_of,
    pushes_on,
    rows,
    spoil,
    waiting,
)


async def states() -> list[str]:
    found = await rows("SELECT state FROM notification ORDER BY id")
    return [each["state"] for each in found]


async def sends(outside: Outside) -> int:
    told = await outside.control("GET", f"ledger?path={TEMPLATE_SEND}")
    return len(told["entries"])


async def test_who_it_concerns_is_told_once(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    await announce(world, BallRolled(zhang, 1), BallRolled(zhang, 2))

    await drain_of(world).until_empty()

    first, second = sorted(
        await pushes_on(outside, "zhang"), key=lambda push: push["fields"]["character_string2"]
    )
    assert first["fields"] == {
        "thing1": "滚球许可（示例）",
        "character_string2": "N1",
        "phrase3": "已收件",
        "time4": "2026年3月2日 09:00",
    }
    assert second["url"] == f"{world.settings.public_url}/balls/2"
    assert await states() == ["sent", "sent"]


async def test_an_event_delivered_twice_is_told_once(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    await announce(world, BallRolled(zhang))
    await drain_of(world).until_empty()

    await sql.run("UPDATE outbox_message SET delivered_at = NULL WHERE name LIKE 'Ball%'")
    await drain_of(world).until_empty()

    assert await sends(outside) == 1


async def test_killed_between_send_and_note_it_is_sent_again_under_the_same_number(
    world: World, outside: Outside
) -> None:
    zhang = await citizen(world, outside, "zhang")
    await announce(world, BallRolled(zhang))
    await drain_of(world).until_empty()
    # As the tables stand when a worker dies right after the message left:
    await sql.run("UPDATE outbox_message SET delivered_at = NULL WHERE name LIKE 'Ball%'")
    await sql.run("UPDATE notification SET state = 'sending', msgid = NULL, sent_at = NULL")

    await drain_of(world).until_empty()

    assert await sends(outside) == 2
    assert len(await pushes_on(outside, "zhang")) == 1
    assert await states() == ["sent"]


async def test_an_answer_lost_for_ten_minutes_is_settled_by_wechats_report(
    world: World, outside: Outside, clock: SetClock
) -> None:
    zhang = await citizen(world, outside, "zhang")
    openid = (await outside.person("zhang"))["openid"]
    await announce(world, BallRolled(zhang))
    await world.wechat.check()
    await spoil(outside, path=TEMPLATE_SEND, drop="after", times=None)

    for _ in range(15):
        await drain_of(world).until_empty()
        await sql.run("UPDATE outbox_message SET due_at = $1 WHERE name LIKE 'Ball%'", clock.now())
        clock.move(minutes=1)

    assert await states() == ["unknown"]
    assert await waiting() == 0
    assert 5 <= await sends(outside) <= 10  # and none later than ten minutes after the first
    [push] = await pushes_on(outside, "zhang")

    assert await notifications.settle(world, str(push["msgid"]), "success", openid)
    await notifications.reconcile(world)
    assert await states() == ["delivered"]


async def test_two_in_doubt_are_not_guessed_between(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    openid = (await outside.person("zhang"))["openid"]
    await announce(world, BallRolled(zhang, 1), BallRolled(zhang, 2))
    await drain_of(world).until_empty()
    await sql.run("UPDATE notification SET state = 'unknown', msgid = NULL")

    await notifications.settle(world, "3000000000000000001", "success", openid)
    await notifications.reconcile(world)

    assert await states() == ["unknown", "unknown"]


async def test_a_report_before_our_own_note_is_not_lost(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    await announce(world, BallRolled(zhang))
    await drain_of(world).until_empty()
    [row] = await rows("SELECT msgid FROM notification")
    await sql.run("UPDATE notification SET state = 'sending', msgid = NULL, sent_at = NULL")
    await sql.run("UPDATE outbox_message SET delivered_at = NULL WHERE name LIKE 'Ball%'")

    await notifications.settle(world, row["msgid"], "success")
    await drain_of(world).until_empty()

    assert await states() == ["delivered"]


async def test_a_report_told_twice_counts_once(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    await announce(world, BallRolled(zhang))
    await drain_of(world).until_empty()
    [row] = await rows("SELECT msgid FROM notification")

    assert await notifications.settle(world, row["msgid"], "failed:user block")
    assert not await notifications.settle(world, row["msgid"], "success")

    assert await states() == ["failed_permanent"]


async def test_who_does_not_follow_is_noted_and_not_called(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang", follows=False)
    await announce(world, BallRolled(zhang))

    await drain_of(world).until_empty()

    assert (await states(), await sends(outside), await waiting()) == (["no_recipient"], 0, 0)


async def test_who_has_left_is_not_written_to_again(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    await outside.control("POST", "people/zhang/unfollow")
    await announce(world, BallRolled(zhang, 1))
    await drain_of(world).until_empty()
    await announce(world, BallRolled(zhang, 2))
    await drain_of(world).until_empty()

    assert await states() == ["failed_permanent", "no_recipient"]
    assert await sends(outside) == 1


async def test_trouble_of_one_does_not_keep_the_others_waiting(
    world: World, outside: Outside, clock: SetClock
) -> None:
    zhang = await citizen(world, outside, "zhang")
    await announce(world, *(BallRolled(zhang, number) for number in range(5)))
    await world.wechat.check()
    await spoil(outside, path=TEMPLATE_SEND, errcode=-1)

    await drain_of(world).until_empty()
    assert (len(await pushes_on(outside, "zhang")), await waiting()) == (4, 1)

    clock.move(seconds=5)
    await drain_of(world).until_empty()
    assert (len(await pushes_on(outside, "zhang")), await waiting()) == (5, 0)


async def test_a_day_without_quota_only_delays(
    world: World, outside: Outside, clock: SetClock
) -> None:
    world = replace(world, wechat=replace(world.wechat, clock=clock))
    zhang = await citizen(world, outside, "zhang")
    await announce(world, *(BallRolled(zhang, number) for number in range(3)))
    await outside.control("POST", "limits", day={TEMPLATE_SEND: 0})

    await drain_of(world).until_empty()
    assert await states() == ["created"] * 3

    clock.move(hours=17)
    await outside.control("POST", "clock", move_seconds=timedelta(hours=17).total_seconds())
    await outside.control("POST", "limits", day={TEMPLATE_SEND: 10})
    await drain_of(world).until_empty()
    assert len(await pushes_on(outside, "zhang")) == 3


async def test_a_message_wechat_will_not_take_is_not_sent_for_ever(
    world: World, outside: Outside
) -> None:
    zhang = await citizen(world, outside, "zhang")
    await sql.run("UPDATE message_template SET template_id = 'nobody-knows-it'")
    await announce(world, BallRolled(zhang))

    await drain_of(world).until_empty()

    assert (await states(), await waiting()) == (["failed_technical"], 0)
