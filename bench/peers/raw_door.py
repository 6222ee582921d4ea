"""The door of the hand-written cases: who asks, and one answer for each Idempotency-Key."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg
import jwt
import orjson
from starlette.requests import Request
from starlette.responses import Response

from bench.peers import raw_sql as sql
from citydesk.guides import GuideContent
from citydesk.identity.tokens import SigningKeys
from citydesk.kit.clock import CITY
from citydesk.kit.ids import new_id
from citydesk.kit.seals import Seals
from citydesk.workdays import Calendar
from citydesk.workdays.rungs import Ladders

FRESH_SECONDS, KEPT_FOR = 4.5, timedelta(hours=24)


class Refused(Exception):
    """The peer says no with a number only."""

    def __init__(self, status: int) -> None:
        self.status = status


class Kept:
    """What the peer keeps in its process."""

    pool: asyncpg.Pool
    seals: Seals
    keys: SigningKeys
    issuer: str
    calendar: Calendar
    ladders: Ladders

    def __init__(self) -> None:
        self.tokens: dict[bytes, tuple[float, float, asyncpg.Record]] = {}
        self.guides: dict[UUID, GuideContent] = {}


kept = Kept()
Handler = Callable[[Request, asyncpg.Record], Awaitable[Response]]


async def who(request: Request, *, officer: bool) -> asyncpg.Record:
    """Prove the token and its session; look again when that is 4.5 seconds old."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 4096:
        raise Refused(401)
    digest = hashlib.sha256(token.encode()).digest()
    known = kept.tokens.get(digest)
    if known is None or monotonic() - known[0] > FRESH_SECONDS:
        if known is None:
            key = kept.keys.public[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token, key, algorithms=["ES256"], audience="citydesk", issuer=kept.issuer
            )
            session, ends = UUID(claims["sid"]), float(claims["exp"])
        else:
            session, ends = known[2]["id"], known[1]
        now = datetime.now(UTC)
        found = await kept.pool.fetchrow(sql.WHO, session, now.astimezone(CITY).date())
        if found is None or found["revoked_at"] or found["expires_at"] <= now:
            raise Refused(401)
        if now.timestamp() >= ends:
            raise Refused(401)
        known = kept.tokens[digest] = (monotonic(), ends, found)
    found = known[2]
    if officer and not (found["active"] and found["in_post"] and found["role"] == "front_desk"):
        raise Refused(403)
    if not officer and found["account_id"] is None:
        raise Refused(403)
    return found


def reading(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Answer a citizen's question."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request, await who(request, officer=False))
        except Refused as refused:
            return Response(status_code=refused.status)

    return answer


Step = Callable[[asyncpg.Connection, Request, asyncpg.Record, bytes], Awaitable[Any]]


def creating(
    route: str, status: int, step: Step, *, officer: bool
) -> Callable[[Request], Awaitable[Response]]:
    """Do something once per Idempotency-Key; the answer is kept with the effect."""

    async def answer(request: Request) -> Response:
        try:
            asker = await who(request, officer=officer)
            return await _once(request, asker, await request.body())
        except Refused as refused:
            return Response(status_code=refused.status)

    async def _once(request: Request, asker: asyncpg.Record, raw: bytes) -> Response:
        key = request.headers.get("idempotency-key", "")
        if not 1 <= len(key) <= 128:
            raise Refused(422)
        caller = f"officer:{asker['post_id']}" if officer else f"citizen:{asker['account_id']}"
        digest = hashlib.sha256(f"{caller}\0{route}\0{key}".encode()).digest()
        path = request.scope["path"].encode()
        asked = hashlib.sha256(b"\0".join((path, request.scope["query_string"], raw))).hexdigest()
        place, now = UUID(bytes=digest[:16]), datetime.now(UTC)
        async with kept.pool.acquire() as connection, connection.transaction():
            number = int.from_bytes(digest[:8], signed=True)
            if not await connection.fetchval(sql.TAKE_KEY, number):
                raise Refused(409)
            earlier = await connection.fetchrow(sql.EARLIER, caller, route, key, now)
            if earlier is not None:
                if earlier["fingerprint"] != asked:
                    raise Refused(422)
                body = kept.seals.open_bytes(earlier["body_sealed"], "keyed_answer.body", place)
                return json_of(body, earlier["status"])
            told = await step(connection, request, asker, raw)
            body = orjson.dumps(told, option=orjson.OPT_UTC_Z)
            sealed = kept.seals.seal(body, "keyed_answer.body", place)
            await connection.execute(
                sql.KEEP_ANSWER,
                *(new_id(), now, caller, route, key, asked, status, sealed, now + KEPT_FOR),
            )
        return json_of(body, status)

    return answer


def json_of(body: bytes, status: int = 200) -> Response:
    return Response(
        body, status, headers={"Cache-Control": "no-store"}, media_type="application/json"
    )
