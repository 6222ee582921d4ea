"""What the answers about guides have in common: how a bubble is filled, and the list shown last."""

from citydesk.guides import Guide
from citydesk.kit.clock import in_city
from citydesk.world import World
from wechat import conversation
from wechat.messages import Message
from wechat.replies import LONGEST_TEXT

MORE = "…\n内容较长，全部请在小程序里看。\n"


def bubble(lines: list[str], links: list[str], guide: Guide) -> str:
    """The lines as far as they fit; what to tap next, and which version this is, always fit."""
    version = f"第{guide.version_no}版·{guide.hash8}·{in_city(guide.as_of):%Y-%m-%d}"
    end = "\n".join(["", *links, "", version])
    body = "\n".join([*lines, ""]).encode()
    room = LONGEST_TEXT - len(end.encode())
    if len(body) > room:
        body = body[: room - len(MORE.encode())]
        if body.rfind(b"<a ") > body.rfind(b"</a>"):
            body = body[: body.rfind(b"<a ")]
        body = body.decode(errors="ignore").rstrip().encode()
        body += MORE.encode()
    return body.decode() + end


def remember(world: World, message: Message, lines: list[str]) -> None:
    """Keep a list for ten minutes, so that a bare number answers it; a loss costs a retype."""
    conversation.keep(world, _list(message), "\n".join(lines))


async def remembered(world: World, message: Message) -> list[str]:
    """Return the list a citizen was shown last; empty when it is too long ago."""
    kept = await conversation.kept(world, _list(message))
    return kept.split("\n") if kept else []


def _list(message: Message) -> str:
    return f"wx:list:{message.from_user}"
