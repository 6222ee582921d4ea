"""Cards are appealed by who they fell on, and answered by somebody else."""

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from citydesk import identity, organs, supervision, workdays
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Refusal
from citydesk.supervision import AlreadyDecided, Answer, NoSuchSupervised, NotForYou
from citydesk.workdays import Subject, TimerKind
from citydesk.world import World
from tests.cases.making import ORGAN, at_post
from tests.supervision.clocks import ACCEPTED, at

WHY = "当天系统停机检修，附检修通知。"


async def a_card(world: World, clock: SetClock) -> UUID:
    """A card on a case of the sample organ."""
    clock.set(at(ACCEPTED))
    organ = await organs.organ_by_code(world, ORGAN)
    subject = Subject("case", new_id())
    days = workdays.working_days(3)
    await workdays.start_timer(
        world, subject, TimerKind.CERTIFICATE, days, clock.now(), organ_id=organ.id
    )
    clock.move(days=7)
    await supervision.fire_rungs(world)
    [card] = await supervision.cards_on(world, subject)
    return card.id


async def supervisor(world: World, number: int) -> Officer:
    """A supervisor of no organ, by a login of their own."""
    login = f"s.{number:04}"
    await identity.add_officer(world, login, "郑示例")
    officer_id = await sql.value("SELECT id FROM officer WHERE login = $1", login)
    return Officer(officer_id, new_id(), Role.SUPERVISOR, None, None, new_id())


async def test_a_card_is_appealed_passed_up_and_revoked_by_another(
    world: World, clock: SetClock
) -> None:
    card_id = await a_card(world, clock)
    head = await at_post(world, Role.DEPARTMENT_HEAD, None)
    one, other = await supervisor(world, 1), await supervisor(world, 2)
    with pytest.raises(NoSuchSupervised):
        await supervision.answer_appeal(world, one, card_id, Answer.REVOKED, "没有申诉")
    await supervision.appeal_card(world, head, card_id, WHY)
    [waiting] = await supervision.open_appeals(world)
    assert (waiting.card.id, waiting.waits, waiting.escalated) == (card_id, True, False)
    assert waiting.answer_by is not None
    with pytest.raises(AlreadyDecided):
        await supervision.appeal_card(world, head, card_id, WHY)
    insider = replace(one, organ_id=head.organ_id)
    with pytest.raises(NotForYou):
        await supervision.answer_appeal(world, insider, card_id, Answer.REVOKED, "自己人")
    await supervision.answer_appeal(world, one, card_id, Answer.ESCALATED, "请上级定")
    with pytest.raises(NotForYou):
        await supervision.answer_appeal(world, one, card_id, Answer.REVOKED, "自己定")
    with pytest.raises(AlreadyDecided):
        await supervision.answer_appeal(world, other, card_id, Answer.ESCALATED, "再上报")
    await supervision.answer_appeal(world, other, card_id, Answer.REVOKED, "情况属实")
    with pytest.raises(AlreadyDecided):
        await supervision.answer_appeal(world, other, card_id, Answer.DISMISSED, "又想打回")
    assert await supervision.open_appeals(world) == []
    [card] = await supervision.cards_by_id(world, [card_id])
    assert not card.live
    assert supervision.highest([card]) is None  # a revoked card counts no longer
    appeal = (await supervision.appeals_of(world, [card_id]))[card_id]
    assert [each.text for each in appeal.steps] == [WHY, "请上级定", "情况属实"]
    assert [each.by for each in appeal.steps[1:]] == ["s.0001", "s.0002"]
    names = await sql.rows("SELECT name FROM outbox_message WHERE name LIKE '%Appeal%'")
    assert sorted(each["name"] for each in names) == [
        *["AppealAnswered"] * 2,
        "CardAppealed",
    ]
    with pytest.raises(asyncpg.RaiseError):
        await sql.run("UPDATE card_step SET action = 'dismissed'")


async def test_only_the_head_of_the_organ_appeals_in_time_and_in_words(
    world: World, clock: SetClock
) -> None:
    card_id = await a_card(world, clock)
    head = await at_post(world, Role.DEPARTMENT_HEAD, None)
    for somebody, text in (
        (await at_post(world, Role.BACK_OFFICE, None), WHY),
        (await at_post(world, Role.DEPARTMENT_HEAD, None, "gongan"), WHY),
        (head, " "),
        (head, "长" * 1001),
    ):
        with pytest.raises(Refusal):
            await supervision.appeal_card(world, somebody, card_id, text)
    with pytest.raises(NotForYou):
        await supervision.answer_appeal(world, head, card_id, Answer.REVOKED, WHY)
    [card] = await supervision.cards_by_id(world, [card_id])
    last = await supervision.appeal_until(world, card.written_at)
    clock.move(days=(last - clock.today()).days + 1)
    with pytest.raises(supervision.AppealLate):
        await supervision.appeal_card(world, head, card_id, WHY)
    clock.move(days=-1)
    await supervision.appeal_card(world, head, card_id, WHY)
    await supervision.answer_appeal(
        world, await supervisor(world, 1), card_id, Answer.DISMISSED, "依据不足"
    )
    [card] = await supervision.cards_by_id(world, [card_id])
    assert card.live
