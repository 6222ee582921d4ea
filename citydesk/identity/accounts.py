"""Accounts: who follows, who opened the mini program, and which accounts are one person's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from citydesk.gateways.wechat import SaidNo
from citydesk.identity.askers import Citizen
from citydesk.identity.events import AccountFollowed
from citydesk.kit import inbox, sql
from citydesk.kit.announced import Announced, one_by_one
from citydesk.kit.ids import new_id
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from models.identity import Account, AccountProvider

SOURCE = "wechat"
_JOINING = 0x6A6F696E  # one lock for every change of who is who: rare, short, and never a deadlock


async def follow(world: World, openid: str, message_key: str, at: datetime | None = None) -> bool:
    """Note that a citizen follows the official account; False when this message was seen before.

    ``at`` is WeChat's own time of the event (now, if not told): news that is older than what we
    know changes nothing.
    """
    async with world.transaction() as tx:
        if not await inbox.first_time(world.clock.now(), SOURCE, message_key):
            return False
        account_id = await _account(world, AccountProvider.OFFICIAL_ACCOUNT, openid)
        changed = await sql.run(
            "UPDATE account SET followed = true, followed_at = $2 WHERE id = $1"
            " AND coalesce(greatest(followed_at, unfollowed_at) <= $2, true)",
            account_id,
            at or world.clock.now(),
        )
        if changed:
            tx.announce(AccountFollowed(account_id))
    return True


async def unfollow(world: World, openid: str, message_key: str, at: datetime | None = None) -> bool:
    """Note that a citizen left the official account; who they are stays known."""
    async with world.transaction():
        if not await inbox.first_time(world.clock.now(), SOURCE, message_key):
            return False
        account_id = await _account(world, AccountProvider.OFFICIAL_ACCOUNT, openid)
        await sql.run(
            "UPDATE account SET followed = false, unfollowed_at = $2 WHERE id = $1"
            " AND coalesce(greatest(followed_at, unfollowed_at) <= $2, true)",
            account_id,
            at or world.clock.now(),
        )
    return True


async def _learn(world: World, announced: Announced) -> None:
    """Ask WeChat for a follower's unionid, and join the accounts that share it."""
    event = cast(AccountFollowed, announced.event)
    account = await Account.get_or_none(id=event.account_id)
    if account is None or not account.followed or account.unionid is not None:
        return
    user = await world.wechat.user_info(account.openid)
    if user.unionid is not None:
        async with world.transaction():
            await set_unionid(account.id, user.unionid)


learn_unionid = one_by_one(_learn, at_once=4)


async def mini_program_account(world: World, openid: str, unionid: str | None) -> UUID:
    """Return the account of a mini-program user, new or known, in the open transaction."""
    account_id = await _account(world, AccountProvider.MINI_PROGRAM, openid)
    known = await sql.value("SELECT unionid FROM account WHERE id = $1", account_id)
    if unionid is not None and known != unionid:
        await set_unionid(account_id, unionid)
    return account_id


async def official_account(world: World, openid: str) -> UUID:
    """Return the account behind an openid of the official account, new or known, in the open
    transaction; a new one does not follow."""
    return await _account(world, AccountProvider.OFFICIAL_ACCOUNT, openid)


async def learn_follower(world: World, account_id: UUID, openid: str) -> None:
    """Ask WeChat about a user of the official account whom we do not know as a follower.

    Who followed before this desk stood never sent it the event; without this they would sign in
    and still be told nothing. Trouble with WeChat is no reason not to sign in.
    """
    if await sql.value("SELECT followed FROM account WHERE id = $1", account_id):
        return
    try:
        user = await world.wechat.user_info(openid)
    except (GatewayTrouble, SaidNo):
        return
    if user.subscribed:
        async with world.transaction():
            if user.unionid is not None:
                await set_unionid(account_id, user.unionid)
            await sql.run(
                "UPDATE account SET followed = true, followed_at = $2 WHERE id = $1",
                account_id,
                world.clock.now(),
            )


async def set_unionid(account_id: UUID, unionid: str) -> None:
    """Note an account's unionid and give its person to all accounts that share it."""
    await lock_joining()
    await sql.run("UPDATE account SET unionid = $2 WHERE id = $1", account_id, unionid)
    # Two persons behind one unionid cannot come about (see verification); then nobody is guessed.
    await sql.run(
        "WITH known AS (SELECT array_agg(DISTINCT identity_id) AS ids FROM account"
        "  WHERE unionid = $1 AND identity_id IS NOT NULL)"
        " UPDATE account SET identity_id = known.ids[1] FROM known"
        " WHERE unionid = $1 AND identity_id IS NULL AND cardinality(known.ids) = 1",
        unionid,
    )


async def lock_joining() -> None:
    """Let one transaction at a time change who is who; before any row is locked."""
    await sql.run("SELECT pg_advisory_xact_lock($1)", _JOINING)


async def account_by_openid(world: World, openid: str) -> Citizen | None:
    """Return the citizen behind an openid of the official account, or None if never seen."""
    found = await sql.row(
        "SELECT a.id, a.identity_id, i.assurance_level"
        " FROM account a LEFT JOIN identity i ON i.id = a.identity_id"
        " WHERE a.provider = 'official_account' AND a.app_id = $1 AND a.openid = $2",
        world.settings.wechat_app_id,
        openid,
    )
    if found is None:
        return None
    level = found["assurance_level"] or 0
    return Citizen(found["id"], found["identity_id"], level, "wechat", None)


async def official_openids(world: World, identity_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return, for each person who follows the official account, the openid to push to.

    A person with several WeChat accounts gets the one that followed last. Somebody of whom no
    name is known is told by the account's own identifier.
    """
    found = await sql.rows(
        "SELECT DISTINCT ON (identity_id) identity_id, openid FROM ("
        "  SELECT identity_id, openid, followed_at, id FROM account"
        "  WHERE identity_id = ANY($1::uuid[]) AND followed"
        "  AND provider = 'official_account' AND app_id = $2"
        "  UNION ALL SELECT id, openid, followed_at, id FROM account"
        "  WHERE id = ANY($1::uuid[]) AND followed"
        "  AND provider = 'official_account' AND app_id = $2"
        " ) AS known ORDER BY identity_id, followed_at DESC, id",
        list(identity_ids),
        world.settings.wechat_app_id,
    )
    return {each["identity_id"]: each["openid"] for each in found}


async def _account(world: World, provider: AccountProvider, openid: str) -> UUID:
    """Return an account's identifier, making the account when it is new."""
    ours = world.settings
    official = provider is AccountProvider.OFFICIAL_ACCOUNT
    values: tuple[Any, ...] = (
        provider.value,
        ours.wechat_app_id if official else ours.miniprogram_app_id,
        openid,
    )
    look = "SELECT id FROM account WHERE provider = $1 AND app_id = $2 AND openid = $3"
    account_id = await sql.value(look, *values)
    if account_id is None:
        await sql.run(
            "INSERT INTO account (id, created_at, provider, app_id, openid)"
            " VALUES ($4, $5, $1, $2, $3) ON CONFLICT DO NOTHING",
            *values,
            new_id(),
            world.clock.now(),
        )
        account_id = await sql.value(look, *values)
    return cast(UUID, account_id)
