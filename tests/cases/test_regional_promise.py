from datetime import date
from typing import Any

import pytest

from citydesk import appointments, cases, guides, organs, workdays
from citydesk.cases.clocks import subject_of
from citydesk.identity import Role
from citydesk.workdays import TimerKind
from citydesk.world import World
from models.cases import Case
from tests.appointments.making import citizen, slot
from tests.cases.making import HALL, PDF, Desk, kite_guide
from tests.guides.making import code
from tests.guides.officers import officer

DISTRICT = "210103000000"


async def district_says(world: World, **changes: Any) -> None:
    editor = await officer(world, Role.EDITOR, "shijianju")
    own = await guides.claim(world, editor, code(), DISTRICT)  # again is nothing at all
    await guides.override(world, editor, code(), DISTRICT, changes, own.row_version)


async def accept(desk: Desk, case: Case) -> Case:
    await cases.attach(desk.world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    await cases.submit(desk.world, desk.citizen, case.id)
    await cases.receive(desk.world, desk.front, case.id)
    return await cases.accept(desk.world, desk.front, case.id)


async def test_a_districts_shorter_promise_binds_its_cases_even_when_it_is_taken_back_later(
    world: World,
) -> None:
    desk = await Desk.open(world)
    assert (await organs.hall_by_code(world, HALL)).region_code == DISTRICT
    item = await kite_guide(world)
    before = await desk.draft(item)
    await district_says(world, promised_limit={"value": 2, "unit": "working_day", "note": ""})
    told = await desk.draft(item)
    await district_says(world, promised_limit=None)

    early, late = await accept(desk, before), await accept(desk, told)
    assert (early.promised_on, late.promised_on) == (date(2026, 3, 9), date(2026, 3, 4))
    assert early.statutory_on == late.statutory_on
    timers = {each.kind: each for each in await workdays.timers_on(world, subject_of(late))}
    assert timers[TimerKind.PROMISED].budget.value == 2


async def test_a_district_adds_its_own_hall_and_both_filing_and_booking_go_there(
    world: World,
) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world, places=[{"hall": "heping", "windows": "综合受理窗口"}])
    with pytest.raises(cases.NotFiledOnline):
        await desk.draft(item)
    place = await slot(world, places=1)
    with pytest.raises(appointments.NotBookable):
        await appointments.book(world, citizen(), place, item)

    await district_says(world, places=[{"hall": HALL, "windows": "2号窗口"}])
    assert (await desk.draft(item)).state == cases.State.DRAFT
    booked = await appointments.book(world, citizen(), place, item)
    assert booked.item_code == item
