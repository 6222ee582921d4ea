from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import cases, guides, identity
from citydesk.cases import rules
from citydesk.cases.refusals import FilingIncomplete, PaperRefused
from citydesk.cases.rules import is_id_no, media_type_of
from citydesk.guides import FormField
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import Case, CaseEvent, CaseMaterial, StoredFile
from tests.cases.making import FIELDS, FORM, HALL, PDF, Desk, applicant, field, kite_guide
from tests.guides.making import a_guide, elements

ASKED = tuple(FormField.model_validate(each) for each in FIELDS)


def said_of(key: str, text: str) -> str:
    """What is wrong with one answer; "" when it will do."""
    faults = rules.form_faults(ASKED, {**FORM, key: text})
    assert all(fault["field"] == f"form.{key}" for fault in faults)
    return faults[0]["detail"] if faults else ""


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("kite", "字" * 40),
        ("id_no", "99000019880412011" + "9"),
        ("phone", "10012345678"),
        ("phone", "024-00000101"),
        ("phone", "02400000101"),
        ("since", "2024-02-29"),
        ("colour", "黄"),
        ("length", "-1.5"),
        ("length", ""),
    ],
)
def test_a_fitting_answer_will_do(key: str, good: str) -> None:
    assert said_of(key, good) == ""


@pytest.mark.parametrize(
    ("key", "bad", "said"),
    [
        ("kite", "字" * 41, "太长，最多40个字"),
        ("kite", "  ", "必填"),
        ("id_no", "990000198804120110", "身份证号码不对"),
        ("id_no", "99000019880412011", "身份证号码不对"),
        ("id_no", "９９００００１９８８０４１２０１１９", "身份证号码不对"),
        ("phone", "1001234567", "电话号码不对"),
        ("phone", "１００１２３４５６７８", "电话号码不对"),
        ("phone", "10012345678 10012345678", "电话号码不对"),
        ("since", "2026-02-29", "日期不对"),
        ("since", "2026-3-1", "日期不对"),
        ("since", "20260301", "日期不对"),
        ("since", "2026-W09-7", "日期不对"),
        ("colour", "蓝", "请从选项中选一个"),
        ("length", "1e5", "应为数字"),
        ("length", "NaN", "应为数字"),
        ("length", "١٢", "应为数字"),
    ],
)
def test_a_misshapen_answer_is_named(key: str, bad: str, said: str) -> None:
    assert said_of(key, bad).startswith(said)


@given(st.text(max_size=60))
def test_no_answer_breaks_the_form(text: str) -> None:
    for key in FORM:
        rules.form_faults(ASKED, {**FORM, key: text})


@given(st.integers(0, 10**17 - 1), st.sampled_from("0123456789Xx"))
def test_one_check_digit_in_eleven_fits(number: int, check: str) -> None:
    body = f"{number:017d}"
    fitting = [last for last in "0123456789X" if is_id_no(body + last)]
    assert len(fitting) == 1
    assert is_id_no(body + check) is (check.upper() == fitting[0])


@given(st.integers(0, 16), st.integers(1, 9))
def test_a_changed_digit_of_an_id_number_is_noticed(at: int, by: int) -> None:
    whole = FORM["id_no"]
    other = str((int(whole[at]) + by) % 10)
    assert not is_id_no(whole[:at] + other + whole[at + 1 :])


def test_an_incomplete_filing_is_told_everything_at_once() -> None:
    materials = [
        {**elements()["materials"][0], "code": each, "name": f"材料{each}"}
        for each in ("m01", "m02")
    ]
    guide = a_guide(form_fields=FIELDS, materials=materials)
    wrong = {"kite": "", "id_no": "1", "phone": "1", "since": "x", "colour": "蓝", "other": "?"}
    with pytest.raises(FilingIncomplete) as refused:
        rules.check_filing(guide, wrong, [])
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
            rules.check_filing(guide, {"kite": "示例"}, [])
    else:
        rules.check_filing(guide, {"kite": "示例"}, [])


PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize(
    ("start", "kind"), [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")]
)
def test_a_paper_is_known_by_its_bytes(start: bytes, kind: str) -> None:
    assert media_type_of(start) == kind
    assert media_type_of(start.ljust(rules.LARGEST_PAPER, b"\0")) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01\x01",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><html><script>1</script></html>",
        b"<html>%PDF-1.7",
        b"\n%PDF-1.7",
        b"GIF89a%PDF-1.7",
        b"PK\x03\x04%PDF-1.7",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"\x00\xff\xd8\xff",
        b"\x89PNG\n\x1a\n",
        b"#!/bin/sh\n",
        PDF.ljust(rules.LARGEST_PAPER + 1, b"\0"),
    ],
)
def test_anything_else_is_refused_as_a_paper(content: bytes) -> None:
    with pytest.raises(PaperRefused) as refused:
        media_type_of(content)
    assert refused.value.facts["errors"][0]["field"] == "file"


@given(st.binary(max_size=64))
def test_any_bytes_are_taken_or_refused_and_nothing_else(content: bytes) -> None:
    try:
        kind = media_type_of(content)
    except PaperRefused:
        return
    assert any(content.startswith(start) for start in rules.SIGNATURES)
    assert kind in rules.SIGNATURES.values()


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


async def test_a_case_of_nowhere_is_missing(world: World) -> None:
    desk = await Desk.open(world)
    with pytest.raises(cases.NoSuchCase):
        await cases.submit(world, desk.citizen, new_id())
