"""A large index with a few changes made at once answers as the one built again will."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from citydesk import guides
from citydesk.guides.search import shelf
from citydesk.guides.search.amending import Amended, changes, retold
from citydesk.guides.search.answering import _answered
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.items import Listed
from citydesk.guides.search.knowledge import knowledge
from citydesk.guides.search.shelf import Shelf
from citydesk.kit import sql
from citydesk.world import World
from tests.guides.making import a_guide, code
from tests.guides.search.teaching import FOOD, an_officer, teach
from tests.guides.search.teaching import first as named

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = (
    "护照签发",
    "结婚登记",
    "食品经营许可(新办)",
    "食品经营许可注销",
    "取水许可",
    "林木采伐许可",
)


def listed(number: int, name: str, **more: object) -> Listed:
    plain = Listed(
        item_id=UUID(int=number),
        code=f"X-{number}",
        list_id=None,
        name=name,
        department="示例局",
        main_item="",
        labels=(),
        region_code=None,
        complete=True,
        version_id=UUID(int=number),
        version_no=1,
        hash8="0" * 8,
        as_of=NOW,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def first(index: SearchIndex, said: str) -> tuple[str, int] | None:
    found = _answered(index, said, 1, None, None)
    return (found[0].name, found[0].version_no) if found else None


def amended(before: Sequence[Listed], now: Sequence[Listed]) -> Amended:
    return Amended(SearchIndex(before, knowledge()), changes(before, now))


BEFORE = [listed(number, name) for number, name in enumerate(NAMES)]


def test_what_is_new_renamed_or_gone_is_so_at_once() -> None:
    now = [
        listed(9, "风筝放飞登记"),
        replace(BEFORE[0], name="普通护照签发", version_no=2),
        replace(BEFORE[1], version_no=7),
        *BEFORE[2:4],
        replace(BEFORE[4], labels=("打井",)),
    ]
    index = amended(BEFORE, now)
    assert first(index, "风筝放飞登记") == ("风筝放飞登记", 1)
    assert first(index, "普通护照签发") == ("普通护照签发", 2)
    assert first(index, "结婚登记") == ("结婚登记", 7)
    assert first(index, "打井") == ("取水许可", 1)
    assert first(index, "食品经营许可注销") == ("食品经营许可注销", 1)
    assert first(index, "林木采伐许可") is None
    whole = SearchIndex(BEFORE, knowledge())
    assert first(whole, "林木采伐许可") == ("林木采伐许可", 1)  # nobody else's index was touched
    assert first(whole, "风筝放飞登记") != ("风筝放飞登记", 1)
    rebuilt = SearchIndex(now, knowledge())
    for said in (*NAMES, "风筝放飞登记", "打井", "食品证注销", "hunyin", "fengzheng"):
        assert first(index, said) == first(rebuilt, said), said


def test_where_only_the_version_changes_nothing_is_read_anew() -> None:
    now = [replace(item, version_no=item.version_no + 1) for item in BEFORE]
    changed = changes(BEFORE, now)
    assert changed.read_anew == 0
    index = retold(SearchIndex(BEFORE, knowledge()), changed)
    assert first(index, "结婚登记") == ("结婚登记", 2)
    assert changes(BEFORE, BEFORE).told_anew == {}


async def test_a_large_catalogue_is_amended_first_and_built_again_beside_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LARGE", 1)
    monkeypatch.setattr(shelf, "SETTLE_SECONDS", 0.1)
    await guides.refresh(world)
    kept = world.kept(Shelf)
    whole = kept.index
    for number in (1, 2):
        name = f"示例风筝放飞许可（第{number}次申请）"
        await guides.publish(world, a_guide(name=name))
        await guides.refresh(world)
        assert isinstance(kept.index, Amended)
        found = (await guides.search(world, "示例风筝放飞许可", 1))[0]
        assert (found.item_code, found.name) == (code(), name)
    assert kept.settling is not None
    async with asyncio.timeout(20):
        await kept.settling
    assert not isinstance(kept.index, Amended)
    assert kept.index is not whole
    assert (await guides.search(world, "示例风筝放飞许可", 1))[0].name == name
    await guides.publish(world, a_guide(name=name, consult_phone="024-00000199"))
    settled = kept.settling
    await guides.refresh(world)
    assert not isinstance(kept.index, Amended)  # only what is shown has changed
    assert kept.settling is settled
    assert (await guides.search(world, "示例风筝放飞许可", 1))[0].version_no == 3


async def test_a_label_of_the_staffs_counts_at_once_in_a_large_catalogue_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LARGE", 1)
    editor = await an_officer(world)
    food = (await guides.search(world, FOOD, 1))[0].code
    await teach(world, editor, "label", "鼓捣饕餮", item_code=food)
    assert isinstance(world.kept(Shelf).index, Amended)
    assert await named(world, "鼓捣饕餮") == FOOD
    [line] = (await guides.knowledge_lines(world, editor)).items
    await guides.undo_line(world, editor, line.id)
    await guides.refresh(world)
    assert await named(world, "鼓捣饕餮") == ""


async def test_much_at_once_is_built_entirely(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LARGE", 1)
    monkeypatch.setattr(shelf, "MOST_AMENDED", 3)
    await guides.refresh(world)
    await sql.run("UPDATE service_item SET name = name || '甲'")
    await sql.run("UPDATE catalogue_revision SET revision = revision + 1")
    await guides.refresh(world)
    assert not isinstance(world.kept(Shelf).index, Amended)
