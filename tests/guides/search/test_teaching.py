"""Staff teach the search: with a reason, seen beforehand, in force at once, taken back at will."""

from uuid import uuid4

import pytest

from citydesk import guides
from citydesk.guides import LineKind
from citydesk.guides.search import shelf
from citydesk.guides.search.question import taken_apart
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.guides.search.teaching import FOOD, an_officer, first, teach


@pytest.fixture
async def editor(world: World) -> Officer:
    return await an_officer(world)


async def test_every_kind_of_line_changes_what_is_found_and_is_taken_back(
    world: World, editor: Officer, clock: SetClock
) -> None:
    food = (await guides.search(world, FOOD, 1))[0].code
    for kind, phrase, more, said, found in (
        ("synonym", "鼓捣饕餮", {"means": "食品经营许可(新办)"}, "我想鼓捣饕餮", FOOD),
        ("label", "摆弄魑魅", {"item_code": food}, "摆弄魑魅", FOOD),
    ):
        before = await first(world, said)
        assert before != found
        await teach(world, editor, kind, phrase, **more)
        assert await first(world, said) == found
        [line, *_] = (await guides.knowledge_lines(world, editor)).items
        assert (line.phrase, line.kind, line.reason, line.added_by, line.added_at) == (
            phrase,
            kind,
            "测试",
            "bianji",
            clock.now(),
        )
        assert line.in_force
        clock.move(minutes=1)
        await guides.undo_line(world, editor, line.id)
        await guides.refresh(world)
        assert await first(world, said) == before
        undone = await guides.knowledge_line(world, editor, line.id)
        assert (undone.undone_by, undone.undone_at) == ("bianji", clock.now())
        with pytest.raises(guides.NoSuchLine):
            await guides.undo_line(world, editor, line.id)


async def test_a_word_that_is_not_ours_is_weighed_against_a_guide(
    world: World, editor: Officer
) -> None:
    said = "饕餮护照"
    plain = taken_apart(await shelf.current(world), said)
    await teach(world, editor, "not_ours", "饕餮")
    assert taken_apart(await shelf.current(world), said).foreign > plain.foreign == 0


async def test_a_stop_phrase_says_nothing_any_more(world: World, editor: Officer) -> None:
    assert await first(world, "唠五毛钱的量子嗑呗") == ""
    none = await guides.nothing_found(world, "唠五毛钱的量子嗑")
    assert none.reason is guides.Reason.UNKNOWN
    await teach(world, editor, "stop_phrase", "唠五毛钱的量子嗑")
    none = await guides.nothing_found(world, "唠五毛钱的量子嗑")
    assert none.reason is guides.Reason.UNCLEAR


async def test_a_packaged_saying_is_switched_off(world: World, editor: Officer) -> None:
    [(phrase, means), *_] = guides.packaged_sayings("开饭店")
    assert phrase == "开饭店"
    assert means
    with pytest.raises(guides.UnfitLine):
        await guides.proposed_line(world, "synonym", "没有这个说法")
    await teach(world, editor, "synonym", phrase)
    staff = (await guides.knowledge_lines(world, editor, said="饭店")).items
    assert [(line.phrase, line.means) for line in staff] == [(phrase, ())]


@pytest.mark.parametrize(
    ("kind", "phrase", "more", "field"),
    [
        ("king", "开饭店", {}, "kind"),
        ("life_event", "开饭店", {}, "kind"),
        ("synonym", "开", {"means": "食品经营许可"}, "phrase"),
        ("synonym", "开" * 41, {"means": "食品经营许可"}, "phrase"),
        ("synonym", "开=店", {"means": "食品经营许可"}, "phrase"),
        ("synonym", "开店+", {"means": "食品经营许可"}, "phrase"),
        ("label", "开+店", {}, "phrase"),
        ("synonym", "鼓捣饕餮", {"means": " | "}, "means"),
        ("synonym", "鼓捣饕餮", {"means": "一个|两个|三个|四个|五个|六个"}, "means"),
        ("synonym", "鼓捣饕餮", {"means": "长" * 61}, "means"),
        ("label", "鼓捣饕餮", {"item_code": "nowhere"}, "item_code"),
        ("stop_phrase", "<店>", {}, "phrase"),
    ],
)
async def test_a_line_that_cannot_be_is_refused_by_its_field(
    world: World, kind: str, phrase: str, more: dict[str, str], field: str
) -> None:
    with pytest.raises(guides.UnfitLine) as refused:
        await guides.proposed_line(world, kind, phrase, **more)
    assert field in [each["field"] for each in refused.value.facts["errors"]]


async def test_a_line_needs_a_reason_and_stands_once(world: World, editor: Officer) -> None:
    line = await guides.proposed_line(world, "synonym", "鼓捣饕餮", "食品经营许可")
    for reason in ("", " \n", "长" * 201):
        with pytest.raises(guides.UnfitLine):
            await guides.add_line(world, editor, line, reason)
    await guides.add_line(world, editor, line, "测试")
    with pytest.raises(guides.AlreadyKnown):
        await guides.add_line(world, editor, line, "测试")
    with pytest.raises(guides.NoSuchLine):
        await guides.knowledge_line(world, editor, uuid4())
    assert len((await guides.knowledge_lines(world, editor, LineKind.SYNONYM)).items) == 1
    assert not (await guides.knowledge_lines(world, editor, LineKind.LABEL)).items


async def test_a_trial_shows_what_would_change_and_changes_nothing(
    world: World, editor: Officer
) -> None:
    food = (await guides.search(world, FOOD, 1))[0]
    for said, times in (("鼓捣饕餮", 3), ("弹琉璃球", 1)):
        for _ in range(times):
            guides.note_unanswered(world, said, "wechat", guides.Reason.UNKNOWN)
    await guides.write_down(world)
    line = await guides.proposed_line(world, "label", "鼓捣饕餮", item_code=food.code)
    trial = await guides.tried(world, editor, line)
    [change] = trial.answered
    assert (change.words, change.times, change.before) == ("鼓捣饕餮", 3, None)
    assert change.after is not None
    assert change.after.name == FOOD
    assert (trial.asked, trial.changes, trial.lost, trial.changed) == (2, 1, [], [])
    assert trial.probes > 400
    assert trial.harmed == []
    assert await first(world, "鼓捣饕餮") == ""  # nothing was put in force
    await teach(world, editor, "label", "鼓捣饕餮", item_code=food.code)
    [kept] = (await guides.knowledge_lines(world, editor)).items
    back = await guides.tried(world, editor, without=kept.id)
    assert [(each.words, each.after) for each in back.lost] == [("鼓捣饕餮", None)]


async def test_a_trial_warns_of_what_would_be_answered_wrong(world: World, editor: Officer) -> None:
    line = await guides.proposed_line(world, "stop_phrase", "护照")
    trial = await guides.tried(world, editor, line)
    assert "护照" in "".join(each.words for each in trial.harmed)


async def test_life_events_are_staffs_to_write(world: World, editor: Officer) -> None:
    before = await guides.life_events(world)
    codes = before[0].item_codes
    write = guides.write_life_event
    await write(world, editor, before[0].event, "生娃", "恭喜", codes[:1], "更好懂")
    await write(world, editor, "", "搬新家", "", [*codes[:2], ""], "常有人问")
    changed = await guides.life_events(world)
    assert (changed[0].title, changed[0].item_codes) == ("生娃", codes[:1])
    assert (changed[-1].event, changed[-1].item_codes) == ("banxinjia", codes[:2])
    await guides.refresh(world)
    assert (await guides.search(world, "搬新家", 1))[0].code in codes[:2]
    event, entries = await guides.life_event(world, "banxinjia")
    assert [each.code for each in entries] == list(event.item_codes)
    await write(world, editor, before[0].event, "生娃", "", [], "不再显示")
    assert before[0].event not in [each.event for each in await guides.life_events(world)]
    [newest, *_] = (await guides.knowledge_lines(world, editor, LineKind.LIFE_EVENT)).items
    await guides.undo_line(world, editor, newest.id)
    assert (await guides.life_events(world))[: len(before)] == before
    for event, title, told, field in (
        ("", "搬", codes[:1], "title"),
        ("", "搬家", [], "item_codes"),
        ("", "搬家", ["nowhere"], "item_codes"),
        ("", "搬家", list(map(str, range(30))), "item_codes"),
        ("nowhere", "搬家", codes[:1], "event"),
    ):
        with pytest.raises(guides.UnfitLine) as refused:
            await write(world, editor, event, title, "", told, "测试")
        assert field in [each["field"] for each in refused.value.facts["errors"]]


async def test_what_was_taught_is_not_lost_to_a_faulty_line(world: World, editor: Officer) -> None:
    """Whatever lies in the table, an index is built."""
    await teach(world, editor, "synonym", "鼓捣+饕餮", means="没有任何事项叫这个")
    assert await first(world, "饕餮怎么鼓捣") == ""
    assert await first(world, FOOD) == FOOD
    assert await sql.value("SELECT count(*) FROM knowledge_line") == 1
