"""情形引导 in the chat: two to four turns to what *this* person needs, by taps or by numbers."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citydesk import guides
from citydesk.world import World
from tests.guides.asking import an_asking_guide
from tests.guides.making import a_guide, code
from tests.people import Outside
from tests.wechat.door import follow, links, tap
from wechat.dialogue import answer
from wechat.messages import Message
from wechat.organs import NO_PLACE
from wechat.questions import asked
from wechat.replies import LONGEST_TEXT

BEGIN = f"k:{code()}:"


@pytest.fixture
async def kites(world: World, server: str, outside: Outside) -> str:
    """The kite guide is published; 张示例 follows and has found it: its overview."""
    await guides.publish(world, an_asking_guide())
    await guides.refresh(world)
    await follow(outside)
    return await outside.says("zhang", "放风筝")


async def test_two_taps_lead_to_only_what_one_person_must_bring(
    outside: Outside, kites: str
) -> None:
    assert "看看我要带什么" in links(kites)[BEGIN]
    question = await tap(outside, "zhang", kites, BEGIN)
    assert "第1题：谁来放风筝？" in question
    assert list(links(question).values()) == ["1 我自己", "2 学校或单位", "3 其实想养鸟"]
    result = await tap(outside, "zhang", question, f"{BEGIN}1")
    for words in ("您的情形：个人放飞", "谁来办：", "去哪办：沈河区政务服务中心", "怎么办："):
        assert words in result
    assert "只要带这些（1样）：\n1. 风筝照片" in result
    assert "单位证明" not in result
    assert result.split("\n")[-1].startswith("第1版·")
    assert re.search(rf'<a href="http[^"]+/my/file/{code()}\?q\.who=self">', result)


async def test_bare_numbers_answer_several_at_once(outside: Outside, kites: str) -> None:
    await tap(outside, "zhang", kites, BEGIN)
    second = await outside.says("zhang", "2")
    assert "第2题：手上有哪些？" in second
    assert "回复数字，比如 13" in second
    both = await outside.says("zhang", "21")
    assert "集体放飞" in both
    assert "只要带这些（2样）" in both
    assert "q.have=letter&q.have=insurance" in both
    await tap(outside, "zhang", second, f"{BEGIN}2.3")
    again = await outside.says("zhang", "2")  # a digit still means the question shown last
    assert "只要带这些（2样）" in again


async def test_what_is_not_the_matter_is_said_and_where_to_go(outside: Outside, kites: str) -> None:
    question = await tap(outside, "zhang", kites, BEGIN)
    told = await tap(outside, "zhang", question, f"{BEGIN}3")
    assert "养鸟不用许可" in told
    assert "只要带这些" not in told
    assert await tap(outside, "zhang", told, BEGIN) == question


async def test_a_number_that_is_no_answer_is_a_question_like_any_other(
    outside: Outside, kites: str
) -> None:
    await tap(outside, "zhang", kites, BEGIN)
    assert "对不上" in await outside.says("zhang", "7")
    assert "办什么事" in await outside.says("zhang", "12345678")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(path=st.text("0123456789.-:kK\0", max_size=40))
async def test_no_link_however_twisted_breaks_the_chat(world: World, path: str) -> None:
    await guides.publish(world, an_asking_guide())
    message = Message("gh_x", "o-asker", 1, "text", 1, "")
    said = await asked(world, message, f"{code()}:{path.replace(':', '')}")
    assert said.startswith("【")
    assert len(said.encode()) <= LONGEST_TEXT


async def test_a_guide_that_has_changed_meanwhile_begins_again(
    world: World, outside: Outside, kites: str
) -> None:
    question = await tap(outside, "zhang", kites, BEGIN)
    await guides.publish(world, a_guide())
    result = await tap(outside, "zhang", question, f"{BEGIN}2")
    assert "只要带这些" in result
    assert "第2版" in result


@pytest.mark.parametrize(
    ("x", "y", "first"), [("41.8031", "123.3762", "铁西区"), ("42.75", "123.35", "康平县")]
)
async def test_a_position_is_answered_with_the_nearest_halls(
    world: World, x: str, y: str, first: str
) -> None:
    message = Message(
        "gh_x", "o-asker", 1, "location", 1, fields={"Location_X": x, "Location_Y": y}
    )
    said = (await answer(world, message)).split("\n")
    assert said[1].startswith(f"1. {first}政务服务中心（约")
    assert "/halls" in said[-1]


@pytest.mark.parametrize("x", ["", "x", "nan", "91", "1e400"])
async def test_a_position_that_is_none_is_asked_for_again(world: World, x: str) -> None:
    fields = {"Location_X": x, "Location_Y": "123.4"}
    message = Message("gh_x", "o-asker", 1, "location", 1, fields=fields)
    assert await answer(world, message) == NO_PLACE
    asked_how = Message("gh_x", "o-asker", 1, "text", 1, "附近大厅")
    assert "位置" in await answer(world, asked_how)
