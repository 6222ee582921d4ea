"""Special procedures, extensions, supplements and links: what moves a date, and what does not."""

from datetime import date

import pytest

from citydesk import cases, workdays
from citydesk.cases import Action, SpecialKind, SpecialResult, State
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.cases import Case, CaseEvent
from tasks import outbox
from tests.cases.making import PDF, Desk, kite_guide

NOTICE = "示例告知〔2026〕1号"
LINKS = [
    {"name": "受理", "unit": "窗口", "days": 1},
    {"name": "现场核查", "unit": "科室", "days": 2},
    {"name": "审核", "unit": "科室", "days": 0},
    {"name": "决定", "unit": "领导", "days": 1},
]


async def suspended(desk: Desk, days: int = 5) -> Case:
    case = await desk.bring_to(State.IN_REVIEW)
    return await cases.start_special(
        desk.world, desk.back, case.id, SpecialKind.EXPERT_REVIEW, days, NOTICE, "需要专家评审"
    )


async def test_a_special_procedure_stops_the_limits_and_its_end_gives_the_rest_back(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await suspended(desk)
    assert (case.state, case.promised_on) == ("suspended", date(2026, 3, 16))  # 5 + 5 days
    told = await cases.timeline(world, desk.citizen, case.id)
    assert "专家评审，需要5个工作日，不计入办理期限" in str(told.happenings[-1].detail)
    assert NOTICE in str(told.happenings[-1].detail)
    assert any("专家评审暂停计时" in text for text in told.why)
    clock.move(days=2)  # two working days of five
    case = await cases.end_special(world, desk.back, case.id, SpecialResult.PASSED, "专家同意")
    assert (case.state, case.promised_on) == ("in_review", date(2026, 3, 11))
    told = await cases.timeline(world, desk.citizen, case.id)
    assert told.happenings[-1].detail == "通过。承诺办结日期调整为2026年3月11日。专家同意"
    assert (await cases.rebuild(world, case.id)).differences == ()


async def test_after_the_approved_days_the_limits_run_though_the_procedure_goes_on(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await suspended(desk, 2)
    assert case.promised_on == date(2026, 3, 11)
    clock.move(days=4)
    await fired(world)
    stored = await Case.get(id=case.id)
    assert (stored.state, stored.special_open) == ("in_review", True)
    assert stored.promised_on == date(2026, 3, 11)  # not a day more than was approved
    with pytest.raises(cases.NotAllowedNow):
        await desk.take(Action.START_SPECIAL, desk.back, case.id)
    done = await cases.end_special(world, desk.back, case.id, SpecialResult.APPLICANT_ABSENT)
    assert (done.state, done.special_open, done.promised_on) == (
        "in_review",
        False,
        date(2026, 3, 11),
    )
    again = await desk.take(Action.START_SPECIAL, desk.back, case.id)
    assert (again.state, again.special_no) == ("suspended", 2)
    assert (await cases.rebuild(world, case.id)).differences == ()


async def fired(world: World) -> None:
    """Let the clocks' rungs fall, and what follows from them happen."""
    from citydesk import supervision

    await supervision.fire_rungs(world)
    while await outbox.drain(world):
        pass


@pytest.mark.parametrize(
    ("days", "number"), [(0, NOTICE), (251, NOTICE), (5, "  "), (5, "字" * 61)]
)
async def test_a_special_procedure_needs_its_days_and_its_written_notice(
    world: World, days: int, number: str
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.ACCEPTED)
    with pytest.raises(cases.TermsFaulty):
        await cases.start_special(
            world, desk.back, case.id, SpecialKind.TESTING, days, number, "示例"
        )
    with pytest.raises(cases.ReasonMissing):
        await cases.start_special(world, desk.back, case.id, SpecialKind.TESTING, 5, NOTICE, " ")


async def test_the_head_extends_the_legal_limit_once_and_the_promise_stays(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.IN_REVIEW)
    assert (case.promised_on, case.statutory_on) == (date(2026, 3, 9), date(2026, 3, 30))
    with pytest.raises(cases.NotYourStep):
        await cases.extend(world, desk.back, case.id, 5, "情况复杂")
    with pytest.raises(cases.TermsFaulty):
        await cases.extend(world, desk.head, case.id, 11, "情况复杂")
    case = await cases.extend(world, desk.head, case.id, 10, "情况复杂")
    assert (case.promised_on, case.statutory_on) == (date(2026, 3, 9), date(2026, 4, 14))
    with pytest.raises(cases.NotAllowedNow):
        await cases.extend(world, desk.head, case.id, 1, "还要一天")
    told = (await cases.timeline(world, desk.citizen, case.id)).happenings[-1]
    assert told.title == "办理期限延长"
    assert str(told.detail).startswith("经本机关负责人批准，办理期限延长10个工作日。")
    assert "2026年4月14日" in str(told.detail)
    assert "情况复杂" in str(told.detail)
    assert told.basis == "行政许可法第四十二条第一款"


async def test_a_supplement_stops_no_clock_and_lets_papers_in_again(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.IN_REVIEW)
    with pytest.raises(cases.NotAllowedNow):
        await cases.attach(world, desk.citizen, case.id, "m01", "后补.pdf", PDF)
    promised = case.promised_on
    case = await cases.request_supplement(world, desk.back, case.id, "请补一张侧面照片")
    told = await cases.timeline(world, desk.citizen, case.id)
    assert told.next_step.startswith("请按要求补充材料")
    assert await cases.correction_asked(world, desk.citizen, case.id) == "请补一张侧面照片"
    clock.move(days=1)
    await cases.attach(world, desk.citizen, case.id, "m01", "侧面.pdf", PDF)
    case = await cases.supplement(world, desk.citizen, case.id)
    assert (case.state, case.promised_on, case.supplement_asked) == ("in_review", promised, False)
    with pytest.raises(cases.NotAllowedNow):
        await cases.supplement(world, desk.citizen, case.id)


async def test_the_review_goes_link_by_link_each_with_its_own_clock(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.accepted(await kite_guide(world, process_links=LINKS))
    case = await cases.start_review(world, desk.back, case.id)
    assert (case.link, case.links) == (0, 2)
    running = [each for each in await workdays.timers_on(world, subject(case)) if each.live]
    assert {str(each.kind) for each in running} == {"promised", "statutory", "link"}
    case = await cases.pass_link(world, desk.back, case.id)
    told = (await cases.timeline(world, desk.citizen, case.id)).happenings[-1]
    assert (case.link, told.detail) == (1, "审核")
    assert Action.PASS_LINK not in cases.allowed_actions(world, desk.back, case)
    case = await cases.return_link(world, desk.back, case.id, "照片看不清")
    assert case.link == 0
    running = [each for each in await workdays.timers_on(world, subject(case)) if each.live]
    assert {str(each.kind) for each in running} == {"promised", "statutory", "link"}
    assert (await cases.rebuild(world, case.id)).differences == ()


def subject(case: Case) -> workdays.Subject:
    return workdays.Subject("case", case.id)


async def test_reasons_are_sealed_and_those_from_before_are_still_read(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.RETURNED)
    event = await CaseEvent.get(case_id=case.id, action="pre_fail")
    assert event.reason is None
    assert event.reason_sealed is not None
    assert "示例理由".encode() not in bytes(event.reason_sealed)
    await CaseEvent.create(
        created_at=world.clock.now(),
        case_id=case.id,
        seq=event.seq + 1,
        action="pre_fail",
        actor_kind="officer",
        channel="window",
        from_state="filed",
        to_state="returned_to_applicant",
        reason="从前没有封存的理由",
        rule_version="2026.1",
        facts={},
    )
    told = await cases.timeline(world, desk.citizen, case.id)
    assert [each.detail for each in told.happenings[-2:]] == ["示例理由", "从前没有封存的理由"]
