"""Filing, correcting, following and taking back, at pages inside WeChat."""

import json
import re
from io import BytesIO
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from citydesk import cases, guides, identity
from citydesk.identity import Citizen, Role
from citydesk.world import World
from portal.sessions import CITIZEN_COOKIE
from tasks import outbox
from tests.cases.making import FORM, PDF, at_post, field, kite_guide
from tests.people import Outside
from tests.portal.conftest import Shown, Surfer
from tests.portal.desking import Desk, sample
from tests.portal.phone import named, proof, signs_in

PAPER = "paper-"


async def drained(world: World) -> None:
    while await outbox.drain(world):
        pass


async def asker(world: World, surfer: Surfer) -> Citizen:
    found = await identity.asker_for_browser(world, surfer.cookie(CITIZEN_COOKIE))
    assert isinstance(found, Citizen)
    return found


async def send(surfer: Surfer, path: str, page: Shown, file: Any = None, **fields: str) -> Shown:
    """Send a form of this page as a browser does, perhaps with a file (field, name, body)."""
    data = aiohttp.FormData(quote_fields=False)  # names as browsers send them
    data.add_field("csrf", proof(page))
    for name, text in fields.items():
        data.add_field(name.replace("__", "-"), text)
    if file:
        data.add_field(file[0], BytesIO(file[2]), filename=file[1], content_type="image/png")
    else:
        data.add_field("nothing", b"", filename="", content_type="application/octet-stream")
    return await surfer.ask("POST", path, data=data)


def typed(**changes: str) -> dict[str, str]:
    return {f"form__{key}": text for key, text in {**FORM, **changes}.items()}


async def begun(world: World, surfer: Surfer, outside: Outside) -> tuple[str, str, Shown]:
    """A named citizen at the empty form; item code, the form's address, the page."""
    await named(world, surfer, outside)
    code = await kite_guide(world)
    page = await surfer.get(f"/my/file/{code}")
    assert "开始填写" in page.text
    started = await send(surfer, f"/my/file/{code}", page, act="start", hall="shenhe")
    assert started.status == 303, started.text
    path = started.headers["location"]
    page = await surfer.get(path)
    assert page.status == 200
    return code, path, page


def case_of(path: str) -> str:
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", path)
    assert found is not None
    return found.group(0)


async def required(world: World, code: str) -> list[str]:
    guide = await guides.published(world, code)
    return [
        each.code
        for each in guide.content.materials
        if each.necessity == "required" and each.condition is None
    ]


async def submitted(world: World, surfer: Surfer, outside: Outside) -> str:
    """A case handed in over the pages; its identifier."""
    code, path, page = await begun(world, surfer, outside)
    case_id = case_of(path)
    form = f"/my/file/{code}"
    gone_on = await send(surfer, form, page, act="next", case=case_id, **typed())
    assert gone_on.status == 303, gone_on.text
    papers = await surfer.get(gone_on.headers["location"])
    for each in await required(world, code):
        file = (PAPER + each, "材料.pdf", PDF)
        sent = await send(surfer, form, papers, file, act=PAPER + each, case=case_id)
        assert sent.status == 303, sent.text
    done = await send(surfer, form, papers, act="submit", case=case_id)
    assert done.headers["location"] == f"/my/cases/{case_id}/receipt"
    return case_id


async def test_a_case_is_filed_page_by_page_and_followed(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await outside.control("POST", "people/zhang/follow")
    case_id = await submitted(world, surfer, outside)
    citizen = await asker(world, surfer)
    receipt = await surfer.get(f"/my/cases/{case_id}/receipt")
    assert await cases.query_code(world, citizen, UUID(case_id)) in receipt.text
    shown = await surfer.get(f"/my/cases/{case_id}")
    number = re.search(r"\d{14}[A-Z]\d{6}\w", shown.text)
    assert number is not None
    by_number = await surfer.get(f"/my/cases?no={number[0]}")  # as the chat links to it
    assert by_number.headers["location"] == f"/my/cases/{case_id}"
    assert (await surfer.get("/my/cases?no=21010320260302A000000X")).status == 200
    assert "已提交，等待预审" in shown.text
    assert "下一步" in shown.text
    assert f"/my/cases/{case_id}" in (await surfer.get("/my")).text
    _ = await cases.pre_pass(world, await at_post(world, Role.FRONT_DESK), UUID(case_id), None)
    await drained(world)
    messages = await surfer.get("/my/messages")
    assert "预审通过" in messages.text
    assert f'href="/my/cases/{case_id}"' in messages.text
    pushes = [each for each in await outside.on_phone("zhang") if case_id in str(each)]
    assert [each["fields"]["phrase3"] for each in pushes] == ["已提交", "预审通过"]
    assert f"{world.settings.public_url}/my/cases/{case_id}" in str(pushes[0])


async def test_a_draft_is_kept_and_found_again(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    code, path, page = await begun(world, surfer, outside)
    case_id = case_of(path)
    saved = await send(
        surfer, f"/my/file/{code}", page, act="save", case=case_id, form__kite="龙头"
    )
    assert saved.status == 303
    again = await surfer.get(f"/my/file/{code}")
    assert 'value="龙头"' in again.text
    assert case_id in again.text
    twice = await send(surfer, f"/my/file/{code}", page, act="start", hall="shenhe")
    assert case_of(twice.headers["location"]) == case_id


async def test_faults_are_told_together_and_at_their_fields_and_nothing_typed_is_lost(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    code, path, page = await begun(world, surfer, outside)
    case_id = case_of(path)
    wrong = await send(
        surfer,
        f"/my/file/{code}",
        page,
        act="next",
        case=case_id,
        **typed(phone="12", id_no="990000198804120110", kite="<b>纸鸢</b>", since=""),
    )
    assert wrong.status == 422
    for word in ("身份证号码不对", "电话号码不对", "必填"):
        assert wrong.text.count(word) == 2, word
    assert 'value="12"' in wrong.text
    assert "&lt;b&gt;纸鸢&lt;/b&gt;" in wrong.text
    kept = await surfer.get(path)
    assert "纸鸢" in kept.text
    assert 'value="12"' in kept.text  # right or wrong: a draft keeps what is typed


async def test_a_form_changed_elsewhere_is_not_written_over_and_both_are_shown(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    code, path, page = await begun(world, surfer, outside)
    case_id, where = case_of(path), f"/my/file/{code}"
    citizen = await asker(world, surfer)
    _ = await cases.keep_typed(world, citizen, UUID(case_id), {"kite": "手机上填的"})
    typed_here = {"form__kite": "电脑上填的", "version": "0", "case": case_id}
    late = await send(surfer, where, page, act="save", **typed_here)
    assert late.status == 409
    assert "刚在别的设备或页面上改过" in late.text
    assert 'value="电脑上填的"' in late.text
    assert "另一处填的是：手机上填的" in late.text
    told = await send(surfer, f"{where}/draft", page, **typed_here)
    assert (told.status, json.loads(told.text)["stop"]) == (409, True)
    known = await send(surfer, where, late, act="save", **{**typed_here, "version": "1"})
    assert known.status == 303
    told = await send(surfer, f"{where}/draft", page, **{**typed_here, "version": "2"})
    assert json.loads(told.text) == {"said": "已保存 09:00", "version": 2}
    kept = await cases.filled_form(world, citizen, UUID(case_id))
    assert kept.answers["kite"] == "电脑上填的"


async def test_what_is_known_stands_in_the_form_with_its_source_until_it_is_cleared(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    fields = [
        field("name", "text", label="姓名", about="applicant_name"),
        field("kite", "text"),
        field("where", "choices", options=["河边", "广场"]),
        field("night", "boolean"),
        field("lamp", "text", label="灯的颜色", when={"night": ["是"]}),
    ]
    code = await kite_guide(world, form_fields=fields)
    page = await surfer.get(f"/my/file/{code}")
    started = await send(surfer, f"/my/file/{code}", page, act="start", hall="shenhe")
    path = started.headers["location"]
    page = await surfer.get(path)
    assert 'value="张示例"' in page.text
    assert "来自实名信息，2026年3月2日核验" in page.text
    assert "“问题night”选是时才要填" in page.text  # shown to whoever has no scripts
    typed_here = {
        "form__name": "",
        "form__kite": "龙",
        "form__where": "广场",
        "form__night": "true",
    }
    asked = await send(
        surfer, f"/my/file/{code}", page, act="next", case=case_of(path), **typed_here
    )
    assert asked.status == 422
    assert re.findall(r'href="#f-form-(\w+)"', asked.text) == ["name", "lamp"]
    again = await surfer.get(path)
    assert "张示例" not in again.text  # cleared is cleared
    citizen = await asker(world, surfer)
    typed_more = {"name": "张示例", "lamp": "红"}  # and may be taken after all
    _ = await cases.keep_typed(world, citizen, UUID(case_of(path)), typed_more)
    _ = await cases.attach(world, citizen, UUID(case_of(path)), "m01", "风筝.pdf", PDF)
    _ = await cases.submit(world, citizen, UUID(case_of(path)))
    desk = await sample(world, Desk(surfer), "qiantai")
    shown = await desk.shown(f"/desk/cases/{case_of(path)}")
    for words in ("来自实名信息（2026年3月2日核验），申请人已确认", "是", "广场", "红"):
        assert words in shown
    assert re.search(r'value="广场" checked', again.text)
    assert re.search(r'value="true" checked', again.text)


async def test_an_incomplete_case_is_not_submitted_and_says_what_is_missing(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    code, path, page = await begun(world, surfer, outside)
    case_id = case_of(path)
    refused = await send(surfer, f"/my/file/{code}", page, act="submit", case=case_id)
    assert refused.status == 422
    assert "必填" in refused.text
    await send(surfer, f"/my/file/{code}", page, act="save", case=case_id, **typed())
    refused = await send(surfer, f"/my/file/{code}", page, act="submit", case=case_id)
    assert refused.status == 422
    assert "还没有上传" in refused.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"MZ\x90\x00 a program", "只能上传 PDF、PNG、JPG 或 OFD"),
        (b"%PDF-" + b"0" * 5 * 1024 * 1024, "5MB"),
    ],
    ids=["program", "too large"],
)
async def test_a_file_we_cannot_take_is_refused_at_its_place(
    surfer: Surfer, outside: Outside, world: World, body: bytes, said: str
) -> None:
    code, path, page = await begun(world, surfer, outside)
    case_id, [paper, *_] = case_of(path), await required(world, code)
    file = (PAPER + paper, "a.png", body)
    refused = await send(surfer, f"/my/file/{code}", page, file, act=PAPER + paper, case=case_id)
    assert refused.status == 422
    assert said in refused.text
    none = await send(surfer, f"/my/file/{code}", page, act=PAPER + paper, case=case_id)
    assert none.status == 422
    assert "请先选择文件" in none.text


async def test_a_form_sent_twice_submits_once(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    case_id = await submitted(world, surfer, outside)
    page = await surfer.get("/my")
    citizen = await asker(world, surfer)
    code = (await cases.fetch_for(citizen, UUID(case_id))).item_code
    again = await send(surfer, f"/my/file/{code}", page, act="submit", case=case_id)
    assert (again.status, again.headers["location"]) == (303, f"/my/cases/{case_id}/receipt")
    receipt = await surfer.get(f"/my/cases/{case_id}/receipt")
    assert receipt.text.count(await cases.query_code(world, citizen, UUID(case_id))) == 1
    assert "2026年3月4日" in receipt.text  # by when the pre-review is done
    assert len((await cases.my_cases(world, citizen)).items) == 1


async def test_a_correction_shows_what_was_asked_and_is_handed_in(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    case_id = await submitted(world, surfer, outside)
    desk = await at_post(world, Role.FRONT_DESK)
    await cases.receive(world, desk, UUID(case_id), None)
    early = await surfer.get(f"/my/cases/{case_id}/correction")
    assert early.status == 303
    asked = "风筝照片不清楚，请重拍。"
    await cases.request_correction(world, desk, UUID(case_id), asked)
    page = await surfer.get(f"/my/cases/{case_id}/correction")
    assert asked in page.text
    paper = re.search(r'name="act" value="(paper-[^"]+)"', page.text)
    assert paper is not None
    where = f"/my/cases/{case_id}/correction"
    early = await send(surfer, where, page, act="submit")
    assert early.status == 422
    assert "您还没有换材料" in early.text
    assert 'name="as_it_is"' in early.text  # it can be meant
    sent = await send(surfer, where, page, (paper[1], "重拍.pdf", PDF), act=paper[1])
    assert sent.status == 303
    done = await send(surfer, where, page, act="submit")
    assert done.headers["location"] == f"/my/cases/{case_id}"
    assert "已提交补正材料" in (await surfer.get(f"/my/cases/{case_id}")).text


async def test_a_case_is_taken_back_after_being_asked(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    case_id = await submitted(world, surfer, outside)
    page = await surfer.get(f"/my/cases/{case_id}/withdraw")
    assert "撤回申请？" in page.text
    back = await surfer.post(f"/my/cases/{case_id}/withdraw", csrf=proof(page), reason="不办了")
    assert back.status == 303
    assert "不办了" in (await surfer.get(f"/my/cases/{case_id}")).text


async def test_without_the_proof_of_our_page_nothing_is_changed(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    case_id = await submitted(world, surfer, outside)
    assert (await surfer.post(f"/my/cases/{case_id}/withdraw", csrf="0" * 64)).status == 403
    assert (await surfer.post(f"/my/cases/{case_id}/withdraw")).status == 403
    assert "已撤回" not in (await surfer.get(f"/my/cases/{case_id}")).text


async def test_another_citizens_case_is_not_there(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    case_id = await submitted(world, surfer, outside)
    code = (await cases.fetch_for(await asker(world, surfer), UUID(case_id))).item_code
    surfer.session.cookie_jar.clear()
    await named(world, surfer, outside, "li")
    for path in ("", "/receipt", "/withdraw", "/correction"):
        page = await surfer.get(f"/my/cases/{case_id}{path}")
        assert page.status == 404, path
        assert "没有找到这个办件" in page.text
    assert (await surfer.get(f"/my/file/{code}?case={case_id}")).status == 404
    assert (await surfer.get("/my/cases/not-a-number")).status == 404
    page = await surfer.get("/my")
    sent = await send(surfer, f"/my/file/{code}", page, act="submit", case=case_id)
    assert sent.status == 404
    taken = await surfer.post(f"/my/cases/{case_id}/withdraw", csrf=proof(page))
    assert taken.status == 404


async def test_without_a_name_one_is_led_to_the_check_and_back(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    code = await kite_guide(world)
    await signs_in(surfer, outside, "zhang")
    led = await surfer.get(f"/my/file/{code}")
    assert led.headers["location"] == f"/my/identity?next=%2Fmy%2Ffile%2F{code}"
    page = await surfer.get(led.headers["location"])
    assert f'value="/my/file/{code}"' in page.text
