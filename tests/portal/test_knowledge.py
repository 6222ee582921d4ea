"""The editors' pages: unanswered questions, one tap to teach, what it would change, and undoing."""

import re

import pytest

from citydesk import guides
from citydesk.guides.search import trials
from citydesk.kit import sql
from citydesk.world import World
from tests.guides.search.teaching import FOOD, first
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk, sample

LINES, QUESTIONS, EVENTS = "/editors/knowledge", "/editors/questions", "/editors/life-events"


@pytest.fixture(autouse=True)
def few_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What all of them find out is tested at the desk; here the names alone will do."""
    monkeypatch.setattr(trials, "MOST_PROBES", 160)


@pytest.fixture
async def desk(world: World, surfer: Surfer) -> Desk:
    """A browser in which somebody who may teach the search is signed in."""
    return await sample(world, Desk(surfer), "guanli")


def forms(html: str) -> list[dict[str, str]]:
    """The hidden fields of each form of a page."""
    return [
        dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        for form in re.findall(r"<form.*?</form>", html, re.S)
    ]


async def asked(world: World, *words: str) -> None:
    for said in words:
        guides.note_unanswered(world, said, "portal", guides.Reason.UNKNOWN)
    await guides.write_down(world)


async def test_only_editors_come_in(world: World, surfer: Surfer) -> None:
    other = Desk(surfer)
    for path in (LINES, QUESTIONS, EVENTS):
        assert (await surfer.get(path)).status == 303
    for login in ("qiantai", "houtai", "chujian"):
        await sample(world, other, login)
        for path in (LINES, f"{LINES}/new", QUESTIONS, EVENTS, f"{EVENTS}/new"):
            assert (await surfer.get(path)).status == 403
        told = await other.send(f"{LINES}/new", proof_from="/desk/posts", action="try")
        assert told.status == 403
        await other.out()


async def test_one_tap_on_a_question_teaches_the_search(world: World, desk: Desk) -> None:
    for _ in range(3):
        assert (await desk.surfer.get("/guides?q=鼓捣饕餮 100 1234 5678")).status == 200
    await desk.surfer.get("/guides?q=今天下雨吗")
    await guides.write_down(world)
    page = await desk.shown(QUESTIONS)
    assert "鼓捣饕餮 〔号码〕" in page
    assert "5678" not in page
    assert "3 次" in page
    assert "今天下雨吗" not in page
    assert "今天下雨吗" in await desk.shown(f"{QUESTIONS}?tab=talk")
    [at] = set(re.findall(rf'href="({QUESTIONS}/[0-9a-f-]+)"', page))
    looked = await desk.shown(f"{at}?q=食品经营许可新办")
    tap = next(each for each in forms(looked) if each.get("kind") == "label")
    item = await guides.entry(world, tap["item_code"])
    assert item.name == FOOD
    tried = await desk.send(at, **{name: tap[name] for name in tap if name != "csrf"})
    assert tried.status == 200
    assert "原来没有答案，改后有（1）" in tried.text
    assert await first(world, "鼓捣饕餮") == ""
    confirm = next(each for each in forms(tried.text) if each.get("action") == "confirm")
    assert (confirm["phrase"], confirm["harmed"]) == (tap["phrase"], "0")
    done = await desk.surfer.post(at, **confirm)
    assert done.status == 303
    assert "现在能答了" in await desk.shown(QUESTIONS)
    assert await first(world, "鼓捣饕餮") == FOOD
    assert "鼓捣饕餮" not in await desk.shown(QUESTIONS)
    assert (await desk.surfer.get(at)).status == 404


async def test_a_line_that_harms_takes_a_second_thought(world: World, desk: Desk) -> None:
    new = {"kind": "stop_phrase", "phrase": "结婚登记", "reason": "测试"}
    tried = await desk.send(f"{LINES}/new", action="try", **new)
    assert "本来答对，会答错" in tried.text
    confirm = next(each for each in forms(tried.text) if each.get("action") == "confirm")
    again = await desk.surfer.post(f"{LINES}/new", **confirm)
    assert again.status == 422
    assert "请先看过" in again.text
    assert await sql.value("SELECT count(*) FROM knowledge_line") == 0
    assert (await desk.surfer.post(f"{LINES}/new", **confirm, sure="yes")).status == 303
    assert await sql.value("SELECT count(*) FROM knowledge_line") == 1


async def test_a_line_is_written_read_and_undone(world: World, desk: Desk) -> None:
    new = {"kind": "synonym", "phrase": "鼓捣饕餮", "means": FOOD, "reason": "常有人这样说"}
    wrong = await desk.send(f"{LINES}/new", action="try", **{**new, "phrase": "<"})
    assert wrong.status == 422
    assert 'role="alert"' in wrong.text
    assert 'value="常有人这样说"' in wrong.text
    tried = await desk.send(f"{LINES}/new", action="try", **new)
    confirm = next(each for each in forms(tried.text) if each.get("action") == "confirm")
    unreasoned = await desk.surfer.post(f"{LINES}/new", **{**confirm, "reason": ""})
    assert unreasoned.status == 422
    assert (await desk.surfer.post(f"{LINES}/new", **confirm)).status == 303
    assert (await desk.surfer.post(f"{LINES}/new", **confirm)).status == 409
    page = await desk.shown(LINES)
    for word in ("鼓捣饕餮", "常有人这样说", "guanli", "在用", "同义说法"):
        assert word in page
    assert "鼓捣饕餮" not in await desk.shown(f"{LINES}?kind=label")
    assert "鼓捣饕餮" in await desk.shown(f"{LINES}?kind=synonym&q=饕餮")
    assert "系统自带的说法里有“开饭店”的" in await desk.shown(f"{LINES}?q=开饭店")
    [at] = set(re.findall(rf'href="({LINES}/[0-9a-f-]+)"', page))
    assert "撤销它，会改变什么" in await desk.shown(at)
    assert (await desk.surfer.post(at)).status == 403  # no proof
    assert (await desk.send(at)).status == 303
    assert "已撤销" in await desk.shown(LINES)
    assert "撤销这一条" not in await desk.shown(at)


async def test_a_question_is_put_aside_or_found_not_ours(world: World, desk: Desk) -> None:
    await asked(world, "鼓捣饕餮", "摆弄魑魅")
    page = await desk.shown(QUESTIONS)
    one, two = re.findall(rf'href="({QUESTIONS}/[0-9a-f-]+)"', page)
    assert (await desk.send(one, action="aside")).status == 303
    assert (await desk.send(two, action="try", kind="synonym", phrase="")).status == 422
    looked = await desk.shown(two)
    other = next(each for each in forms(looked) if each.get("kind") == "not_ours")
    tried = await desk.surfer.post(two, **other)
    confirm = next(each for each in forms(tried.text) if each.get("action") == "confirm")
    assert (await desk.surfer.post(two, **confirm)).status == 303
    assert "还是没有答案" in await desk.shown(QUESTIONS)
    left = set(re.findall(rf'href="({QUESTIONS}/[0-9a-f-]+)"', await desk.shown(QUESTIONS)))
    assert left == {two}


async def test_life_events_are_written_and_seen_by_citizens(world: World, desk: Desk) -> None:
    code = (await guides.search(world, FOOD, 1))[0].code
    page = await desk.shown(EVENTS)
    assert "添加一件" in page
    new = {"title": "开小店", "note": "兑店也算", "item_codes": code, "reason": "常有人问"}
    for name, value in (("title", ""), ("item_codes", "nowhere"), ("reason", "")):
        told = await desk.send(f"{EVENTS}/new", **{**new, name: value})
        assert told.status == 422
        assert 'role="alert"' in told.text
    assert (await desk.send(f"{EVENTS}/new", **new)).status == 303
    assert "开小店" in (await desk.surfer.get("/life-events")).text
    assert FOOD in (await desk.surfer.get("/life-events/kaixiaodian")).text
    at = f"{EVENTS}/kaixiaodian"
    assert code in await desk.shown(at)
    assert (await desk.send(at, **{**new, "title": "开大店"})).status == 303
    assert "开大店" in (await desk.surfer.get("/life-events")).text
    assert "人生大事" in await desk.shown(LINES)
    gone = await desk.send(at, **{**new, "item_codes": ""})
    assert gone.status == 303
    assert (await desk.surfer.get("/life-events/kaixiaodian")).status == 404


async def test_what_is_not_there_is_not_there(desk: Desk) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for path in (LINES, QUESTIONS):
        for which in ("x", nobody, "%00"):
            assert (await desk.surfer.get(f"{path}/{which}")).status == 404
    assert (await desk.surfer.get(f"{EVENTS}/nothing")).status == 404
    assert (await desk.surfer.get(f"{LINES}?cursor=x")).status == 422
    assert (await desk.surfer.get(f"{QUESTIONS}?cursor=x")).status == 422
