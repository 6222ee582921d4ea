"""What a question means: sayings, steps, typing errors, the turn before, other cities, chat."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citydesk.guides.search import tokens
from citydesk.guides.search.answering import _answered
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.items import Listed
from citydesk.guides.search.knowledge import StaffKnowledge, knowledge
from citydesk.guides.search.naming import called_by_name
from citydesk.guides.search.question import taken_apart
from citydesk.guides.search.ranking import ranked, why
from citydesk.guides.search.sayings import Sayings
from citydesk.guides.search.wordlist import WordList

NAMES = (
    *("食品经营许可（新办）", "食品经营许可变更", "食品经营许可延续", "食品经营许可补办"),
    *("食品经营许可注销", "居民身份证首次申领", "居民身份证补领", "居民身份证换领"),
    *("临时居民身份证申领", "居民户口簿补领、换领", "出生登记", "死亡注销户口", "户口迁移"),
    *("普通护照签发", "往来港澳通行证签发", "无犯罪记录证明", "养犬登记", "居住证申领"),
    *("社会保障卡申领", "社会保障卡挂失、解挂", "社会保障卡补领、换领", "失业保险金申领"),
    *("企业职工基本养老金申领（退休）", "丧葬补助金和抚恤金申领", "工伤认定", "异地就医备案"),
    *("门诊、住院医疗费用手工报销", "生育登记", "生育津贴支付", "公共租赁住房申请"),
    *("不动产转移登记（存量房买卖）", "契税申报缴纳", "个体工商户设立登记", "企业设立登记"),
    *("个体工商户变更登记", "个体工商户注销登记", "企业变更登记", "企业注销登记"),
    *("烟草专卖零售许可证新办", "烟草专卖零售许可证停业、歇业", "最低生活保障认定"),
    *("用水过户", "用电过户（更名）", "高龄津贴申领", "残疾人证新办", "法律援助申请"),
    *("对食品经营的处罚", "机关事业单位社会保险登记", "用人单位社会保险参保登记"),
    *("租房提取住房公积金", "购房提取住房公积金", "离退休提取住房公积金"),
)


def listed(name: str, region: str | None = None, *, complete: bool = False) -> Listed:
    kind = "行政处罚" if "处罚" in name else "公共服务"
    made = datetime(2026, 3, 2, tzinfo=UTC)
    return Listed(
        uuid4(), name, None, name, "示例局", "", (), region, complete, None, 0, "", made, kind
    )


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    """Fifty matters of any city, and one penalty nobody asks for."""
    return SearchIndex([listed(name) for name in NAMES], knowledge(), ("沈阳市",))


def answers(
    index: SearchIndex, text: str, before: str = "", region: str | None = None
) -> list[str]:
    return [each.name for each in _answered(index, text, 10, region, before or None)]


def first(index: SearchIndex, text: str, before: str = "") -> str | None:
    return next(iter(answers(index, text, before)), None)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("想开个火锅店", "食品经营许可（新办）"),
        ("老爷子过世了能领什么钱", "丧葬补助金和抚恤金申领"),
        ("给刚出生的宝宝落户", "出生登记"),
        ("买了套二手房要过户", "不动产转移登记（存量房买卖）"),
        ("快退休了要办什么", "企业职工基本养老金申领（退休）"),
        ("被公司裁员了能领钱吗", "失业保险金申领"),
        ("租不起房子政府有房吗", "公共租赁住房申请"),
        ("没钱请律师打官司", "法律援助申请"),
        ("家里养了条狗要办证吗", "养犬登记"),
        ("去外地看病怎么报", "异地就医备案"),
    ],
)
def test_life_as_people_tell_it_leads_to_the_matter(
    index: SearchIndex, question: str, name: str
) -> None:
    assert first(index, question) == name


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("食品经营许可证丢了", "食品经营许可补办"),
        ("食品经营许可快到期了", "食品经营许可延续"),
        ("食品经营许可换地址", "食品经营许可变更"),
        ("饭店不开了 食品经营许可怎么取消", "食品经营许可注销"),
        ("食品经营许可怎么办", "食品经营许可（新办）"),
        ("身份证过期了", "居民身份证换领"),
        ("身份证弄丢了", "居民身份证补领"),
        ("社保卡要挂失", "社会保障卡挂失、解挂"),
        ("个体户注销", "个体工商户注销登记"),
        ("烟草证先停一段时间", "烟草专卖零售许可证停业、歇业"),
    ],
)
def test_what_is_to_be_done_picks_the_step(index: SearchIndex, question: str, name: str) -> None:
    assert first(index, question) == name


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("shenfenzheng diule", "居民身份证补领"),
        ("huzhao zenme ban", "普通护照签发"),
        ("sfz丢了", "居民身份证补领"),
        ("办juzhuzheng", "居住证申领"),
        ("无犯最证明", "无犯罪记录证明"),
        ("公祖房申请", "公共租赁住房申请"),
        ("失业金怎么零取", "失业保险金申领"),
        ("居住正", "居住证申领"),
    ],
)
def test_what_was_typed_wrong_or_in_letters_is_read_as_meant(
    index: SearchIndex, question: str, name: str
) -> None:
    assert first(index, question) == name


@pytest.mark.parametrize(
    ("before", "question", "name"),
    [
        ("食品经营许可怎么办", "注销呢", "食品经营许可注销"),
        ("食品经营许可怎么办", "到期了怎么办", "食品经营许可延续"),
        ("身份证丢了", "那临时的呢", "临时居民身份证申领"),
        ("身份证丢了怎么补", "那户口本呢", "居民户口簿补领、换领"),
        ("水表怎么过户", "电呢", "用电过户（更名）"),
        ("怎么办护照", "要多少钱", "普通护照签发"),
        ("普通护照签发", "在哪办", "普通护照签发"),
        ("怎么办护照", "去香港呢", "往来港澳通行证签发"),
        ("公积金怎么提取", "租房的", "租房提取住房公积金"),
        ("怎么办护照", "公租房", "公共租赁住房申请"),
        ("怎么办护照", "本人不去行吗", "普通护照签发"),
        ("怎么办护照", "需要几张照片", "普通护照签发"),
        ("怎么办护照", "那星期天呢", "普通护照签发"),
        ("怎么办护照", "要户口本吗", "普通护照签发"),
        ("用电过户怎么办", "那水的呢", "用水过户"),
        ("个体户怎么注销", "公司的呢", "企业注销登记"),
        ("公积金租房提取", "买房的呢", "购房提取住房公积金"),
        ("身份证过期了怎么换", "丢了呢", "居民身份证补领"),
        ("身份证过期了怎么换", "要是丢了怎么补", "居民身份证补领"),
    ],
)
def test_a_fragment_is_read_after_the_turn_before_it(
    index: SearchIndex, before: str, question: str, name: str
) -> None:
    assert first(index, question, before) == name


@pytest.mark.parametrize(
    "fragment", ["谢谢", "嗯嗯", "好的", "666", "饕餮", "今天天气怎么样", "哈哈"]
)
def test_what_is_no_fragment_does_not_bring_the_last_answer_back(
    index: SearchIndex, fragment: str
) -> None:
    assert first(index, fragment, "怎么办护照") is None


def test_a_new_matter_is_not_bent_by_what_was_spoken_of_before(index: SearchIndex) -> None:
    for before in NAMES:
        for question in ("怎么办护照", "社保卡怎么办理", "个体户注销", "居住证申领", "养狗"):
            assert first(index, question, before) == first(index, question), (before, question)


def test_a_whole_name_is_answered_with_its_item_unless_more_is_said(index: SearchIndex) -> None:
    for number, item in enumerate(index.items):
        said = tokens.plain(f"我想问一下{item.name}怎么办，我住青年大街12号")
        named = called_by_name(index, said, None)
        assert named is None or named[0] == number, item.name
    assert called_by_name(index, "个体工商户设立登记以后不干了怎么注销", None) is None
    assert called_by_name(index, "深圳的个体工商户设立登记", None) is None
    assert called_by_name(index, "护照", None) is None


@pytest.mark.parametrize(
    "question",
    [
        "深圳居住证怎么办",
        "在成都怎么办护照",
        "明天会下雨吗",
        "你们就是一群废物",
        "给我推荐个好吃的火锅",
        "股票今天涨了吗",
        "航天发射许可",
        "鸵鸟饲养证",
        "登记",
        "许可证",
    ],
)
def test_what_nobody_here_handles_is_no_match(index: SearchIndex, question: str) -> None:
    assert answers(index, question) == []


def test_our_own_city_and_a_journey_are_no_other_citys_business(index: SearchIndex) -> None:
    assert first(index, "沈阳居住证怎么办") == "居住证申领"
    assert first(index, "要去北京看病 医保怎么备案") == "异地就医备案"


def test_a_licence_goes_before_a_penalty_and_a_citizen_before_an_authority(
    index: SearchIndex,
) -> None:
    assert first(index, "食品经营") != "对食品经营的处罚"
    assert first(index, "社会保险登记") == "用人单位社会保险参保登记"
    assert first(index, "机关的社会保险登记") == "机关事业单位社会保险登记"


def test_of_two_that_fit_alike_the_near_the_whole_and_the_usual_one_go_first() -> None:
    near, whole = listed("风筝放飞许可", "210102000000"), listed("风筝放飞许可", complete=True)
    far = listed("风筝放飞许可", "210103000000")
    index = SearchIndex([far, near, whole], knowledge())
    question = taken_apart(index, "放风筝许可")
    assert next(each.number for each in ranked(index, question, None)) == 2
    assert [each.number for each in ranked(index, question, "210102000000")][:2] == [2, 1]


def test_a_district_named_in_the_words_is_the_region_asked_for() -> None:
    items = [listed("风筝放飞许可", code) for code in ("210102000000", "210106000000")]
    codes = {"沈阳市": "", "和平区": "210102000000", "铁西区": "210106000000"}
    index = SearchIndex(items, knowledge(), codes)

    def region(said: str, asker: str | None = None) -> str | None:
        best = _answered(index, said, 1, asker, None)[0]
        return next(each.region_code for each in items if each.item_id == best.item_id)

    assert region("铁西放风筝许可") == "210106000000"
    assert region("铁西区放风筝许可", "210102000000") == "210106000000"
    assert region("放风筝许可", "210106000000") == "210106000000"
    assert region("放风筝许可", "210102000000") == "210102000000"
    assert index.districts.named("想和平分手") is None  # 和平 is a word of its own
    assert index.districts.named("和平区政务大厅") == "210102000000"


def test_an_answer_says_why(index: SearchIndex) -> None:
    question = taken_apart(index, "社保卡丢了")
    [best, *_] = ranked(index, question, None)
    assert "社会保障卡" in why(index, question, best)
    question = taken_apart(index, "居住正")
    assert "“住正”按“住证”找" in why(index, question, ranked(index, question, None)[0])


def test_staff_knowledge_goes_before_the_packaged_lines() -> None:
    staff = StaffKnowledge(
        synonyms=(("放鹞子", ("养犬登记",)), ("身份证", ()), ("开铺+皮", ("企业设立登记",))),
        stop_phrases=("劳烦您嘞",),
        foreign=("量子",),
    )
    index = SearchIndex([listed(name) for name in NAMES], knowledge(staff))
    assert first(index, "放鹞子") == "养犬登记"
    assert first(index, "开个铺 皮料") == "企业设立登记"
    assert first(index, "劳烦您嘞放鹞子") == "养犬登记"
    assert all(each.saying.parts != ("身份证",) for each in _found(staff, "身份证"))


def _found(staff: StaffKnowledge, text: str) -> list:  # type: ignore[type-arg]
    return knowledge(staff).sayings.found_in(text)


def test_every_packaged_line_is_sound() -> None:
    known = knowledge()
    for saying in known.sayings.all:
        assert saying.means, saying
        assert all(part and part == part.strip() for part in saying.parts), saying
        assert all(mean and "<" not in mean for mean in saying.means), saying
    assert len(known.sayings.all) > 5_000
    assert all(known.actions.values())
    assert known.core("我想办一张社保卡需要什么材料").replace(" ", "") == "办社保卡"
    assert "办个体户" in known.core("办个体户")


def test_no_word_of_ours_is_torn_by_what_is_left_out() -> None:
    known = knowledge()
    torn = {word: known.core(word) for word in known.sayings.words if known.core(word) != word}
    assert not [word for word, left in torn.items() if left], torn  # "" says nothing in earnest
    for said in ("网吧", "一般纳税人", "钱包没了", "开家政公司"):
        assert known.core(said) == said
    assert known.core("丢了的身份证呢") == "丢身份证"
    assert known.core("饕餮 990000199001010070") == "饕餮"


def test_what_is_to_be_brought_is_no_matter_unless_one_asks_where_to_get_it(
    index: SearchIndex,
) -> None:
    assert first(index, "办护照要提供无犯罪记录证明吗") == "普通护照签发"
    assert first(index, "单位要提供无犯罪证明 去哪开") == "无犯罪记录证明"
    assert first(index, "我准备开个火锅店") == "食品经营许可（新办）"


def test_of_sayings_inside_one_another_the_larger_is_meant() -> None:
    sayings = Sayings(
        [(("药店",), ("药品",)), (("兽药店",), ("兽药",)), (("<丢>", "卡"), ("挂失",))],
        {"丢": ("丢", "找不到")},
    )
    assert [each.saying.means for each in sayings.found_in("开兽药店")] == [("兽药",)]
    assert [each.saying.means for each in sayings.found_in("卡找不到")] == [("挂失",)]
    assert sayings.found_in("药") == []


@given(
    st.lists(st.text("办证卡丢a", min_size=1, max_size=3), max_size=6),
    st.text("办证卡丢a 。", max_size=12),
)
def test_a_word_list_finds_the_longest_words_and_leaves_the_rest(
    words: list[str], text: str
) -> None:
    known = WordList(words)
    spans = known.spans(text)
    assert all(text[start:end] in words for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert not any(word in part for word in words for part in known.without(text).split(" "))


@given(
    text=st.text(max_size=60) | st.text("开饭店办证身份丢 abc'zheng，。呢", max_size=30),
    before=st.text("开饭店办证身份 呢", max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_said_search_has_an_answer_or_none(text: str, before: str) -> None:
    index = SMALL
    found = answers(index, text, before)
    assert len(found) == len(set(found))
    assert isinstance(tokens.asked_by_sound(tokens.plain(text), {"kai", "fan", "dian"}), list)


SMALL = SearchIndex([listed(name) for name in NAMES], knowledge())


@pytest.mark.parametrize("said", ["公安局", "沈阳市公安局", "派出所", "公安局能办什么", "去公安局"])
def test_a_department_named_alone_brings_what_it_is_asked_for_most(said: str) -> None:
    made = [
        replace(listed(name), department="沈阳市公安局") for name in ("养犬登记", "普通护照签发")
    ]
    others = [
        replace(listed(name), department="沈阳市税务局") for name in ("契税申报缴纳", "发票领用")
    ]
    index = SearchIndex([*others, *made], knowledge(), ("沈阳市",))
    found = _answered(index, said, 5, None, None)
    assert {each.name for each in found} == {"养犬登记", "普通护照签发"}
    assert found[0].why == "这个部门最常办的事项"


@pytest.mark.parametrize("said", ["公安局投诉", "教育局", "公安局今天下雨吗"])
def test_a_department_beside_other_words_or_without_matters_brings_nothing(said: str) -> None:
    index = SearchIndex(
        [replace(listed("养犬登记"), department="沈阳市公安局")], knowledge(), ("沈阳市",)
    )
    assert _answered(index, said, 5, None, None) == []
