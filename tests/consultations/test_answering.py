"""From the question to the answer: who may, by when, and who is told."""

import asyncio
from dataclasses import replace
from datetime import date, datetime

import pytest

from citydesk import cases, consultations, notifications, supervision, workdays
from citydesk.consultations import (
    Action,
    ConsultationState,
    Kind,
    Matter,
    NoSuchConsultation,
    NotNow,
    NotYoursToAnswer,
    Pile,
    TooManyQuestions,
    WordsUnfit,
    WrongOrgan,
)
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.clock import CITY, SetClock
from citydesk.workdays import Subject
from citydesk.world import World
from models.consultations import Consultation, ConsultationEvent
from tests.cases.making import Desk, publish_2027
from tests.consultations.making import ANSWER, GENERAL, Counter
from tests.journeys.test_restaurant import drained
from tests.people import Outside
from tests.pushes import citizen, pushes_on


async def test_a_question_is_answered_within_five_working_days_and_explained(
    world: World, clock: SetClock
) -> None:
    counter = await Counter.open(world)
    row = await counter.asked()
    own = await consultations.consultation(world, counter.citizen, row.id)
    assert consultations.is_number(row.number)
    assert own.line.due_on == date(2026, 3, 9)  # Monday + 5 working days
    assert own.why
    assert "10012345678" in own.said[0].text
    [line] = (await consultations.work_list(world, counter.back)).items
    assert "10012345678" not in line.preview
    assert line.preview.startswith("请问飞风筝要不要先报备")
    await consultations.take(world, counter.back, row.id)
    await consultations.answer(world, counter.back, row.id, ANSWER)
    told = await consultations.consultation(world, counter.citizen, row.id)
    assert told.line.state is ConsultationState.ANSWERED
    assert [each.action for each in told.said] == [Action.ASK, Action.TAKE, Action.ANSWER]
    assert told.said[-1].text == ANSWER
    assert set(told.actions) == {Action.FOLLOW_UP, Action.OBJECT, Action.ACCEPT}
    [timer] = await workdays.timers_on(world, Subject("consultation", row.id))
    assert not timer.live


async def test_nobodys_words_lie_in_clear_and_each_reading_is_noted(world: World) -> None:
    counter = await Counter.open(world)
    row = await counter.asked()
    for table in ("consultation", "consultation_event", "outbox_message"):
        text = await sql.value(f"SELECT string_agg(t::text, ' ') FROM {table} AS t")  # noqa: S608
        assert "10012345678" not in text
        assert "风筝要不要" not in text
    seen = await consultations.consultation(world, counter.back, row.id)
    assert seen.person == "赵****"
    assert await sql.value("SELECT count(*) FROM access_log WHERE fields_read = 'words'") == 1
    with pytest.raises(Exception, match="never changed"):
        await ConsultationEvent.filter(consultation_id=row.id).delete()


async def test_five_a_day_and_the_sixth_is_told_when(world: World, clock: SetClock) -> None:
    counter = await Counter.open(world)
    first = await counter.asked(once="a tap")
    assert (await counter.asked(once="a tap")).id == first.id  # the same asking, sent again
    for _ in range(4):
        await counter.asked()
    with pytest.raises(TooManyQuestions) as refused:
        await counter.asked()
    assert refused.value.retry_after_seconds == 15 * 3600  # at nine: until midnight
    assert (await counter.asked(once="a tap")).id == first.id
    await counter.asked(who=counter.nobody)
    clock.move(hours=15)
    await counter.asked()


@pytest.mark.parametrize("text", ["", "？？？？？？？", "急急急", "长" * 1001, "\u200b" * 20])
async def test_what_cannot_be_answered_is_not_taken(world: World, text: str) -> None:
    counter = await Counter.open(world)
    with pytest.raises(WordsUnfit):
        await counter.asked(text=text)
    assert not await Consultation.exists()


async def test_the_right_organ_answers_and_no_other_sees_it(world: World) -> None:
    counter = await Counter.open(world)
    elsewhere = await counter.other(Role.BACK_OFFICE, "gongan")
    front = await counter.other(Role.FRONT_DESK)
    row = await counter.asked()
    for officer in (elsewhere, front):
        with pytest.raises(NoSuchConsultation):
            await consultations.answer(world, officer, row.id, ANSWER)
        assert (await consultations.work_list(world, officer)).items == []
    with pytest.raises(NoSuchConsultation):
        await consultations.consultation(world, counter.nobody, row.id)
    general = await counter.asked(matter=Matter(), who=counter.nobody)
    assert (await consultations.work_list(world, counter.back)).items != []
    waiting = (await consultations.work_list(world, counter.supervisor)).items
    assert {each.id for each in waiting} == {row.id, general.id}


async def test_handed_to_another_organ_the_days_go_on(world: World, clock: SetClock) -> None:
    counter = await Counter.open(world)
    row = await counter.asked(matter=Matter(), who=counter.nobody)
    clock.move(days=3)  # one card is due: it falls at the desk that let it lie
    await supervision.fire_rungs(world)
    with pytest.raises(WrongOrgan):
        await consultations.transfer(world, counter.supervisor, row.id, GENERAL, "不归我们管这件事")
    with pytest.raises(WrongOrgan):
        await consultations.transfer(
            world, counter.supervisor, row.id, "nowhere", "不归我们管这件事"
        )
    await consultations.transfer(
        world, counter.supervisor, row.id, "shijianju", "这是市场监管局的事"
    )
    [line] = (await consultations.work_list(world, counter.back)).items
    assert line.due_on == date(2026, 3, 9)
    [timer] = await workdays.timers_on(world, Subject("consultation", row.id))
    assert timer.organ_id == counter.back.organ_id
    before = len(await supervision.cards_on(world, Subject("consultation", row.id)))
    clock.move(days=7)
    await supervision.fire_rungs(world)
    cards = await supervision.cards_on(world, Subject("consultation", row.id))
    assert [each.level.value for each in cards] == ["warning", "yellow", "red"]
    assert before == 1
    assert len(await supervision.cards_of(world, counter.back.organ_id)) == 2  # type: ignore[arg-type]
    assert line.overdue is False
    [line] = (await consultations.work_list(world, counter.back)).items
    assert line.overdue


async def test_a_complaint_is_never_answered_by_who_is_complained_of(world: World) -> None:
    counter = await Counter.open(world)
    desk = await Desk.open(world)
    desk.citizen = counter.citizen
    case = await desk.filed(counter.item)
    await cases.receive(world, desk.front, case.id)
    await cases.void(world, counter.head, case.id, "示例理由")
    about = Matter(case_id=case.id)
    row = await counter.asked(Kind.COMPLAINT, "负责人没说理由就作废了我的申请", matter=about)
    for officer in (counter.back, counter.head):
        with pytest.raises(NoSuchConsultation):
            await consultations.answer(world, officer, row.id, ANSWER)
        assert (await consultations.work_list(world, officer)).items == []
    another_head = await counter.other(Role.DEPARTMENT_HEAD)
    [line] = (await consultations.work_list(world, another_head)).items
    assert line.kind is Kind.COMPLAINT
    seen = await consultations.consultation(world, counter.supervisor, row.id)
    assert seen.person == ""  # nobody is shown behind a complaint
    await consultations.answer(world, counter.supervisor, row.id, "已责成重新办理。")
    with pytest.raises(cases.NoSuchCase):
        await counter.asked(matter=about, who=counter.nobody)


async def test_asked_back_once_objected_once_then_it_is_over(world: World) -> None:
    counter = await Counter.open(world)
    row = await counter.answered()
    await consultations.follow_up(world, counter.citizen, row.id, "那五级风呢？也不用吗")
    await consultations.answer(world, counter.back, row.id, ANSWER)
    with pytest.raises(NotNow, match="只能追问一次"):
        await consultations.follow_up(world, counter.citizen, row.id, "那六级风呢？也不用吗")
    with pytest.raises(WordsUnfit):
        await consultations.rate(world, counter.citizen, row.id, False)
    await consultations.rate(world, counter.citizen, row.id, False, "没有回答我的问题")
    with pytest.raises(NotYoursToAnswer):
        await consultations.answer(world, counter.back, row.id, ANSWER)
    assert (await consultations.consultation(world, counter.back, row.id)).actions == (
        Action.TRANSFER,
    )
    await consultations.answer(world, counter.head, row.id, "五级以上的风要报备，见第三条。")
    await consultations.rate(world, counter.citizen, row.id, False, "还是没有回答我")
    whole = await consultations.consultation(world, counter.citizen, row.id)
    assert whole.line.state is ConsultationState.CLOSED
    assert whole.satisfied is False
    assert whole.actions == ()
    timers = await workdays.timers_on(world, Subject("consultation", row.id))
    assert [each.no for each in timers] == [0, 1, 2]


async def test_an_answer_stands_after_fifteen_days_unless_something_was_said(
    world: World, clock: SetClock
) -> None:
    counter = await Counter.open(world)
    silent, spoken = await counter.answered(), await counter.answered()
    clock.move(days=14)
    await consultations.follow_up(world, counter.citizen, spoken.id, "那五级风呢？也不用吗")
    await consultations.answer(world, counter.back, spoken.id, ANSWER)
    clock.move(days=1, minutes=1)
    await drained(world)
    states = {row.id: row.state for row in await Consultation.all()}
    assert states == {silent.id: "closed", spoken.id: "answered"}
    assert [
        each.id for each in (await consultations.work_list(world, counter.back, Pile.OVER)).items
    ] == [silent.id]


async def test_taken_back_or_referred_no_card_falls_and_nothing_more_happens(
    world: World, clock: SetClock
) -> None:
    counter = await Counter.open(world)
    back, elsewhere = await counter.asked(), await counter.asked()
    await consultations.withdraw(world, counter.citizen, back.id)
    await consultations.refer(
        world, counter.back, elsewhere.id, "这是法院的事，请到法院诉讼服务中心。"
    )
    clock.move(days=30)
    await supervision.fire_rungs(world)
    for row in (back, elsewhere):
        assert await supervision.cards_on(world, Subject("consultation", row.id)) == []
        with pytest.raises(NotNow):
            await consultations.answer(world, counter.back, row.id, ANSWER)


async def test_lists_go_on_page_by_page(world: World) -> None:
    counter = await Counter.open(world)
    made = [(await counter.asked()).id for _ in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = await consultations.work_list(world, counter.back, cursor=cursor, limit=2)
        seen += [each.id for each in page.items]
        cursor = page.next_cursor
    assert sorted(seen) == sorted(made)
    assert cursor is None
    mine = await consultations.my_consultations(world, counter.citizen, limit=3)
    rest = await consultations.my_consultations(world, counter.citizen, mine.next_cursor)
    assert [each.id for each in [*mine.items, *rest.items]] == sorted(made, reverse=True)
    assert (await consultations.work_list(world, await counter.other(Role.EDITOR))).items == []


async def test_a_calendar_that_comes_late_moves_the_day_and_the_asker_is_told(
    world: World, clock: SetClock, outside: Outside
) -> None:
    await notifications.load(world)
    counter = await Counter.open(world)
    zhang = await citizen(world, outside, "zhang")
    counter.citizen = replace(counter.citizen, identity_id=zhang)
    clock.set(datetime(2026, 12, 30, 10, tzinfo=CITY))
    await outside.at(clock)
    row = await counter.asked()
    told = await consultations.consultation(world, counter.citizen, row.id)
    assert told.line.provisional
    assert told.line.due_on == date(2027, 1, 6)
    await publish_2027(world, ("2027-01-04", "holiday"))
    await drained(world)
    told = await consultations.consultation(world, counter.citizen, row.id)
    assert not told.line.provisional
    assert told.line.due_on == date(2027, 1, 8)
    assert told.said[-1].title == "最晚答复日期调整为2027年1月8日"
    [push] = await pushes_on(outside, "zhang")
    assert push["fields"]["thing2"] == "答复日期调整为1月8日"


async def test_what_comes_at_the_same_time_is_told_apart(world: World) -> None:
    counter = await Counter.open(world)
    twins = await asyncio.gather(*(counter.asked(once="a tap") for _ in range(4)))
    assert len({row.id for row in twins}) == 1
    asked = await asyncio.gather(*(counter.asked() for _ in range(7)), return_exceptions=True)
    assert sum(isinstance(each, TooManyQuestions) for each in asked) == 3  # one was the twins'
    answers = await asyncio.gather(
        *(
            consultations.answer(world, who, twins[0].id, ANSWER)
            for who in (counter.back, counter.head, counter.supervisor)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, NotNow) for each in answers) == 2
    events = await ConsultationEvent.filter(consultation_id=twins[0].id).order_by("seq")
    assert [each.seq for each in events] == [1, 2]
