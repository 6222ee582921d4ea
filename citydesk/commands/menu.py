"""``citydesk menu``: the menu under the account's chat."""

from argparse import Namespace
from pathlib import Path

from citydesk import notifications
from citydesk.commands.acting import act
from citydesk.commands.complaints import complain
from citydesk.world import World


def publish(asked: Namespace) -> int:
    """Give WeChat the menu, in place of the one it has."""
    try:
        text = Path(asked.file).read_text("utf-8-sig") if asked.file else None
    except (OSError, UnicodeError):
        return complain(f"No readable file has this name: {asked.file}")

    async def send(world: World) -> None:
        names = await notifications.publish_menu(world, text)
        print(f"menu published: {', '.join(names)}")

    return act(send)
