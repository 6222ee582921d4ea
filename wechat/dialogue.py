"""Which sentence goes to which capability. Deterministic: a table of words, then the search."""

import re
from collections.abc import Awaitable, Callable

from citydesk.kit.refusals import Refusal
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from wechat import (
    appointments,
    cases,
    consultations,
    conversation,
    guides,
    identity,
    notifications,
    organs,
    questions,
)
from wechat.messages import Message
from wechat.words import BUSY_OUTSIDE, GREETING, HELP, ONLY_TEXT, PERSON, THANKS

Answering = Callable[[World, Message], Awaitable[str]]

LONGEST_QUESTION, MOST_DIGITS = 200, 9


async def answer(world: World, message: Message) -> str:
    """Return what the account answers, or "" for nothing."""
    try:
        if message.kind == "event":
            return await EVENTS.get(message.event, _nothing)(world, message)
        if message.kind == "location":
            return await organs.nearest(world, message)
        if message.kind != "text":
            return ONLY_TEXT
        return await _text(world, message)
    except Refusal as refusal:
        return refusal.detail
    except GatewayTrouble:
        return BUSY_OUTSIDE


async def _text(world: World, message: Message) -> str:
    if message.menu_id:
        return await _tapped(world, message)
    said = message.content.strip()[:LONGEST_QUESTION]
    if not said:
        return HELP
    if found := WORDS.get(said.casefold()):
        return await found(world, message)
    key = consultations.asking_key(message)
    known = await conversation.recalled(world, message.from_user, key)
    if (answer := await consultations.continued(world, message, known.asking)) is not None:
        return answer
    if match := _PROGRESS.fullmatch(said):
        return await cases.by_code(world, message, match["number"], match["code"])
    if said.startswith("进度"):
        return cases.HOW_TO_ASK
    if len(said) == 1 and said in "123456789":
        return await guides.picked(world, message, int(said))
    if 2 <= len(said) <= MOST_DIGITS and said.isascii() and said.isdigit():
        return await guides.picked_several(world, message, said, known)
    return await guides.looked_up(world, message, said, known)


async def _tapped(world: World, message: Message) -> str:
    """A link in one of our answers was tapped: its id says what is wanted."""
    verb, _, what = message.menu_id.partition(":")
    if verb == "w":
        found = WORDS.get(what)
        return await found(world, message) if found else HELP
    if verb == consultations.BEGIN:
        return await consultations.tapped(world, message, what)
    if verb == consultations.CONFIRM:
        return await consultations.decided(world, message, what)
    if verb == questions.VERB:
        return await questions.asked(world, message, what)
    return await guides.section(world, message, verb, what)


async def _help(world: World, message: Message) -> str:
    return HELP


async def _only_text(world: World, message: Message) -> str:
    return ONLY_TEXT


async def _thanks(world: World, message: Message) -> str:
    return THANKS


async def _person(world: World, message: Message) -> str:
    return PERSON


async def _nothing(world: World, message: Message) -> str:
    return ""


async def _followed(world: World, message: Message) -> str:
    await identity.followed(world, message)
    return GREETING


async def _clicked(world: World, message: Message) -> str:
    """A button of the account's menu: its key is one of our words."""
    found = WORDS.get(message.event_key.casefold())
    return await found(world, message) if found else HELP


WORDS: dict[str, Answering] = {
    **dict.fromkeys(("帮助", "help", "?", "？", "菜单", "你好", "您好", "hi", "hello"), _help),
    "【收到不支持的消息类型，暂无法显示】": _only_text,  # what a sticker arrives as
    **dict.fromkeys(("谢谢", "多谢", "thanks"), _thanks),
    **dict.fromkeys(
        ("人工", "转人工", "人工服务", "人工客服", "找人工", "客服", "找客服", "转客服", "真人"),
        _person,
    ),
    **dict.fromkeys(("进度", "查进度", "办件进度", "我的办件", "progress"), cases.mine),
    **dict.fromkeys(("预约", "我的预约", "appointments"), appointments.mine),
    **dict.fromkeys(("咨询", "我要咨询", "我要提问", "consult"), consultations.consult),
    **dict.fromkeys(("投诉", "我要投诉", "complain"), consultations.complain),
    **dict.fromkeys(
        ("我的咨询", "我的投诉", "我的咨询投诉", "咨询进度", "my_consultations"), consultations.mine
    ),
    **dict.fromkeys(("热门", "常办", "热门事项", "hot"), guides.hot),
    **dict.fromkeys(("附近大厅", "大厅", "附近", "办事大厅", "halls"), organs.how_to_ask),
}

EVENTS: dict[str, Answering] = {
    "subscribe": _followed,
    "unsubscribe": identity.unfollowed,
    "click": _clicked,
    "templatesendjobfinish": notifications.settled,
}

_PROGRESS = re.compile(
    r"(?:查?进度)?[\s:：,，]*(?P<number>[0-9]{14}[A-Za-z][0-9]{6}[0-9A-Za-z])"
    r"[\s,，]+(?:查询码)?[\s:：]*(?P<code>[0-9A-Za-z]{6,12})"
)
