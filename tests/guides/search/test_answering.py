import pytest

from citydesk import guides
from citydesk.guides.search import tokens
from citydesk.kit import sql
from citydesk.world import World
from tests.guides.making import a_guide, code

SHOP = "食品经营许可（示例新办）"
LISTED = """id,source,department,main_item,name,code,type_name
F1,list,示例区局,食品经营许可,食品经营许可注销,F-1,行政许可
F2,list,示例区局,,居民身份证补领,F-2,公共服务
F3,list,示例区局,,社会保障卡申领,F-3,公共服务
F4,list,示例区局,,公司设立登记,F-4,行政许可
F5,list,示例区局,,老年人优待证办理,F-5,公共服务
F6,list,示例区局,,示例风筝放飞许可（首次申请）,F-6,行政许可
"""


@pytest.fixture
async def shelf(world: World) -> World:
    """A catalogue with a kite guide of our own, and six items of a list."""
    await guides.publish(world, a_guide())
    await guides.import_list(world, guides.read_list(LISTED.encode()))
    return world


async def first(world: World, question: str) -> str | None:
    found = await guides.search(world, question)
    return found[0].name if found else None


@pytest.mark.parametrize(
    "question",
    ["开饭店", "我想开个饭店，需要什么手续？", "开一家饭店要带什么", "kaifandian", "kfd"],
)
async def test_who_opens_a_restaurant_is_shown_the_food_licence_first(
    shelf: World, question: str
) -> None:
    name = await first(shelf, question)
    assert name is not None
    assert name.startswith("食品经营许可")
    assert "注销" not in name


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("放风筝", "风筝放飞许可"),
        ("请问风筝放飞许可怎么办理", "风筝放飞许可"),
        ("风筝放飞", "风筝放飞许可"),
        ("fengzheng", "风筝放飞许可"),
        ("食品经营许可注销", "食品经营许可注销"),
        ("筝", "风筝放飞许可"),
        ("ＫＦＤ", "食品经营许可"),
    ],
)
async def test_a_matter_is_found_however_it_is_said(shelf: World, question: str, part: str) -> None:
    name = await first(shelf, question)
    assert name is not None
    assert part in name


@pytest.mark.parametrize(
    "question",
    [
        "今天天气怎么样",
        "给我讲个笑话",
        "你是谁",
        "晚上吃什么",
        "哈哈哈哈",
        "怎么办",
        "谢谢",
        "",
        "😀",
        "？？",
        "qwrtpsdf",
        "'",
        "zz",
        "\x00",
        "a" * 5000,
    ],
)
async def test_chat_is_answered_with_no_guide_rather_than_a_wrong_one(
    shelf: World, question: str
) -> None:
    assert await guides.search(shelf, question) == []


async def test_a_publication_is_found_after_the_next_refresh(shelf: World) -> None:
    assert await first(shelf, "陀螺") is None
    await guides.publish(shelf, a_guide(item_code=code(2), name="陀螺竞技登记", plain_labels=[]))
    assert await first(shelf, "陀螺") is None
    assert await guides.refresh(shelf)
    assert await first(shelf, "陀螺") == "陀螺竞技登记"
    assert not await guides.refresh(shelf)


async def test_an_answer_says_which_version_it_is(shelf: World) -> None:
    await guides.refresh(shelf)
    [kite, *_] = await guides.search(shelf, "示例风筝放飞许可（首次申请）")
    guide = await guides.published(shelf, code())
    assert (kite.version_id, kite.version_no, kite.hash8, kite.as_of) == (
        guide.id,
        guide.version_no,
        guide.hash8,
        guide.as_of,
    )


async def test_a_whole_guide_goes_before_a_listed_item_of_the_same_name(shelf: World) -> None:
    found = await guides.search(shelf, "示例风筝放飞许可（首次申请）", 2)
    assert [answer.complete for answer in found] == [True, False]
    assert found[0].name == found[1].name


async def test_once_the_index_is_there_a_search_waits_for_nothing(shelf: World) -> None:
    await guides.search(shelf, "风筝")
    searching = guides.search(shelf, "风筝")
    with pytest.raises(StopIteration) as answered:
        searching.send(None)
    assert answered.value.value[0].item_code == code()


async def test_never_more_answers_than_asked_for(shelf: World) -> None:
    assert len(await guides.search(shelf, "食品经营许可", 1)) == 1
    assert await guides.search(shelf, "食品经营许可", 0) == []


async def test_what_people_come_for_most_is_shown_from_whole_guides(shelf: World) -> None:
    found = await guides.hot(shelf, 8)
    assert len(found) == 8
    assert all(answer.complete for answer in found)
    assert len({answer.item_id for answer in found}) == len(found)


def test_pinyin_is_cut_into_syllables() -> None:
    syllables = {"shen", "fen", "zheng", "xi", "an", "xian"}
    assert tokens.asked_by_sound("shenfenzheng", syllables) == ["shenfen", "fenzheng"]
    assert tokens.asked_by_sound("sfz", syllables) == ["'sfz"]
    assert tokens.asked_by_sound("abcdefg", syllables) == ["'abcde", "'bcdef", "'cdefg"]


async def test_an_empty_catalogue_answers_nothing_and_breaks_nothing(world: World) -> None:
    await sql.run("TRUNCATE service_item, service_item_version CASCADE")
    await sql.run("UPDATE catalogue_revision SET revision = revision + 1")
    assert await guides.refresh(world)
    assert await guides.search(world, "开饭店") == []
    assert await guides.hot(world) == []
