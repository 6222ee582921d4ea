import asyncio
from uuid import UUID

import asyncpg
import orjson
import pytest

from citydesk import guides
from citydesk.guides.canonical import content_hash
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.guides.making import a_guide, code


async def announced(world: World) -> int:
    found: int = await sql.value(
        "SELECT count(*) FROM outbox_message WHERE name = 'GuidePublished'"
    )
    return found


async def revision(world: World) -> int:
    found: int = await sql.value("SELECT revision FROM catalogue_revision")
    return found


async def test_the_same_content_again_is_nothing_at_all(world: World) -> None:
    assert await guides.publish(world, a_guide())
    before = await announced(world), await revision(world)
    assert not await guides.publish(world, a_guide())
    assert (await announced(world), await revision(world)) == before
    assert (await guides.published(world, code())).version_no == 1


async def test_a_changed_guide_is_the_next_version_and_the_old_one_stays(
    world: World, clock: SetClock
) -> None:
    await guides.publish(world, a_guide())
    first = await guides.published(world, code())
    clock.move(days=1)
    assert await guides.publish(world, a_guide(quantity_limit="每人一只"))
    second = await guides.published(world, code())
    assert (first.version_no, second.version_no) == (1, 2)
    assert (first.item_id, first.as_of < second.as_of) == (second.item_id, True)
    assert first.hash8 != second.hash8
    assert await guides.version(world, first.id) == first
    assert (await guides.version(world, first.id)).content.quantity_limit == ""


async def test_a_version_read_from_the_table_is_the_one_that_was_published(world: World) -> None:
    await guides.publish(world, a_guide())
    kept = await guides.published(world, code())
    world.memory.clear()
    assert await guides.version(world, kept.id) == kept
    assert kept.content == a_guide()
    assert kept.department == "沈阳市市场监督管理局"


async def test_every_stored_content_still_has_the_hash_it_was_published_with(
    world: World,
) -> None:
    await guides.publish(world, a_guide())
    rows = await sql.rows("SELECT content::text AS content, content_hash FROM service_item_version")
    for row in rows:
        content = orjson.dumps(orjson.loads(row["content"]), option=orjson.OPT_SORT_KEYS)
        assert content_hash(content) == row["content_hash"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE service_item_version SET version_no = version_no + 1",
        "DELETE FROM service_item_version",
    ],
)
async def test_the_database_itself_refuses_to_alter_a_published_version(
    world: World, change: str
) -> None:
    await guides.publish(world, a_guide())
    with pytest.raises(asyncpg.RaiseError):
        await sql.run(change)


async def test_publications_at_the_same_moment_are_numbered_without_gap_or_clash(
    world: World,
) -> None:
    await asyncio.gather(
        *(guides.publish(world, a_guide(quantity_limit=f"{n} 只")) for n in range(6))
    )
    rows = await sql.rows(
        "SELECT version_no FROM service_item_version v JOIN service_item i ON i.id = v.item_id"
        " WHERE i.code = $1 ORDER BY 1",
        code(),
    )
    assert [row["version_no"] for row in rows] == [1, 2, 3, 4, 5, 6]


async def test_a_guide_of_an_unknown_authority_or_hall_is_refused_and_leaves_no_trace(
    world: World,
) -> None:
    before = await announced(world), await revision(world)
    places = [{"hall": "moon", "windows": "1号窗口"}]
    with pytest.raises(guides.UnknownPlaces) as refused:
        await guides.publish_all(
            world, [a_guide(), a_guide(item_code=code(2), authority="nobody", places=places)]
        )
    assert [fault["field"] for fault in refused.value.facts["errors"]] == [
        "authority",
        "places.hall",
    ]
    assert (await announced(world), await revision(world)) == before
    with pytest.raises(guides.NoSuchGuide):
        await guides.published(world, code())


async def test_the_sample_guides_are_all_published_once(world: World) -> None:
    assert await guides.load_samples(world) == 0
    page = await guides.published_page(world, limit=100)
    assert len(page.items) >= 60
    assert all(entry.complete and entry.version_no == 1 for entry in page.items)
    guide = await guides.published(world, page.items[0].code)
    assert guide.content.sample


async def test_nothing_is_published_under_an_unknown_code_or_identifier(world: World) -> None:
    for unknown in ("nothing", "\0", code(404)):
        with pytest.raises(guides.NoSuchGuide):
            await guides.published(world, unknown)
        with pytest.raises(guides.NoSuchGuide):
            await guides.entry(world, unknown)
    with pytest.raises(guides.NoSuchGuide):
        await guides.version(world, UUID(int=1))
