from datetime import date

import pytest

from citydesk import cases
from citydesk.cases import State
from citydesk.world import World
from tests.cases.making import Desk

# A case of Monday, 2 March 2026, nine in the morning; promised 5 working days, by law 20.
DUE = {
    State.FILED: ("预审截止", date(2026, 3, 4)),
    State.RECEIVED: ("受理决定截止", date(2026, 3, 9)),
    State.CORRECTING: ("补正截止", date(2026, 3, 17)),
    State.ACCEPTED: ("承诺办结", date(2026, 3, 9)),
    State.IN_REVIEW: ("承诺办结", date(2026, 3, 9)),
    State.SUSPENDED: ("承诺办结", date(2026, 3, 16)),  # five approved days, not counted
    State.DECIDED: ("送达截止", date(2026, 3, 16)),
    State.COMPLETED: ("制证截止", date(2026, 3, 5)),
    State.CERTIFICATE_READY: ("送达截止", date(2026, 3, 16)),
}


@pytest.mark.parametrize("state", DUE)
async def test_each_stage_has_the_day_that_matters_next_and_says_why(
    world: World, state: State
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(state)
    told = await cases.timeline(world, desk.front, case.id)
    assert told.next_due is not None
    assert (told.next_due.what, told.next_due.on) == DUE[state]
    assert not told.next_due.provisional
    last = told.next_due.on
    assert f"{last.month}月{last.day}日" in told.why[-1]
    assert (await cases.next_dues(world, [case]))[case.id] == told.next_due


async def test_where_no_limit_runs_there_is_no_day(world: World) -> None:
    desk = await Desk.open(world)
    found = [
        await desk.bring_to(state)
        for state in (State.PRE_REVIEWED, State.SERVED, State.WITHDRAWN, State.VOIDED)
    ]
    assert set((await cases.next_dues(world, found)).values()) == {None}
