"""Drafts (草稿): kept for a while, not for ever, and not without number."""

from datetime import timedelta
from uuid import UUID

from citydesk.cases import stored
from citydesk.cases.events import DraftWaiting
from citydesk.cases.refusals import TooManyDrafts
from citydesk.cases.states import State
from citydesk.kit import sql
from citydesk.kit.clock import in_city
from citydesk.world import World
from models.cases import Case, CaseMaterial

MOST_DRAFTS = 20
KEPT_DAYS = 90  # since it was last saved
REMINDED_BEFORE = (30, 7)  # days before the last one
GRACE = timedelta(days=7)  # between two reminders, and between the last and the end
AT_ONCE = 200

_REMIND = """
    UPDATE service_case SET draft_reminders = draft_reminders + 1, draft_reminded_at = $5
    WHERE id IN (
        SELECT id FROM service_case
        WHERE state = 'draft' AND draft_reminders = $2 AND draft_saved_at <= $1
            AND (draft_reminded_at IS NULL OR draft_reminded_at < $4)
        ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
    RETURNING id, draft_saved_at
"""
_DRAFTS_OF = "SELECT count(*) FROM service_case WHERE identity_id = $1 AND state = 'draft'"
_STALE = """
    SELECT id FROM service_case
    WHERE state = 'draft' AND draft_saved_at < $1 AND draft_reminders = $2 AND last_seq = 0
        AND draft_reminded_at < $4
    ORDER BY id LIMIT $3
"""


async def take_room(identity_id: UUID) -> int:
    """Refuse one more draft when somebody keeps twenty; called inside the transaction.

    Returns the serial of the new one, drawn along with the turn to begin one.

    Raises:
        TooManyDrafts: submit or give up some of them first.
    """
    serial: int = await sql.value(_TAKE_TURN, str(identity_id))
    if await sql.value(_DRAFTS_OF, identity_id) >= MOST_DRAFTS:  # as of now: others have waited
        raise TooManyDrafts(
            f"您已有{MOST_DRAFTS}份草稿没有提交。请先提交或放弃几份，再新建。", most=MOST_DRAFTS
        )
    return serial


_TAKE_TURN = "SELECT nextval('case_serial'), pg_advisory_xact_lock(hashtextextended($1, 20))"


def saved(world: World, case: Case) -> list[str]:
    """Note that a draft was saved just now; return the columns to write (none of other cases)."""
    if case.state != State.DRAFT:
        return []
    case.draft_saved_at = world.clock.now()
    case.draft_reminders, case.draft_reminded_at = 0, None
    return ["draft_saved_at", "draft_reminders", "draft_reminded_at"]


async def tidy_drafts(world: World) -> int:
    """Remind of drafts that will be thrown away, twice; throw away those reminded in vain.

    Returns how many are gone. The timetable calls this daily. A draft never goes without both
    reminders and a week after each, however long nobody worked.
    """
    for number, before in reversed(list(enumerate(REMINDED_BEFORE))):
        await _remind(world, number, before)
    gone = 0
    now = world.clock.now()
    while found := await sql.rows(
        _STALE, now - timedelta(days=KEPT_DAYS), len(REMINDED_BEFORE), AT_ONCE, now - GRACE
    ):
        for row in found:
            gone += await _throw_away(world, row["id"])
    return gone


async def _remind(world: World, number: int, before: int) -> None:
    """Remind whom ``number`` reminders reached; after a standstill the last day is a later one."""
    now = world.clock.now()
    silent = timedelta(days=KEPT_DAYS - before)
    left = GRACE * (len(REMINDED_BEFORE) - number)
    while True:
        async with world.transaction() as tx:
            found = await sql.rows(_REMIND, now - silent, number, AT_ONCE, now - GRACE, now)
            for row in found:
                ends_at = max(row["draft_saved_at"] + timedelta(days=KEPT_DAYS), now + left)
                last = in_city(ends_at).date()
                tx.announce(DraftWaiting(row["id"], last))
        if len(found) < AT_ONCE:
            return


async def _throw_away(world: World, case_id: UUID) -> int:
    async with world.transaction():
        case = await Case.select_for_update().get_or_none(id=case_id, state=State.DRAFT.value)
        if case is None or case.last_seq or case.draft_reminders < len(REMINDED_BEFORE):
            return 0
        _ = await stored.throw_uploads_away(case_id=case_id)
        files = await CaseMaterial.filter(case_id=case_id).values_list("file_id", flat=True)
        await CaseMaterial.filter(case_id=case_id).delete()
        await stored.throw_away([UUID(str(each)) for each in files])
        await case.delete()
    world.log.info("draft thrown away", case_id=str(case_id))
    return 1
