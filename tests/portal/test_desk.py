"""The officers' pages: the work of a case from the list to the result, and who may not."""

import re
from datetime import timedelta

import aiohttp
import pytest

from citydesk import cases, identity
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from portal.sessions import OFFICER_COOKIE
from tests.cases.making import Desk as People
from tests.cases.making import kite_guide
from tests.city import planted
from tests.journeys.test_restaurant import PDF, hand_in, signed_in_citizen
from tests.people import Outside, Phone
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk, another_hall, filed_case, hired, sample


@pytest.fixture
def desk(surfer: Surfer) -> Desk:
    """A browser at the officers' desk, nobody signed in."""
    return Desk(surfer)


async def test_a_restaurant_goes_through_three_posts_by_their_pages(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    citizen, guide, case = await filed_case(phone, outside)
    at = f"/desk/cases/{case['id']}"

    await sample(world, desk, "qiantai")
    listed = await desk.shown("/desk")
    assert case["case_no"] in listed
    assert "预审截止" in listed
    assert "2026年3月4日" in listed
    shown = await desk.shown(at)
    for word in ("预审通过", "预审退回", "收件", "990000198804120119", "经营场所名称", "示例.pdf"):
        assert word in shown
    assert "不予受理" not in shown
    assert (await desk.step(case["id"], "pre_pass")).status == 303
    assert "已预审通过" in await desk.shown(at)
    assert (await desk.step(case["id"], "receive")).status == 303
    told = await desk.step(
        case["id"],
        "request_correction",
        common="材料不清晰，请重新提供。",
        reason="平面图请标明后厨位置",
    )
    assert told.status == 303
    shown = await desk.shown(at)
    assert "材料不清晰，请重新提供。\n平面图请标明后厨位置" in shown
    assert "补正截止" in shown
    assert "没有需要您的岗位办理的步骤" in shown

    await hand_in(citizen, case["id"], guide["content"]["materials"][0]["code"])
    (await citizen.post(f"/cases/{case['id']}/correction")).ok()
    shown = await desk.shown(at)
    assert "补正时提交" in shown
    again = await desk.step(case["id"], "request_correction", reason="还缺一页")
    assert again.status == 422  # told once, by law; a second notice says why
    assert "为什么上次没有一次告知" in again.text
    await desk.step(case["id"], "accept")
    assert "承诺办结日期：2026年3月9日" in await desk.shown(at)
    assert case["case_no"] not in await desk.shown("/desk")
    await desk.out()

    await sample(world, desk, "houtai")
    assert "2026年3月9日" in await desk.shown("/desk")
    await desk.step(case["id"], "start_review")
    await desk.step(case["id"], "decide", outcome="granted", reason="")
    await desk.step(case["id"], "complete")
    assert "制证截止" in await desk.shown("/desk")
    await desk.step(case["id"], "issue_certificate")
    assert case["case_no"] not in await desk.shown("/desk")
    await desk.out()

    await sample(world, desk, "chujian")
    assert "送达截止" in await desk.shown("/desk")
    assert (await desk.step(case["id"], "serve")).status == 303
    assert "已送达" in await desk.shown(at)
    assert (await citizen.get(f"/cases/{case['id']}")).ok()["state"] == "served"


async def test_whoever_was_slower_is_told_how_the_case_stands_now(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await sample(world, desk, "qiantai")
    await desk.step(case["id"], "receive")
    again = await desk.step(case["id"], "receive")
    assert again.status == 409
    assert "同事刚刚办理过" in again.text
    assert "已收件" in again.text
    assert 'value="accept"' in again.text


async def test_a_step_without_its_reason_is_refused_and_nothing_typed_is_lost(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await sample(world, desk, "qiantai")
    bare = await desk.step(case["id"], "pre_fail", reason="  ")
    assert bare.status == 422
    assert "请写明理由" in bare.text
    assert re.search(r'id="step-pre_fail" open', bare.text)
    long = await desk.step(case["id"], "pre_fail", reason="很长" * 1001)
    assert long.status == 422
    assert "很长" * 1001 in long.text
    for nonsense in ("", "fly", "submit", "withdraw"):
        assert (await desk.step(case["id"], nonsense)).status == 422


async def test_a_refusal_needs_its_reason_and_a_decision_an_outcome(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await sample(world, desk, "qiantai")
    for action in ("receive", "accept"):
        await desk.step(case["id"], action)
    await desk.out()
    await sample(world, desk, "houtai")
    await desk.step(case["id"], "start_review")
    unsaid = await desk.step(case["id"], "decide", reason="现场看过")
    assert unsaid.status == 422
    assert "请选择准予或不予许可" in unsaid.text
    assert "现场看过" in unsaid.text
    assert (await desk.step(case["id"], "decide", outcome="refused")).status == 422
    await desk.step(case["id"], "decide", outcome="refused", common="不符合法定条件。")
    shown = await desk.shown(f"/desk/cases/{case['id']}")
    assert "不予许可：不符合法定条件。" in shown


async def test_the_front_desk_cannot_decide_nor_the_back_office_accept(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await sample(world, desk, "qiantai")
    told = await desk.step(case["id"], "decide", outcome="granted")
    assert told.status == 403
    assert "不由您当前的岗位办理" in told.text
    await desk.step(case["id"], "receive")
    await desk.out()
    await sample(world, desk, "houtai")
    assert (await desk.step(case["id"], "accept")).status == 403
    state = await sql.value("SELECT state FROM service_case WHERE case_no = $1", case["case_no"])
    assert state == "received"


async def test_the_case_of_another_hall_is_not_there(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    elsewhere = await another_hall(world, "shenhe")
    password = await hired(world, "elsewhere", (Role.FRONT_DESK, "shijianju", elsewhere))
    await desk.sign_in("elsewhere", password)
    assert "现在没有等待" in await desk.shown("/desk")
    for path in (f"/desk/cases/{case['id']}", "/desk/cases/x", f"/desk?q={case['case_no']}"):
        assert (await desk.surfer.get(path)).status == 404
    told = await desk.send(f"/desk/cases/{case['id']}", proof_from="/desk", action="receive")
    assert told.status == 404
    assert not await sql.value("SELECT count(*) FROM access_log")


async def test_a_case_is_opened_by_its_number(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await sample(world, desk, "qiantai")
    found = await desk.surfer.get(f"/desk?q=%20{case['case_no'].lower()}")
    assert found.status == 303
    assert found.headers["location"] == f"/desk/cases/{case['id']}"
    for wrong in ("21010320260302A0000000", "张", "'; --", "x" * 300):
        page = await desk.surfer.get("/desk?q=" + wrong)
        assert page.status == 404
        assert "没有找到这个办件" in page.text


async def test_every_reading_is_noted_and_papers_come_as_attachments(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await sample(world, desk, "qiantai")
    shown = await desk.shown(f"/desk/cases/{case['id']}")
    read = await sql.rows("SELECT fields_read, purpose FROM access_log ORDER BY id")
    assert [each["fields_read"] for each in read] == ["form,papers", "name,id_no,phone"]
    assert all(case["case_no"] in each["purpose"] for each in read)
    assert "正在安全检查" in shown
    assert "/files/" not in shown
    await cases.scan_waiting(world)
    shown = await desk.shown(f"/desk/cases/{case['id']}")
    paper = re.search("/files/[0-9a-f]{32}", shown)
    assert paper is not None
    opened = await desk.surfer.get(paper[0])
    assert opened.status == 200
    assert opened.text.encode() == PDF
    assert opened.headers["content-disposition"].startswith("attachment;")
    assert opened.headers["cache-control"] == "private, no-store"
    assert opened.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in opened.headers["content-security-policy"]
    assert await sql.value("SELECT count(*) FROM access_log") == 5
    assert (await desk.surfer.get(paper[0][:-4] + "zzzz")).status == 404
    once = await sql.value("SELECT id FROM case_material ORDER BY id LIMIT 1")
    old = await desk.surfer.get(f"/desk/cases/{case['id']}/papers/{once}")  # from a bookmark
    assert old.status == 303
    assert old.headers["location"].startswith("/files/")
    assert (await desk.surfer.get(f"/desk/cases/{case['id']}/papers/x")).status == 404


async def test_nobody_signed_in_sees_only_the_door(desk: Desk) -> None:
    for path in ("/desk", "/desk/cases/1", "/desk/check-in", "/desk/posts", "/admin/officers"):
        page = await desk.surfer.get(path)
        assert page.status == 303
        assert page.headers["location"].startswith("/desk/sign-in?next=")


async def test_wrong_passwords_are_told_kept_and_locked(world: World, desk: Desk) -> None:
    await planted(world)
    for _ in range(5):
        told = await desk.sign_in("qiantai", "wrong-one")
        assert told.status == 401
        assert "登录名或密码不对" in told.text
        assert 'value="qiantai"' in told.text
        assert "wrong-one" not in told.text
    locked = await desk.sign_in("qiantai", "wrong")
    assert locked.status == 429
    assert "锁定" in locked.text
    assert locked.headers["retry-after"] == "900"
    for odd in ("", "x" * 500, "中文\u200b"):
        assert (await desk.sign_in(odd, "x")).status == 401


async def test_one_returns_where_one_was_but_never_to_another_site(
    world: World, desk: Desk
) -> None:
    found = (await planted(world))["qiantai"]
    for asked, gone in (("/desk/check-in", "/desk/check-in"), ("//evil.example", "/desk")):
        told = await desk.send(
            f"/desk/sign-in?next={asked}", login=found.login, password=found.password
        )
        assert told.headers["location"] == gone
        assert (await desk.surfer.get("/desk/sign-in")).status == 303
        await desk.out()


async def test_signing_out_ends_the_session(world: World, desk: Desk) -> None:
    await sample(world, desk, "qiantai")
    held = desk.surfer.cookie(OFFICER_COOKIE)
    assert (await desk.surfer.get("/desk/sign-out")).headers["location"] == "/desk"
    await desk.out()
    desk.surfer.holds(OFFICER_COOKIE, held)
    assert (await desk.surfer.get("/desk")).status == 303


async def test_an_officer_of_several_posts_chooses_and_changes(world: World, desk: Desk) -> None:
    posts = ((Role.FRONT_DESK, "shijianju", "shenhe"), (Role.BACK_OFFICE, "shijianju", None))
    password = await hired(world, "both", *posts)
    told = await desk.sign_in("both", password)
    assert told.headers["location"].startswith("/desk/posts?next=")
    page = await desk.shown(told.headers["location"])
    assert "换岗位" in page
    offered = re.findall(r'name="post" value="([0-9a-f-]+)"', page)
    assert len(offered) == 2
    before = desk.surfer.cookie(OFFICER_COOKIE)
    assert (await desk.send("/desk/posts", post="x")).status == 422
    taken = await desk.send("/desk/posts?next=/desk", post=offered[1])
    assert taken.headers["location"] == "/desk"
    assert "后台审批" in await desk.shown("/desk")
    assert desk.surfer.cookie(OFFICER_COOKIE) != before
    with pytest.raises(identity.SessionOver):
        await identity.asker_for_browser(world, before)


async def test_changing_posts_does_not_lengthen_the_day(
    world: World, desk: Desk, clock: SetClock
) -> None:
    posts = ((Role.FRONT_DESK, "shijianju", "shenhe"), (Role.BACK_OFFICE, "shijianju", None))
    password = await hired(world, "both", *posts)
    await desk.sign_in("both", password)
    clock.move(hours=11)
    offered = re.findall(r'name="post" value="([0-9a-f-]+)"', await desk.shown("/desk/posts"))
    await desk.send("/desk/posts", post=offered[1])
    await desk.shown("/desk")
    clock.move(hours=1)
    assert (await desk.surfer.get("/desk")).status == 303


async def test_a_form_without_proof_moves_nothing(
    world: World, desk: Desk, phone: Phone, outside: Outside
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    await sample(world, desk, "qiantai")
    at = f"/desk/cases/{case['id']}"
    assert (await desk.surfer.post(at, action="receive")).status == 403
    assert (await desk.surfer.post(at, action="receive", csrf="0" * 64)).status == 403
    desk.surfer.headers["Sec-Fetch-Site"] = "cross-site"
    assert (await desk.step(case["id"], "receive")).status == 403
    state = await sql.value("SELECT state FROM service_case WHERE case_no = $1", case["case_no"])
    assert state == "filed"


async def test_the_desk_is_never_framed_nor_kept(world: World, desk: Desk) -> None:
    door = await desk.surfer.get("/desk/sign-in")
    await sample(world, desk, "qiantai")
    for page in (door, await desk.surfer.get("/desk"), await desk.surfer.get("/admin/officers")):
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"


async def test_a_citizen_is_checked_in_by_the_code_they_show(
    world: World, desk: Desk, phone: Phone, outside: Outside, clock: SetClock
) -> None:
    await planted(world)
    citizen = await signed_in_citizen(phone, outside, "zhang")
    item = (await phone.get("/guides", q="开饭店")).ok()["items"][0]["item_code"]
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    slot = (await phone.get("/halls/shenhe/slots", on=tomorrow)).ok()[0]
    booked = (await citizen.post("/appointments", {"slot_id": slot["id"], "item_code": item})).ok()
    await sample(world, desk, "qiantai")
    early = await desk.send("/desk/check-in", code=booked["code"])
    assert early.status == 409
    assert "还没到签到时间" in early.text
    assert booked["code"] in early.text
    assert (await desk.send("/desk/check-in", code="NOSUCH12")).status == 404
    await desk.out()
    clock.move(hours=23, minutes=45)
    await sample(world, desk, "qiantai")
    done = await desk.send("/desk/check-in", code=f" {booked['code'].lower()} ")
    assert done.status == 303
    assert f"已签到：{booked['code']}" in await desk.shown("/desk/check-in")
    assert (await desk.send("/desk/check-in", code=booked["code"])).status == 409


async def test_each_post_is_told_what_an_empty_list_means(world: World, desk: Desk) -> None:
    for login, word in (("qiantai", "预审"), ("houtai", "审查"), ("chujian", "领取")):
        await sample(world, desk, login)
        assert f"现在没有等待{word}" in await desk.shown("/desk")
        await desk.out()
    password = await hired(world, "nowhere", (Role.FRONT_DESK, "shijianju", None))
    await desk.sign_in("nowhere", password)
    assert "没有指定大厅" in await desk.shown("/desk")
    for wrong in ("!", "x" * 3000):
        assert (await desk.surfer.get(f"/desk?cursor={wrong}")).status in (200, 422)


async def test_many_cases_are_shown_a_page_at_a_time_oldest_first(
    world: World, desk: Desk, phone: Phone, outside: Outside, clock: SetClock
) -> None:
    await planted(world)
    _, _, case = await filed_case(phone, outside)
    columns = await sql.value(
        "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns"
        " WHERE table_name = 'service_case' AND column_name NOT IN ('id','case_no','filed_at')"
    )
    await sql.run(
        f"INSERT INTO service_case (id, case_no, filed_at, {columns})"  # noqa: S608 - our columns
        f" SELECT gen_random_uuid(), 'S' || n, filed_at - n * interval '1 day', {columns}"
        " FROM service_case, generate_series(1, 25) n"
    )
    await cases.settle_dates(world)  # clocks for what came without
    await sample(world, desk, "qiantai")
    first = await desk.shown("/desk")
    numbers = re.findall(r'class="case-no">(\w+)<', first)
    assert numbers == [f"S{n}" for n in range(25, 5, -1)]
    assert "已超期" in first
    more = re.search(r'href="(/desk\?cursor=[^"]+)"', first)
    assert more is not None
    second = await desk.shown(more[1])
    numbers = re.findall(r'class="case-no">(\w+)<', second)
    assert numbers == ["S5", "S4", "S3", "S2", "S1", case["case_no"]]
    assert "回到第一页" in second


async def test_a_citizens_session_opens_no_desk(
    world: World, server: str, desk: Desk, phone: Phone, outside: Outside
) -> None:
    citizen = await signed_in_citizen(phone, outside, "zhang")
    async with aiohttp.ClientSession(server) as session:
        asked = await session.get(
            "/desk", cookies={OFFICER_COOKIE: str(citizen.token)[:99]}, allow_redirects=False
        )
        assert asked.status == 303


async def test_an_immediate_item_is_finished_at_the_front_desk_with_one_button(
    world: World, desk: Desk
) -> None:
    await planted(world)
    people = await People.open(world)
    limit = {"value": 0, "unit": "working_day", "note": ""}
    item = await kite_guide(world, case_type="immediate", promised_limit=limit)
    case = await people.filed(item)
    await sample(world, desk, "qiantai")
    at = f"/desk/cases/{case.id}"
    shown = await desk.shown(at)
    assert "即办件" in shown
    assert 'value="finish_at_once"' in shown
    unsaid = await desk.step(str(case.id), "finish_at_once", outcome="refused")
    assert unsaid.status == 422
    assert (await desk.step(str(case.id), "finish_at_once", outcome="granted")).status == 303
    shown = await desk.shown(at)
    assert "已当场办结。" in shown
    assert "已办结，可领取结果" in shown
    promised = await people.filed(await kite_guide(world))
    assert 'value="finish_at_once"' not in await desk.shown(f"/desk/cases/{promised.id}")
