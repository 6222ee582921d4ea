import asyncio

import pytest

from citydesk import cases
from citydesk.cases import CodeLocked, Progress, State, WrongCode
from citydesk.cases.numbering import check_character
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.cases import Case
from tests.cases.making import Desk

WRONG = "WWWWWWWW"


async def ask(
    world: World, case: Case, code: str, who: str = "o-1", once: str | None = None
) -> Progress:
    return await cases.progress_by_code(world, case.case_no, code, who, once=once)


async def filed(world: World) -> tuple[Desk, Case, str]:
    desk = await Desk.open(world)
    case = await desk.filed()
    return desk, case, await cases.query_code(world, desk.citizen, case.id)


def another_number(case: Case) -> str:
    """A number that could be a case's, and is nobody's."""
    bare = case.case_no[:15] + f"{(int(case.case_no[15:21]) + 1) % 1_000_000:06d}"
    return bare + check_character(bare)


async def test_number_and_code_tell_the_stage_but_no_name_and_no_timeline(world: World) -> None:
    _, case, code = await filed(world)
    for said in (code, code.lower(), f"  {code} "):
        told = await cases.progress_by_code(world, f" {case.case_no.lower()} ", said, "o-1")
        assert (told.state, told.case_no, told.happenings) == (State.FILED, case.case_no, ())
    assert "赵示例" not in repr(told)


async def test_unknown_number_wrong_code_and_draft_are_told_alike(world: World) -> None:
    desk, case, _ = await filed(world)
    draft = await desk.draft()
    tries = [
        (case.case_no, WRONG),
        (another_number(case), WRONG),
        (case.case_no[:-1] + ("0" if case.case_no[-1] != "0" else "1"), WRONG),
        ("2" * 22, WRONG),
        ("２" * 14 + "A" + "２" * 7, WRONG),
        (draft.case_no, await cases.query_code(world, desk.citizen, draft.id)),
    ]
    told = []
    for number, (case_no, code) in enumerate(tries):
        with pytest.raises(WrongCode) as refused:
            await cases.progress_by_code(world, case_no, code, f"o-{number}")
        told.append((refused.value.detail, refused.value.facts))
    assert all(each == told[0] for each in told)


async def test_five_wrong_codes_lock_the_asker_for_thirty_minutes(
    world: World, clock: SetClock
) -> None:
    desk, case, code = await filed(world)
    other = await desk.filed()
    other_code = await cases.query_code(world, desk.citizen, other.id)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await cases.progress_by_code(world, another_number(case), WRONG, "o-1")
    with pytest.raises(CodeLocked) as locked:
        await ask(world, case, code)
    assert locked.value.retry_after_seconds == 1800
    with pytest.raises(CodeLocked):
        await ask(world, other, other_code)
    assert (await ask(world, case, code, "o-2")).case_no == case.case_no
    clock.move(minutes=29, seconds=59)
    with pytest.raises(CodeLocked) as locked:
        await ask(world, case, code)
    assert locked.value.retry_after_seconds == 1
    clock.move(seconds=1)
    assert (await ask(world, case, code)).case_no == case.case_no


async def test_five_wrong_codes_lock_the_code_of_the_case_for_everybody_but_its_owner(
    world: World, clock: SetClock
) -> None:
    desk, case, code = await filed(world)
    for number in range(5):
        with pytest.raises(WrongCode):
            await ask(world, case, WRONG, f"o-{number}")
    with pytest.raises(CodeLocked):
        await ask(world, case, code, "o-9")
    assert (await cases.timeline(world, desk.citizen, case.id)).case_no == case.case_no
    assert len(await cases.latest_progress(world, desk.citizen)) == 1
    told = "SELECT count(*) FROM outbox_message WHERE name = 'CodeLockedOut'"
    assert await sql.value(told) == 1  # the owner hears of it, once
    for _ in range(9):  # of numbers that are no case nobody hears
        with pytest.raises((WrongCode, CodeLocked)):
            await cases.progress_by_code(world, "21010320260302A0000000", WRONG, "o-10")
    assert await sql.value(told) == 1
    other = await desk.filed()
    other_code = await cases.query_code(world, desk.citizen, other.id)
    assert (await ask(world, other, other_code, "o-9")).case_no == other.case_no
    clock.move(minutes=30)
    assert (await ask(world, case, code, "o-9")).case_no == case.case_no


async def test_wrong_codes_of_long_ago_do_not_count(world: World, clock: SetClock) -> None:
    _, case, code = await filed(world)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongCode):
                await ask(world, case, WRONG)
        clock.move(minutes=31)
    assert (await ask(world, case, code)).case_no == case.case_no


async def test_a_message_that_comes_again_is_not_another_try(world: World) -> None:
    _, case, code = await filed(world)
    for _ in range(3):
        results = await asyncio.gather(
            *(ask(world, case, WRONG, once="message:1") for _ in range(3)), return_exceptions=True
        )
        assert [type(each) for each in results] == [WrongCode] * 3
    assert await sql.value("SELECT max(wrong) FROM code_trial") == 1
    assert (await ask(world, case, code)).case_no == case.case_no


async def test_a_burst_sent_at_once_gets_no_more_than_five_tries(world: World) -> None:
    _, case, code = await filed(world)
    results = await asyncio.gather(
        *(ask(world, case, WRONG if n else code) for n in range(20, -1, -1)),
        return_exceptions=True,
    )
    kinds = [type(each) for each in results]
    assert kinds.count(WrongCode) <= 5
    assert kinds.count(CodeLocked) >= 15


async def test_a_number_whose_check_fails_costs_no_look_up_and_no_try(world: World) -> None:
    for _ in range(8):
        with pytest.raises(WrongCode):
            await cases.progress_by_code(world, "2101", WRONG, "o-1")
    assert await sql.value("SELECT count(*) FROM code_trial") == 0


async def test_who_asked_with_a_wrong_code_is_forgotten_once_lock_and_count_are_over(
    world: World, clock: SetClock
) -> None:
    _, case, code = await filed(world)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await ask(world, case, WRONG)
    assert await cases.forget_trials(world) == 0
    clock.move(minutes=29)
    with pytest.raises(CodeLocked):
        await ask(world, case, code)
    assert await cases.forget_trials(world) == 0
    clock.move(minutes=32)
    assert await cases.forget_trials(world) == 2  # the asker and the case


async def test_a_case_taken_back_while_it_was_being_corrected_asks_for_no_correction(
    world: World,
) -> None:
    desk, case, code = await filed(world)
    await cases.receive(world, desk.front, case.id)
    await cases.request_correction(world, desk.front, case.id, "请补正示例材料")
    assert (await ask(world, case, code)).correction_due_on is not None
    await cases.withdraw(world, desk.citizen, case.id, None)
    assert (await ask(world, case, code)).correction_due_on is None
