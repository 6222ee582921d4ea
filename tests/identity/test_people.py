import asyncpg
import pytest

from citydesk import identity
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import AccessLog
from tests.identity.browser import Browser
from tests.people import Outside


async def officer(world: World) -> Officer:
    password = await identity.add_officer(world, "w.sample", "王示例")
    await identity.add_post(world, "w.sample", Role.ADMIN)
    tokens = await identity.sign_in_officer(world, "w.sample", password)
    found = await identity.asker_for(world, tokens.access_token)
    assert isinstance(found, Officer)
    return found


async def test_an_officer_who_reads_a_person_is_noted(
    browser: Browser, world: World, outside: Outside
) -> None:
    zhang = await browser.verified("zhang")
    assert zhang.identity_id is not None
    who = await officer(world)
    person = await identity.person_for(world, who, zhang.identity_id, "核对申请人")
    assert person.id_no == (await outside.person("zhang"))["id_number"]
    [read] = await AccessLog.all().values()
    assert (read["officer_id"], read["post_id"]) == (who.officer_id, who.post_id)
    assert read["identity_id"] == zhang.identity_id
    assert (read["purpose"], read["fields_read"]) == ("核对申请人", "name,id_no,phone")
    assert read["created_at"] == world.clock.now()


async def test_the_log_of_readings_is_only_added_to(browser: Browser, world: World) -> None:
    zhang = await browser.verified("zhang")
    assert zhang.identity_id is not None
    await identity.note_access(world, await officer(world), zhang.identity_id, "核对", ("name",))
    for statement in ("UPDATE access_log SET purpose = ''", "DELETE FROM access_log"):
        with pytest.raises(asyncpg.RaiseError):
            await sql.run(statement)
    assert await AccessLog.all().count() == 1


async def test_a_reading_that_came_to_nothing_is_not_noted(browser: Browser, world: World) -> None:
    with pytest.raises(identity.NoSuchPerson):
        await identity.person_for(world, await officer(world), new_id(), "核对")
    assert not await AccessLog.exists()


async def test_citizens_see_themselves_masked(
    browser: Browser, world: World, outside: Outside
) -> None:
    assert await identity.me(world, await browser.citizen("li")) is None
    zhang = await browser.verified("zhang")
    person = await identity.me(world, zhang)
    whole = await outside.person("zhang")
    assert person is not None
    assert person.name == "张**"
    assert person.id_no == "990" + "*" * 11 + whole["id_number"][-4:]
    assert person.phone == "100****" + whole["phone_number"][-4:]


async def test_a_person_does_not_show_in_a_log_line(browser: Browser, world: World) -> None:
    zhang = await browser.verified("zhang")
    assert zhang.identity_id is not None
    person = await identity.person(world, zhang.identity_id)
    for clear in (person.name, person.id_no, str(person.phone)):
        assert clear not in repr(person)
        assert clear not in repr(zhang)
