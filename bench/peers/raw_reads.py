"""The reading half of the hand-written cases, and the application, ``bench.peers.raw_reads:app``.

See ``raw_cases``.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers import raw_sql as sql
from bench.peers.raw_cases import accept, pre_pass, start, submit, timer_of, told_of
from bench.peers.raw_door import Refused, creating, json_of, kept, reading
from citydesk.cases.due import CLOCKS_BY_STATE, NAMES
from citydesk.cases.states import Action, State
from citydesk.cases.timelines import happening, next_step_of
from citydesk.cases.words import LABELS
from citydesk.identity.tokens import SigningKeys
from citydesk.kit.paging import encode_cursor
from citydesk.kit.seals import Seals
from citydesk.workdays import Calendar
from citydesk.workdays.rungs import CountedBy, Ladders, Rung
from citydesk.workdays.timers import explain_timer


def _case_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["case_id"])
    except ValueError:
        raise Refused(422) from None


def _check_own(case: asyncpg.Record | None, asker: asyncpg.Record) -> asyncpg.Record:
    if case is None or case["parent_id"] or case["identity_id"] != asker["identity_id"]:
        raise Refused(404)
    return case


async def standing(request: Request, asker: asyncpg.Record) -> Response:
    """One case, without its timeline."""
    case = await kept.pool.fetchrow(sql.STANDING, _case_id(request))
    return json_of(orjson.dumps(told_of(_check_own(case, asker)), option=orjson.OPT_UTC_Z))


async def mine(request: Request, asker: asyncpg.Record) -> Response:
    """Twenty cases, newest first."""
    limit = int(request.query_params.get("limit", "20"))
    if not 1 <= limit <= 100:
        raise Refused(422)
    rows = await kept.pool.fetch(sql.MINE, asker["identity_id"], limit + 1)
    after = encode_cursor(rows[limit - 1]["id"]) if len(rows) > limit else None
    items = [told_of(row) for row in rows[:limit]]
    return json_of(orjson.dumps({"items": items, "next_cursor": after}, option=orjson.OPT_UTC_Z))


async def timeline(request: Request, asker: asyncpg.Record) -> Response:
    """How a case stands, everything that happened, what comes next and why."""
    case_id = _case_id(request)
    async with kept.pool.acquire() as connection:
        case = _check_own(await connection.fetchrow(sql.PROGRESS, case_id), asker)
        events = await connection.fetch(sql.EVENTS, case_id)
        timers = await connection.fetch(sql.TIMERS, case_id)
    if case["deferred_open"]:
        raise Refused(501)  # none of the measured cases owes papers
    state = State(case["state"])
    live = {row["kind"]: row for row in reversed(timers) if row["stopped_at"] is None}
    due = next((live[kind] for kind in CLOCKS_BY_STATE.get(state, ()) if kind in live), None)
    told: dict[str, Any] = {
        "case_no": case["case_no"],
        "item_name": case["item_name"],
        "state": state.value,
        "label": LABELS[state],
        "next_step": next_step_of(state, case["outcome"], case["supplement_asked"]),
        "hall_name": case["hall_name"],
        "filed_at": case["filed_at"],
        "promised_on": case["promised_on"],
        "provisional": case["provisional"],
        "correction_due_on": case["correction_due_on"],
        "deferred": [],
        "deferred_due_on": case["deferred_due_on"],
        "next_due": None,
        "why": [],
        "happenings": [_happening(row) for row in events if _worth(row)],
    }
    if due is not None:
        told["next_due"] = {
            "what": NAMES[due["kind"]],
            "on": due["due_on"],
            "provisional": due["provisional"],
        }
        why = explain_timer(timer_of(due, case_id), kept.calendar)
        told["why"] = [each.text for each in why]
    return json_of(orjson.dumps(told, option=orjson.OPT_UTC_Z))


def _worth(row: asyncpg.Record) -> bool:
    return row["action"] != "recount" or "promised_on" in row["facts"]


def _happening(row: asyncpg.Record) -> dict[str, Any]:
    reason = row["reason"]
    if row["reason_sealed"] is not None:
        reason = kept.seals.open(row["reason_sealed"], "case_event.reason", row["id"])
    facts = orjson.loads(row["facts"])
    said = happening(Action(row["action"]), row["created_at"], facts, reason, row["legal_basis"])
    return {"at": said.at, "title": said.title, "detail": said.detail, "basis": said.basis}


@asynccontextmanager
async def _open(app: Starlette) -> AsyncIterator[None]:
    told = os.environ
    url = "postgresql" + told["CITYDESK_DATABASE_URL"].removeprefix("asyncpg")
    kept.seals = Seals.from_text(told["CITYDESK_SEAL_KEYS"], told["CITYDESK_BLIND_KEY"])
    kept.keys, kept.issuer = SigningKeys(told["CITYDESK_SIGNING_KEY"]), told["CITYDESK_PUBLIC_URL"]
    async with asyncpg.create_pool(url, min_size=1, max_size=10) as kept.pool:
        days: dict[str, set[date]] = {"holiday": set(), "makeup_workday": set()}
        rows = await kept.pool.fetch(sql.CALENDAR)
        for row in rows:
            if row["kind"] in days:
                days[row["kind"]].add(row["date"])
        kept.calendar = Calendar(
            frozenset(days["holiday"]),
            frozenset(days["makeup_workday"]),
            frozenset(row["year"] for row in rows),
            await kept.pool.fetchval(sql.EDITIONS),
        )
        kept.ladders = Ladders.of_rows(
            (each[0], each[1], Rung(each[2], CountedBy(each[3]), each[4], each[5]))
            for each in await kept.pool.fetch(sql.RUNGS)
        )
        yield


_CASE = "/api/cases/{case_id}"
_DESK = "/api/officer/cases/{case_id}"
app = Starlette(
    routes=[
        Route(f"{_CASE}/standing", reading(standing), methods=["GET"]),
        Route(_CASE, reading(timeline), methods=["GET"]),
        Route("/api/cases", reading(mine), methods=["GET"]),
        Route(
            "/api/cases",
            creating("POST /api/cases", 201, start, officer=False),
            methods=["POST"],
        ),
        Route(
            f"{_CASE}/submission",
            creating(f"POST {_CASE}/submission", 200, submit, officer=False),
            methods=["POST"],
        ),
        Route(
            f"{_DESK}/pre-review-pass",
            creating(f"POST {_DESK}/pre-review-pass", 200, pre_pass, officer=True),
            methods=["POST"],
        ),
        Route(
            f"{_DESK}/acceptance",
            creating(f"POST {_DESK}/acceptance", 200, accept, officer=True),
            methods=["POST"],
        ),
    ],
    lifespan=_open,
)
