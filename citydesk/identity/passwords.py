"""Officers' passwords: argon2id, off the event loop, a few at a time; and how often one may try.

Whether a login exists is not told: an unknown one costs the same hash and is counted and locked
the same way.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from citydesk.identity.refusals import LoginLocked, SignInsCrowded
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World

# OWASP's second choice (19 MiB, 2 passes, 1 lane): about 25 ms here. T39.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AT_ONCE = 2
MOST_WAITING = 100
MOST_WRONG = 5
LOCKED_FOR = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
LONGEST_PASSWORD = 128

# Counted before the password is looked at, so that guesses made at the same time count as well.
_COUNT = """
    INSERT INTO sign_in_tries AS t (id, created_at, login_hash, failed, last_at)
    VALUES ($1, $2, $3, 1, $2)
    ON CONFLICT (login_hash) DO UPDATE SET
        failed = CASE WHEN t.locked_until <= $2 THEN 1 ELSE least(t.failed + 1, 1000) END,
        last_at = $2,
        locked_until = CASE WHEN t.locked_until <= $2 THEN NULL
                            WHEN t.failed + 1 = $4 THEN $5 ELSE t.locked_until END
    RETURNING failed, locked_until
"""
_FORGET = """
    DELETE FROM sign_in_tries WHERE id IN (
        SELECT id FROM sign_in_tries WHERE last_at < $1 LIMIT 10 FOR UPDATE SKIP LOCKED)
"""


class HashingRoom:
    """How many hashes are being made and waited for: each takes 19 MiB and a core."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0
        self.nobodys: str | None = None


async def hash_of(password: str) -> str:
    """Hash a new password."""
    return await asyncio.to_thread(HASHER.hash, password)


async def matches(world: World, password: str, password_hash: str | None) -> bool:
    """Tell whether a password is the one hashed; without a hash, take as long and say no.

    Raises:
        SignInsCrowded: a hundred are waiting already.
    """
    room = world.kept(HashingRoom)
    if room.waiting >= MOST_WAITING:
        raise SignInsCrowded("登录的人太多，请稍等片刻再试。", 5)
    room.waiting += 1
    try:
        async with room.places:
            if room.nobodys is None:
                room.nobodys = await hash_of("nobody's")
            found = await asyncio.to_thread(_matches, password, password_hash or room.nobodys)
    finally:
        room.waiting -= 1
    return found and password_hash is not None


async def count_try(world: World, login: str) -> None:
    """Count a password tried for a login, before it is looked at.

    Raises:
        LoginLocked: the last five were wrong; for fifteen minutes from the fifth.
    """
    now = world.clock.now()
    async with world.transaction():
        await sql.run(_FORGET, now - FORGOTTEN_AFTER)
        found = await sql.row(
            _COUNT, new_id(), now, _login_hash(login), MOST_WRONG, now + LOCKED_FOR
        )
    if found and found["failed"] > MOST_WRONG:
        raise _locked(found["locked_until"], now)


async def forgive(world: World, login: str) -> None:
    """Forget the tries for a login: its password was right, or is new."""
    await sql.run("DELETE FROM sign_in_tries WHERE login_hash = $1", _login_hash(login))


def _matches(password: str, password_hash: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _login_hash(login: str) -> str:
    return hashlib.sha256(login.encode()).hexdigest()


def _locked(until: datetime, now: datetime) -> LoginLocked:
    seconds = max(1, int((until - now).total_seconds()))
    minutes = -(-seconds // 60)
    return LoginLocked(
        f"密码连续输错{MOST_WRONG}次，已暂时锁定，请{minutes}分钟后再试或联系管理员重置。", seconds
    )
