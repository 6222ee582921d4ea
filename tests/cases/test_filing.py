from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import cases, guides, identity
from citydesk.cases import rules
from citydesk.cases.refusals import FilingIncomplete, PaperRefused
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import Case, CaseEvent, CaseMaterial, StoredFile
from tests.cases.making import FIELDS, FORM, HALL, PDF, Desk, applicant, field, kite_guide
from tests.guides.making import a_guide, elements


@given(st.integers(0, 10**17 - 1), st.sampled_from("0123456789Xx"))
def test_one_check_digit_in_eleven_fits(number: int, check: str) -> None:
    body = f"{number:017d}"
    fitting = [last for last in "0123456789X" if guides.is_id_no(body + last)]
    assert len(fitting) == 1
    assert guides.is_id_no(body + check) is (check.upper() == fitting[0])


@given(st.integers(0, 16), st.integers(1, 9))
def test_a_changed_digit_of_an_id_number_is_noticed(at: int, by: int) -> None:
    whole = FORM["id_no"]
    other = str((int(whole[at]) + by) % 10)
    assert not guides.is_id_no(whole[:at] + other + whole[at + 1 :])


def test_an_incomplete_filing_is_told_everything_at_once() -> None:
    materials = [
        {**elements()["materials"][0], "code": each, "name": f"材料{each}"}
        for each in ("m01", "m02")
    ]
    guide = a_guide(form_fields=FIELDS, materials=materials)
    wrong = {"kite": "", "id_no": "1", "phone": "1", "since": "x", "colour": "蓝", "other": "?"}
    with pytest.raises(FilingIncomplete) as refused:
        rules.check_filing(guide, guides.application_form(guide).faults(wrong), [])
    named = {each["field"] for each in refused.value.facts["errors"]}
    assert named == {f"form.{key}" for key in wrong} | {"materials.m01", "materials.m02"}


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"necessity": "optional"}, False),
        ({"necessity": "deferrable"}, False),
        ({"condition": "由他人代办"}, False),
        ({}, True),
    ],
)
def test_only_what_is_required_of_everybody_must_be_there(
    changes: dict[str, Any], asked: bool
) -> None:
    guide = a_guide(materials=[{**elements()["materials"][0], **changes}])
    if asked:
        with pytest.raises(FilingIncomplete):
            rules.check_filing(guide, [], [])
    else:
        rules.check_filing(guide, [], [])


async def test_a_draft_may_be_incomplete_but_not_wrong(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world)
    case = await cases.start(world, desk.citizen, item, HALL, {"kite": " 示例 ", "phone": ""})
    assert await cases.form_of(world, desk.citizen, case) == {"kite": "示例"}
    for wrong in ({"phone": "1"}, {"unknown": "x"}, {"kite": "长" * 41}):
        with pytest.raises(FilingIncomplete):
            await cases.start(world, desk.citizen, item, HALL, wrong)
    assert await Case.all().count() == 1


async def test_an_incomplete_draft_is_not_submitted_and_stays_a_draft(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world)
    case = await cases.start(world, desk.citizen, item, HALL, {"kite": "示例"})
    with pytest.raises(FilingIncomplete) as refused:
        await cases.submit(world, desk.citizen, case.id)
    named = {each["field"] for each in refused.value.facts["errors"]}
    assert named == {"form.id_no", "form.phone", "form.since", "form.colour", "materials.m01"}
    stored = await Case.get(id=case.id)
    assert (stored.state, stored.last_seq, stored.filed_at) == ("draft", 0, None)


async def test_a_form_may_be_changed_only_while_it_is_with_the_applicant(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.filed()
    for attempt in (
        cases.fill(world, desk.citizen, case.id, {**FORM, "kite": "另一只"}),
        cases.attach(world, desk.citizen, case.id, "m01", "后补.pdf", PDF),
    ):
        with pytest.raises(cases.NotAllowedNow):
            await attempt
    await cases.pre_fail(world, desk.front, case.id, "名称不清楚")
    await cases.fill(world, desk.citizen, case.id, {**FORM, "kite": "另一只"})
    again = await cases.submit(world, desk.citizen, case.id)
    assert (again.state, again.case_no) == ("filed", case.case_no)
    form = await cases.form_of(world, desk.citizen, await Case.get(id=case.id))
    assert form["kite"] == "另一只"


async def test_a_paper_is_taken_for_a_requirement_of_the_guide_only(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    with pytest.raises(FilingIncomplete):
        await cases.attach(world, desk.citizen, case.id, "m99", "示例.pdf", PDF)
    with pytest.raises(PaperRefused):
        await cases.attach(world, desk.citizen, case.id, "m01", "示例.exe", b"MZ")
    assert await StoredFile.all().count() == await CaseMaterial.all().count() == 0


async def test_thirty_papers_are_enough(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    for number in range(rules.MOST_PAPERS):
        await cases.attach(world, desk.citizen, case.id, "m01", f"{number}.pdf", PDF)
    with pytest.raises(cases.TooManyPapers):
        await cases.attach(world, desk.citizen, case.id, "m01", "31.pdf", PDF)


async def test_filing_needs_a_checked_name_an_online_item_and_a_hall_that_handles_it(
    world: World,
) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world)
    unchecked = await applicant(world, level=2)
    with pytest.raises(identity.LevelTooLow):
        await cases.start(world, unchecked, item, HALL, {})
    with pytest.raises(cases.NotFiledOnline):
        await cases.start(world, desk.citizen, item, "city", {})
    with pytest.raises(guides.NoSuchGuide):
        await cases.start(world, desk.citizen, "no-such-item", HALL, {})
    await kite_guide(world, is_online=False, forms=["1"], online_depth="1")
    with pytest.raises(cases.NotFiledOnline):
        await cases.start(world, desk.citizen, item, HALL, {})


async def test_a_case_keeps_the_guide_it_was_filed_under(world: World) -> None:
    """A new publication changes neither the promise nor what must be handed in."""
    desk = await Desk.open(world)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    await kite_guide(
        world,
        form_fields=[*FIELDS, field("more", "text")],
        promised_limit={"value": 1, "unit": "working_day", "note": ""},
        name="示例风筝放飞许可（改名）",
    )
    await cases.submit(world, desk.citizen, case.id)
    await cases.receive(world, desk.front, case.id)
    accepted = await cases.accept(world, desk.front, case.id)
    assert accepted.promised_on == date(2026, 3, 9)  # five working days, as promised then
    assert accepted.item_name == "示例风筝放飞许可（首次申请）"


async def test_a_second_correction_notice_needs_a_why_and_is_marked_a_third_is_refused(
    world: World,
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(cases.State.CORRECTING)
    await cases.attach(world, desk.citizen, case.id, "m01", "补正.pdf", PDF)
    world.clock.move(days=2)  # type: ignore[attr-defined]
    await cases.correct(world, desk.citizen, case.id)
    with pytest.raises(cases.ReasonMissing):
        await cases.request_correction(world, desk.front, case.id, "又想起一条")
    stored = await Case.get(id=case.id)
    assert (stored.state, stored.correction_round) == ("received", 1)
    assert stored.received_at == world.clock.now()  # the day of complete material (art. 32)
    told = [paper.handed_in_round for paper in await cases.papers(world, stored)]
    assert told == [0, 1]
    again = await cases.request_correction(
        world, desk.front, case.id, "还缺一页", why_again="新交的材料才看得出"
    )
    assert (again.state, again.correction_round) == ("correcting", 2)
    notices = await CaseEvent.filter(case_id=case.id, action="request_correction").order_by("seq")
    assert [each.mark for each in notices] == [None, "再次告知补正"]
    await cases.correct(world, desk.citizen, case.id)
    with pytest.raises(cases.NotAllowedNow):
        await cases.request_correction(world, desk.front, case.id, "再来一条", why_again="还是忘了")


async def test_a_refusal_tells_the_reason_and_the_remedies(world: World) -> None:
    desk = await Desk.open(world)
    remedies = "可在60日内申请行政复议"
    case = await desk.accepted(await kite_guide(world, remedies=remedies))
    await cases.start_review(world, desk.back, case.id)
    await cases.decide(world, desk.back, case.id, cases.Outcome.REFUSED, "场地不够开阔")
    told = await cases.timeline(world, desk.citizen, case.id)
    assert told.happenings[-1].detail == f"不予许可：场地不够开阔。{remedies}"


async def test_nobody_makes_the_certificate_of_a_refusal(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.accepted(await kite_guide(world))
    assert case.certificate
    await cases.start_review(world, desk.back, case.id)
    await cases.decide(world, desk.back, case.id, cases.Outcome.REFUSED, "场地不够开阔")
    case = await cases.complete(world, desk.back, case.id)
    told = await cases.timeline(world, desk.citizen, case.id)
    assert told.happenings[-1].title == "已办结，可领取不予许可决定书"
    assert told.next_due is not None
    assert told.next_due.what == "送达截止"
    assert cases.Action.ISSUE_CERTIFICATE not in cases.allowed_actions(world, desk.back, case)
    assert not (await cases.work_list(world, desk.back)).items
    with pytest.raises(cases.NotAllowedNow):
        await cases.issue_certificate(world, desk.back, case.id)
    case = await cases.serve(world, desk.exit, case.id)
    assert case.state == "served"


async def test_a_case_of_nowhere_is_missing(world: World) -> None:
    desk = await Desk.open(world)
    with pytest.raises(cases.NoSuchCase):
        await cases.submit(world, desk.citizen, new_id())
