"""Asking the departments in the chat: what for, the words, once more to be sure, the number.

Where one is in it lies in Valkey for ten minutes, sealed; a loss costs a retype. Asking itself is
marked with the message's key, so a push that comes again asks nothing again.
"""

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from uuid import UUID

import orjson
from redis.exceptions import RedisError

from citydesk import consultations, guides, identity
from citydesk.consultations import KINDS, Action, Kind, Matter, TooManyQuestions, Whole, WordsUnfit
from citydesk.identity import Citizen
from citydesk.kit.clock import in_city
from citydesk.kit.seals import SealBroken
from citydesk.workdays import day_words
from citydesk.world import World
from wechat.identity import followed
from wechat.messages import Message
from wechat.replies import OwnWords, fit, menu_link

BEGIN, CONFIRM = "c", "C"  # verbs of the links
LAST_WORDS = "last"  # in a link: what was typed a moment ago and found no guide
KEPT_SECONDS = 600
SEALED = "wx.asking"
MOST_SHOWN = 3
PLAIN_WHY = 3  # sentences that explain a date nothing has moved: the page has them
YES = frozenset({"1", "提交", "确认", "确认提交", "是", "好", "好的", "对"})
AGAIN = frozenset({"2", "重写", "改", "修改"})
CANCEL = frozenset({"3", "取消", "不问了", "算了", "退出"})
NONE = "您还没有咨询或投诉过。发“我要咨询”或“我要投诉”，写下来，部门5个工作日内答复。"
CANCELLED = "好的，不提了。要办别的事，直接告诉我就行。"


@dataclass(frozen=True, slots=True)
class Asking:
    """Where somebody is: what they want to ask, about which item, and what they have written.

    ``done``: the push that ended it, and what that was told: its repetitions are told the same.
    """

    kind: Kind
    item_code: str = ""
    title: str = ""
    text: str = ""
    done: str = ""
    told: str = ""


async def consult(world: World, message: Message) -> str:
    """我要咨询: begin a question."""
    return await _begin(world, message, Asking(Kind.CONSULT))


async def complain(world: World, message: Message) -> str:
    """我要投诉: begin a complaint."""
    return await _begin(world, message, Asking(Kind.COMPLAINT))


async def tapped(world: World, message: Message, what: str) -> str:
    """A link to ask: about an item, or what was typed a moment ago."""
    if what == LAST_WORDS:
        known = await _kept(world, _last_key(message))
        if known is None or not known.text:
            return await consult(world, message)
        return await _confirm(world, message, known)
    guide = await guides.shown(world, what)
    return await _begin(world, message, Asking(Kind.CONSULT, guide.code, guide.name))


async def _begin(world: World, message: Message, asking: Asking) -> str:
    if not await _keep(world, asking_key(message), asking):
        return _elsewhere(world)
    about = f"关于“{asking.title}”。" if asking.title else ""
    wish = "问题" if asking.kind is Kind.CONSULT else "事情"
    return (
        f"{about}请把您的{wish}写在一条消息里发给我，说清楚什么事、卡在哪里，"
        f"最多{consultations.LONGEST}个字。不用写身份证号和密码。\n\n"
        + menu_link("取消", f"{CONFIRM}:no")
    )


def _elsewhere(world: World) -> str:
    """Without a memory there is no dialogue: the page does the same."""
    ours = world.settings.public_url.rstrip("/")
    return f'请<a href="{ours}/my/consultations/new">点这里写下您的问题</a>，部门5个工作日内答复。'


async def continued(world: World, message: Message, sealed: bytes | None) -> str | None:
    """Go on where somebody is in asking, as it was recalled; None when they are nowhere."""
    asking = None if sealed is None else _opened(world, asking_key(message), sealed)
    if asking is None or asking.done:
        return asking.told if asking and asking.done == message.key else None
    said = message.content.strip()
    if said in CANCEL and not (said == "3" and not asking.text):
        return await decided(world, message, "no")
    if asking.text and said in YES:
        return await decided(world, message, "yes")
    if asking.text and said in AGAIN:
        return await decided(world, message, "again")
    return await _written(world, message, asking, said)


async def _written(world: World, message: Message, asking: Asking, said: str) -> str:
    """The words: kept until they are confirmed; what was written before is replaced."""
    try:
        text = consultations.written(said)
    except WordsUnfit as refusal:
        return f"{refusal.detail}\n\n{menu_link('取消', f'{CONFIRM}:no')}"
    return await _confirm(world, message, replace(asking, text=text))


async def _confirm(world: World, message: Message, asking: Asking) -> str:
    if not await _keep(world, asking_key(message), asking):
        return _elsewhere(world)
    about = f"关于“{asking.title}”的" if asking.title else "的"
    links = [
        menu_link("1 提交", f"{CONFIRM}:yes"),
        menu_link("2 重写", f"{CONFIRM}:again"),
        menu_link("3 取消", f"{CONFIRM}:no"),
    ]
    end = "\n\n对吗？点一下或回复数字：\n" + "\n".join(links)
    body = fit(f"这是您{about}{KINDS[asking.kind]}：\n{_quoted(asking.text)}")
    room = 2048 - len(end.encode())
    if len(body.encode()) > room:
        body = body.encode()[: room - 3].decode(errors="ignore") + "…"
    return OwnWords(body + end)


def _quoted(text: str) -> str:
    """Somebody's own words, shown back to them: no link of theirs works."""
    return text.replace("<", "＜").replace(">", "＞")


async def decided(world: World, message: Message, what: str) -> str:
    """Handed in, written again, or given up."""
    asking = await _kept(world, asking_key(message))
    if asking and asking.done == message.key:
        return asking.told
    if asking is None or asking.done:
        return f"这条已经处理过，或者隔得太久了。{menu_link('再问一次', 'w:consult')}"
    if what == "no":
        return await _over(world, message, asking, CANCELLED)
    if what == "again" or not asking.text:
        return await _begin(world, message, replace(asking, text=""))
    return await _ask(world, message, asking)


async def _ask(world: World, message: Message, asking: Asking) -> str:
    citizen = await _citizen(world, message)
    matter = Matter(item_code=asking.item_code or None)
    try:
        row = await consultations.ask(
            world, citizen, asking.kind, asking.text, matter, once=message.key
        )
    except TooManyQuestions as refusal:
        return await _over(world, message, asking, refusal.detail)
    whole = await consultations.consultation(world, citizen, row.id)
    due = f"{day_words(whole.line.due_on)}前" if whole.line.due_on else "5个工作日内"
    told = (
        f"已提交，编号 {row.number}。\n{whole.line.organ}会在{due}答复，答复后在这里通知您。\n"
        f"想看办到哪了，{menu_link('点这里或发“我的咨询”', 'w:my_consultations')}。"
    )
    return await _over(world, message, asking, told)


async def _over(world: World, message: Message, asking: Asking, told: str) -> str:
    """End the dialogue, without its words."""
    over = Asking(asking.kind, done=message.key, told=told)
    _ = await _keep(world, asking_key(message), over)
    return told


async def mine(world: World, message: Message) -> str:
    """我的咨询: the newest ones, how they stand, and the latest answer."""
    citizen = await _citizen(world, message)
    page = await consultations.my_consultations(world, citizen, limit=MOST_SHOWN)
    if not page.items:
        return NONE
    newest = await consultations.consultation(world, citizen, page.items[0].id)
    lines = [*_whole(world, newest), ""]
    lines += [f"另有：{each.title}，{each.label}（{each.number}）" for each in page.items[1:]]
    return OwnWords(fit("\n".join(lines).rstrip(), "\n全部请在“我的办事”里看。"))


def _whole(world: World, whole: Whole) -> list[str]:
    """One consultation: where it stands, then the page to ask back on, then the answer."""
    line = whole.line
    address = f"{world.settings.public_url.rstrip('/')}/my/consultations/{line.id}"
    found = [f"{line.kind_words}：{line.title}", f"编号：{line.number}", f"{line.label}"]
    if line.due_on is not None:
        told = "（暂定）" if line.provisional else ""
        moved = whole.why if len(whole.why) > PLAIN_WHY else ()
        found += [f"最晚答复：{day_words(line.due_on)}{told}", *moved]
    found.append(f'<a href="{address}">看全部、追问或评价</a>')
    answers = [each for each in whole.said if each.action in (Action.ANSWER, Action.REFER)]
    if answers:
        last = answers[-1]
        found += ["", f"{in_city(last.at):%m-%d %H:%M} {line.organ}答复：", _quoted(last.text)]
    return found


async def _citizen(world: World, message: Message) -> Citizen:
    found = await identity.account_by_openid(world, message.from_user)
    if found is None:
        # The account's follow event may have been lost while we were away.
        await followed(world, message)
        found = await identity.account_by_openid(world, message.from_user)
    if found is None:
        raise identity.NoSuchPerson("暂时认不出您是谁，请先关注公众号再发一次。")
    return found


async def keep_last_words(world: World, message: Message, said: str) -> None:
    """Keep words that found no guide, so that they can be handed to the departments by a tap."""
    try:
        text = consultations.written(said)
    except WordsUnfit:
        return
    _ = await _keep(world, _last_key(message), Asking(Kind.CONSULT, text=text))


def offer_last_words() -> str:
    """The link that hands them over."""
    return menu_link("把这个问题写给部门答复", f"{BEGIN}:{LAST_WORDS}")


async def _keep(world: World, key: str, asking: Asking) -> bool:
    plain = orjson.dumps(asdict(asking))
    sealed = world.seals.seal(plain, SEALED, _row(key))
    try:
        await world.batched.ask("SET", key, sealed, "EX", KEPT_SECONDS)
    except (RedisError, OSError, TimeoutError):
        return False
    return True


async def _kept(world: World, key: str) -> Asking | None:
    try:
        found = await world.batched.ask("GET", key)
    except (RedisError, OSError, TimeoutError):
        return None
    return _opened(world, key, found) if isinstance(found, bytes) else None


def _opened(world: World, key: str, found: bytes) -> Asking | None:
    try:
        plain = world.seals.open_bytes(found, SEALED, _row(key))
    except SealBroken:
        return None
    kept = orjson.loads(plain)
    return Asking(**{**kept, "kind": Kind(kept["kind"])})


def asking_key(message: Message) -> str:
    """Under what it lies in Valkey where somebody is in asking."""
    return f"wx:asking:{message.from_user}"


def _last_key(message: Message) -> str:
    return f"wx:unasked:{message.from_user}"


def _row(key: str) -> UUID:
    """What the words are sealed to: whose they are."""
    return UUID(bytes=sha256(key.encode()).digest()[:16])
