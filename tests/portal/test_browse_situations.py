"""情形引导 on the pages and in the API: ends in who, where, how, and only one's own materials."""

import re

import pytest

from citydesk import guides
from citydesk.kit import sql
from citydesk.world import World
from tests.city import planted
from tests.guides.asking import an_asking_guide
from tests.guides.making import a_guide, code
from tests.people import Outside, Phone
from tests.portal.conftest import Surfer
from tests.portal.phone import named, proof
from tests.portal.test_editors import officer

ASK = f"/guides/{code()}/questions"


@pytest.fixture(autouse=True)
async def published(world: World) -> None:
    await guides.publish(world, an_asking_guide())


async def test_a_question_a_page_ends_in_who_where_how_and_ones_own_materials(
    surfer: Surfer,
) -> None:
    assert f'href="{ASK}"' in (await surfer.get(f"/guides/{code()}")).text
    first = (await surfer.get(ASK)).text
    assert "谁来放风筝？" in first
    assert first.count('type="radio"') == 3
    assert "请先选一项" in (await surfer.get(f"{ASK}?shown=who")).text
    second = (await surfer.get(f"{ASK}?shown=who&q.who=group")).text
    assert "手上有哪些？" in second
    assert second.count('type="checkbox"') == 3
    assert 'name="q.who" value="group"' in second  # carried on, without a script
    assert f'href="{ASK}">上一步' in second
    result = (await surfer.get(f"{ASK}?q.who=group&q.have=letter&q.have=insurance")).text
    for words in ("集体放飞", "谁来办", "去哪办", "怎么办", "只要带这些（2 样）", "单位证明"):
        assert words in result
    assert "安全说明" not in result
    assert re.search(r'href="/my/file/[^"]+\?q\.who=group&amp;q\.have=letter', result)
    alone = (await surfer.get(f"{ASK}?q.who=self")).text
    assert "只要带这些（1 样）" in alone
    stopped = (await surfer.get(f"{ASK}?q.who=bird")).text
    assert "养鸟不用许可" in stopped
    assert "/my/file/" not in stopped


@pytest.mark.parametrize(
    "twisted", ["q.who=emperor", "q.who=self&q.who=group", "q.nobody=x", "v=07", "q.=&q.who="]
)
async def test_an_answer_that_does_not_fit_begins_again(surfer: Surfer, twisted: str) -> None:
    page = await surfer.get(f"{ASK}?{twisted}")
    assert page.status in (200, 303)
    if page.status == 303:
        assert page.headers["location"] == ASK


async def test_a_guide_that_asks_nothing_leads_to_its_materials(
    surfer: Surfer, world: World
) -> None:
    await guides.publish(world, a_guide(item_code=code(2), name="另一个示例事项"))
    page = await surfer.get(f"/guides/{code(2)}/questions")
    assert page.headers["location"] == f"/guides/{code(2)}#bring"


async def test_the_situation_goes_on_into_booking_and_filing(
    world: World, surfer: Surfer, outside: Outside
) -> None:
    await named(world, surfer, outside)
    told = "q.who=group&q.have=none"
    book = (await surfer.get(f"/my/book/{code()}?hall=shenhe&{told}")).text
    assert 'name="q.have" value="none"' in book
    start = await surfer.get(f"/my/file/{code()}?{told}")
    assert 'name="q.who" value="group"' in start.text
    fields = {"q.who": "group", "q.have": "none"}
    begun = await surfer.post(
        f"/my/file/{code()}", csrf=proof(start), act="start", hall="shenhe", **fields
    )
    papers = (await surfer.get(f"{begun.headers['location']}&step=papers")).text
    assert "集体放飞" in papers
    assert "安全说明" in papers
    mine = (await surfer.get(f"/my/situation/{code()}")).text
    assert "只要带这些（3 样）" in mine
    again = await surfer.get(begun.headers["location"] + "&q.who=self")
    saved = await surfer.post(
        f"/my/file/{code()}",
        **{"csrf": proof(again), "act": "save", "q.who": "self"},
        case=begun.headers["location"].partition("case=")[2],
    )
    assert saved.status == 303
    papers = (await surfer.get(f"{begun.headers['location']}&step=papers")).text
    assert "安全说明" not in papers
    assert "单位证明" not in papers
    assert "风筝照片" in papers


async def test_what_was_told_is_sealed_and_nobody_elses(
    world: World, surfer: Surfer, outside: Outside
) -> None:
    await named(world, surfer, outside)
    missing = await surfer.get(f"/my/situation/{code()}")
    assert missing.status == 404
    start = await surfer.get(f"/my/file/{code()}?q.who=self")
    await surfer.post(
        f"/my/file/{code()}", **{"csrf": proof(start), "act": "start", "hall": "shenhe"}
    )
    assert await sql.value("SELECT count(*) FROM told_situation") == 0  # nothing was carried
    await surfer.post(
        f"/my/file/{code()}",
        **{"csrf": proof(start), "act": "save", "q.who": "self"},
        case=(await surfer.get(f"/my/file/{code()}")).text.partition('name="case" value="')[2][:36],
    )
    sealed = await sql.value("SELECT answers_sealed FROM told_situation")
    assert b"self" not in bytes(sealed)


async def test_the_app_asks_the_same_and_gets_the_same(phone: Phone) -> None:
    shown = (await phone.get(f"/guides/{code()}/questions")).ok()
    assert [each["key"] for each in shown["questions"]] == ["who", "have"]
    assert shown["questions"][1]["when"] == {"who": ["group"]}
    path = f"/guides/{code()}/guidance"
    first = (await phone.post(path, {})).ok()
    assert (first["complete"], first["next_question"]["key"]) == (False, "who")
    assert [each["name"] for each in first["possible"]] == ["单位证明", "安全说明"]
    last = (await phone.post(path, {"answers": {"who": ["group"], "have": ["letter"]}})).ok()
    assert last["complete"] is True
    assert last["situation"] == "集体放飞"
    assert [each["code"] for each in last["materials"]] == ["m01", "m02"]
    assert last["hash8"] == shown["hash8"]
    wrong = await phone.post(path, {"answers": {"who": ["emperor"]}})
    assert wrong.status == 422
    (await phone.ask("PUT", f"/guides/{code()}/my-situation", json={})).refused(401, "unidentified")


async def test_forms_to_print_and_a_sample_of_the_result_are_there(
    surfer: Surfer, world: World
) -> None:
    base = an_asking_guide().model_dump(mode="json")["materials"][0]
    blank = {"name": "申请表", "href": f"/guides/{code()}/papers/m01"}
    await guides.publish(world, an_asking_guide(materials=[{**base, "blank_form": blank}]))
    form = await surfer.get(f"/guides/{code()}/papers/m01")
    assert form.status == 200
    assert "风筝名称" in form.text
    assert "申请人签字" in form.text
    result = (await surfer.get(f"/guides/{code()}/papers/result")).text
    assert "样　本" in result
    assert "风筝放飞证" in result
    assert (await surfer.get(f"/guides/{code()}/papers/m99")).status == 404


async def test_a_region_that_says_something_of_its_own_can_be_chosen(
    world: World, surfer: Surfer, phone: Phone
) -> None:
    await planted(world)
    editor = await officer(world, "bianji")
    region = "210103000000"
    claimed = await guides.claim(world, editor, code(), region)
    assert "您在哪里办" not in (await surfer.get(f"/guides/{code()}")).text
    phones = {"consult_phone": "024-00000777"}
    await guides.override(world, editor, code(), region, phones, claimed.row_version)
    page = (await surfer.get(f"/guides/{code()}")).text
    assert "您在哪里办" in page
    assert "024-00000777" not in page
    there = (await surfer.get(f"/guides/{code()}?region={region}")).text
    assert "024-00000777" in there
    assert "咨询电话和全市通用的不一样" in there
    for nowhere in ("x", "999999", "210103"):
        assert (await surfer.get(f"/guides/{code()}?region={nowhere}")).status == 200
    city = (await phone.get(f"/guides/{code()}")).ok()
    own = (await phone.get(f"/guides/{code()}", region=region)).ok()
    assert (own["overridden"], city["overridden"]) == (["consult_phone"], [])
    assert own["hash8"] != city["hash8"]
