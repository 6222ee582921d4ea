"""Supervision over the API."""

from citydesk import identity, supervision
from citydesk.identity import Role
from citydesk.world import World
from tests.guides.making import a_guide, code
from tests.people import Phone
from tests.supervision.test_trials import only


async def officer(phone: Phone, world: World, login: str, role: Role) -> Phone:
    password = await identity.add_officer(world, login, "冯示例")
    await identity.add_post(world, login, role, "zhengwu", None)
    told = await phone.post("/officer-sessions", {"login": login, "password": password})
    return phone.signed_in(told.ok()["access_token"])


async def test_channels_and_saved_materials_are_public(world: World, phone: Phone) -> None:
    await only(world, a_guide())
    await supervision.lay_matrix(world)
    rows = (await phone.get(f"/guides/{code()}/channels")).ok()
    app = next(row for row in rows if row["channel"] == "app")
    assert app["cells"]["file"] == {"offer": "live", "tested": False}
    assert app["reason_if_not"] == "要到现场才能办完：领取证书。"
    (await phone.get("/guides/nothing/channels")).refused(404, "no-such-guide")
    (await phone.get("/supervision/materials")).refused(409, "not-frozen-yet")
    await supervision.freeze_baseline(world, None)
    told = (await phone.get("/supervision/materials")).ok()
    assert told["total"]["permille"] == 0
    assert told["total"]["permille_by_volume"] is None  # nobody has filed anything yet
    assert [each["permille"] for each in told["targets"]] == [300, 600]


async def test_figures_and_what_is_behind_them_are_for_supervisors(
    world: World, phone: Phone
) -> None:
    await only(world, a_guide())
    await supervision.try_items(world, seconds=60)
    paths = (
        *("/supervision/rates", "/supervision/rates/items", "/supervision/parity-alarms"),
        *("/supervision/former-pages", f"/supervision/items/{code()}/trials"),
    )
    clerk = await officer(phone, world, "houtai-b", Role.BACK_OFFICE)
    feng = await officer(phone, world, "jiandu-a", Role.SUPERVISOR)
    for path in paths:
        (await phone.get(path)).refused(401, "unidentified")
        (await clerk.get(path)).refused(403, "forbidden")
        (await feng.get(path)).ok()
    rates = (await feng.get("/supervision/rates", measure="entry", by="department")).ok()
    assert [(each["due"], each["passed"], each["permille"]) for each in rates["items"]] == [
        (1, 1, 1000)
    ]
    failed = (await feng.get("/supervision/rates/items", measure="bookable")).ok()["items"]
    assert [each["reason"] for each in failed] == ["可预约的日子里没有空余号源"]
    trials = (await feng.get(f"/supervision/items/{code()}/trials")).ok()
    assert [each["trial"] for each in trials if not each["passed"]] == ["book"]
