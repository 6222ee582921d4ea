from contextlib import suppress

import pytest

from citydesk import guides
from citydesk.guides import Taken, VersionState
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World
from tests.guides.making import a_guide, code, elements
from tests.guides.officers import officer, staff


def taken(number: int, **content: object) -> Taken:
    """A row of some department's file, half written."""
    return Taken(
        source="kites",
        code=f"K-{number}",
        name=f"示例风筝{number}号",
        department="示例风筝局",
        content={"item_code": f"K-{number}", "name": f"示例风筝{number}号", **content},
        list_id=str(number),
    )


async def test_new_is_added_the_same_is_nothing_and_a_change_is_written_over(world: World) -> None:
    rows = [taken(1), taken(2)]
    first = await guides.take_drafts(world, None, rows)
    assert [each.outcome for each in first] == ["added", "added"]
    again = await guides.take_drafts(world, None, rows)
    assert [each.outcome for each in again] == ["unchanged", "unchanged"]
    assert [each.version_id for each in again] == [each.version_id for each in first]
    one, two = await guides.take_drafts(world, None, [taken(1, materials="?"), taken(2)])
    assert (one.outcome, two.outcome) == ("changed", "unchanged")
    assert one.version_id is not None
    draft = await guides.draft(world, one.version_id)
    assert (draft.content["materials"], draft.row_version) == ("?", 2)
    with pytest.raises(guides.NoSuchGuide):
        await guides.published(world, "K-1")
    events = await sql.rows("SELECT action FROM version_event WHERE source = 'kites' ORDER BY id")
    assert sorted(row["action"] for row in events) == ["begin", "begin", "write"]


async def test_what_is_being_reviewed_is_not_written_over(world: World) -> None:
    editor, _, _ = await staff(world)
    [took] = await guides.take_drafts(world, editor, [taken_of_the_city()])
    assert took.version_id is not None
    await sql.run(
        "INSERT INTO catalog_entry (id, created_at, changed_at, catalog_code, name, item_type,"
        " legal_basis, exercise_levels, state)"
        " VALUES ($1, now(), now(), $2, '示例', '01', '[]', '[]', 'in_force')",
        new_id(),
        code()[19:],
    )
    handed = await guides.submit(world, editor, took.version_id, 1)
    assert handed.state is VersionState.IN_REVIEW
    [refused] = await guides.take_drafts(world, editor, [taken_of_the_city(quantity_limit="一")])
    assert refused.outcome == "refused"
    assert "审核" in refused.why


async def test_what_the_version_in_force_says_already_is_nothing(world: World) -> None:
    await guides.publish(world, a_guide())
    [same] = await guides.take_drafts(world, None, [taken_of_the_city()])
    shown = await guides.published(world, code())
    assert (same.outcome, same.version_id) == ("unchanged", shown.id)
    [other] = await guides.take_drafts(world, None, [taken_of_the_city(quantity_limit="一")])
    assert other.outcome == "changed"
    assert other.version_id is not None
    draft = await guides.draft(world, other.version_id)
    assert (draft.base_version_id, draft.state) == (shown.id, VersionState.DRAFT)
    assert (await guides.published(world, code())).id == shown.id


def taken_of_the_city(**changes: object) -> Taken:
    content = elements(**changes)
    return Taken(
        source="city",
        code=code(),
        name=str(content["name"]),
        department="沈阳市市场监督管理局",
        content=content,
        organ_code="shijianju",
    )


async def test_an_import_joins_the_transaction_it_is_part_of(world: World) -> None:
    class Undone(Exception):
        pass

    with suppress(Undone):
        async with world.transaction():
            await guides.take_drafts(world, None, [taken(number) for number in range(700)])
            raise Undone
    assert not await sql.value("SELECT count(*) FROM version_life WHERE source = 'kites'")


async def test_an_officer_takes_only_what_is_their_own_departments(world: World) -> None:
    stranger = await officer(world, Role.EDITOR, "gongan")
    with pytest.raises(guides.NotYourGuide):
        await guides.take_drafts(world, stranger, [taken_of_the_city()])
    reviewer = await officer(world, Role.REVIEWER)
    with pytest.raises(guides.NotYourGuide):
        await guides.take_drafts(world, reviewer, [taken_of_the_city()])
    assert (await guides.take_drafts(world, await officer(world, Role.EDITOR), [])) == []
