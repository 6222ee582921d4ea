"""Questions without an answer: masked, sealed, kept for 30 days, alike ones together."""

from collections.abc import Sequence

import pytest
from asyncpg import UndefinedTableError
from hypothesis import given
from hypothesis import strategies as st

from citydesk import guides
from citydesk.guides.search.masking import NAME, NUMBER, masked_words
from citydesk.guides.search.unanswered import MOST_WAITING, Notebook, alike
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.refusals import Invalid
from citydesk.world import World
from tests.guides.search.teaching import an_officer, teach

ID_NO = "99000019900101007X"
PHONE = "10012345678"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"我的身份证{ID_NO}丢了", f"我的身份证{NUMBER}丢了"),
        ("电话 100-1234-5678 能查吗", f"电话 {NUMBER} 能查吗"),
        ("１００１２３４５６７８", NUMBER),
        ("幺零零 幺二三四 五六七八", NUMBER),
        ("9900 0019 9001 0100 7X", NUMBER),
        ("护照E12345678过期", f"护照{NUMBER}过期"),
        ("车牌辽A12345年检", f"车牌{NUMBER}年检"),
        ("发到a.b@example.com", f"发到{NUMBER}"),
        ("我叫王小明想办护照", f"我叫{NAME}想办护照"),
        ("姓名：张三", f"姓名:{NAME}"),
        ("六年免检2026年3月领12345", "六年免检2026年3月领12345"),
        ("我是外地人想改姓名", "我是外地人想改姓名"),
    ],
)
def test_what_names_a_person_is_masked(said: str, kept: str) -> None:
    assert masked_words(said) == kept


SEPARATORS = st.sampled_from(["", " ", "-", "－", "．", " - "])
NUMERALS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))


@given(
    number=st.from_regex(r"1[0-9]{10}|990[0-9]{14}[0-9X]", fullmatch=True),
    gaps=st.lists(SEPARATORS, min_size=18, max_size=18),
    chinese=st.booleans(),
    around=st.tuples(
        st.text("办证的在哪 ，。", max_size=8), st.text("办证的在哪 ，。", max_size=8)
    ),
)
def test_no_way_of_writing_a_number_survives(
    number: str, gaps: Sequence[str], chinese: bool, around: tuple[str, str]
) -> None:
    digits = [NUMERALS.get(each, each) if chinese else each for each in number]
    written = "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False))
    kept = masked_words(around[0] + written + around[1])
    assert not any(each in kept for each in digits)


async def test_alike_questions_are_one_line_with_a_count(world: World, clock: SetClock) -> None:
    officer = await an_officer(world)
    unknown = guides.Reason.UNKNOWN
    for said in ("量子飞船驾照", "量子飞船驾照怎么办", "请问量子飞船驾招怎么办？"):
        guides.note_unanswered(world, said, "wechat", unknown)
    guides.note_unanswered(world, "量子飞船驾照", "portal", unknown)
    guides.note_unanswered(world, f"{ID_NO} 时光机", "api", unknown)
    assert await guides.write_down(world) == 5
    clock.move(days=1)
    guides.note_unanswered(world, "量子飞船驾照", "wechat", unknown)
    assert await guides.write_down(world) == 1
    ship, machine = (await guides.unanswered_questions(world, officer)).items
    assert (ship.words, ship.times, ship.wordings) == ("量子飞船驾照", 5, 3)
    assert ship.channels == ("portal", "wechat")
    assert ship.last_at == clock.now()
    assert (machine.words, machine.times, machine.channels) == (f"{NUMBER} 时光机", 1, ("api",))
    near = await guides.unanswered_question(world, officer, ship.id)
    assert near.wordings[0] == ("量子飞船驾照", 3)
    assert sorted(words for words, _ in near.wordings)[0] == "请问量子飞船驾招怎么办?"
    first = await guides.unanswered_questions(world, officer, limit=1)
    assert first.items == [ship]
    rest = await guides.unanswered_questions(world, officer, cursor=first.next_cursor, limit=1)
    assert (rest.items, rest.next_cursor) == ([machine], None)
    with pytest.raises(Invalid):
        await guides.unanswered_questions(world, officer, cursor="x")


async def test_nothing_readable_lies_in_the_table(world: World) -> None:
    guides.note_unanswered(world, f"量子飞船 {PHONE}", "wechat", guides.Reason.UNKNOWN)
    await guides.write_down(world)
    kept = await sql.row("SELECT * FROM unanswered_question")
    assert kept is not None
    raw = b"|".join(bytes(each) for each in kept.values() if isinstance(each, bytes))
    told = "|".join(str(each) for each in kept.values() if isinstance(each, str))
    assert "量子".encode() not in raw
    assert "量子" not in told
    assert PHONE not in told


async def test_questions_are_forgotten_after_thirty_days(world: World, clock: SetClock) -> None:
    officer = await an_officer(world)
    guides.note_unanswered(world, "量子飞船", "wechat", guides.Reason.UNKNOWN)
    await guides.write_down(world)
    [kept] = (await guides.unanswered_questions(world, officer)).items
    clock.move(days=30)
    assert await guides.forget_old_questions(world) == 0
    assert (await guides.unanswered_questions(world, officer)).items
    clock.move(days=1)
    assert not (await guides.unanswered_questions(world, officer)).items
    with pytest.raises(guides.NoSuchQuestion):
        await guides.unanswered_question(world, officer, kept.id)
    assert await guides.forget_old_questions(world) == 1
    assert await sql.value("SELECT count(*) FROM unanswered_question") == 0


async def test_what_is_put_aside_comes_back_when_it_is_asked_again(world: World) -> None:
    officer = await an_officer(world)
    guides.note_unanswered(world, "量子飞船", "wechat", guides.Reason.UNKNOWN)
    guides.note_unanswered(world, "今天下雨吗", "wechat", guides.Reason.WEATHER)
    await guides.write_down(world)
    [ship] = (await guides.unanswered_questions(world, officer)).items
    [rain] = (await guides.unanswered_questions(world, officer, guides.SMALL_TALK)).items
    assert await guides.unanswered_counts(world, officer) == {
        guides.Reason.UNKNOWN: 1,
        guides.Reason.WEATHER: 1,
    }
    await guides.put_aside(world, officer, ship.id)
    assert not (await guides.unanswered_questions(world, officer)).items
    with pytest.raises(guides.NoSuchQuestion):
        await guides.put_aside(world, officer, ship.id)
    guides.note_unanswered(world, "量子飞船", "wechat", guides.Reason.UNKNOWN)
    await guides.write_down(world)
    [again] = (await guides.unanswered_questions(world, officer)).items
    assert (again.words, again.times) == ("量子飞船", 2)
    assert rain.reason is guides.Reason.WEATHER


async def test_only_editors_read_what_people_asked(world: World) -> None:
    other = await an_officer(world, Role.FRONT_DESK)
    for asking in (
        guides.unanswered_questions(world, other),
        guides.unanswered_counts(world, other),
        guides.unanswered_question(world, other, other.post_id),
        guides.put_aside(world, other, other.post_id),
        guides.tried(world, other),
        guides.knowledge_lines(world, other),
        guides.undo_line(world, other, other.post_id),
        teach(world, other, "stop_phrase", "唠嗑"),
    ):
        with pytest.raises(guides.NotAnEditor):
            await asking


async def test_a_flood_of_questions_stays_bounded(world: World) -> None:
    for number in range(2 * MOST_WAITING):
        guides.note_unanswered(
            world, f"量子{chr(0x4E00 + number)}飞船", "wechat", guides.Reason.CHAT
        )
    assert len(world.kept(Notebook).waiting) == MOST_WAITING
    for blank in ("", " \n", "\0"):
        guides.note_unanswered(world, blank, "wechat", guides.Reason.CHAT)
    guides.note_unanswered(world, "长" * 5000, "wechat", guides.Reason.CHAT)
    assert await guides.write_down(world) == MOST_WAITING


def test_what_is_alike_is_so_by_what_is_telling() -> None:
    assert alike("量子飞船驾照") == alike("我想办量子飞船驾照需要什么材料") == alike("量子飞船驾赵")
    assert alike("量子飞船驾照") != alike("量子飞船牌照")
    assert alike("？？") != ""


async def test_what_could_not_be_written_is_written_later(world: World) -> None:
    guides.note_unanswered(world, "饕餮", "wechat", guides.Reason.UNKNOWN)
    await sql.run("ALTER TABLE unanswered_question RENAME TO gone")
    with pytest.raises(UndefinedTableError):
        await guides.write_down(world)
    guides.note_unanswered(world, "魑魅", "wechat", guides.Reason.UNKNOWN)
    await sql.run("ALTER TABLE gone RENAME TO unanswered_question")
    assert await guides.write_down(world) == 2
    assert await guides.write_down(world) == 0
