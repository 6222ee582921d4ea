import csv
from importlib.resources import files

import pytest

from citydesk import guides
from citydesk.guides import NoSuchLifeEvent
from citydesk.world import World


async def test_every_life_event_names_items_of_the_sample_catalogue(world: World) -> None:
    events = await guides.life_events(world)
    assert len(events) >= 12
    for event in events:
        known, entries = await guides.life_event(world, event.event)
        assert known == event
        assert [each.code for each in entries] == list(event.item_codes)
        assert all(each.complete for each in entries)


async def test_the_list_names_each_item_as_the_catalogue_does(world: World) -> None:
    text = (files("citydesk.guides.search") / "data" / "life_events.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        assert (await guides.entry(world, row["item_code"])).name == row["item_name"]


async def test_a_life_event_names_no_item_twice(world: World) -> None:
    for event in await guides.life_events(world):
        assert len(set(event.item_codes)) == len(event.item_codes)
        assert event.event.isascii()


async def test_a_life_event_nobody_listed_is_missing(world: World) -> None:
    with pytest.raises(NoSuchLifeEvent):
        await guides.life_event(world, "nothing")


async def test_departments_are_counted_with_and_without_guides(world: World) -> None:
    text = "id,source,department,main_item,name,code,type_name\n1,prov,沈阳市公安局,,甲,X-1,\n"
    before = {each.name: each for each in await guides.departments(world)}
    await guides.import_list(world, guides.read_list(text.encode()))
    after = {each.name: each for each in await guides.departments(world)}
    police = before["沈阳市公安局"]
    assert police.items == police.complete > 10
    assert after["沈阳市公安局"].items == police.items + 1
    assert after["沈阳市公安局"].complete == police.complete


async def test_words_typed_by_ear_find_what_sounds_like_them(world: World) -> None:
    found = await guides.nearest(world, "普通胡照怎么办")
    assert found[0].name == "普通护照签发"
    assert await guides.nearest(world, "") == []
    assert await guides.nearest(world, "量子飞船") == []
