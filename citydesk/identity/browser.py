"""Sessions of browsers: a cookie with an opaque secret, good until it runs out or is revoked.

Pages are loaded side by side, so nothing is exchanged on the way: there is no refresh token that
works once. The secret has 256 random bits and only its hash is kept. What is revoked is felt
everywhere within five seconds, as with access tokens.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from citydesk.identity.askers import Officer
from citydesk.identity.officers import check_still_proven, proven_officer
from citydesk.identity.refusals import NoPost
from citydesk.identity.secrets import hashed, new_secret
from citydesk.identity.sessions import LONGEST_DEVICE, OFFICER_SESSION, revoke
from citydesk.identity.staff import posts_today
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import Session

# Inside WeChat a sign-in costs the citizen nothing, so a lost phone's browser need not last.
CITIZEN_BROWSER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What a browser is handed: the secret for its cookie, and when it ends."""

    session_id: UUID
    token: str = field(repr=False)
    ends_at: datetime


async def open_browser_session(
    world: World,
    *,
    account_id: UUID | None = None,
    post_id: UUID | None = None,
    channel: str = "web",
    device: str = "",
) -> BrowserSession:
    """Open a session for an account or a post, whoever it is having been proven before."""
    now, secret = world.clock.now(), new_secret()
    session = Session(
        id=new_id(),
        created_at=now,
        account_id=account_id,
        post_id=post_id,
        channel=channel,
        device=device[:LONGEST_DEVICE],
        browser_hash=hashed(secret),
        expires_at=now + (OFFICER_SESSION if post_id else CITIZEN_BROWSER),
    )
    async with world.transaction():
        await session.save(force_create=True)
    return BrowserSession(session.id, secret, session.expires_at)


async def sign_in_officer_browser(
    world: World, login: str, password: str, post_id: UUID | None = None, device: str = ""
) -> BrowserSession:
    """Sign an officer in at a browser, for one post; without one named, for the only one they hold.

    Raises:
        WrongPassword, LoginLocked, NoPost, ChoosePost, SignInsCrowded: see sign_in_officer.
    """
    officer, post = await proven_officer(world, login, password, post_id)
    async with world.transaction():
        await check_still_proven(officer)
        return await open_browser_session(world, post_id=post["id"], device=device)


async def change_post(world: World, officer: Officer, post_id: UUID) -> BrowserSession:
    """Let an officer act in another of today's posts; the session of the post they leave ends.

    The new session ends when the old one would have: changing posts does not lengthen a day.

    Raises:
        NoPost: they do not hold that post today.
    """
    if post_id not in {post.id for post in await posts_today(world, officer)}:
        raise NoPost("您今天没有这个岗位，请联系管理员。")
    async with world.transaction():
        session = await open_browser_session(world, post_id=post_id)
        ends_at = await sql.value(
            "UPDATE session SET expires_at = old.expires_at FROM session old"
            " WHERE session.id = $1 AND old.id = $2 RETURNING session.expires_at",
            session.session_id,
            officer.session_id,
        )
        await revoke(world, "post_changed", session_ids=[officer.session_id])
    return replace(session, ends_at=ends_at)


async def close_browser_session(world: World, token: str) -> None:
    """End the session of a cookie; one that is unknown or over already is no matter."""
    async with world.transaction():
        known = await sql.value("SELECT id FROM session WHERE browser_hash = $1", hashed(token))
        if known is not None:
            await revoke(world, "signed_out", session_ids=[known])
