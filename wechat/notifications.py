"""What WeChat reports of the pushes it delivered."""

from citydesk import notifications
from citydesk.world import World
from wechat.messages import Message


async def settled(world: World, message: Message) -> str:
    """Note how a template message ended (TEMPLATESENDJOBFINISH)."""
    status = message.fields.get("Status")
    if message.msg_id is not None and isinstance(status, str):
        await notifications.settle(world, str(message.msg_id), status, message.from_user)
    return ""
