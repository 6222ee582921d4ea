"""Sessions: opened by a sign-in, carried on by refresh tokens, over when revoked or run out.

A refresh token works once and is answered with the next one. One that comes back after use was
stolen or copied: its whole family, that is the session, is revoked, and both sides must sign in
again. There is no grace for an answer that was lost on the way; signing in again is one tap.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from citydesk.identity import tokens
from citydesk.identity.accounts import mini_program_account
from citydesk.identity.askers import Asker, Citizen
from citydesk.identity.known_tokens import KnownTokens
from citydesk.identity.secrets import hashed, new_secret
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import RefreshToken, Session

CITIZEN_SESSION = timedelta(days=30)
OFFICER_SESSION = timedelta(hours=12)
LONGEST_DEVICE = 80
LONGEST_SECRET = 100
KEPT_AFTER_END = timedelta(days=30)

_FAMILY = """
    SELECT s.id, s.expires_at, s.revoked_at, s.account_id, p.officer_id, p.role
    FROM session s LEFT JOIN post p ON p.id = s.post_id
    WHERE s.id = $1 FOR UPDATE OF s
"""

_OLD_SESSIONS = """
    DELETE FROM session WHERE id IN (
        SELECT id FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT 1000)
"""
# What comes back after a month was hardly stolen just now; until then it must betray the theft.
_USED_TOKENS = """
    DELETE FROM refresh_token WHERE id IN (
        SELECT id FROM refresh_token WHERE used_at < $1 ORDER BY used_at LIMIT 1000)
"""
_OLD_ATTEMPTS = """
    DELETE FROM verification_attempt WHERE id IN (
        SELECT id FROM verification_attempt WHERE expires_at < $1 ORDER BY expires_at LIMIT 1000)
"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in hands out: a token to ask with, and one to get the next pair with."""

    session_id: UUID
    access_token: str = field(repr=False)
    expires_in_seconds: int
    refresh_token: str = field(repr=False)


async def sign_in_mini_program(world: World, code: str, device: str = "") -> Tokens:
    """Sign a citizen in by the log-in code that WeChat gave their mini program.

    The code works once, so nothing is keyed: a request sent again is refused by WeChat.

    Raises:
        Unidentified, Forbidden, TooMany: WeChat refuses the code or the user.
        GatewayTrouble: WeChat does not answer.
    """
    known = await world.miniprogram.code_to_session(code)
    async with world.transaction():
        account_id = await mini_program_account(world, known.openid, known.unionid)
        return await open_session(
            world, account_id=account_id, subject=account_id, channel="app", device=device
        )


async def open_session(
    world: World,
    *,
    subject: UUID,
    channel: str,
    device: str,
    account_id: UUID | None = None,
    post_id: UUID | None = None,
    role: str = "citizen",
) -> Tokens:
    """Open a session for an account or a post, in the open transaction."""
    now = world.clock.now()
    session = await Session.create(
        id=new_id(),
        created_at=now,
        account_id=account_id,
        post_id=post_id,
        channel=channel,
        device=device[:LONGEST_DEVICE],
        expires_at=now + (OFFICER_SESSION if post_id else CITIZEN_SESSION),
    )
    return await _pair(world, session.id, subject, role)


async def refresh(world: World, refresh_token: str) -> Tokens:
    """Exchange a refresh token for the next pair.

    Raises:
        SessionOver: it is unknown, its session is over, or it was used before; in the last case
            the session is revoked.
    """
    async with world.transaction():
        renewed = await _renew(world, refresh_token, world.clock.now())
    if renewed is None:
        raise tokens.over()
    return renewed


async def _renew(world: World, refresh_token: str, now: datetime) -> Tokens | None:
    """Use a refresh token up; None when it is good for nothing (what was revoked stays so)."""
    if len(refresh_token) > LONGEST_SECRET:
        return None
    word = hashed(refresh_token)
    known = await sql.value("SELECT session_id FROM refresh_token WHERE token_hash = $1", word)
    family = await sql.row(_FAMILY, known) if known else None
    if family is None or family["revoked_at"] or family["expires_at"] <= now:
        return None
    # The family's row is locked: of two requests with one token, one comes here second.
    if not await sql.run(
        "UPDATE refresh_token SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
        word,
        now,
    ):
        await revoke(world, "refresh_token_reused", session_ids=[family["id"]])
        world.log.warning("refresh_token_reused", session_id=str(family["id"]))
        return None
    if account_id := family["account_id"]:
        await sql.run(
            "UPDATE session SET expires_at = $2 WHERE id = $1", family["id"], now + CITIZEN_SESSION
        )
        return await _pair(world, family["id"], account_id, "citizen")
    return await _pair(world, family["id"], family["officer_id"], family["role"])


async def _pair(world: World, session_id: UUID, subject: UUID, role: str) -> Tokens:
    secret = new_secret()
    _ = await RefreshToken.create(
        id=new_id(),
        created_at=world.clock.now(),
        session_id=session_id,
        token_hash=hashed(secret),
    )
    return Tokens(
        session_id,
        tokens.access_token(world, session_id, subject, role),
        int(tokens.LIFETIME.total_seconds()),
        secret,
    )


async def sign_out(world: World, asker: Asker) -> None:
    """End the session that asks; other devices stay signed in."""
    if asker.session_id is not None:
        async with world.transaction():
            await revoke(world, "signed_out", session_ids=[asker.session_id])


async def sign_out_everywhere(world: World, asker: Asker) -> None:
    """End every session of this person or officer, on every device and in every post."""
    if isinstance(asker, Citizen):
        wanted = (
            "SELECT s.id FROM session s JOIN account a ON a.id = s.account_id"
            " WHERE a.id = $1 OR a.identity_id = $2"
        )
        values: tuple[UUID | None, ...] = (asker.account_id, asker.identity_id)
    else:
        wanted = (
            "SELECT s.id FROM session s JOIN post p ON p.id = s.post_id WHERE p.officer_id = $1"
        )
        values = (asker.officer_id,)
    async with world.transaction():
        found = await sql.rows(wanted, *values)
        await revoke(world, "signed_out", session_ids=[each["id"] for each in found])


async def revoke(world: World, reason: str, *, session_ids: list[UUID]) -> None:
    """Revoke sessions, in the open transaction; felt everywhere within five seconds."""
    world.kept(KnownTokens).forget_sessions(set(session_ids))
    await sql.run(
        "UPDATE session SET revoked_at = $2, revoked_for = $3"
        " WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL",
        sorted(session_ids),
        world.clock.now(),
        reason,
    )


async def forget_ended(world: World) -> int:
    """Delete what nobody needs any more, up to 1,000 of each; return how many rows.

    Sessions (with their refresh tokens) a month after their end, refresh tokens a month after
    their use, real-name checks a day after their end. The timetable calls this daily.
    """
    now = world.clock.now()
    gone = 0
    for statement, before in (
        (_OLD_SESSIONS, now - KEPT_AFTER_END),
        (_USED_TOKENS, now - KEPT_AFTER_END),
        (_OLD_ATTEMPTS, now - timedelta(days=1)),
    ):
        async with world.transaction():
            gone += await sql.run(statement, before)
    return gone
