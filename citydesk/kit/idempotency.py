"""One answer per Idempotency-Key: a request sent again does nothing again.

The key, the effect and the answer are rows of one transaction, so a crash at any instant leaves
either all of them or none. A refusal keeps nothing: the next try is judged afresh.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Conflict, Invalid

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 128


class KeyInFlight(Conflict):
    """The same request is being answered at this moment."""

    title = "Request in flight"
    retry_after_seconds = 1


class KeyReused(Invalid):
    """The key was used for another request before."""

    title = "Idempotency-Key reused"


class KeyMissing(Invalid):
    """A request that creates something came without an Idempotency-Key."""

    title = "Idempotency-Key missing"


@dataclass(frozen=True, slots=True)
class Keyed:
    """Who asks what under which key; ``fingerprint`` stands for the whole request."""

    caller: str
    route: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer given before."""

    status: int
    body: bytes


def check_key(key: str | None) -> str:
    """Return a usable key.

    Raises:
        KeyMissing: there is none, or it is not 1 to 128 visible ASCII characters.
    """
    if not key or len(key) > LONGEST_KEY or not all("!" <= each <= "~" for each in key):
        raise KeyMissing(
            "请求缺少 Idempotency-Key，请带上一个唯一的标识再提交。",
            [{"field": "Idempotency-Key", "detail": "必填，1 到 128 个可见 ASCII 字符"}],
        )
    return key


async def earlier_answer(keyed: Keyed, now: datetime) -> Kept | None:
    """Take the key for the open transaction; return the answer it already got, if any.

    Raises:
        KeyInFlight: a twin of this request is running.
        KeyReused: the key belongs to a request with other contents.
    """
    whole = f"{keyed.caller}\0{keyed.route}\0{keyed.key}".encode()
    number = int.from_bytes(hashlib.sha256(whole).digest()[:8], signed=True)
    if not await sql.value("SELECT pg_try_advisory_xact_lock($1)", number):
        raise KeyInFlight("同一请求正在处理，请稍后再试。")
    found = await sql.row(
        "SELECT fingerprint, status, body FROM keyed_answer"
        " WHERE caller = $1 AND route = $2 AND key = $3 AND expires_at > $4",
        keyed.caller,
        keyed.route,
        keyed.key,
        now,
    )
    if found is None:
        return None
    if found["fingerprint"] != keyed.fingerprint:
        raise KeyReused(
            "这个 Idempotency-Key 已用于另一个请求，请换一个再提交。",
            [{"field": "Idempotency-Key", "detail": "已用于内容不同的请求"}],
        )
    return Kept(found["status"], found["body"])


async def keep_answer(keyed: Keyed, answer: Kept, now: datetime) -> None:
    """Keep an answer for 24 hours, in the open transaction."""
    await sql.run(
        "INSERT INTO keyed_answer"
        " (id, created_at, caller, route, key, fingerprint, status, body, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (caller, route, key) DO UPDATE SET created_at = $2, fingerprint = $6,"
        " status = $7, body = $8, expires_at = $9",
        new_id(),
        now,
        keyed.caller,
        keyed.route,
        keyed.key,
        keyed.fingerprint,
        answer.status,
        answer.body,
        now + KEPT_FOR,
    )
