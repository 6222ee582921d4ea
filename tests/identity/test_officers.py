import asyncio
from dataclasses import replace
from datetime import date
from statistics import median
from time import process_time
from uuid import UUID

import pytest

from citydesk import identity, organs
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import OfficerAccount, Session


async def hall_and_organ(world: World) -> tuple[str, str]:
    hall = (await organs.page_of_halls(world)).items[0]
    return hall.code, (await organs.organs(world)).items[0].code


async def hired(world: World, *roles: Role, login: str = "w.sample") -> str:
    password = await identity.add_officer(world, login, "王示例")
    hall, organ = await hall_and_organ(world)
    for role in roles or (Role.FRONT_DESK,):
        await identity.add_post(world, login, role, organ, hall)
    return password


async def officer_of(world: World, tokens: identity.Tokens) -> Officer:
    asker = await identity.asker_for(world, tokens.access_token)
    assert isinstance(asker, Officer)
    return asker


async def test_an_officer_signs_in_for_their_only_post(world: World) -> None:
    password = await hired(world, Role.FRONT_DESK)
    officer = await officer_of(world, await identity.sign_in_officer(world, "w.sample", password))
    assert officer.role is Role.FRONT_DESK
    assert officer.organ_id is not None
    assert officer.hall_id is not None


async def test_a_session_acts_for_exactly_one_post(world: World) -> None:
    password = await hired(world, Role.FRONT_DESK, Role.BACK_OFFICE)
    with pytest.raises(identity.ChoosePost) as told:
        await identity.sign_in_officer(world, "w.sample", password)
    posts = {each["role"]: UUID(each["id"]) for each in told.value.facts["posts"]}
    assert set(posts) == {"front_desk", "back_office"}
    for role, post_id in posts.items():
        tokens = await identity.sign_in_officer(world, "w.sample", password, post_id)
        officer = await officer_of(world, tokens)
        assert (officer.role, officer.post_id) == (role, post_id)
        refreshed = await identity.refresh(world, tokens.refresh_token)
        assert (await officer_of(world, refreshed)).post_id == officer.post_id


async def test_nobody_signs_in_for_a_post_that_is_not_theirs_or_not_today(
    world: World, clock: SetClock
) -> None:
    password = await identity.add_officer(world, "w.sample", "王示例")
    with pytest.raises(identity.NoPost):
        await identity.sign_in_officer(world, "w.sample", password)
    hall, organ = await hall_and_organ(world)
    await identity.add_post(
        world,
        "w.sample",
        Role.EXIT_WINDOW,
        organ,
        hall,
        valid_from=date(2026, 3, 3),
        valid_to=date(2026, 3, 4),
    )
    with pytest.raises(identity.NoPost):
        await identity.sign_in_officer(world, "w.sample", password)
    clock.move(days=1)
    tokens = await identity.sign_in_officer(world, "w.sample", password)
    with pytest.raises(identity.NoPost):
        await identity.sign_in_officer(world, "w.sample", password, new_id())
    await hired(world, Role.ADMIN, login="other")
    theirs = await sql.value("SELECT id FROM post WHERE role = 'admin'")
    with pytest.raises(identity.NoPost):
        await identity.sign_in_officer(world, "w.sample", password, theirs)
    await officer_of(world, tokens)


async def test_a_post_that_ended_ends_its_sessions(world: World, clock: SetClock) -> None:
    password = await hired(world)
    clock.move(hours=14, minutes=55)  # 23:55 in Shenyang
    tokens = await identity.sign_in_officer(world, "w.sample", password)
    await officer_of(world, tokens)
    await sql.run("UPDATE post SET valid_to = $1", date(2026, 3, 2))
    clock.move(minutes=4)
    await officer_of(world, tokens)
    clock.move(minutes=1)
    with pytest.raises(identity.SessionOver):
        await identity.asker_for(world, tokens.access_token)


async def test_a_session_of_an_officer_ends_after_twelve_hours_however_often_refreshed(
    world: World, clock: SetClock
) -> None:
    tokens = await identity.sign_in_officer(world, "w.sample", await hired(world))
    for _ in range(11):
        clock.move(hours=1)
        tokens = await identity.refresh(world, tokens.refresh_token)
    clock.move(hours=1)
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, tokens.refresh_token)


@pytest.mark.parametrize("login", ["w.sample", "nobody"])
async def test_five_wrong_passwords_lock_a_login_whether_it_exists_or_not(
    world: World, clock: SetClock, login: str
) -> None:
    password = await hired(world)
    for _ in range(5):
        with pytest.raises(identity.WrongPassword):
            await identity.sign_in_officer(world, login, "wrong")
    with pytest.raises(identity.LoginLocked) as told:
        await identity.sign_in_officer(world, login, password)
    assert told.value.retry_after_seconds == 900
    clock.move(minutes=14, seconds=59)
    with pytest.raises(identity.LoginLocked):
        await identity.sign_in_officer(world, login, password)
    clock.move(seconds=1)
    if login == "w.sample":
        await identity.sign_in_officer(world, login, password)
    else:
        with pytest.raises(identity.WrongPassword):
            await identity.sign_in_officer(world, login, password)


async def test_four_wrong_and_then_right_begins_the_count_anew(world: World) -> None:
    password = await hired(world)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(identity.WrongPassword):
                await identity.sign_in_officer(world, "w.sample", "wrong")
        await identity.sign_in_officer(world, "w.sample", password)


async def test_twelve_guesses_at_once_are_five_guesses(world: World) -> None:
    await hired(world)
    ends = await asyncio.gather(
        *(identity.sign_in_officer(world, "w.sample", f"guess {n}") for n in range(12)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, identity.WrongPassword) for each in ends) == 5
    assert sum(isinstance(each, identity.LoginLocked) for each in ends) == 7


async def test_a_lock_on_one_login_does_not_touch_another(world: World) -> None:
    password = await hired(world)
    for _ in range(6):
        with pytest.raises((identity.WrongPassword, identity.LoginLocked)):
            await identity.sign_in_officer(world, "nobody", "wrong")
    await identity.sign_in_officer(world, "w.sample", password)


async def test_an_unknown_login_costs_as_much_as_a_known_one(world: World) -> None:
    for number in range(4):
        await hired(world, login=f"known{number}")

    async def seconds(login: str) -> float:
        began = process_time()  # of this process, all threads: a busy machine does not count
        with pytest.raises(identity.WrongPassword):
            await identity.sign_in_officer(world, login, "wrong")
        return process_time() - began

    await seconds("warm.up")
    known = [await seconds(f"known{number % 4}") for number in range(8)]
    unknown = [await seconds(f"unknown{number % 4}") for number in range(8)]
    assert 0.5 < median(unknown) / median(known) < 2


@pytest.mark.parametrize("password", ["", "x" * 10_000, "密码", "\0"])
async def test_odd_passwords_are_wrong_passwords(world: World, password: str) -> None:
    await hired(world)
    with pytest.raises(identity.WrongPassword):
        await identity.sign_in_officer(world, "w.sample", password)


async def test_a_right_password_with_something_behind_it_is_wrong(world: World) -> None:
    password = await hired(world)
    for longer in (password + " ", password + "x" * 200):
        with pytest.raises(identity.WrongPassword):
            await identity.sign_in_officer(world, "w.sample", longer)


async def test_a_reset_ends_sessions_and_locks_and_the_old_password(world: World) -> None:
    old = await hired(world)
    tokens = await identity.sign_in_officer(world, "w.sample", old)
    for _ in range(5):
        with pytest.raises(identity.WrongPassword):
            await identity.sign_in_officer(world, "w.sample", "wrong")
    new = await identity.reset_password(world, "w.sample")
    with pytest.raises(identity.SessionOver):
        await identity.asker_for(world, tokens.access_token)
    with pytest.raises(identity.WrongPassword):
        await identity.sign_in_officer(world, "w.sample", old)
    await identity.sign_in_officer(world, "w.sample", new)


async def test_an_officer_who_left_is_out(world: World) -> None:
    password = await hired(world)
    tokens = await identity.sign_in_officer(world, "w.sample", password)
    await identity.dismiss(world, "w.sample")
    with pytest.raises(identity.SessionOver):
        await identity.asker_for(world, tokens.access_token)
    with pytest.raises(identity.SessionOver):
        await identity.refresh(world, tokens.refresh_token)
    with pytest.raises(identity.WrongPassword):
        await identity.sign_in_officer(world, "w.sample", password)


async def test_signing_out_everywhere_ends_an_officers_sessions_in_all_posts(world: World) -> None:
    password = await hired(world, Role.FRONT_DESK, Role.BACK_OFFICE)
    posts = await sql.rows("SELECT id FROM post")
    pairs = [
        await identity.sign_in_officer(world, "w.sample", password, each["id"]) for each in posts
    ]
    await identity.sign_out_everywhere(world, await officer_of(world, pairs[0]))
    assert not await Session.filter(revoked_at=None).exists()


async def test_passwords_and_names_lie_hashed_and_sealed(world: World) -> None:
    password = await hired(world)
    officer = await OfficerAccount.get(login="w.sample")
    assert officer.password_hash.startswith("$argon2id$")
    assert password not in officer.password_hash
    assert "王示例".encode() not in bytes(officer.name_sealed)
    assert len(password) == 16


@pytest.mark.parametrize(
    ("login", "name"), [("", "王"), ("ab", "王"), ("Wang", "王"), ("w ang", "王"), ("wang", " ")]
)
async def test_an_unusable_login_is_refused(world: World, login: str, name: str) -> None:
    with pytest.raises(identity.WrongLogin):
        await identity.add_officer(world, login, name)


async def test_a_login_is_given_once(world: World) -> None:
    await identity.add_officer(world, "w.sample", "王示例")
    with pytest.raises(identity.LoginTaken):
        await identity.add_officer(world, "w.sample", "另一人")


async def test_posts_that_cannot_be_are_refused(world: World) -> None:
    await identity.add_officer(world, "w.sample", "王示例")
    hall, organ = await hall_and_organ(world)
    with pytest.raises(identity.WrongPost):
        await identity.add_post(world, "w.sample", Role.FRONT_DESK)
    with pytest.raises(identity.WrongPost):
        await identity.add_post(
            world, "w.sample", Role.FRONT_DESK, organ, hall, valid_to=date(2026, 3, 1)
        )
    with pytest.raises(organs.NoSuchOrgan):
        await identity.add_post(world, "w.sample", Role.FRONT_DESK, "nowhere", hall)
    with pytest.raises(organs.NoSuchHall):
        await identity.add_post(world, "w.sample", Role.FRONT_DESK, organ, "nowhere")
    with pytest.raises(identity.NoSuchOfficer):
        await identity.add_post(world, "nobody", Role.FRONT_DESK, organ, hall)


async def test_a_chosen_password_is_for_development_only(world: World) -> None:
    assert (
        await identity.add_officer(world, "w.sample", "王示例", password="shenyang") == "shenyang"
    )
    production = replace(world, settings=replace(world.settings, mode="production"))
    with pytest.raises(identity.WrongLogin):
        await identity.add_officer(production, "another", "王示例", password="shenyang")
