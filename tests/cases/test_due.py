from datetime import UTC, date, datetime

import pytest

from citydesk import cases, workdays
from citydesk.cases import State
from citydesk.world import World
from models.cases import Case

MORNING = datetime(2026, 3, 5, 2, tzinfo=UTC)  # Thursday
LATE = datetime(2026, 3, 5, 17, tzinfo=UTC)  # Friday, one o'clock at night in Shenyang


@pytest.mark.parametrize(
    ("columns", "what", "on"),
    [
        ({"state": State.FILED, "filed_at": MORNING}, "预审截止", date(2026, 3, 9)),
        ({"state": State.FILED, "filed_at": LATE}, "预审截止", date(2026, 3, 10)),
        ({"state": State.RECEIVED, "received_at": MORNING}, "受理决定截止", date(2026, 3, 12)),
        (
            {"state": State.CORRECTING, "correction_due_on": date(2026, 3, 20)},
            "补正截止",
            date(2026, 3, 20),
        ),
        (
            {"state": State.IN_REVIEW, "promised_on": date(2026, 3, 11)},
            "承诺办结",
            date(2026, 3, 11),
        ),
        ({"state": State.COMPLETED, "decided_at": MORNING}, "送达截止", date(2026, 3, 19)),
    ],
)
async def test_each_stage_has_the_day_that_matters_next(
    world: World, columns: dict[str, object], what: str, on: date
) -> None:
    due = cases.next_due(Case(**columns), await workdays.calendar(world))
    assert due is not None
    assert (due.what, due.on, due.provisional) == (what, on, False)


@pytest.mark.parametrize("state", [State.PRE_REVIEWED, State.SERVED, State.WITHDRAWN, State.FILED])
async def test_where_no_limit_runs_there_is_no_day(world: World, state: State) -> None:
    assert cases.next_due(Case(state=state), await workdays.calendar(world)) is None
