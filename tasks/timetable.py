"""Everything that runs by the clock, in one table.

Reminders and deadlines are not here: they are outbox events with a later ``due_at``. A job may
run late, twice or on several workers at once, and must not mind.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from citydesk import appointments, cases, guides, identity, notifications, supervision, workdays
from citydesk.kit import housekeeping
from citydesk.world import World
from tasks import outbox

KEPT_OUTBOX = timedelta(days=30)
KEPT_INBOX = timedelta(days=30)
EVEN, ODD = frozenset(range(0, 60, 2)), frozenset(range(1, 60, 2))
TENTHS = frozenset(range(5, 60, 10))

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


async def weigh_popularity(world: World) -> int:
    """Weigh what people came for: guides opened, places booked and cases filed in 90 days."""
    first = guides.counted_since(world)
    booked, filed = await appointments.booked_by_matter(first), await cases.filed_by_matter(first)
    return await guides.weigh_popularity(world, booked, filed)


TIMETABLE: tuple[Job, ...] = (
    Job("sweep", {"second": frozenset(range(0, 60, 2))}, outbox.drain),
    Job("outbox_state", {"second": frozenset({5, 20, 35, 50})}, outbox.state),
    Job("fire_rungs", {"second": frozenset(range(1, 60, 3))}, supervision.fire_rungs),
    Job("settle_pushes", {"second": 45}, notifications.reconcile),
    # Four times a day: arq does not make up for a tick that passed while nobody worked.
    Job("open_days", {"hour": frozenset({0, 6, 12, 18}), "minute": 5}, appointments.open_days),
    Job("versions_due", {"second": 10}, guides.versions_due),
    Job("check_links", {"minute": frozenset(range(3, 60, 10)), "second": 20}, guides.check_links),
    # These stop by themselves after some seconds, and go on next time where they stopped.
    Job("lay_channel_matrix", {"minute": ODD, "second": 15}, supervision.lay_matrix),
    Job("try_items", {"minute": EVEN, "second": 30}, supervision.try_items),
    Job("compare_channels", {"minute": ODD, "second": 30}, supervision.compare_channels),
    Job("check_former_pages", {"minute": TENTHS, "second": 45}, supervision.check_former_pages),
    Job("lapse_overdue", {"minute": frozenset(range(0, 60, 5)), "second": 30}, cases.lapse_overdue),
    Job("scan_waiting", {"second": frozenset(range(4, 60, 10))}, cases.scan_waiting),
    Job("tidy_uploads", {"minute": 37, "second": 0}, cases.tidy_uploads),
    Job("tidy_drafts", {"hour": 9, "minute": 40, "second": 0}, cases.tidy_drafts),
    Job("report_differences", {"hour": 2, "minute": 30, "second": 0}, cases.report_differences),
    Job("recount_timers", {"hour": 4, "minute": 5, "second": 0}, workdays.recount_timers),
    Job("settle_dates", {"hour": 4, "minute": 10, "second": 0}, cases.settle_dates),
    Job("purge_keyed_answers", {"minute": 17, "second": 0}, purge_keyed_answers),
    Job("forget_trials", {"minute": 27, "second": 0}, cases.forget_trials),
    Job("purge_outbox", {"hour": 3, "minute": 20, "second": 0}, purge_outbox),
    Job("purge_inbox", {"hour": 3, "minute": 30, "second": 0}, purge_inbox),
    Job("forget_questions", {"hour": 3, "minute": 35, "second": 0}, guides.forget_old_questions),
    Job("weigh_popularity", {"hour": 3, "minute": 50, "second": 0}, weigh_popularity),
    Job("purge_sessions", {"hour": 3, "minute": 40, "second": 0}, purge_sessions),
)


async def run_all(world: World) -> None:
    """Run every job once, in the order of the table: what a day in a test does."""
    for job in TIMETABLE:
        await job.run(world)
