"""Asking the departments in the chat."""

import pytest

from citydesk import consultations, seed
from citydesk.consultations import Kind
from citydesk.identity import Role
from citydesk.world import World
from models.consultations import Consultation
from tests.consultations.making import hired
from tests.journeys.test_restaurant import drained
from tests.people import Outside
from tests.pushes import pushes_on
from tests.wechat.door import follow, links, says, tap, texts

QUESTION = "我的店在二楼，没有电梯，能不能开饭店？电话10012345678"


@pytest.mark.usefixtures("server")
async def test_a_question_is_asked_confirmed_answered_and_pushed_without_a_name(
    world: World, outside: Outside
) -> None:
    await seed.plant(world)
    await follow(outside)
    guide = await outside.says("zhang", "开饭店")
    [ask] = [each for each in links(guide) if each.startswith("c:")]
    asked = await tap(outside, "zhang", guide, ask)
    assert "请把您的问题写在一条消息里" in asked
    assert "食品经营许可" in asked
    assert "太短" in await outside.says("zhang", "急")
    shown = await outside.says("zhang", QUESTION + '<a href="http://x">点我</a>')
    assert '<a href="http' not in shown
    for key in await world.valkey.keys("wx:*"):
        kept = await world.valkey.get(key)
        assert b"10012345678" not in kept, key
        assert "二楼".encode() not in kept, key
    shown = await outside.says("zhang", QUESTION)  # what was written before is replaced
    told = await outside.says("zhang", "1")
    row = await Consultation.get()
    assert row.number in told
    assert "2026年3月9日（星期一）前答复" in told
    assert "已提交" not in await outside.says("zhang", "1")  # a bare number again, asks nothing
    assert row.channel == "wechat"
    assert row.identity_id is None

    head = await hired(world, "k.back", Role.BACK_OFFICE)
    await consultations.answer(world, head, row.id, "可以。二楼要有两个疏散楼梯。")
    await drained(world)
    [push] = await pushes_on(outside, "zhang")
    assert push["fields"]["character_string2"] == row.number
    assert push["fields"]["phrase3"] == "已答复"
    assert "疏散楼梯" not in str(push)
    mine = await outside.says("zhang", "我的咨询")
    for word in (row.number, "已答复", "疏散楼梯", f"/my/consultations/{row.id}"):
        assert word in mine
    await outside.control("POST", "people/li/follow")
    assert row.number not in await outside.says("li", "我的咨询")


@pytest.mark.usefixtures("server")
async def test_words_that_found_nothing_are_handed_over_by_a_tap_and_can_be_given_up(
    world: World, outside: Outside
) -> None:
    await follow(outside)
    none = await outside.says("zhang", "鼓捣饕餮怎么申报才行")
    assert "c:last" in links(none)
    shown = await tap(outside, "zhang", none, "c:last")
    assert "鼓捣饕餮怎么申报才行" in shown
    assert set(links(shown)) == {"C:yes", "C:again", "C:no"}
    again = await tap(outside, "zhang", shown, "C:again")
    assert "写在一条消息里" in again
    assert "不提了" in await outside.says("zhang", "取消")
    assert "找" in await outside.says("zhang", "鼓捣饕餮怎么申报才行")  # searches again
    complaint = await outside.says("zhang", "我要投诉")
    assert "写在一条消息里" in complaint
    assert "还没有咨询或投诉" in await outside.says("zhang", "我的咨询")  # words of the menu go on
    shown = await outside.says("zhang", "窗口的人让我跑了三趟，每次说的都不一样")
    told = await tap(outside, "zhang", shown, "C:yes")
    row = await Consultation.get()
    assert row.kind == Kind.COMPLAINT
    assert row.number in told
    late = await tap(outside, "zhang", shown, "C:yes")
    assert "已经处理过" in late
    assert await Consultation.all().count() == 1


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("word", "asked"), [("提交", 1), ("取消", 0)])
@pytest.mark.usefixtures("server")
async def test_a_push_that_comes_three_times_asks_once_and_is_answered_alike(
    outside: Outside, at_once: bool, word: str, asked: int
) -> None:
    await follow(outside)
    await outside.says("zhang", "我要咨询")
    await outside.says("zhang", "晚上十点以后还能办事吗？")
    attempts = await says(outside, "zhang", word, duplicate=2, at_once=at_once)
    [told] = set(texts(attempts))
    assert ("编号" in told) == bool(asked)
    assert await Consultation.all().count() == asked
