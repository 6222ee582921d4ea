"""Cards fall at the instants of the 2018 document, each once, whatever happens in between."""

import asyncio
from datetime import timedelta

import pytest
from asyncpg import RaiseError

from citydesk import supervision, workdays
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.workdays import Subject, TimerKind
from citydesk.world import World
from tests.supervision.clocks import ACCEPTED, a_case, announced, at, started

SECOND = timedelta(seconds=1)
BOTH = [TimerKind.PROMISED, TimerKind.STATUTORY]


async def levels(world: World, subject: Subject) -> list[str]:
    return [card.level.value for card in await supervision.cards_on(world, subject)]


async def falls(world: World, clock: SetClock, subject: Subject, after: list[str]) -> None:
    """Nothing falls at these instants, one card does at the first second after each."""
    for count, instant in enumerate(after):
        clock.set(at(instant))
        await supervision.fire_rungs(world)
        assert len(await levels(world, subject)) == count, f"not yet at {instant}"
        clock.move(seconds=1)
        await supervision.fire_rungs(world)
        shown = await supervision.cards_on(world, subject)
        assert len(shown) == count + 1, f"one more after {instant}"
        assert shown[-1].passed_at == at(instant) + SECOND
        assert not shown[-1].detected_late


@pytest.mark.parametrize(
    ("kinds", "paused", "after", "expected"),
    [
        (
            [(TimerKind.PROMISED, 7), (TimerKind.STATUTORY, 10)],
            False,
            ["2018-10-19 10:00", "2018-10-24 10:00", "2018-10-29 10:00"],
            ["warning", "yellow", "red"],
        ),
        (
            [(TimerKind.PROMISED, 7), (TimerKind.STATUTORY, 10)],
            True,
            ["2018-10-24 10:00", "2018-10-29 10:00", "2018-11-01 10:00"],
            ["warning", "yellow", "red"],
        ),
        (
            [(TimerKind.SPECIAL, 7)],
            False,
            ["2018-10-19 10:00", "2018-10-24 10:00", "2018-10-25 10:00"],
            ["warning", "yellow", "red"],
        ),
        (
            [(TimerKind.PRE_REVIEW, 2)],
            False,
            ["2018-10-17 10:00", "2018-10-22 10:00", "2018-10-24 10:00"],
            ["warning", "yellow", "red"],
        ),
        ([(TimerKind.CERTIFICATE, 3)], False, ["2018-10-18 10:00"], ["yellow"]),
        (
            [(TimerKind.CONSULT, 5)],
            False,
            ["2018-10-17 10:00", "2018-10-22 10:00", "2018-10-23 10:00"],
            ["warning", "yellow", "red"],
        ),
        (
            [(TimerKind.COMPLAINT, 5)],
            False,
            ["2018-10-17 10:00", "2018-10-22 10:00", "2018-10-23 10:00"],
            ["warning", "yellow", "red"],
        ),
    ],
)
async def test_cards_fall_to_the_second_as_the_2018_document_says(
    world: World,
    clock: SetClock,
    kinds: list[tuple[TimerKind, int]],
    paused: bool,
    after: list[str],
    expected: list[str],
) -> None:
    clock.set(at(ACCEPTED))
    subject = a_case()
    for kind, days in kinds:
        await started(world, subject, kind, days)
    if paused:
        clock.set(at("2018-10-16 10:00"))
        await workdays.suspend_timers(
            world, subject, BOTH, clock.now(), approved_days=3, reason="检验"
        )
        clock.set(at("2018-10-19 10:00"))
        await workdays.resume_timers(world, subject, BOTH, clock.now())
    await falls(world, clock, subject, after)
    assert await levels(world, subject) == expected
    clock.move(days=60)
    await supervision.fire_rungs(world)
    assert await levels(world, subject) == expected, "and nothing more, ever"
    gravest = supervision.highest(await supervision.cards_on(world, subject))
    assert gravest is not None
    assert gravest.level.value == expected[-1]


async def test_after_a_downtime_everything_falls_in_order_with_its_true_instant(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    subject, other = a_case(), Subject("consultation", a_case().id)
    await started(world, subject, TimerKind.PROMISED, 7)
    await started(world, subject, TimerKind.STATUTORY, 10)
    await started(world, other, TimerKind.CONSULT, 5)
    clock.set(at("2018-11-05 10:00"))
    assert await supervision.fire_rungs(world) == 6
    rows = await sql.rows("SELECT level, passed_at, detected_late FROM card ORDER BY id")
    assert [row["level"] for row in rows] == [
        *("warning", "warning", "yellow", "red"),
        *("yellow", "red"),
    ]
    assert [row["passed_at"] for row in rows] == sorted(row["passed_at"] for row in rows)
    assert all(row["detected_late"] for row in rows)
    shown = await supervision.cards_on(world, subject)
    assert "系统恢复后补记" in shown[0].description
    assert "期限7个工作日" in shown[0].why[0]
    told = await announced("CardFallen")
    assert [each["level"] for each in told] == [row["level"] for row in rows]
    assert await supervision.fire_rungs(world) == 0


async def test_no_card_falls_on_a_provisional_date(world: World, clock: SetClock) -> None:
    clock.set(at("2026-12-28 10:00"))
    subject = a_case()
    timer = await started(world, subject, TimerKind.PROMISED, 7, "2026-12-28 10:00")
    assert timer.provisional
    assert timer.next_rung_at is None, "31 December 17:00:01 would be 1 January"
    early = await started(world, a_case(), TimerKind.PROMISED, 5, "2026-12-28 10:00")
    assert early.provisional
    assert early.next_rung_at == at("2026-12-30 10:00:01"), "the warning's own date is certain"
    clock.set(at("2027-03-01 10:00"))
    assert await supervision.fire_rungs(world) == 1
    assert await levels(world, subject) == []


async def test_what_was_stopped_in_time_gets_no_card_and_what_was_late_gets_it(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    in_time, late, void = a_case(), a_case(), a_case()
    for subject in (in_time, late, void):
        await started(world, subject, TimerKind.PROMISED, 7)
    await workdays.stop_timers(world, in_time, at("2018-10-19 10:00"))
    clock.set(at("2018-10-24 15:00"))  # nobody looked for rungs since
    await workdays.stop_timers(world, late, clock.now())
    await workdays.stop_timers(world, void, clock.now(), void=True)
    clock.set(at("2018-11-24 15:00"))
    await supervision.fire_rungs(world)
    assert await levels(world, in_time) == []
    assert await levels(world, late) == ["warning", "yellow"]
    assert await levels(world, void) == []


async def test_two_who_look_at_once_find_each_rung_once(world: World, clock: SetClock) -> None:
    clock.set(at(ACCEPTED))
    for _ in range(30):
        await started(world, a_case(), TimerKind.CONSULT, 5)
    clock.set(at("2018-10-23 12:00"))
    fallen = await asyncio.gather(*(supervision.fire_rungs(world) for _ in range(4)))
    assert sum(fallen) == 90
    assert await sql.value("SELECT count(*) FROM card") == 90
    assert await sql.value("SELECT count(*) FROM timer_rung") == 90
    assert len(await announced("CardFallen")) == 90


async def test_claim_card_and_announcement_stand_or_fall_together(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    subject = a_case()
    await started(world, subject, TimerKind.CERTIFICATE, 3)
    await sql.run(
        "CREATE FUNCTION no_cards() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no cards today'; END $$"
    )
    await sql.run(
        "CREATE TRIGGER no_cards AFTER INSERT ON card FOR EACH ROW EXECUTE FUNCTION no_cards()"
    )
    clock.set(at("2018-10-18 12:00"))
    with pytest.raises(RaiseError, match="no cards today"):
        await supervision.fire_rungs(world)
    assert await sql.value("SELECT count(*) FROM timer_rung") == 0
    assert await announced("CardFallen") == []
    await sql.run("DROP TRIGGER no_cards ON card")
    assert await supervision.fire_rungs(world) == 1
    [card] = await supervision.cards_on(world, subject)
    assert (card.passed_at, card.detected_late) == (at("2018-10-18 10:00:01"), True)


async def test_when_a_period_is_over_it_is_announced_once_at_midnight(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    subject = a_case()
    await started(world, subject, TimerKind.CORRECTION_DECISION, 5)
    clock.set(at("2018-10-22 23:59:59"))
    await supervision.fire_rungs(world)
    assert await announced("TimerExpired") == []
    clock.move(seconds=1)
    await supervision.fire_rungs(world)
    await supervision.fire_rungs(world)
    [told] = await announced("TimerExpired")
    assert (told["kind"], told["subject"]) == ("correction_decision", str(subject.id))
    assert await levels(world, subject) == ["warning"]


async def test_a_special_procedure_is_over_when_its_approved_days_are(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    subject = a_case()
    await started(world, subject, TimerKind.PROMISED, 7)
    clock.set(at("2018-10-17 10:00"))
    await started(world, subject, TimerKind.SPECIAL, 3, "2018-10-17 10:00", no=1)
    [promised] = await workdays.suspend_timers(
        world, subject, BOTH, clock.now(), approved_days=3, reason="专家评审"
    )
    assert promised.due_at == at("2018-10-29 10:00"), "the cap is counted from the beginning"
    calendar = await workdays.calendar(world)
    assert promised.suspended(at("2018-10-22 09:59:59"), calendar)
    assert not promised.suspended(at("2018-10-22 10:00"), calendar), "it runs again by itself"
    clock.set(at("2018-10-22 10:00:01"))
    await supervision.fire_rungs(world)
    assert [each["kind"] for each in await announced("TimerExpired")] == ["special"]
    clock.set(at("2018-10-24 10:00"))
    [ended] = await workdays.resume_timers(world, subject, BOTH, clock.now())
    assert ended.due_at == promised.due_at, "ending it after the cap changes nothing"


async def test_a_rung_passed_is_never_changed(world: World, clock: SetClock) -> None:
    clock.set(at(ACCEPTED))
    await started(world, a_case(), TimerKind.CERTIFICATE, 3)
    clock.set(at("2018-10-19 10:00"))
    await supervision.fire_rungs(world)
    with pytest.raises(RaiseError, match="never changed"):
        await sql.run("DELETE FROM timer_rung")
    with pytest.raises(sql.UniqueViolationError):
        await sql.run(
            "INSERT INTO timer_rung (id, created_at, timer_id, rung_key, passed_at, detected_late)"
            " SELECT gen_random_uuid(), created_at, timer_id, rung_key, passed_at, false"
            " FROM timer_rung"
        )


async def test_an_officer_sees_a_card_before_it_falls_and_why_it_fell(
    world: World, clock: SetClock
) -> None:
    clock.set(at(ACCEPTED))
    subject, organ = a_case(), a_case().id
    await started(world, subject, TimerKind.PROMISED, 7, organ_id=organ)
    await started(world, subject, TimerKind.STATUTORY, 10, organ_id=organ)
    first, last = await supervision.coming(world, subject)
    assert first.text == "2018年10月19日 10:00后仍未办理，承诺办结将生成预警。"
    assert (last.level_words, last.at) == ("红牌", at("2018-10-29 10:00:01"))
    clock.set(at("2018-10-24 10:00:10"))
    await supervision.fire_rungs(world)
    warned, yellow = await supervision.cards_on(world, subject)
    assert warned.description == (
        "承诺办结将到期，2018年10月19日 10:00:01生成预警（系统恢复后补记）。"
    )
    assert yellow.description == "承诺办结时限已用完，2018年10月24日 10:00:01生成黄牌。"
    assert yellow.why[-2:] == (
        "2018年10月24日10:00期限用完；最后一天是2018年10月24日（星期三）。",
        "规则（2018版）：期限用完后生成黄牌。",
    )
    assert warned.why[-1] == "规则（2018版）：剩余不足3个工作日生成预警。"
    assert [card.level_words for card in await supervision.coming(world, subject)] == ["红牌"]
    assert await supervision.cards_of(world, organ) == [yellow, warned]
    await workdays.stop_timers(world, subject, clock.now())
    assert await supervision.coming(world, subject) == []
