"""Papers that count no more: what replaced them, when, by whom and why; what a virus means."""

from citydesk import cases
from citydesk.cases import State
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.cases import Case
from tasks import outbox
from tests.cases.making import PDF, Desk, employed, kite_guide, later
from tests.cases.test_papers import HARMFUL, held
from tests.cases.test_window import QIAN, ZHAO, begun, someone
from tests.people import Outside


async def test_a_harmful_paper_is_a_line_of_the_story_and_the_applicant_is_told_what_to_do(
    world: World, outside: Outside, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    await outside.control("POST", "faults", path="scanner", drop="before", times=None)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", HARMFUL)
    await cases.submit(world, desk.citizen, case.id)
    await outside.control("DELETE", "faults")
    later(clock, seconds=30)
    await cases.scan_waiting(world)
    found_at = clock.now()
    for asker in (desk.citizen, desk.front):
        told = await cases.timeline(world, asker, case.id)
        assert told.next_step == ("请把风筝照片换一份：重新扫描或拍照后再传。换好之前不能往下办。")
        assert [each.title for each in told.happenings] == ["已提交申请", "材料没有通过安全检查"]
        last = told.happenings[-1]
        assert (last.at, last.detail) == (found_at, "风筝照片可能带有病毒，不能使用")
    [latest] = await cases.latest_progress(world, desk.citizen)  # what the chat says
    assert latest.next_step.startswith("请把风筝照片换一份")

    later(clock, minutes=5)
    [bad] = await held(world, case)
    await cases.attach(world, desk.citizen, case.id, "m01", "新.pdf", PDF, replaces=bad.id)
    await outbox.drain(world)
    later(clock, minutes=5)
    await cases.receive(world, desk.front, case.id)
    told = await cases.timeline(world, desk.citizen, case.id)
    assert told.next_step == "5个工作日内会告诉您是否受理。"
    assert [each.title for each in told.happenings] == [
        "已提交申请",
        "材料没有通过安全检查",
        "没有通过检查的材料已换下",
        "窗口已收件",
    ]
    [former] = await cases.former_papers(world, await Case.get(id=case.id))
    [good] = await held(world, case)
    assert (former.id, former.name, former.by) == (bad.id, "示例.pdf", "applicant")
    assert (former.replaced_by, former.path) == (good.id, None)  # nobody opens it
    assert former.why == "安全检查发现可能带有病毒"
    assert (await cases.rebuild(world, case.id)).differences == ()


async def test_what_was_replaced_at_a_correction_names_who_did_it_and_what_asked_for_it(
    world: World, clock: SetClock
) -> None:
    front = await employed(world, Role.FRONT_DESK)
    case = await begun(world, front, await kite_guide(world), agent=QIAN)
    await cases.attach_for(world, front, case.id, "m01", "扫描.pdf", PDF)
    await cases.receive(world, front, case.id, mandate="委字12号")
    owner, agent = await someone(world, ZHAO), await someone(world, QIAN)
    assert await cases.former_papers(world, case) == []
    await cases.request_correction(world, front, case.id, "照片看不清，请重新拍")
    [first] = await held(world, case)
    later(clock, minutes=1)
    second = await cases.attach(world, agent, case.id, "m01", "再拍.pdf", PDF, replaces=first.id)
    swapped_at = clock.now()
    later(clock, minutes=1)
    third = await cases.attach(world, owner, case.id, "m01", "多余.pdf", PDF)
    await cases.take_back(world, owner, case.id, third.id)
    await outbox.drain(world)

    taken_back, replaced = await cases.former_papers(world, await Case.get(id=case.id))
    assert (replaced.id, replaced.by, replaced.replaced_by) == (first.id, "agent", second.id)
    assert replaced.why == "需要补正材料（一次性告知）：照片看不清，请重新拍"
    assert replaced.replaced_at == swapped_at
    assert (taken_back.name, taken_back.by) == ("多余.pdf", "applicant")
    assert taken_back.replaced_by is None
    assert replaced.path is not None
    name = replaced.path.removeprefix("/files/")
    noted = await sql.value("SELECT count(*) FROM access_log")
    await cases.scan_waiting(world)
    opened = await cases.open_file(world, [front], name)  # an officer may still look at it
    assert b"".join([each async for each in opened.read(0, len(PDF) - 1)]) == PDF
    assert await sql.value("SELECT count(*) FROM access_log") == noted + 1


async def test_of_a_draft_nothing_is_kept_and_nothing_told(world: World, outside: Outside) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", HARMFUL)
    await outbox.drain(world)
    [bad] = await held(world, case)
    assert (await cases.timeline(world, desk.citizen, case.id)).happenings == ()
    await cases.attach(world, desk.citizen, case.id, "m01", "新.pdf", PDF, replaces=bad.id)
    case = await cases.submit(world, desk.citizen, case.id)
    told = await cases.timeline(world, desk.citizen, case.id)
    assert [each.title for each in told.happenings] == ["已提交申请"]
    assert await cases.former_papers(world, case) == []
    assert case.state == State.FILED
