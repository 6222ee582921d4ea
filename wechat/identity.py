"""Following and leaving the account."""

from datetime import UTC, datetime

from citydesk import identity
from citydesk.world import World
from wechat.messages import Message


async def followed(world: World, message: Message) -> None:
    """Note a new follower."""
    at = datetime.fromtimestamp(message.created_at, UTC)
    await identity.follow(world, message.from_user, message.key, at)


async def unfollowed(world: World, message: Message) -> str:
    """Note that somebody left; nobody is there to be answered."""
    at = datetime.fromtimestamp(message.created_at, UTC)
    await identity.unfollow(world, message.from_user, message.key, at)
    return ""
