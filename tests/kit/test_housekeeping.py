"""What has done its service is forgotten; what still waits is not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from citydesk.kit import housekeeping, sql
from citydesk.kit.ids import new_id
from citydesk.kit.inbox import first_time

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MONTH = timedelta(days=30)

pytestmark = pytest.mark.usefixtures("tables")


async def message(
    *, delivered_at: datetime | None = None, parked_at: datetime | None = None
) -> UUID:
    row_id = new_id()
    await sql.run(
        "INSERT INTO outbox_message (id, created_at, name, facts, due_at, tries, delivered_at,"
        " parked_at) VALUES ($1, $2, 'LampLit', '{}', $2, 1, $3, $4)",
        row_id,
        NOW - 2 * MONTH,
        delivered_at,
        parked_at,
    )
    return row_id


async def test_delivered_events_are_forgotten_and_no_others() -> None:
    await message(delivered_at=NOW - MONTH)
    kept = {
        await message(delivered_at=NOW - MONTH + timedelta(seconds=1)),
        await message(),
        await message(parked_at=NOW - 2 * MONTH),
    }
    assert await housekeeping.purge_outbox(NOW - MONTH) == 1
    assert {row["id"] for row in await sql.rows("SELECT id FROM outbox_message")} == kept


async def test_old_notes_of_the_inbox_are_forgotten() -> None:
    await first_time(NOW - MONTH, "wechat", "1")
    await first_time(NOW, "wechat", "2")
    assert await housekeeping.purge_inbox(NOW - MONTH) == 1
    assert await sql.value("SELECT external_id FROM inbox_message") == "2"


async def test_more_than_a_slice_goes_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "SLICE", 3)
    for number in range(10):
        await first_time(NOW - MONTH, "wechat", str(number))
    assert await housekeeping.purge_inbox(NOW) == 10
