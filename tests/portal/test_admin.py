"""The administrators' pages: taking people on, their posts, their passwords; and the windows."""

import re
from datetime import date

import aiohttp
import pytest

from citydesk import organs, seed
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.people import Phone
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk, hired, sample

OFFICERS = "/admin/officers"


@pytest.fixture
async def desk(world: World, surfer: Surfer) -> Desk:
    """A browser in which the sample administrator is signed in."""
    return await sample(world, Desk(surfer), "guanli")


async def elsewhere(world: World, login: str, password: str, server: str) -> int:
    """Sign in at another browser; return the status of the desk's first page."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(server, cookie_jar=jar) as session:
        other = Desk(Surfer(session))
        told = await other.sign_in(login, password)
        return told.status if told.status != 303 else (await other.surfer.get("/desk")).status


def secret_in(text: str) -> str:
    found = re.search(r'class="secret">([^<]+)<', text)
    assert found is not None, text
    return found[1]


async def test_only_administrators_come_in(world: World, surfer: Surfer) -> None:
    other = Desk(surfer)
    for login in ("qiantai", "houtai", "chujian"):
        await sample(world, other, login)
        for path in (OFFICERS, "/admin/new-officer", f"{OFFICERS}/qiantai", "/admin/windows"):
            assert (await surfer.get(path)).status == 403
        told = await other.send(
            f"{OFFICERS}/guanli", proof_from="/desk/posts", action="let_go", sure="yes"
        )
        assert told.status == 403
        await other.out()
    assert await sql.value("SELECT active FROM officer WHERE login = 'guanli'")


async def test_the_list_shows_masked_names_and_posts(world: World, desk: Desk) -> None:
    page = await desk.shown(OFFICERS)
    for word in ("guanli", "qiantai", "钱**", "前台受理 · 沈河区政务服务中心"):
        assert word in page
    assert "钱示例" not in page
    assert "houtai" not in await desk.shown(f"{OFFICERS}?q=qian")
    assert "没有登录名以“%”开头" in await desk.shown(f"{OFFICERS}?q=%25")
    for number in range(31):
        await hired(world, f"many{number:02}")
    first = await desk.shown(f"{OFFICERS}?q=many")
    assert "many29" in first
    assert "many30" not in first
    more = re.search(r'href="(/admin/officers\?q=many&[^"]+)"', first)
    assert more is not None
    assert "many30" in await desk.shown(more[1])


async def test_somebody_is_taken_on_given_a_post_and_signs_in(
    world: World, desk: Desk, server: str
) -> None:
    added = await desk.send("/admin/new-officer", login="new.one", name="冯示例")
    password = secret_in(added.text)
    assert added.headers["cache-control"] == "no-store"
    assert await elsewhere(world, "new.one", password, server) == 403  # no post yet
    at = f"{OFFICERS}/new.one"
    assert password not in await desk.shown(at)
    incomplete = await desk.send(at, action="add_post", role="front_desk", organ_code="shijianju")
    assert incomplete.status == 422
    assert "窗口岗位要选择大厅" in incomplete.text
    fields = {"role": "front_desk", "organ_code": "shijianju", "hall_code": "shenhe"}
    assert (await desk.send(at, action="add_post", **fields)).status == 303
    assert "长期有效" in await desk.shown(at)
    assert await elsewhere(world, "new.one", password, server) == 200


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "请选择岗位"),
        ({"role": "king"}, "请选择岗位"),
        ({"role": "back_office"}, "岗位需要所属部门"),
        ({"role": "back_office", "organ_code": "nowhere"}, "没有找到这个部门"),
        ({"role": "admin", "valid_from": "x"}, "日期填写有误"),
        ({"role": "admin", "valid_from": "2026-03-05", "valid_to": "2026-03-04"}, "起止日期有误"),
    ],
)
async def test_a_post_that_cannot_be_is_refused_by_its_field(
    desk: Desk, fields: dict[str, str], word: str
) -> None:
    told = await desk.send(f"{OFFICERS}/houtai", action="add_post", **fields)
    assert told.status in (404, 422)
    assert word in told.text
    assert await sql.value("SELECT count(*) FROM post") == len(seed.OFFICERS)


@pytest.mark.parametrize(
    ("login", "name", "status"),
    [("A", "冯示例", 422), ("new.one", " ", 422), ("houtai", "冯示例", 409), ("", "", 422)],
)
async def test_somebody_who_cannot_be_taken_on_is_refused(
    desk: Desk, login: str, name: str, status: int
) -> None:
    told = await desk.send("/admin/new-officer", login=login, name=name)
    assert told.status == status
    assert 'role="alert"' in told.text
    assert f'value="{login}"' in told.text


async def test_a_post_ends_with_its_last_day(
    world: World, desk: Desk, clock: SetClock, server: str
) -> None:
    password = await hired(world, "leaving", (Role.FRONT_DESK, "shijianju", "shenhe"))
    at = f"{OFFICERS}/leaving"
    found = re.search(r'name="post" value="([^"]+)"', await desk.shown(at))
    assert found is not None
    early = await desk.send(at, action="end_post", post=found[1], last_day="2026-03-01")
    assert early.status == 422
    for other in ("x", str(await sql.value("SELECT id FROM post WHERE role = 'back_office'"))):
        assert (await desk.send(at, action="end_post", post=other)).status == 403
    told = await desk.send(at, action="end_post", post=found[1], last_day="2026-03-02")
    assert told.status == 303
    assert await sql.value("SELECT valid_to FROM post WHERE id = $1", found[1]) == date(2026, 3, 2)
    assert await elsewhere(world, "leaving", password, server) == 200
    clock.move(hours=15)  # midnight in Shenyang
    assert await elsewhere(world, "leaving", password, server) == 403


async def test_a_new_password_is_shown_once_and_the_old_one_is_over(
    world: World, desk: Desk, server: str
) -> None:
    old = await hired(world, "forgetful", (Role.FRONT_DESK, "shijianju", "shenhe"))
    told = await desk.send(f"{OFFICERS}/forgetful", action="reset")
    new = secret_in(told.text)
    assert await elsewhere(world, "forgetful", old, server) == 401
    assert await elsewhere(world, "forgetful", new, server) == 200


async def test_letting_somebody_go_takes_a_second_thought(
    world: World, desk: Desk, server: str
) -> None:
    password = await hired(world, "leaving", (Role.FRONT_DESK, "shijianju", "shenhe"))
    at = f"{OFFICERS}/leaving"
    assert (await desk.send(at, action="let_go")).status == 422
    assert await elsewhere(world, "leaving", password, server) == 200
    assert (await desk.send(at, action="let_go", sure="yes")).status == 303
    assert "已离岗" in await desk.shown(at)
    assert await elsewhere(world, "leaving", password, server) == 401


async def test_administrators_cannot_lock_themselves_out(desk: Desk) -> None:
    at = f"{OFFICERS}/guanli"
    assert (await desk.send(at, action="let_go", sure="yes")).status == 409
    post = str(await sql.value("SELECT id FROM post WHERE role = 'admin'"))
    assert (await desk.send(at, action="end_post", post=post)).status == 409
    assert "办理离岗" not in await desk.shown(at)
    assert (await desk.send(at, action="nonsense")).status == 422


async def test_officers_that_are_not_there_are_not_there(desk: Desk) -> None:
    for login in ("nobody", "x" * 100, "%00"):
        assert (await desk.surfer.get(f"{OFFICERS}/{login}")).status == 404


async def test_forms_without_proof_change_nothing(desk: Desk) -> None:
    at = f"{OFFICERS}/houtai"
    assert (await desk.surfer.post(at, action="let_go", sure="yes")).status == 403
    assert (await desk.surfer.post("/admin/new-officer", login="abc", name="x")).status == 403
    assert await sql.value("SELECT count(*) FROM officer WHERE active") == len(seed.OFFICERS)


async def test_a_closed_window_is_no_longer_told_to_citizens(
    world: World, desk: Desk, phone: Phone
) -> None:
    hall = await organs.hall_by_code(world, "shenhe")
    [window, *_] = await organs.windows(world, hall.id)
    at = f"/admin/windows/{window.id}"
    assert window.name in await desk.shown("/admin/windows?hall=shenhe")
    assert 'value="open" checked' in await desk.shown(at)
    wrong = await desk.send(at, name="", role="consult", state="open")
    assert wrong.status == 422
    assert (await desk.send(at, name="a", role="king", state="maybe")).status == 422
    told = await desk.send(at, name="导办台", role="consult", state="closed")
    assert told.headers["location"] == "/admin/windows?hall=shenhe"
    listed = await desk.shown("/admin/windows?hall=shenhe")
    assert "导办台" in listed
    assert "关闭" in listed
    shown = (await phone.get("/halls/shenhe")).ok()["windows"]
    assert "导办台" not in str(shown)
    await desk.send(at, name="导办台", role="consult", state="open")
    shown = (await phone.get("/halls/shenhe")).ok()["windows"]
    assert "导办台" in str(shown)


async def test_windows_that_are_not_there_are_not_there(desk: Desk) -> None:
    for path in ("x", "00000000-0000-0000-0000-000000000000"):
        assert (await desk.surfer.get(f"/admin/windows/{path}")).status == 404
    assert (await desk.surfer.get("/admin/windows?hall=nowhere")).status == 404
    assert "大厅窗口" in await desk.shown("/admin/windows")
