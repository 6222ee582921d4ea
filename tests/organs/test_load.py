from time import process_time

import pytest

from citydesk import organs
from citydesk.kit import sql
from citydesk.kit.paging import encode_cursor
from citydesk.kit.refusals import Invalid
from citydesk.world import World
from models.organs import HallKind, WindowRole


@pytest.fixture
async def city(world: World) -> World:
    """A world whose regions, organs and halls are loaded."""
    await organs.load(world)
    return world


async def test_loading_adds_everything_once_and_quickly(world: World) -> None:
    await sql.run("TRUNCATE service_window, service_hall, organ, region CASCADE")
    began = process_time()  # what it costs us, not what the machine does besides
    loaded = await organs.load(world)
    took = process_time() - began
    assert loaded == organs.Loaded(regions=2907, organs=43, halls=18, windows=165)
    assert await organs.load(world) == organs.Loaded(0, 0, 0, 0)
    assert took < 0.5


async def test_what_the_city_changed_is_never_overwritten(city: World) -> None:
    await sql.run("UPDATE service_hall SET phone = '024-00009999' WHERE code = 'shenhe'")
    await sql.run("UPDATE region SET valid_to = '2026-01-01' WHERE code = '210103005000'")
    assert (await organs.load(city)).regions == 0
    assert (await organs.hall_by_code(city, "shenhe")).phone == "024-00009999"
    with pytest.raises(organs.NoSuchRegion):
        await organs.region_by_code(city, "210103005")


async def test_the_tree_of_regions_goes_down_to_the_communities(city: World) -> None:
    [shenyang] = (await organs.regions(city)).items
    assert (shenyang.code, shenyang.name) == ("210100000000", "沈阳市")
    districts = (await organs.regions(city, "2101")).items
    assert len(districts) == 13
    streets = (await organs.regions(city, "210103")).items
    assert "滨河街道" in [each.name for each in streets]
    communities = (await organs.regions(city, streets[0].code, limit=100)).items
    assert all(each.level == "6" for each in communities)
    assert (await organs.regions(city, communities[0].code)).items == []


async def test_pages_join_without_a_gap_or_a_repeat(city: World) -> None:
    whole = (await organs.regions(city, "2101")).items
    pages, cursor = [], None
    while True:
        page = await organs.regions(city, "2101", cursor=cursor, limit=5)
        pages.append([each.code for each in page.items])
        if not (cursor := page.next_cursor):
            break
    assert [len(page) for page in pages] == [5, 5, 3]
    assert [code for page in pages for code in page] == [each.code for each in whole]


async def test_departments_stand_in_both_trees(city: World) -> None:
    linye = await organs.organ_by_code(city, "linye")
    assert (await organs.organ(city, linye.id)).short_name == "市林草局"
    assert linye.parent_id == (await organs.organ_by_code(city, "zhengfu")).id
    assert linye.supervising_organ_id == (await organs.organ_by_code(city, "zirangui")).id
    with pytest.raises(organs.NoSuchOrgan):
        await organs.organ_by_code(city, "nobody")


async def test_halls_are_found_by_region_and_kind(city: World) -> None:
    assert len(await organs.halls(city)) == 18
    assert [each.code for each in await organs.halls(city, "210103")] == ["shenhe"]
    subs = await organs.halls(city, "210100000000", HallKind.SUB_CENTRE)
    assert {each.code for each in subs} == {
        "police",
        "estate",
        "fund",
        "social",
    }


async def test_a_hall_has_windows_with_roles(city: World) -> None:
    shenhe = await organs.hall_by_code(city, "shenhe")
    assert shenhe.organ.code == "zhengwu"
    assert shenhe.zones == ["新开办企业", "民生服务"]
    assert (await organs.hall(city, shenhe.id)).name == "沈河区政务服务中心"
    roles = [each.role for each in await organs.windows(city, shenhe.id)]
    assert roles.count(WindowRole.FRONT_DESK) == 4
    assert WindowRole.PRIORITY in roles
    with pytest.raises(organs.NoSuchHall):
        await organs.hall_by_code(city, "nowhere")


async def test_a_forged_cursor_is_refused_or_harmless(city: World) -> None:
    with pytest.raises(Invalid):
        await organs.organs(city, cursor="???")
    with pytest.raises(Invalid):
        await organs.organs(city, cursor=encode_cursor("a", "b"))
    with pytest.raises(Invalid):
        await organs.regions(city, "2101", cursor=encode_cursor("3\0"))
    assert (await organs.organs(city, cursor=encode_cursor(2**62, "z"))).items == []
