"""Which places are free, and who holds what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from citydesk import organs
from citydesk.appointments.rules import AppointmentState
from citydesk.identity import Citizen
from citydesk.kit import sql
from citydesk.kit.clock import CITY
from citydesk.world import World


@dataclass(frozen=True, slots=True)
class OpenSlot:
    """A slot and how many places are left in it."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    left: int


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day on the city's calendar, and how many free places it has."""

    on: date
    left: int


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment as its citizen sees it."""

    id: UUID
    code: str
    item_code: str
    item_name: str
    hall_name: str
    hall_address: str
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState


@dataclass(frozen=True, slots=True)
class AppointmentTelling:
    """What a push about an appointment may say, and to whom; ``live`` while the place is held."""

    identity_id: UUID
    code: str
    item_name: str
    hall_name: str
    starts_at: datetime
    live: bool


async def open_slots(world: World, hall_code: str, on: date) -> list[OpenSlot]:
    """Return a day's slots that have not begun, in order, full ones included (``left`` 0)."""
    hall = await organs.hall_by_code(world, hall_code)
    rows = await sql.rows(
        "SELECT id, starts_at, ends_at, places - booked AS left FROM slot"
        " WHERE hall_id = $1 AND starts_at BETWEEN $2 AND $3 ORDER BY starts_at",
        hall.id,
        max(datetime.combine(on, time.min, CITY), world.clock.now()),
        datetime.combine(on, time.max, CITY),  # not the next midnight: 9999-12-31 has none
    )
    return [OpenSlot(row["id"], row["starts_at"], row["ends_at"], row["left"]) for row in rows]


_FREE_DAYS = """
    SELECT (starts_at AT TIME ZONE 'Asia/Shanghai')::date AS day, sum(places - booked) AS free
    FROM slot WHERE hall_id = $1 AND booked < places AND starts_at > $2
        AND starts_at <= $2 + make_interval(days => 1 + coalesce(
            (SELECT max(bookable_days) FROM availability WHERE hall_id = $1), 0))
    GROUP BY day ORDER BY day
"""


async def free_days(world: World, hall_code: str) -> list[FreeDay]:
    """Return the days on which a hall has free places that may be booked now."""
    hall = await organs.hall_by_code(world, hall_code)
    rows = await sql.rows(_FREE_DAYS, hall.id, world.clock.now())
    return [FreeDay(row["day"], row["free"]) for row in rows]


_HELD = """
    SELECT a.id, a.code, a.item_code, a.item_name, a.state, a.identity_id, s.starts_at, s.ends_at,
        h.name AS hall_name, h.address AS hall_address
    FROM appointment a JOIN slot s ON s.id = a.slot_id JOIN service_hall h ON h.id = a.hall_id
"""


async def my_appointments(world: World, citizen: Citizen, limit: int = 50) -> list[Held]:
    """Return a citizen's appointments, newest first."""
    if citizen.identity_id is None:
        return []
    rows = await sql.rows(
        _HELD + " WHERE a.identity_id = $1 ORDER BY s.starts_at DESC LIMIT $2",
        citizen.identity_id,
        limit,
    )
    return [_held(row) for row in rows]


async def held(world: World, appointment_id: UUID) -> Held:
    """Return one appointment, after an action has shown that the asker may see it."""
    row = await sql.row(_HELD + " WHERE a.id = $1", appointment_id)
    assert row is not None
    return _held(row)


def _held(row: sql.Row) -> Held:
    return Held(
        id=row["id"],
        code=row["code"],
        item_code=row["item_code"],
        item_name=row["item_name"],
        hall_name=row["hall_name"],
        hall_address=row["hall_address"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        state=AppointmentState(row["state"]),
    )


async def tellings(world: World, ids: Sequence[UUID]) -> dict[UUID, AppointmentTelling]:
    """Return what may be told about many appointments, in one question."""
    rows = await sql.rows(_HELD + " WHERE a.id = ANY($1::uuid[])", list(ids))
    return {
        row["id"]: AppointmentTelling(
            identity_id=row["identity_id"],
            code=row["code"],
            item_name=row["item_name"],
            hall_name=row["hall_name"],
            starts_at=row["starts_at"],
            live=row["state"] == AppointmentState.CONFIRMED,
        )
        for row in rows
    }


async def turned_to(appointment_id: UUID) -> tuple[UUID, UUID] | None:
    """Return who holds an appointment, and the hall it is in; None when there is none."""
    row = await sql.row(_TURNED_TO, appointment_id)
    return (row["identity_id"], row["hall_id"]) if row else None


async def booked_by_matter(first: date) -> dict[str, int]:
    """Return how many places were booked for each matter (by item code) since a day."""
    rows = await sql.rows(_BOOKED, first)
    return {row["item_code"]: row["times"] for row in rows}


_BOOKED = """
    SELECT item_code, count(*)::int AS times FROM appointment WHERE created_at >= $1::date
    GROUP BY item_code
"""
_TURNED_TO = "SELECT identity_id, hall_id FROM appointment WHERE id = $1"
