from datetime import date

import pytest

from citydesk import identity, seed
from citydesk.identity import Officer, Role
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Invalid
from citydesk.world import World


async def admin(world: World) -> Officer:
    password = await identity.add_officer(world, "boss", "吴示例")
    await identity.add_post(world, "boss", Role.ADMIN)
    session = await identity.sign_in_officer_browser(world, "boss", password)
    asker = await identity.asker_for_browser(world, session.token)
    assert isinstance(asker, Officer)
    return asker


async def test_the_staff_is_listed_by_login_with_masked_names_a_page_at_a_time(
    world: World,
) -> None:
    await seed.plant(world)
    logins = sorted(each.login for each in seed.OFFICERS)
    page = await identity.staff(world, limit=7)
    assert [each.login for each in page.items] == logins[:7]
    assert {each.masked_name for each in page.items[1:3]} == {"周**", "李**"}
    rest = await identity.staff(world, cursor=page.next_cursor, limit=7)
    assert [each.login for each in rest.items] == logins[7:]
    assert rest.next_cursor is None
    assert (await identity.staff(world, "shen")).items == rest.items[-1:]
    assert (await identity.staff(world, "_")).items == []
    with pytest.raises(Invalid):
        await identity.staff(world, cursor="!")


async def test_a_post_runs_on_both_its_days_and_on_none_outside(world: World) -> None:
    await identity.add_officer(world, "new.one", "冯示例")
    dates = {"valid_from": date(2026, 3, 3), "valid_to": date(2026, 3, 4)}
    await identity.add_post(world, "new.one", Role.ADMIN, **dates)
    [post] = (await identity.staff_member(world, "new.one")).posts
    days = [day for day in range(1, 8) if post.runs_on(date(2026, 3, day))]
    assert days == [3, 4]


async def test_a_post_of_somebody_else_or_in_the_past_is_not_ended(
    world: World, clock: SetClock
) -> None:
    boss = await admin(world)
    await identity.add_officer(world, "new.one", "冯示例")
    begins = date(2026, 3, 10)
    post_id = await identity.add_post(world, "new.one", Role.ADMIN, valid_from=begins)
    with pytest.raises(identity.NoPost):
        await identity.end_post(world, boss, "boss", post_id, begins)
    with pytest.raises(identity.NoPost):
        await identity.end_post(world, boss, "new.one", new_id(), begins)
    with pytest.raises(identity.WrongPost):
        await identity.end_post(world, boss, "new.one", post_id, date(2026, 3, 9))
    with pytest.raises(identity.NotYourself):
        await identity.end_post(world, boss, "boss", boss.post_id, begins)
    await identity.end_post(world, boss, "new.one", post_id, begins)
    [post] = (await identity.staff_member(world, "new.one")).posts
    assert post.valid_to == begins


async def test_an_administrator_lets_others_go_but_not_themselves(world: World) -> None:
    boss = await admin(world)
    await identity.add_officer(world, "new.one", "冯示例")
    await identity.let_go(world, boss, "new.one")
    assert not (await identity.staff_member(world, "new.one")).active
    with pytest.raises(identity.NotYourself):
        await identity.let_go(world, boss, "boss")
    for login in ("nobody", "x" * 50, "\0"):
        with pytest.raises(identity.NoSuchOfficer):
            await identity.let_go(world, boss, login)


async def test_nobody_changes_into_a_post_they_do_not_hold(world: World) -> None:
    boss = await admin(world)
    await identity.add_officer(world, "new.one", "冯示例")
    theirs = await identity.add_post(world, "new.one", Role.ADMIN)
    later = await identity.add_post(world, "boss", Role.ADMIN, valid_from=date(2026, 3, 3))
    for post_id in (theirs, later, new_id()):
        with pytest.raises(identity.NoPost):
            await identity.change_post(world, boss, post_id)
    assert [each.id for each in await identity.posts_today(world, boss)] == [boss.post_id]
