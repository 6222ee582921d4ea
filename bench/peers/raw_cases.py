"""The measure for cases: Starlette and asyncpg by hand, on the same database, nothing in between.

It does the same writes and the same checks as the desk, a statement for each: the caller's token
(ES256, kept for 4.5 seconds against revocation), the idempotency key with its sealed answer, the
lock on the case, where it stands, what is missing, the calendar in force, the clocks, the event,
the row, the outbox. It answers the same JSON. Rules that are values only (the working calendar, a
form's faults, the words of a timeline) are the desk's own: what is measured is how a request is
carried through.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.requests import Request

from bench.peers import raw_sql as sql
from bench.peers.raw_door import Refused, kept
from citydesk.cases.limits import budgets_of, review_links
from citydesk.cases.numbering import case_no
from citydesk.cases.rules import check_filing
from citydesk.cases.states import Action, State
from citydesk.cases.table import RULE_VERSION, Clock
from citydesk.cases.words import LABELS, NEXT_STEPS
from citydesk.guides import GuideContent, application_form, normalized
from citydesk.guides.regional import regions_above
from citydesk.kit.clock import CITY
from citydesk.kit.ids import new_id, random_code
from citydesk.workdays import Budget, Subject, Timer, TimerKind, Unit, working_days
from citydesk.workdays.timers import projected, stopped

BASIS = "行政许可法第三十二条第一款第五项"


async def guide_of(connection: asyncpg.Connection, version: UUID) -> GuideContent:
    """Read a version of a guide; it never changes."""
    if version not in kept.guides:
        text = await connection.fetchval(sql.VERSION, version)
        kept.guides[version] = GuideContent.model_validate_json(text)
    return kept.guides[version]


async def start(
    connection: asyncpg.Connection, request: Request, asker: asyncpg.Record, raw: bytes
) -> dict[str, Any]:
    """Begin a case as a draft."""
    if asker["identity_id"] is None or asker["assurance_level"] < 3:
        raise Refused(403)
    asked = orjson.loads(raw)
    hall = await connection.fetchrow(sql.HALL, asked["hall_code"])
    item = await connection.fetchrow(sql.ITEM, asked["item_code"])
    if hall is None or item is None or item["state"] != "in_force":
        raise Refused(409)
    content = await guide_of(connection, item["current_version_id"])
    chain = list(regions_above(hall["region_code"]))
    if await connection.fetchval(sql.REGION_WORDS, item["id"], chain):
        raise Refused(501)  # the sample city has none
    if not content.is_online or asked["hall_code"] not in {each.hall for each in content.places}:
        raise Refused(409)
    organ = await connection.fetchval(sql.ORGAN, content.authority)
    form = normalized(asked["form"])
    open_questions = application_form(content)
    if any(not each.missing for each in open_questions.faults(form)):
        raise Refused(422)
    if len(form) < len(open_questions.fields):
        raise Refused(501)  # every question is answered here: there is nothing to propose
    await connection.execute(sql.LOCK_DRAFTS, str(asker["identity_id"]))
    if await connection.fetchval(sql.COUNT_DRAFTS, asker["identity_id"]) >= 20:
        raise Refused(409)
    serial = await connection.fetchval(sql.NEXT_SERIAL)
    case_id, code, now, seals = new_id(), random_code(8), datetime.now(UTC), kept.seals
    day = now.astimezone(CITY).date()
    number = case_no(hall["region_code"], day, "app", serial, seals.blind_key)
    await connection.execute(
        sql.BEGIN_CASE,
        *(case_id, now, number),
        seals.seal(code, "service_case.query_code", case_id),
        seals.blind(code, "service_case.query_code"),
        *(item["current_version_id"], item["code"], item["name"], organ, hall["id"]),
        *(asker["identity_id"], asker["account_id"]),
        seals.seal(orjson.dumps(form), "service_case.form", case_id),
        content.case_type == "immediate",
        content.result.type == "certificate",
        len(review_links(content)),
        *(content.promised_limit.value, content.promised_limit.unit.value),
    )
    said = told(case_id, number, item["code"], item["name"], State.DRAFT)
    return {**said, "query_code": code}


def told(
    case_id: UUID,
    number: str,
    item_code: str,
    item_name: str,
    state: State,
    *,
    filed_at: datetime | None = None,
    promised_on: date | None = None,
    provisional: bool = False,
    correction_due_on: date | None = None,
    deferred_due_on: date | None = None,
) -> dict[str, Any]:
    return {
        "id": str(case_id),
        "case_no": number,
        "item_code": item_code,
        "item_name": item_name,
        "state": state.value,
        "label": LABELS[state],
        "next_step": NEXT_STEPS[state],
        "filed_at": filed_at,
        "promised_on": promised_on,
        "provisional": provisional,
        "correction_due_on": correction_due_on,
        "deferred_due_on": deferred_due_on,
    }


def told_of(case: asyncpg.Record, state: State | None = None, **more: Any) -> dict[str, Any]:
    return told(
        case["id"],
        case["case_no"],
        case["item_code"],
        case["item_name"],
        state or State(case["state"]),
        **{
            "filed_at": case["filed_at"],
            "promised_on": case["promised_on"],
            "provisional": case["provisional"],
            "correction_due_on": case["correction_due_on"],
            "deferred_due_on": case["deferred_due_on"],
            **more,
        },
    )


async def submit(
    connection: asyncpg.Connection, request: Request, asker: asyncpg.Record, raw: bytes
) -> dict[str, Any]:
    """Submit a draft: everything is there, the pre-review begins."""
    case = await _locked(connection, request, State.DRAFT)
    if case["identity_id"] != asker["identity_id"] or case["parent_id"]:
        raise Refused(404)
    content = await guide_of(connection, case["item_version_id"])
    opened = kept.seals.open_bytes(case["form_sealed"], "service_case.form", case["id"])
    papers = await connection.fetch(sql.PAPERS, case["id"])
    if any(each["state"] == "infected" for each in papers):
        raise Refused(409)
    if await connection.fetchval(sql.SITUATION, asker["account_id"], case["item_code"]):
        raise Refused(501)  # nobody here has told theirs
    if await connection.fetch(sql.ON_PAPER, case["id"], ["receive", "hand_in_deferred"]):
        raise Refused(501)  # nothing was brought to a window
    faults = application_form(content).faults(orjson.loads(opened), {})
    check_filing(content, faults, [each["requirement"] for each in papers])
    _check_calendar(await connection.fetchval(sql.EDITIONS))
    now = datetime.now(UTC)
    clock = await _start_timer(connection, case, TimerKind.PRE_REVIEW, working_days(2), now)
    await _event(connection, case, asker, Action.SUBMIT, State.FILED, now, {})
    await connection.execute(sql.SUBMITTED, case["id"], now, case["last_seq"] + 1)
    await _announce(connection, "CaseFiled", case["id"], now)
    due = {"what": "预审截止", "on": clock.due_on, "provisional": clock.provisional}
    place = "service_case.query_code"
    return {
        **told_of(case, State.FILED, filed_at=now),
        "query_code": kept.seals.open(case["query_code_sealed"], place, case["id"]),
        "hall_name": await connection.fetchval(sql.HALL_NAME, case["hall_id"]),
        "next_due": due,
    }


async def pre_pass(
    connection: asyncpg.Connection, request: Request, asker: asyncpg.Record, raw: bytes
) -> dict[str, Any]:
    """Find a filing complete; the papers may be brought."""
    case = await _at_desk(connection, request, asker, raw, State.FILED)
    now = datetime.now(UTC)
    last = now.astimezone(CITY).date() + timedelta(days=60)
    await _stop_timers(connection, case, (TimerKind.PRE_REVIEW,), now)
    facts = {"lapse_on": last.isoformat()}
    await _event(connection, case, asker, Action.PRE_PASS, State.PRE_REVIEWED, now, facts)
    await connection.execute(sql.PASSED, case["id"], last, case["last_seq"] + 1)
    await _announce(connection, "CasePreReviewed", case["id"], now)
    return told_of(case, State.PRE_REVIEWED)


async def accept(
    connection: asyncpg.Connection, request: Request, asker: asyncpg.Record, raw: bytes
) -> dict[str, Any]:
    """Accept a matter: both limits begin."""
    case = await _at_desk(connection, request, asker, raw, State.RECEIVED)
    now = datetime.now(UTC)
    if case["lapse_on"] is not None and case["lapse_on"] < now.astimezone(CITY).date():
        raise Refused(409)
    papers = await connection.fetch(sql.PAPERS, case["id"])
    if any(each["state"] == "infected" for each in papers):
        raise Refused(409)
    content = await guide_of(connection, case["item_version_id"])
    told = Budget(case["promised_value"], Unit(case["promised_unit"]))
    budgets = budgets_of(content, told)
    await _stop_timers(connection, case, (TimerKind.CORRECTION_DECISION,), now)
    promised = await _start_timer(
        connection, case, TimerKind.PROMISED, budgets[Clock.PROMISED], now
    )
    statutory = await _start_timer(
        connection, case, TimerKind.STATUTORY, budgets[Clock.STATUTORY], now
    )
    on = min(promised.due_on, statutory.due_on)
    guessed = promised.provisional or statutory.provisional
    facts = {
        "statutory_on": statutory.due_on.isoformat(),
        "promised_on": on.isoformat(),
        "provisional": guessed,
        "calendar": promised.calendar_version,
    }
    await _event(connection, case, asker, Action.ACCEPT, State.ACCEPTED, now, facts, BASIS)
    row = (case["id"], now, on, statutory.due_on, guessed, case["last_seq"] + 1)
    await connection.execute(sql.ACCEPTED, *row)
    await _announce(connection, "CaseAccepted", case["id"], now)
    return told_of(case, State.ACCEPTED, promised_on=on, provisional=guessed)


async def _locked(connection: asyncpg.Connection, request: Request, state: State) -> asyncpg.Record:
    try:
        case_id = UUID(request.path_params["case_id"])
    except ValueError:
        raise Refused(422) from None
    case = await connection.fetchrow(sql.LOCK_CASE, case_id)
    if case is None:
        raise Refused(404)
    if case["state"] != state:
        raise Refused(409)
    return case


async def _at_desk(
    connection: asyncpg.Connection,
    request: Request,
    asker: asyncpg.Record,
    raw: bytes,
    state: State,
) -> asyncpg.Record:
    note = orjson.loads(raw).get("note")
    if note is not None and len(note) > 2000:
        raise Refused(422)
    case = await _locked(connection, request, state)
    if case["hall_id"] != asker["hall_id"] or case["parent_id"]:
        raise Refused(404)
    return case


def timer_of(row: asyncpg.Record, case_id: UUID) -> Timer:
    if row["extensions"] != "[]" or row["suspensions"] != "[]":
        raise Refused(501)  # none of the measured cases is paused
    return Timer(
        row["id"],
        Subject("case", case_id),
        TimerKind(row["kind"]),
        row["anchor_at"],
        Budget(row["budget_value"], Unit(row["budget_unit"])),
        row["no"],
        passed=frozenset(row.get("passed") or ()),
    )


def _check_calendar(editions: int) -> None:
    """A clock is counted by the calendar in force, which may have been published since."""
    if editions != kept.calendar.version:
        raise Refused(501)  # nobody publishes one while it is measured


async def _stop_timers(
    connection: asyncpg.Connection,
    case: asyncpg.Record,
    kinds: tuple[TimerKind, ...],
    now: datetime,
) -> None:
    for row in await connection.fetch(sql.LIVE_TIMERS, case["id"]):
        _check_calendar(row["editions"])
        if row["kind"] in kinds:
            timer = stopped(timer_of(row, case["id"]), now, voided=False)
            done = projected(timer, kept.calendar, kept.ladders)
            told = (done.consumed_seconds, done.next_rung_at, done.next_rung_key)
            await connection.execute(sql.STOP_TIMER, done.id, done.stopped_at, *told)


async def _start_timer(
    connection: asyncpg.Connection,
    case: asyncpg.Record,
    kind: TimerKind,
    budget: Budget,
    now: datetime,
) -> Timer:
    anchor = now.replace(microsecond=0)
    new = Timer(new_id(), Subject("case", case["id"]), kind, anchor, budget)
    new = projected(new, kept.calendar, kept.ladders)
    await connection.execute(
        sql.START_TIMER,
        *(new.id, now, case["id"], kind.value, case["organ_id"], anchor, budget.value),
        *(budget.unit.value, new.calendar_version, new.running_since, new.due_at, new.due_on),
        *(new.provisional, new.next_rung_at, new.next_rung_key),
    )
    return new


async def _event(
    connection: asyncpg.Connection,
    case: asyncpg.Record,
    asker: asyncpg.Record,
    action: Action,
    to: State,
    now: datetime,
    facts: dict[str, Any],
    basis: str | None = None,
) -> None:
    if asker["account_id"] is None:
        actor = ("officer", asker["officer_id"], asker["post_id"], None, "window")
    else:
        actor = ("citizen", asker["account_id"], None, case["identity_id"], "app")
    await connection.execute(
        sql.EVENT,
        *(new_id(), now, case["id"], case["last_seq"] + 1, action.value, *actor),
        *(asker["device"] or None, case["state"], to.value, basis, RULE_VERSION),
        orjson.dumps(facts).decode(),
    )


async def _announce(
    connection: asyncpg.Connection, name: str, case_id: UUID, now: datetime
) -> None:
    facts = orjson.dumps({"case_id": str(case_id)}).decode()
    await connection.execute(sql.ANNOUNCE, new_id(), now, name, facts, f"case:{case_id}")
