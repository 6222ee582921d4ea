"""Papers at pages inside WeChat: opened, taken back, and replaced when they are harmful."""

import re
from uuid import UUID

import aiohttp

from citydesk import cases
from citydesk.identity import Role
from citydesk.kit.clock import SetClock
from citydesk.world import World
from portal.handing_in import DROP, SWAP
from sandbox.scanner import EICAR
from tests.cases.making import PDF, at_post, later
from tests.documents import a_pdf, a_picture
from tests.people import Outside
from tests.portal.conftest import Surfer
from tests.portal.test_my_cases import (
    PAPER,
    asker,
    begun,
    case_of,
    drained,
    required,
    send,
    submitted,
    typed,
)

NAME = re.compile("/files/[0-9a-f]{32}")


async def test_a_paper_is_opened_and_taken_back_while_it_is_a_draft(
    surfer: Surfer, outside: Outside, world: World, server: str
) -> None:
    code, path, page = await begun(world, surfer, outside)
    case_id, [paper, *_] = case_of(path), await required(world, code)
    form = f"/my/file/{code}"
    sent = await send(
        surfer,
        form,
        page,
        (PAPER + paper, "门 头.jpg", a_picture()),
        act=PAPER + paper,
        case=case_id,
    )
    page = await surfer.get(sent.headers["location"])
    assert "门 头.jpg" in page.text
    assert "正在安全检查" in page.text
    opened = NAME.search(page.text)
    assert opened is not None
    async with surfer.session.get(opened[0]) as answer:
        assert answer.status == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["content-disposition"].startswith("attachment;")
    async with aiohttp.ClientSession(server) as stranger, stranger.get(opened[0]) as answer:
        assert answer.status == 404
    drop = re.search(f"{DROP}[0-9a-f-]{{36}}", page.text)
    assert drop is not None
    gone = await send(surfer, form, page, act=drop[0], case=case_id)
    assert gone.status == 303
    page = await surfer.get(gone.headers["location"])
    assert "门 头.jpg" not in page.text
    assert "已删除" in page.text
    for odd in (drop[0], f"{DROP}x", f"{DROP}{UUID(int=1)}"):  # pressed twice, or made up
        again = await send(surfer, form, page, act=odd, case=case_id)
        assert again.status == 404, again.text
    assert (await surfer.get(f"/my/cases/{case_id}/papers")).status == 200


async def test_what_the_scanner_finds_after_filing_is_told_and_replaced(
    surfer: Surfer, outside: Outside, world: World, clock: SetClock
) -> None:
    await outside.control("POST", "people/zhang/follow")
    await outside.control("POST", "faults", path="scanner", drop="before", times=None)
    code, path, page = await begun(world, surfer, outside)
    case_id, form = case_of(path), f"/my/file/{code}"
    await send(surfer, form, page, act="next", case=case_id, **typed())
    page = await surfer.get(f"{form}?case={case_id}&step=papers")
    for each in await required(world, code):
        bad = (PAPER + each, "合同.pdf", a_pdf() + EICAR)
        assert (await send(surfer, form, page, bad, act=PAPER + each, case=case_id)).status == 303
    done = await send(surfer, form, page, act="submit", case=case_id)
    assert done.headers["location"] == f"/my/cases/{case_id}/receipt"
    await outside.control("DELETE", "faults")
    later(clock, seconds=30)
    await cases.scan_waiting(world)
    await drained(world)
    [push] = [each for each in await outside.on_phone("zhang") if "安全检查" in str(each)]
    assert push["fields"]["thing3"] == "有材料未通过安全检查，请换一份"
    shown = await surfer.get(f"/my/cases/{case_id}")
    assert "没有通过安全检查" in shown.text
    assert f'href="/my/cases/{case_id}/papers"' in shown.text
    own = f"/my/cases/{case_id}/papers"
    page = await surfer.get(own)
    assert "换一份" in page.text
    assert NAME.search(page.text) is None  # there is nothing to open
    swap = re.search(f"{SWAP}[0-9a-f-]{{36}}", page.text)
    assert swap is not None
    empty = await send(surfer, own, page, act=swap[0])
    assert (empty.status, "请先选择文件" in empty.text) == (422, True)
    wrong = await send(surfer, own, page, (swap[0], "a.png", b"MZ"), act=swap[0])
    assert (wrong.status, "只能上传" in wrong.text) == (422, True)
    good = await send(surfer, own, page, (swap[0], "重新扫描.pdf", PDF), act=swap[0])
    assert (good.status, good.headers["location"]) == (303, own)
    await cases.scan_waiting(world)
    page = await surfer.get(own)
    assert "重新扫描.pdf" in page.text
    assert "没有通过" not in page.text
    assert SWAP not in page.text  # the case is not with the applicant
    front = await at_post(world, Role.FRONT_DESK)
    await cases.receive(world, front, UUID(case_id))
    assert (await cases.accept(world, front, UUID(case_id))).state == "accepted"


async def test_at_a_correction_an_earlier_paper_is_replaced(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    case_id = await submitted(world, surfer, outside)
    front = await at_post(world, Role.FRONT_DESK)
    await cases.receive(world, front, UUID(case_id))
    await cases.request_correction(world, front, UUID(case_id), "看不清")
    where = f"/my/cases/{case_id}/correction"
    page = await surfer.get(where)
    swap = re.search(f"{SWAP}[0-9a-f-]{{36}}", page.text)
    assert swap is not None
    assert DROP not in page.text
    sent = await send(surfer, where, page, (swap[0], "看得清.pdf", PDF), act=swap[0])
    assert sent.status == 303, sent.text
    held = await cases.papers(
        world, await cases.fetch_for(await asker(world, surfer), UUID(case_id))
    )
    assert [each.name for each in held] == ["看得清.pdf"]
