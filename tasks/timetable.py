"""Everything that runs by the clock, in one table.

Reminders and deadlines are not here: they are outbox events with a later ``due_at``. A job may
run late, twice or on several workers at once, and must not mind.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from citydesk import appointments, cases, identity, notifications
from citydesk.kit import housekeeping
from citydesk.world import World
from tasks import outbox

KEPT_OUTBOX = timedelta(days=30)
KEPT_INBOX = timedelta(days=30)

When = Mapping[str, int | frozenset[int]]


@dataclass(frozen=True, slots=True)
class Job:
    """A recurring job: its name, when it runs (hour, minute, second in Beijing), what it does."""

    name: str
    when: When
    run: Callable[[World], Awaitable[object]]


async def purge_keyed_answers(world: World) -> int:
    """Forget answers kept for repeated requests longer than a day."""
    return await housekeeping.purge_keyed_answers(world.clock.now())


async def purge_outbox(world: World) -> int:
    """Forget events delivered more than 30 days ago."""
    return await housekeeping.purge_outbox(world.clock.now() - KEPT_OUTBOX)


async def purge_inbox(world: World) -> int:
    """Forget what outside systems told us more than 30 days ago."""
    return await housekeeping.purge_inbox(world.clock.now() - KEPT_INBOX)


async def purge_sessions(world: World) -> int:
    """Forget sessions and real-name checks that ended long ago."""
    gone = 0
    while some := await identity.forget_ended(world):
        gone += some
    return gone


TIMETABLE: tuple[Job, ...] = (
    Job("sweep", {"second": frozenset(range(0, 60, 2))}, outbox.drain),
    Job("outbox_state", {"second": frozenset({5, 20, 35, 50})}, outbox.state),
    Job("settle_pushes", {"second": 45}, notifications.reconcile),
    # Four times a day: arq does not make up for a tick that passed while nobody worked.
    Job("open_days", {"hour": frozenset({0, 6, 12, 18}), "minute": 5}, appointments.open_days),
    Job("recount_provisional", {"hour": 4, "minute": 10, "second": 0}, cases.recount_provisional),
    Job("purge_keyed_answers", {"minute": 17, "second": 0}, purge_keyed_answers),
    Job("forget_trials", {"minute": 27, "second": 0}, cases.forget_trials),
    Job("purge_outbox", {"hour": 3, "minute": 20, "second": 0}, purge_outbox),
    Job("purge_inbox", {"hour": 3, "minute": 30, "second": 0}, purge_inbox),
    Job("purge_sessions", {"hour": 3, "minute": 40, "second": 0}, purge_sessions),
)


async def run_all(world: World) -> None:
    """Run every job once, in the order of the table: what a day in a test does."""
    for job in TIMETABLE:
        await job.run(world)
