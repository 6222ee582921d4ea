"""One answer per Idempotency-Key: a request sent again does nothing again.

The key, the effect and the answer are rows of one transaction, so a crash at any instant leaves
either all of them or none. A refusal keeps nothing: the next try is judged afresh.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Conflict, Invalid
from citydesk.kit.seals import Seals
from citydesk.kit.transaction import Transaction

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 128
PLACE = "keyed_answer.body"


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
    digest: bytes = field(init=False, repr=False, compare=False)
    """32 bytes that stand for caller, route and key."""

    def __post_init__(self) -> None:
        """Work out the digest once."""
        named = f"{self.caller}\0{self.route}\0{self.key}".encode()
        object.__setattr__(self, "digest", hashlib.sha256(named).digest())

    @property
    def number(self) -> int:
        """What the transaction that answers claims, so that a twin finds it taken."""
        return int.from_bytes(self.digest[:8], signed=True)

    @property
    def row(self) -> UUID:
        """What the kept answer is sealed to: the same for every try, unlike the row's own id."""
        return UUID(bytes=self.digest[:16])


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


async def earlier_answer(tx: Transaction, keyed: Keyed, now: datetime, seals: Seals) -> Kept | None:
    """Return the answer a request already got, if any; ``tx`` was opened with its number.

    Raises:
        KeyInFlight: a twin of this request is running.
        KeyReused: the key belongs to a request with other contents.
    """
    if not tx.claimed:
        raise KeyInFlight("同一请求正在处理，请稍后再试。")
    found = await sql.row(
        "SELECT fingerprint, status, body_sealed FROM keyed_answer"
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
    return Kept(found["status"], seals.open_bytes(found["body_sealed"], PLACE, keyed.row))


async def keep_answer(keyed: Keyed, answer: Kept, now: datetime, seals: Seals) -> None:
    """Keep an answer for 24 hours, in the open transaction; sealed, for it tells of people."""
    await sql.put(
        "keyed_answer",
        "INSERT INTO keyed_answer"
        " (id, created_at, caller, route, key, fingerprint, status, body_sealed, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (caller, route, key) DO UPDATE SET created_at = $2, fingerprint = $6,"
        " status = $7, body_sealed = $8, expires_at = $9",
        new_id(),
        now,
        keyed.caller,
        keyed.route,
        keyed.key,
        keyed.fingerprint,
        answer.status,
        seals.seal(answer.body, PLACE, keyed.row),
        now + KEPT_FOR,
    )
