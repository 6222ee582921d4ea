"""Progress by case number and query code, for whoever holds both; guessing is locked out."""

from datetime import datetime, timedelta
from hmac import compare_digest

from citydesk.cases.events import CodeLockedOut
from citydesk.cases.numbering import is_case_no
from citydesk.cases.refusals import CodeLocked, WrongCode
from citydesk.cases.states import State
from citydesk.cases.timelines import Progress, brief_progress
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.inbox import first_time
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.cases import Case

MOST_WRONG = 5
LOCKED_FOR = timedelta(minutes=30)
LONGEST_SUBJECT = 120
WRONG = "办件编号或查询码不对，请核对后再试。"


async def progress_by_code(
    world: World, case_no: str, code: str, asked_by: str, *, once: str | None = None
) -> Progress:
    """Tell stage, dates and next step to whoever knows number and code; never a name.

    ``asked_by`` names the asker (openid, or address); five wrong tries lock the asker, and the
    code of that case, for 30 minutes; the owner is told, and their own way to the case stays open.
    ``once`` names the message that asks, so that its repetition does not count as another try.

    Raises:
        WrongCode: unknown number and wrong code are told alike. CodeLocked: locked out.
    """
    case_no, code = case_no.strip().upper(), code.strip().upper()
    subjects = [f"asker:{asked_by}"[:LONGEST_SUBJECT], f"case:{case_no[:22]}"]
    now = world.clock.now()
    await _check_unlocked(subjects, now)
    if not is_case_no(case_no):
        raise WrongCode(WRONG)
    async with world.transaction() as tx:
        await _one_try_at_a_time(subjects)
        await _check_unlocked(subjects, now)
        case = await _case_of(world, case_no, code)
        if case is None and await _note_wrong(subjects, now, once):
            await _tell_owner(tx, case_no)
    if case is None:
        raise WrongCode(WRONG)
    return await brief_progress(world, case)


async def _case_of(world: World, case_no: str, code: str) -> Case | None:
    case = await Case.get_or_none(case_no=case_no, parent_id=None)
    expected = case.query_code_blind if case else "0" * 64
    given = world.seals.blind(code, "service_case.query_code")
    right = compare_digest(given, expected)
    return case if case is not None and right and case.state != State.DRAFT else None


async def _one_try_at_a_time(subjects: list[str]) -> None:
    """Keep the tries of one asker, and those on one case, in line: a burst must not slip in."""
    for subject in subjects:
        await sql.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 8))", subject)


async def _check_unlocked(subjects: list[str], now: datetime) -> None:
    until = await sql.value(
        "SELECT max(locked_until) FROM code_trial WHERE subject = ANY($1::text[])", subjects
    )
    if until is not None and until > now:
        seconds = max(int((until - now).total_seconds()), 1)
        raise CodeLocked("输错次数太多，请30分钟后再试，或在“我的办件”里查看。", seconds)


_NOTE_WRONG = """
    INSERT INTO code_trial (id, created_at, subject, wrong, since) VALUES ($1, $2, $3, 1, $2)
    ON CONFLICT (subject) DO UPDATE SET
        wrong = CASE WHEN code_trial.since < $4 THEN 1 ELSE code_trial.wrong + 1 END,
        since = CASE WHEN code_trial.since < $4 THEN $2 ELSE code_trial.since END,
        locked_until = CASE
            WHEN code_trial.since >= $4 AND code_trial.wrong + 1 >= $5 THEN $6::timestamptz END
    RETURNING locked_until
"""


async def _note_wrong(subjects: list[str], now: datetime, once: str | None) -> bool:
    """Count a wrong try for the asker and the case; return whether the case's code locks now."""
    if once and not await first_time(now, "wrong_code", once):
        return False
    locked = False
    for subject in subjects:
        until = await sql.value(
            _NOTE_WRONG, new_id(), now, subject, now - LOCKED_FOR, MOST_WRONG, now + LOCKED_FOR
        )
        locked = until is not None and subject.startswith("case:")
    return locked


async def _tell_owner(tx: Transaction, case_no: str) -> None:
    """Let the applicant know that somebody tried their code: at most once in half an hour."""
    case = await Case.get_or_none(case_no=case_no, parent_id=None)
    if case is not None and case.state != State.DRAFT:
        tx.announce(CodeLockedOut(case.id))


async def forget_trials(world: World) -> int:
    """Forget wrong codes whose count and lock are over: who asked is not kept longer than needed.

    Returns how many askers and cases. The timetable calls this hourly.
    """
    before = world.clock.now() - 2 * LOCKED_FOR  # a lock ends at most so long after its first try
    return await sql.run("DELETE FROM code_trial WHERE since < $1", before)
