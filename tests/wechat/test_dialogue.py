from typing import Any

import pytest

from citydesk import appointments, cases
from citydesk.cases import State
from citydesk.identity import Citizen
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.identity import Account
from tests.appointments.making import slot
from tests.cases.making import Desk, kite_guide
from tests.people import Outside
from tests.wechat.door import follow, links, says, tap, texts
from wechat.cases import HOW_TO_ASK
from wechat.words import HELP, ONLY_TEXT, THANKS

pytestmark = pytest.mark.usefixtures("server")
SECTIONS = {
    "m": ("要带的材料：", "1. "),
    "p": ("沈河区政务服务中心", "024-0000"),
    "s": ("受理条件：", "流程：", "咨询："),
    "b": ("预约", "网上办"),
    "q": ("问：", "答："),
    "g": ("要带什么：", "在哪办：", "多久：", "费用："),
}


async def test_a_citizen_who_wants_to_open_a_restaurant_is_told_what_counts(
    outside: Outside,
) -> None:
    await follow(outside)
    answer = await outside.says("zhang", "开饭店")
    first, *lines = answer.split("\n")
    assert first.startswith("【食品经营许可")
    assert "示例" in first
    heads = [line.split("：")[0] for line in lines]
    for head in ("要带什么", "在哪办", "多久", "费用", "跑几次"):
        assert head in heads
    assert "5个工作日（法定20个工作日）" in answer
    assert {menu_id.partition(":")[0] for menu_id in links(answer)} == {
        "m",
        "p",
        "s",
        "b",
        "q",
        "c",
        "g",
        "k",
    }


async def test_every_link_of_the_first_answer_leads_on(outside: Outside) -> None:
    await follow(outside)
    answer = await outside.says("zhang", "开饭店")
    name = answer.split("】")[0] + "】"
    own = [each for each in links(answer) if each[0] not in "gkc"]  # k: test_questionnaire.py
    assert len(own) == 5
    for menu_id in own:
        section = await tap(outside, "zhang", answer, menu_id)
        verb = menu_id.partition(":")[0]
        assert section.startswith(name)
        assert any(word in section for word in SECTIONS[verb]), section
        onward = {each.partition(":")[0] for each in links(section)}
        assert onward == set("mpsbqcgk") - {verb}  # the other sections, and back to the overview
        back = await tap(outside, "zhang", section, "g:" + menu_id.partition(":")[2])
        assert back.startswith(name)
        assert "要带什么：" in back


async def test_a_bare_digit_picks_from_the_list_shown_last(outside: Outside) -> None:
    await follow(outside)
    assert "对不上" in await outside.says("zhang", "2")
    found = await outside.says("zhang", "开饭店")
    others = [each for each in links(found) if each.startswith("g:")]
    assert links(found)[others[0]].startswith("2 ")
    assert name_of(await outside.says("zhang", "2")) == links(found)[others[0]][2:]
    assert name_of(await outside.says("zhang", "1")) == name_of(found)
    hot = await outside.says("zhang", "热门")
    third = list(links(hot).values())[2]
    assert name_of(await outside.says("zhang", "3")) == third.removeprefix("3 ")
    assert "对不上" in await outside.says("zhang", "9")
    await follow(outside, "li")
    assert "对不上" in await outside.says("li", "1")  # another person's list is not mine


async def test_after_no_match_the_digits_belong_to_what_was_offered_instead(
    outside: Outside,
) -> None:
    await follow(outside)
    await outside.says("zhang", "开饭店")
    offered = await outside.says("zhang", "阿巴阿巴阿巴")
    assert "没找到" in offered
    second = list(links(offered).values())[1]
    assert name_of(await outside.says("zhang", "2")) == second.removeprefix("2 ")


def name_of(bubble: str) -> str:
    return bubble.split("】")[0].removeprefix("【")


@pytest.mark.parametrize("word", ["帮助", "HELP", " help ", "？", "?", "你好", "菜单"])
async def test_help_is_given_for_every_word_of_it(outside: Outside, word: str) -> None:
    await follow(outside)
    assert await outside.says("zhang", word) == HELP


async def test_small_talk_is_answered_as_such(outside: Outside) -> None:
    await follow(outside)
    assert await outside.says("zhang", "谢谢") == THANKS
    assert await outside.says("zhang", "【收到不支持的消息类型，暂无法显示】") == ONLY_TEXT


async def bound(outside: Outside, citizen: Citizen, who: str = "zhang") -> None:
    """Let a person of the sandbox be this citizen, as the real-name check would."""
    await follow(outside, who)
    person = await outside.person(who)
    await Account.filter(openid=person["openid"]).update(identity_id=citizen.identity_id)


@pytest.mark.parametrize("said", ["人工", "转人工", "客服"])
async def test_whoever_wants_a_person_is_told_where_one_is(outside: Outside, said: str) -> None:
    await follow(outside, "li")
    answer = await outside.says("li", said)
    for word in ("12345", "w:consult", "w:halls"):
        assert word in answer


async def test_progress_needs_a_name_or_a_code(outside: Outside) -> None:
    assert "进度 办件编号 查询码" in HOW_TO_ASK
    await outside.control("POST", "people/li/follow", push=False)  # the event was lost
    for _ in range(2):
        assert "点这里实名" in await outside.says("li", "进度")
    person = await outside.person("li")
    assert await Account.filter(openid=person["openid"], followed=True).count() == 1
    assert await outside.says("li", "进度怎么查") == HOW_TO_ASK


async def test_the_owner_sees_the_timeline_newest_first_and_the_next_step(
    world: World, outside: Outside, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    await bound(outside, desk.citizen)
    assert "还没有提交过申请" in await outside.says("zhang", "进度")
    await desk.draft()
    assert "还没有提交过申请" in await outside.says("zhang", "进度")  # a draft is not filed
    case = await desk.bring_to(State.CORRECTING)
    answer = await outside.says("zhang", "查进度")
    for word in (
        case.case_no,
        "待补正",
        "请在2026年3月17日（星期二）前补正",
        "下一步：请按通知补齐材料",
    ):
        assert word in answer
    assert f'/my/cases?no={case.case_no}">去补正材料</a>' in answer
    assert answer.index("需要补正材料") < answer.index("窗口已收件") < answer.index("已提交申请")
    other = await desk.filed()
    answer = await outside.says("zhang", "进度")
    assert answer.index(other.case_no) < answer.index(case.case_no)


async def test_the_notice_is_read_whole_even_when_the_bubble_is_full(
    world: World, outside: Outside
) -> None:
    """What was left out of a full bubble used to be the newest: the very notice to act on."""
    desk = await Desk.open(world)
    await bound(outside, desk.citizen)
    case = await desk.filed()
    await cases.pre_fail(world, desk.front, case.id, "旧的理由" * 100)
    await cases.submit(world, desk.citizen, case.id)
    await cases.receive(world, desk.front, case.id)
    notice = "请补交平面图。" * 20
    await cases.request_correction(world, desk.front, case.id, notice)
    answer = await outside.says("zhang", "进度")
    assert len(answer.encode()) <= 2048
    assert notice in answer


async def test_number_and_code_tell_anybody_the_stage_and_nothing_more(
    world: World, outside: Outside
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.CORRECTING)
    code = await cases.query_code(world, desk.citizen, case.id)
    await follow(outside, "li")
    for said in (
        f"进度 {case.case_no} {code}",
        f"查进度：{case.case_no.lower()}，{code.lower()}",
        f"{case.case_no} 查询码：{code}",
    ):
        answer = await outside.says("li", said)
        assert "待补正" in answer, said
        for secret in ("示例理由", "赵示例", "一次性告知"):
            assert secret not in answer
    assert "不对" in await outside.says("li", f"进度 {case.case_no} WWWWWWWW")


async def test_wrong_codes_lock_the_chat_and_a_repeated_push_is_not_another_try(
    world: World, outside: Outside, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    await bound(outside, desk.citizen, "zhang")
    case = await desk.filed()
    code = await cases.query_code(world, desk.citizen, case.id)
    await follow(outside, "li")
    for number in range(5):
        how: dict[str, Any] = {"duplicate": 2, "at_once": bool(number % 2)}
        attempts = await says(outside, "li", f"进度 {case.case_no} WWWWWWWW", **how)
        assert len(set(texts(attempts))) == 1
        assert "不对" in texts(attempts)[0]
    assert "30分钟" in await outside.says("li", f"进度 {case.case_no} {code}")
    assert case.case_no in await outside.says("zhang", "进度")  # the owner is not locked out
    clock.move(minutes=30)
    await outside.at(clock)
    assert "已提交" in await outside.says("li", f"进度 {case.case_no} {code}")


async def test_my_appointments_are_told_with_time_place_and_code(
    world: World, outside: Outside
) -> None:
    desk = await Desk.open(world)
    assert "还没有预约" not in await unbound(outside)
    await bound(outside, desk.citizen)
    assert "还没有预约" in await outside.says("zhang", "预约")
    matter = await kite_guide(world)
    held = await appointments.book(world, desk.citizen, await slot(world, 1), matter)
    answer = await outside.says("zhang", "我的预约")
    for word in ("已预约", "2026年3月3日（星期二） 10:00", "沈河区政务服务中心", held.code):
        assert word in answer
    await appointments.cancel(world, desk.citizen, held.id)
    assert "已取消" in await outside.says("zhang", "预约")


async def unbound(outside: Outside) -> str:
    await follow(outside, "li")
    return await outside.says("li", "预约")


async def test_a_new_publication_is_in_the_next_answer(world: World, outside: Outside) -> None:
    await follow(outside)
    await kite_guide(world)
    item = await kite_guide(world, name="示例风筝放飞许可（新名）")
    told = await outside.control(
        "POST", "people/zhang/say", text="看概要", bizmsgmenuid=f"g:{item}"
    )
    assert told["shown"][0].startswith("【示例风筝放飞许可（新名）】")
    assert "第2版" in told["shown"][0]


async def test_a_page_of_the_account_never_shows_a_link_beyond_the_account(
    outside: Outside,
) -> None:
    await follow(outside)
    for said in ("开饭店", "热门", "帮助"):
        answer = await outside.says("zhang", said)
        assert answer.count("<a ") == len(links(answer))
        assert "http" not in answer
