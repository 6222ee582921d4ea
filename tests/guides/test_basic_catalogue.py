import asyncpg
import pytest

from citydesk import guides
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.refusals import Invalid
from citydesk.world import World
from models.guides import EntryState
from tests.guides.making import code, elements
from tests.guides.officers import officer, staff

ENTRY = {
    "catalog_code": code()[19:],
    "name": "示例风筝放飞许可",
    "item_type": "01",
    "exercise_levels": ["3", "4"],
    "legal_basis": [{"law": "《示例条例》", "article": "第一条"}],
    "central_dept": "示例风筝总局",
}


async def test_an_entry_is_registered_once_changed_and_ended(world: World) -> None:
    keeper = await officer(world, Role.PUBLISHER)
    entry = await guides.register_entry(world, keeper, ENTRY)
    assert (await guides.register_entry(world, keeper, ENTRY)).version_no == entry.version_no == 1
    changed = await guides.register_entry(world, keeper, {**ENTRY, "name": "示例放飞许可"})
    assert (changed.id, changed.version_no, changed.name) == (entry.id, 2, "示例放飞许可")
    ended = await guides.end_entry(world, keeper, ENTRY["catalog_code"])  # type: ignore[arg-type]
    assert ended.state is EntryState.CANCELLED
    with pytest.raises(guides.NoSuchEntry):
        await guides.end_entry(world, keeper, "990000000001")
    rows = await sql.rows("SELECT action FROM catalog_entry_event ORDER BY created_at, id")
    assert [row["action"] for row in rows] == ["register", "change", "end"]
    with pytest.raises(asyncpg.RaiseError):
        await sql.run("DELETE FROM catalog_entry_event")


async def test_only_the_governments_publishers_keep_the_catalogue(world: World) -> None:
    for role, organ in ((Role.EDITOR, "zhengfu"), (Role.PUBLISHER, "shijianju")):
        with pytest.raises(guides.NotYourGuide):
            await guides.register_entry(world, await officer(world, role, organ), ENTRY)
    keeper = await officer(world, Role.PUBLISHER)
    with pytest.raises(Invalid) as wrong:
        await guides.register_entry(world, keeper, {**ENTRY, "item_type": "99", "name": ""})
    assert {each["field"] for each in wrong.value.facts["errors"]} == {"item_type", "name"}


async def test_a_draft_outside_the_catalogue_is_entered_with_one_word(world: World) -> None:
    editor, _, publisher = await staff(world)
    begun = await guides.new_draft(world, editor, elements())
    with pytest.raises(guides.GuideFaulty):
        await guides.submit(world, editor, begun.id, begun.row_version)
    entry = await guides.register_entry_of(world, publisher, begun.id)
    assert (entry.catalog_code, entry.exercise_levels) == (code()[19:], ["3"])
    handed = await guides.submit(world, editor, begun.id, begun.row_version)
    assert handed.state.value == "in_review"


async def test_the_catalogue_is_read_by_code_page_by_page(world: World) -> None:
    page = await guides.catalog_entries(world, limit=50)
    assert len(page.items) == 50
    codes = [entry.catalog_code for entry in page.items]
    rest = await guides.catalog_entries(world, cursor=page.next_cursor, limit=50)
    assert codes == sorted(codes)
    assert rest.items[0].catalog_code > codes[-1]
    named = await guides.catalog_entries(world, q="身份证")
    assert named.items
    assert all("身份证" in entry.name for entry in named.items)
    coded = await guides.catalog_entries(world, q=codes[0][:9])
    assert codes[0] in {entry.catalog_code for entry in coded.items}
