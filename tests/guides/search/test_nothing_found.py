"""What a citizen is told when no guide fits: never a wrong guide, always the next step."""

import csv
from importlib.resources import files

import pytest

from citydesk import guides
from citydesk.guides import Reason
from citydesk.world import World
from tests.people import Phone


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        ("哈哈哈哈", Reason.CHAT, "办事助手"),
        ("你是机器人吗", Reason.CHAT, "办事助手"),
        ("666", Reason.CHAT, "例如：开饭店"),
        ("？？？", Reason.CHAT, "例如：开饭店"),
        ("滚犊子", Reason.ABUSE, "很抱歉"),
        ("明天下雨吗", Reason.WEATHER, "12121"),
        ("大连的社保卡丢了咋办", Reason.OTHER_CITY, "大连的事请问当地"),
        ("银行卡转账限额多少", Reason.ELSEWHERE, "开户银行"),
        ("闯红灯扣几分", Reason.ELSEWHERE, "12123"),
        ("高铁票怎么改签", Reason.ELSEWHERE, "12306"),
        ("楼上半夜吵闹扰民", Reason.ELSEWHERE, "12345"),
        ("有人晕倒了快来救命", Reason.EMERGENCY, "120"),
        ("我不想活了", Reason.EMERGENCY, "12356"),
        ("那个需要什么材料", Reason.UNCLEAR, "哪件事"),
        ("量子飞船", Reason.UNKNOWN, "12345"),
        ("", Reason.CHAT, "办事助手"),
    ],
)
async def test_each_kind_of_question_has_its_own_sentence(
    world: World, said: str, reason: Reason, words: str
) -> None:
    none = await guides.nothing_found(world, said)
    assert (none.reason, words in none.detail) == (reason, True), none
    assert len(none.detail) < 150


async def test_another_city_is_named_and_our_own_item_offered(world: World) -> None:
    none = await guides.nothing_found(world, "大连的社会保障卡补领")
    assert none.detail.startswith("这里只有沈阳的办事指南。大连的事请问当地")
    assert none.nearest[0].name == "社会保障卡补领、换领"


async def test_something_near_is_asked_about_but_never_for_chat(world: World) -> None:
    none = await guides.nothing_found(world, "普通胡照")
    assert none.nearest[0].name == "普通护照签发"
    for said in ("你好", "傻子", "今天下雪吗", "救命"):
        assert not (await guides.nothing_found(world, said)).nearest


async def test_the_words_of_the_file_are_sound(world: World) -> None:
    text = (files("citydesk.guides.search") / "data" / "hand_over.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["reason"] for row in rows} == {
        reason for reason in Reason if reason not in (*_BY_SEARCH, Reason.UNKNOWN)
    }
    for row in rows:
        assert row["where"].endswith("。")
        words = row["words"].split("|")
        assert len(set(words)) == len(words)
        assert all(len(word) >= 2 or word == "嗨" for word in words)


_BY_SEARCH = (Reason.OTHER_CITY, Reason.UNCLEAR)


async def test_the_api_says_why_nothing_was_found_and_takes_the_turn_before(phone: Phone) -> None:
    rain = (await phone.get("/guides", q="明天下雨吗")).ok()
    assert (rain["items"], rain["nothing_found"]["reason"]) == ([], "weather")
    assert rain["nothing_found"]["did_you_mean"] == []
    near = (await phone.get("/guides", q="普通胡照")).ok()
    if not near["items"]:
        assert near["nothing_found"]["did_you_mean"][0]["name"] == "普通护照签发"
    food = (await phone.get("/guides", q="那注销呢", context="食品经营许可证怎么办")).ok()
    assert food["items"][0]["name"] == "食品经营许可注销"
    assert food["nothing_found"] is None
    (await phone.get("/guides", q="开饭店", region_code="2101")).refused(422, "invalid")
