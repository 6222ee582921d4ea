"""The editors' desk without a script: who may do what, nothing lost, nobody overwritten."""

import re
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from citydesk import guides, identity
from citydesk.guides import Draft, Wanted
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.refusals import Forbidden
from citydesk.world import World
from models.guides.work import BulkKind, BulkLine
from portal import editors_boxes as boxes_of
from portal.editors_words import SECTIONS
from tests.guides.asking import an_asking_guide
from tests.guides.making import a_guide, code
from tests.journeys.test_restaurant import drained
from tests.people import Outside
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk, sample


async def officer(world: World, login: str) -> Officer:
    """A sample officer, as the desk knows them."""
    row = await sql.row(
        "SELECT p.id, p.officer_id FROM post p JOIN officer o ON o.id = p.officer_id"
        " WHERE o.login = $1",
        login,
    )
    assert row is not None
    found = await identity.officer_in_post(world, row["officer_id"], row["id"])
    assert found is not None
    return found


async def a_draft(world: World, number: int = 1, **changes: Any) -> Draft:
    """A sound draft, written by the sample editor."""
    content = a_guide(
        item_code=f"kite-{number}", code_scheme="local", name=f"示例风筝{number}号", **changes
    ).model_dump(mode="json")
    return await guides.new_draft(world, await officer(world, "bianji"), content)


@pytest.fixture
async def desk(world: World, surfer: Surfer) -> Desk:
    """The sample editor at a browser."""
    return await sample(world, Desk(surfer), "bianji")


async def test_every_value_of_every_real_guide_survives_the_form(world: World) -> None:
    """What a page shows and takes back unchanged is the content it began with."""
    page = await guides.published_page(world, limit=100)
    assert len(page.items) == 100
    for entry in page.items:
        content = (await guides.shown(world, entry.code)).content.model_dump(mode="json")
        back: dict[str, Any] = {}
        for key in SECTIONS:
            for group in boxes_of.section(key):
                pieces = content[group.name] if group.is_list else [None]
                for at in range(len(pieces)):
                    boxes = boxes_of.boxes_of_piece(group, at) if group.is_list else group.boxes
                    back |= boxes_of.typed(boxes, boxes_of.shown(boxes, content))
        for path, value in back.items():
            assert _plain(value) == _plain(boxes_of.value_at(content, path)), (entry.code, path)


def _plain(value: Any) -> Any:
    """Without the parts that say nothing, which a line of the form leaves out."""
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if part not in ("", None)} or None
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def test_every_element_of_a_guide_stands_on_one_page_of_the_form() -> None:
    shown = [name for _, names in SECTIONS.values() for name in names]
    assert sorted(shown) == sorted(guides.GuideContent.model_fields)


async def test_a_draft_is_begun_filled_and_kept_even_when_it_is_wrong(
    world: World, desk: Desk
) -> None:
    told = await desk.send("/editors/new", name="", item_code="", authority="", item_type="")
    assert told.status == 422
    begun = await desk.send(
        "/editors/new",
        name="示例陀螺登记",
        item_code=code(7),
        authority="shijianju",
        item_type="07",
    )
    path = begun.headers["location"]
    assert "错误" in await desk.shown(path)
    time_page = await desk.shown(f"{path}/edit/time")
    seen = re.search(r'name="row_version" value="(\d+)"', time_page)
    assert seen
    kept = await desk.send(
        f"{path}/edit/time",
        row_version=seen[1],
        act="keep",
        **{"promised_limit.value": "三天", "promised_limit.unit": "working_day"},
    )
    assert kept.status == 303
    again = await desk.shown(f"{path}/edit/time")
    assert 'value="三天"' in again  # not lost, and said to be wrong
    assert "应为整数" in again
    late = await desk.send(
        f"{path}/edit/time", row_version=seen[1], act="keep", **{"promised_limit.value": "9"}
    )
    assert late.status == 409
    assert "别人刚刚改过" in late.text
    assert 'value="9"' in late.text


async def test_pieces_of_a_list_are_added_changed_moved_and_removed(
    world: World, desk: Desk
) -> None:
    draft = await a_draft(world)
    at = f"/editors/drafts/{draft.id}"
    said = {"materials.1.code": "m02", "materials.1.name": "风筝线", "materials.1.necessity": "x"}
    added = await desk.send(f"{at}/piece/materials/new", row_version="1", **said)
    assert added.headers["location"] == f"{at}/edit/bring#g-materials"
    row_version = (await guides.draft(world, draft.id)).row_version
    moved = await desk.send(f"{at}/edit/bring", row_version=str(row_version), act="up:materials:1")
    assert moved.status == 303
    content = (await guides.draft(world, draft.id)).content
    assert [each["name"] for each in content["materials"]] == ["风筝线", "风筝照片"]
    assert content["acceptance_conditions"] == ["风筝完好"]  # moving keeps the page's own boxes
    row_version = (await guides.draft(world, draft.id)).row_version
    await desk.send(f"{at}/edit/bring", row_version=str(row_version), act="remove:materials:0")
    content = (await guides.draft(world, draft.id)).content
    assert [each["name"] for each in content["materials"]] == ["风筝照片"]
    for odd in ("piece/name/0", "piece/materials/99", "piece/nothing/new", "edit/nothing"):
        assert (await desk.surfer.get(f"{at}/{odd}")).status == 404


async def test_the_server_looks_over_what_is_typed_and_keeps_nothing(
    world: World, desk: Desk
) -> None:
    draft = await a_draft(world)
    told = await desk.send(
        f"/editors/drafts/{draft.id}/check",
        proof_from=f"/editors/drafts/{draft.id}/edit/where",
        section="where",
        consult_phone="12",
        complain_phone="024-00000102",
    )
    assert told.status == 200
    assert '"box":"consult_phone"' in told.text
    assert "要带区号" in told.text
    assert (await guides.draft(world, draft.id)).content == draft.content


async def test_no_post_takes_the_step_of_another(world: World, surfer: Surfer, desk: Desk) -> None:
    draft = await a_draft(world)
    path = f"/editors/drafts/{draft.id}"
    refused = await desk.send(path, act="approve", row_version="1")
    assert refused.status == 403
    assert (await desk.send(path, act="submit", row_version="1")).status == 303
    assert (await desk.send(path, act="submit", row_version="2")).status == 409
    assert (await desk.send(path, act="explode", row_version="2")).status == 422
    await desk.out()
    await sample(world, desk, "qiantai")
    assert (await surfer.get("/editors")).status == 403
    assert (await surfer.get(path)).status == 403
    await desk.out()
    await sample(world, desk, "shenhe")
    assert (await surfer.get(f"{path}/edit/basic")).status == 403
    back = await desk.send(path, act="send_back", row_version="2", reason="")
    assert back.status == 422
    back = await desk.send(path, act="send_back", row_version="2", reason="请补充办理条件")
    assert back.status == 303
    assert "请补充办理条件" in await desk.shown(path)


async def test_many_are_handed_in_at_once_and_the_faulty_one_stops_nobody(
    world: World, desk: Desk
) -> None:
    drafts = [await a_draft(world, number) for number in range(1, 4)]
    faulty = await a_draft(world, 4, complain_phone="024-00000101")
    page = await desk.shown("/editors?q=风筝")
    picks = re.findall(r'name="pick" value="([^"]+)"', page)
    assert len(picks) == 4
    nothing = await desk.send("/editors", act="submit")
    assert nothing.status == 422
    assert "请先勾选" in nothing.text
    assert (await desk.send("/editors", act="release", pick=picks[0])).status == 403
    ordered = await desk.send("/editors", act="submit", pick=picks)
    job = ordered.headers["location"]
    waiting = await desk.shown(job)
    assert 'http-equiv="refresh"' in waiting
    assert "0 / 4" in waiting
    await drained(world)
    done = await desk.shown(job)
    assert "3 个办成，1 个没办成" in done
    assert 'http-equiv="refresh"' not in done
    states = {each.id: (await guides.draft(world, each.id)).state for each in (*drafts, faulty)}
    assert [state.value for state in states.values()] == ["in_review"] * 3 + ["draft"]


async def test_an_order_broken_off_goes_on_where_it_was(world: World, desk: Desk) -> None:
    editor = await officer(world, "bianji")
    drafts = [await a_draft(world, number) for number in range(1, 4)]
    wanted = [Wanted(each.id, each.row_version, each.name) for each in drafts]
    job = await guides.order_bulk(world, editor, BulkKind.SUBMIT, wanted)
    await guides.submit(world, editor, drafts[0].id, 1)  # the deed of the first line, and its mark
    await BulkLine.filter(job_id=job, position=0).update(done=True)
    await drained(world)
    shown = await guides.bulk(world, editor, job)
    assert (shown.done, shown.refused) == (3, 0)
    with pytest.raises(guides.NoSuchBulk):
        await guides.bulk(world, await officer(world, "shenhe"), job)


async def test_an_order_of_somebody_who_left_is_not_carried_out(
    world: World, desk: Desk, clock: SetClock
) -> None:
    editor = await officer(world, "bianji")
    draft = await a_draft(world)
    wanted = [Wanted(draft.id, draft.row_version, draft.name)]
    job = await guides.order_bulk(world, editor, BulkKind.SUBMIT, wanted)
    await sql.run("UPDATE post SET valid_to = $2 WHERE id = $1", editor.post_id, clock.today())
    clock.move(days=1)
    await drained(world)
    shown = await guides.bulk(world, editor, job)
    assert "岗位已经结束" in shown.lines[0].refusal
    assert (await guides.draft(world, draft.id)).state.value == "draft"


async def test_a_file_with_a_faulty_row_is_taken_in_without_it_when_asked(
    world: World, desk: Desk
) -> None:
    rows = "id,source,department,main_item,name,code,type_name\n"
    rows += "1,kites,示例风筝局,,风筝修补,K-1,行政确认\n2,kites,示例风筝局,,,K-2,行政确认\n"
    page = await desk.surfer.get("/editors/import")
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert found
    form = aiohttp.FormData({"csrf": found[1], "source": ""})
    form.add_field("file", rows.encode(), filename="清单.csv", content_type="text/csv")
    looked = await desk.surfer.ask("POST", "/editors/import", data=form)
    job = looked.headers["location"]
    early = await desk.send(job, proof_from="/editors/import", act="all")
    assert early.status == 404  # not looked over yet
    await drained(world)
    told = await desk.shown(job)
    assert "有 1 处问题" in told
    assert "第3行" in told
    assert (await guides.search(world, "风筝修补", 3)) == []
    taken = await desk.send(job, act="skip")
    await drained(world)
    assert "导入完成" in await desk.shown(taken.headers["location"])
    await guides.refresh(world)
    assert (await guides.search(world, "风筝修补", 3))[0].code == "K-1"
    again = await desk.send(job, act="skip")
    assert again.status == 404  # the file was handed on
    assert await sql.value("SELECT count(*) FROM bulk_job WHERE file IS NOT NULL") == 0


async def test_an_item_is_suspended_resumed_and_ended_and_every_channel_says_so(
    world: World, surfer: Surfer, outside: Outside
) -> None:
    await guides.publish(world, an_asking_guide())
    await guides.refresh(world)
    await outside.control("POST", "people/zhang/follow")
    assert "【示例风筝" in await outside.says("zhang", "放风筝")
    desk = await sample(world, Desk(surfer), "fabu")
    path = f"/editors/items/{code()}"
    assert (await desk.send(path, act="suspend", reason="")).status == 422
    assert (await desk.send(path, act="suspend", reason="风太大", until="x")).status == 422
    assert (await desk.send(path, act="suspend", reason="风太大")).status == 303
    page = await desk.shown(f"/guides/{code()}")
    assert "风太大" in page
    assert "/my/file/" not in page
    assert "/my/file/" not in await desk.shown(f"/guides/{code()}/questions?q.who=self")
    await guides.refresh(world)  # as every process does within a second
    assert "风太大" in await outside.says("zhang", "放风筝")
    assert (await desk.send(path, act="resume")).status == 303
    await guides.refresh(world)
    assert "风太大" not in await outside.says("zhang", "放风筝")
    assert (await desk.send(path, act="cancel", basis="")).status == 422
    assert (await desk.send(path, act="cancel", basis="示例条例已废止")).status == 303
    assert "已取消" in await desk.shown(path)
    assert (await desk.send(path, act="revise")).status == 403


async def test_an_item_is_split_into_two_and_two_are_merged(world: World, desk: Desk) -> None:
    await guides.publish(world, a_guide())
    path = f"/editors/items/{code()}"
    one = await desk.send(path, act="split", parts="kite-a 只有一个", basis="示例")
    assert one.status == 422
    parts = f"{code(21)} 风筝放飞\n{code(22)} 风筝制作"
    two = await desk.send(path, act="split", parts=parts, basis="示例调整通知")
    assert two.status == 303
    names = {each.name for each in (await guides.drafts(world, q="风筝")).items}
    assert {"风筝放飞", "风筝制作"} <= names
    await guides.publish(world, a_guide(item_code=code(3), name="示例陀螺许可"))
    merged = await desk.send(
        path, act="merge", others=code(3), item_code=code(30), name="玩具许可", basis="示例"
    )
    assert merged.status == 303
    draft = await guides.draft(world, UUID(merged.headers["location"].rpartition("/")[2]))
    assert (draft.name, draft.code) == ("玩具许可", code(30))


async def test_a_fault_is_reported_by_anybody_and_answered_by_the_editors_only(
    world: World, surfer: Surfer
) -> None:
    await guides.publish(world, a_guide())
    desk = await sample(world, Desk(surfer), "chujian")
    path = f"/desk/guide-faults/{code()}"
    assert (await desk.send(path, element="", text=" ")).status == 422
    assert (await desk.send(path, element="consult_phone", text="电话不对<b>")).status == 303
    assert "电话不对<b>" in await desk.shown("/desk/guide-faults")  # unescaped by the reader
    [report] = (await guides.reported_faults(world)).items
    clerk = await officer(world, "chujian")
    with pytest.raises(guides.ReasonNeeded):
        await guides.close_report(world, clerk, report.id)
    with pytest.raises(Forbidden):
        await guides.answer_report(world, clerk, report.id, "我自己答复")
    await desk.out()
    await sample(world, desk, "bianji")
    at = f"/editors/reports/{report.id}"
    assert (await desk.send(at, act="answer", answer="")).status == 422
    assert (await desk.send(at, act="answer", answer="已改")).status == 303
    assert (await desk.send(at, act="close")).status == 303
    assert (await desk.send(at, proof_from="/editors/reports", act="close")).status == 404
    assert clerk.role is Role.EXIT_WINDOW
    assert "没有待答复" in await desk.shown("/editors/reports")
    assert "已改" in await desk.shown(at)


async def test_a_publisher_enters_into_the_basic_catalogue_what_a_new_guide_carries_out(
    world: World, desk: Desk
) -> None:
    content = a_guide(item_code=code(77)).model_dump(mode="json")
    draft = await guides.new_draft(world, await officer(world, "bianji"), content)
    path = f"/editors/drafts/{draft.id}"
    refused = await desk.send(path, act="submit", row_version="1")
    assert refused.status == 422
    assert "基本目录里没有这个事项" in refused.text
    assert "登记基本目录</button>" not in refused.text
    await desk.out()
    await sample(world, desk, "fabu")
    assert "登记基本目录</button>" in await desk.shown(path)
    assert (await desk.send(path, act="register", row_version="1")).status == 303
    assert "登记基本目录</button>" not in await desk.shown(path)
    await desk.out()
    await sample(world, desk, "bianji")
    assert (await desk.send(path, act="submit", row_version="1")).status == 303


async def test_a_district_takes_an_item_on_and_says_only_what_it_may(
    world: World, desk: Desk
) -> None:
    await guides.publish(world, a_guide())
    at, region = f"/editors/items/{code()}/regions", "210103000000"
    assert (await desk.send(at, region="999999")).status == 404
    claimed = await desk.send(at, region=region)
    path = claimed.headers["location"]
    assert path == f"{at}/{region}"
    assert "全市标准：024-00000101" in await desk.shown(path)
    said = {"row_version": "1", "act": "keep", "consult_phone": "024-00000888"}
    shorter = {"promised_limit.value": "3", "promised_limit.unit": "working_day"}
    kept = await desk.send(path, **said, **shorter, places="shenhe | 2号窗口")
    assert kept.status == 303, kept.text
    there = await guides.shown(world, code(), region)
    assert there.content.promised_limit.value == 3
    assert there.content.places[0].windows == "2号窗口"
    assert "shenhe | 2号窗口" in await desk.shown(path)
    longer = {**said, "row_version": "2", "promised_limit.value": "9"}
    refused = await desk.send(path, **longer, **{"promised_limit.unit": "working_day"})
    assert refused.status in (403, 409, 422)
    assert 'value="9"' in refused.text
    back = await desk.send(path, row_version="2", act="keep")
    assert back.status == 303
    assert (await guides.shown(world, code(), region)).overridden == ()
    assert (await desk.send(path, act="unclaim")).status == 303
    assert (await desk.surfer.get(path)).status == 404


async def test_no_page_of_the_editors_is_framed_or_kept(world: World, desk: Desk) -> None:
    page = await desk.surfer.get("/editors")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    missing = await desk.surfer.get("/editors/drafts/none")
    assert missing.status == 404
    assert "回工作台" in missing.text
