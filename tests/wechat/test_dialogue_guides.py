"""Every guide there is, and guides of any length, fit into a bubble and say what is next."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citydesk import guides
from citydesk.guides import Guide, GuideContent
from citydesk.world import World
from tests.guides.making import a_guide, code, elements
from tests.wechat.door import links
from wechat.bubbles import bubble
from wechat.guides import SECTIONS, _next, looked_up, picked, section
from wechat.messages import Message
from wechat.questions import asked
from wechat.replies import LONGEST_TEXT

ASKER = Message("gh_x", "o-asker", 1, "text", 1, "")
LEAST_GUIDES = 160


def check(bubble: str, item_code: str, verb: str) -> None:
    assert len(bubble.encode()) <= LONGEST_TEXT, (item_code, verb, len(bubble.encode()))
    onward = links(bubble)
    ways = "guides" if verb == "p" else "my/book|my/file"
    pages = len(re.findall(rf'<a href="http[^"]+/(?:{ways})/{item_code}">[^<]+</a>', bubble))
    whole = len(onward) + pages
    assert bubble.count("<a ") == bubble.count("</a>") == whole, (item_code, verb)
    assert verb in ("b", "p") or not pages
    assert onward, (item_code, verb)
    assert bubble.split("\n")[-1].startswith("第"), (item_code, verb)  # which version this is
    assert f"{verb}:{item_code}" not in onward


async def test_every_section_of_every_guide_fits_and_says_what_is_next(world: World) -> None:
    page = await guides.published_page(world, limit=100)
    items = list(page.items)
    while page.next_cursor:
        page = await guides.published_page(world, cursor=page.next_cursor, limit=100)
        items += page.items
    assert len(items) >= LEAST_GUIDES
    for item in items:
        overview = await section(world, ASKER, "g", item.code)
        check(overview, item.code, "g")
        for menu_id in links(overview):
            verb, _, of = menu_id.partition(":")
            if verb == "k":
                question = await asked(world, ASKER, of)
                assert len(question.encode()) <= LONGEST_TEXT
                assert links(question)
                continue
            assert of == item.code
            if verb == "c":  # asking the departments: test_consultations.py
                continue
            text = await section(world, ASKER, verb, of)
            check(text, item.code, verb)
            assert len(text.split("\n")) >= 5


async def test_every_guide_is_found_by_its_name_in_a_bubble_that_fits(world: World) -> None:
    page = await guides.published_page(world, limit=100)
    for item in page.items:
        answer = await looked_up(world, ASKER, item.name)
        assert len(answer.encode()) <= LONGEST_TEXT
        assert links(answer)
        assert answer.count("<a ") == answer.count("</a>")


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")))


def words(longest: int) -> st.SearchStrategy[str]:
    return WORDS.map(lambda text: (text * longest)[:longest].strip()).map(lambda text: text or "例")


@st.composite
def of_any_length(draw: st.DrawFn) -> GuideContent:
    base = elements()
    many = draw(st.integers(1, 60))
    material = base["materials"][0]
    return a_guide(
        name=draw(words(290)) + "许可",
        materials=[
            {**material, "code": f"m{n}", "name": f"{n}{draw(words(380))}"} for n in range(many)
        ],
        acceptance_conditions=[draw(words(4000))] * draw(st.integers(1, 30)),
        faqs=[{"question": draw(words(400)), "answer": draw(words(4000))}]
        * draw(st.integers(0, 9)),
        places=[{"hall": "shenhe", "windows": draw(words(400))}],
    )


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_a_guide_of_any_length_is_cut_where_it_must_be(data: st.DataObject) -> None:
    content = data.draw(of_any_length())
    guide = Guide(
        id=UUID(int=1),
        item_id=UUID(int=2),
        code=code(),
        name=content.name,
        department="示例局",
        content=content,
        version_no=1,
        content_hash="0" * 64,
        as_of=datetime(2026, 3, 2, tzinfo=UTC),
    )
    for verb in ("g", *SECTIONS):
        lines = [f"【{guide.name}】", *[m.name for m in content.materials]]
        check(bubble(lines, _next(guide, but=verb), guide), guide.code, verb)


@pytest.mark.parametrize("verb", [*SECTIONS, "g"])
async def test_the_longest_guide_that_can_be_published_is_shown(world: World, verb: str) -> None:
    long = "很长" * 150
    material = elements()["materials"][0]
    content = a_guide(
        name=long,
        materials=[{**material, "code": f"m{n}", "name": f"{n}{long}"} for n in range(60)],
        acceptance_conditions=[long * 13] * 30,
        faqs=[{"question": long, "answer": long * 13}] * 30,
        process_links=[{"name": long[:120], "unit": "窗口"}] * 20,
        places=[{"hall": "shenhe", "windows": long}],
        has_fee=True,
        fees=[{"name": long, "standard": long, "basis": long}] * 20,
    )
    await guides.publish(world, content)
    text = await section(world, ASKER, verb, code())
    check(text, code(), verb)
    assert ("全部请在小程序里看" in text) is (verb != "b")


async def test_a_number_shown_with_money_is_in_yuan(world: World) -> None:
    fee = {"name": "工本费", "standard": "每本", "amount_fen": 1050, "basis": "示例"}
    await guides.publish(world, a_guide(has_fee=True, fees=[fee]))
    text = await section(world, ASKER, "g", code())
    assert "工本费10.50元" in text or "工本费10.5元" in text


async def test_an_item_whose_code_no_link_can_carry_is_picked_by_its_number(world: World) -> None:
    names = [f"示例风筝放飞备案第{each}类" for each in "甲乙"]
    codes = ["风筝 1（甲）", "K" * 80]
    rows = [
        guides.ListRow(str(number), "kites", "示例风筝局", "", name, odd, "")
        for number, (name, odd) in enumerate(zip(names, codes, strict=True))
    ]
    await guides.import_list(world, rows)
    await guides.refresh(world)
    shown = await looked_up(world, ASKER, "风筝放飞备案")
    assert all(name in shown for name in names)
    picked_names = {
        line for n in (1, 2) for line in (await picked(world, ASKER, n)).splitlines()[:1]
    }
    assert picked_names == {f"【{name}】" for name in names}
