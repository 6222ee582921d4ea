"""Who asks: from an access token to an Asker, cheaply and never more than five seconds stale.

A token's signature is proven once (about 100 µs); after that its hash finds what was proven. Its
session is looked up in the tables again after five seconds, so that a sign-out, a revoked officer
or an ended post is felt by every process within that time. A citizen without a proven identity is
looked up each time: the real-name check they are in the middle of counts at once. A browser's
cookie is found in the same way, by its hash alone.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from citydesk.identity import tokens
from citydesk.identity.askers import Asker, Citizen, Officer
from citydesk.identity.secrets import hashed
from citydesk.identity.tokens import Claims
from citydesk.kit import sql
from citydesk.world import World
from models.identity import Role

STALE_AFTER = timedelta(seconds=4.5)
MOST_TOKENS = 20_000
LONGEST_COOKIE = 100

_WHO = """
    SELECT s.id, s.expires_at, s.revoked_at, s.channel, s.device,
           a.id AS account_id, a.identity_id, i.assurance_level,
           o.id AS officer_id, o.active, p.id AS post_id, p.role, p.organ_id, p.hall_id,
           p.valid_from <= $2 AND coalesce(p.valid_to >= $2, true) AS in_post
    FROM session s
    LEFT JOIN account a ON a.id = s.account_id
    LEFT JOIN identity i ON i.id = a.identity_id
    LEFT JOIN post p ON p.id = s.post_id
    LEFT JOIN officer o ON o.id = p.officer_id
"""
_OF_SESSION = f"{_WHO} WHERE s.id = $1"
_OF_BROWSER = f"{_WHO} WHERE s.browser_hash = $1"


@dataclass(slots=True)
class _Known:
    """A proven token, and what its session was when last looked up."""

    claims: Claims
    asker: Asker
    stale_at: datetime


class KnownTokens:
    """The tokens this process has proven, the oldest forgotten first."""

    def __init__(self) -> None:
        self.by_hash: dict[bytes, _Known] = {}

    def keep(self, token_hash: bytes, known: _Known) -> None:
        """Remember a token."""
        while len(self.by_hash) >= MOST_TOKENS:
            del self.by_hash[next(iter(self.by_hash))]
        self.by_hash[token_hash] = known

    def forget(self, caller: str) -> None:
        """Forget what was looked up for a caller (``Asker.key``): here at once, in other
        processes it is stale within 5 seconds."""
        for token_hash in [k for k, v in self.by_hash.items() if v.asker.key == caller]:
            del self.by_hash[token_hash]

    def forget_sessions(self, session_ids: Collection[UUID]) -> None:
        """Forget the tokens of sessions that are revoked."""
        gone = [k for k, v in self.by_hash.items() if v.claims.session_id in session_ids]
        for token_hash in gone:
            del self.by_hash[token_hash]


async def asker_for(world: World, access_token: str) -> Asker:
    """Return who asks with this token.

    Raises:
        TokenRefused: it is not a token of ours. SessionOver: it or its session is over.
    """
    now = world.clock.now()
    store = world.kept(KnownTokens)
    if len(access_token) > tokens.LONGEST_TOKEN:
        raise tokens.refused()
    token_hash = hashlib.sha256(access_token.encode(errors="replace")).digest()
    known = store.by_hash.get(token_hash)
    if known is not None and now < known.stale_at:
        return known.asker
    claims = known.claims if known else tokens.proven(world, access_token)
    store.by_hash.pop(token_hash, None)
    if now.timestamp() >= claims.ends:
        raise tokens.over()
    asker, session_ends = await _look_up(_OF_SESSION, claims.session_id, now, world.clock.today())
    ends = datetime.fromtimestamp(claims.ends, now.tzinfo)
    store.keep(token_hash, _Known(claims, asker, _stale_at(asker, now, min(ends, session_ends))))
    return asker


async def asker_for_browser(world: World, token: str) -> Asker:
    """Return who asks with this browser's cookie.

    Raises:
        SessionOver: there is no such session, it has run out or was revoked, or the post ended.
    """
    now = world.clock.now()
    store = world.kept(KnownTokens)
    if len(token) > LONGEST_COOKIE or not token.isascii():
        raise tokens.over()
    word = hashed(token)
    token_hash = bytes.fromhex(word)
    known = store.by_hash.pop(token_hash, None)
    if known is None or now >= known.stale_at:
        asker, ends = await _look_up(_OF_BROWSER, word, now, world.clock.today())
        assert asker.session_id is not None
        claims = Claims(asker.session_id, int(ends.timestamp()))
        known = _Known(claims, asker, _stale_at(asker, now, ends))
    store.keep(token_hash, known)
    return known.asker


def _stale_at(asker: Asker, now: datetime, ends: datetime) -> datetime:
    nobody_yet = isinstance(asker, Citizen) and asker.identity_id is None
    return now if nobody_yet else min(now + STALE_AFTER, ends)


async def _look_up(
    statement: str, sought: UUID | str, now: datetime, today: date
) -> tuple[Asker, datetime]:
    found = await sql.row(statement, sought, today)
    if found is None or found["revoked_at"] is not None or found["expires_at"] <= now:
        raise tokens.over()
    ends: datetime = found["expires_at"]
    return _asker(found, found["id"]), ends


def _asker(found: Any, session_id: UUID) -> Asker:
    if found["account_id"] is not None:
        return Citizen(
            found["account_id"],
            found["identity_id"],
            found["assurance_level"] or 0,
            found["channel"],
            session_id,
            found["device"],
        )
    if not found["active"] or not found["in_post"]:
        raise tokens.over()
    return Officer(
        found["officer_id"],
        found["post_id"],
        Role(found["role"]),
        found["organ_id"],
        found["hall_id"],
        session_id,
        found["device"],
    )
