"""Drafts: twenty at most, two reminders, and gone after ninety days."""

import asyncio

import pytest

from citydesk import cases
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.cases import Case, CaseMaterial, StoredFile
from tests.cases.making import FORM, HALL, PDF, Desk, applicant, kite_guide


async def reminders() -> list[str]:
    rows = await sql.rows(
        "SELECT facts ->> 'last_day' AS last FROM outbox_message WHERE name = 'DraftWaiting'"
        " ORDER BY id"
    )
    return [row["last"] for row in rows]


async def test_nobody_keeps_more_than_twenty_drafts_however_fast(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world)
    for _ in range(cases.MOST_DRAFTS - 1):
        await cases.start(world, desk.citizen, item, HALL, {})
    results = await asyncio.gather(
        *(cases.start(world, desk.citizen, item, HALL, {}) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Case) for each in results) == 1
    assert sum(isinstance(each, cases.TooManyDrafts) for each in results) == 3
    other = await applicant(world, "钱示例")
    assert await cases.start(world, other, item, HALL, {})
    await cases.withdraw(world, desk.citizen, (await Case.filter().first()).id, None)  # type: ignore[union-attr]
    assert await cases.start(world, desk.citizen, item, HALL, {})


async def test_a_draft_goes_after_ninety_days_and_two_reminders(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    filed = await desk.filed()
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    files = await StoredFile.all().count()
    for day in range(1, 93):
        clock.move(days=1)
        gone = await cases.tidy_drafts(world)
        if day <= 90:
            assert gone == 0
    assert await reminders() == ["2026-05-31", "2026-05-31"]
    assert [each.id for each in await Case.all()] == [filed.id]
    assert await CaseMaterial.filter(case_id=case.id).count() == 0
    assert await StoredFile.all().count() == files - 1


async def test_saving_begins_anew_and_a_standstill_takes_no_reminder_away(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    clock.move(days=85)
    assert await cases.tidy_drafts(world) == 0
    await cases.fill(world, desk.citizen, case.id, FORM)
    assert (await Case.get(id=case.id)).draft_reminders == 0
    clock.move(days=200)  # nobody worked for months
    assert await cases.tidy_drafts(world) == 0
    assert await cases.tidy_drafts(world) == 0
    clock.move(days=8)
    assert await cases.tidy_drafts(world) == 0
    told = await reminders()
    clock.move(days=8)
    assert await cases.tidy_drafts(world) == 1
    assert len(told) == 3


@pytest.mark.parametrize("action", ["submit", "withdraw"])
async def test_what_was_submitted_or_given_up_is_no_draft(
    world: World, clock: SetClock, action: str
) -> None:
    desk = await Desk.open(world)
    case = await desk.filed() if action == "submit" else await desk.draft()
    if action == "withdraw":
        await cases.withdraw(world, desk.citizen, case.id, None)
    clock.move(days=300)
    for _ in range(3):
        assert await cases.tidy_drafts(world) == 0
        clock.move(days=10)
    assert await Case.exists(id=case.id)
    assert await reminders() == []
