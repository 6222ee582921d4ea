"""Service guides in the chat: what to bring, where, how long, what it costs, what to tap next."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from redis.exceptions import RedisError

from citydesk import guides, organs
from citydesk.guides import Found, Guide, GuideContent, Limit, LimitUnit, Necessity
from citydesk.kit.clock import in_city
from citydesk.kit.money import yuan
from citydesk.world import World
from wechat.messages import Message
from wechat.replies import LONGEST_TEXT, fit, is_menu_id, menu_link

MOST_FOUND = 5
LIST_SECONDS = 600
KEPT_TEXTS = 2_000
KEPT_FOR = timedelta(seconds=60)
MORE = "…\n内容较长，全部请在小程序里看。\n"
NO_MATCH = "没找到这件事。请换个说法，比如只说要办的证或要办的事；也可以拨打12345问人工。"

UNITS = {
    LimitUnit.WORKING_DAY: "个工作日",
    LimitUnit.CALENDAR_DAY: "天",
    LimitUnit.HOUR: "小时",
    LimitUnit.MONTH: "个月",
    LimitUnit.YEAR: "年",
}


class Texts:
    """Answers written lately, by guide version: halls may change, so each lives a minute."""

    def __init__(self) -> None:
        self.kept: OrderedDict[UUID, tuple[datetime, str]] = OrderedDict()


async def looked_up(world: World, message: Message, said: str) -> str:
    """Answer a question with the best guide, and name the next ones."""
    found = await guides.search(world, said, MOST_FOUND)
    if not found:
        common = await guides.hot(world, 5)
        await _remember(world, message.from_user, common)
        offered = f"\n常办的事（点一下或回复数字）：\n{_links(common)}" if common else ""
        return fit(NO_MATCH + offered)
    await _remember(world, message.from_user, found)
    best, *others = found
    text = await _overview(world, best)
    if not others:
        return text
    return fit(f"{text}\n\n您也可能在找（回复数字也行）：\n{_links(others, first=2)}")


async def hot(world: World, message: Message) -> str:
    """The matters most people come for."""
    found = await guides.hot(world, 8)
    await _remember(world, message.from_user, found)
    return fit("常办的事（点一下或回复数字）：\n" + _links(found))


async def picked(world: World, message: Message, number: int) -> str:
    """The guide with this number in the list the citizen was shown last."""
    try:
        kept = await world.valkey.get(f"wx:list:{message.from_user}")
    except (RedisError, OSError, TimeoutError):
        kept = None
    codes = kept.decode().split("\n") if kept else []
    if not 1 <= number <= len(codes):
        return "这个数字对不上刚才的列表。请直接告诉我要办什么。"
    return await section(world, message, "g", codes[number - 1])


async def section(world: World, message: Message, verb: str, code: str) -> str:
    """One part of a guide, as a tapped link asks for it."""
    write = SECTIONS.get(verb)
    try:
        guide = await guides.published(world, code)
    except guides.GuideNotReady:
        item = await guides.entry(world, code)
        return _incomplete(item.name, item.department)
    if write is None:
        return await _written(world, guide)
    lines = [f"【{guide.name}】", *await write(world, guide.content)]
    return _bubble(lines, [menu_link("看概要", f"g:{guide.code}"), *_next(guide, but=verb)], guide)


def _bubble(lines: list[str], links: list[str], guide: Guide) -> str:
    """The lines as far as they fit; what to tap next, and which version this is, always fit."""
    end = "\n".join(["", *links, "", f"第{guide.version_no}版·{guide.hash8}·{_day(guide)}"])
    body = "\n".join([*lines, ""]).encode()
    room = LONGEST_TEXT - len(end.encode())
    if len(body) > room:
        body = body[: room - len(MORE.encode())]
        if body.rfind(b"<a ") > body.rfind(b"</a>"):
            body = body[: body.rfind(b"<a ")]
        body = body.decode(errors="ignore").rstrip().encode()
        body += MORE.encode()
    return body.decode() + end


def _links(found: list[Found], first: int = 1) -> str:
    """Numbered links; an item whose department gave it a code no link can carry has its number."""
    return "\n".join(
        menu_link(f"{number} {each.name}", menu_id)
        if is_menu_id(menu_id := f"g:{each.code}")
        else f"{number} {each.name}"
        for number, each in enumerate(found, first)
    )


async def _remember(world: World, openid: str, found: list[Found]) -> None:
    """Keep the list for ten minutes, so that a bare number answers it; a loss costs a retype."""
    try:
        codes = "\n".join(each.code for each in found)
        await world.batched.ask("SET", f"wx:list:{openid}", codes, "EX", LIST_SECONDS)
    except (RedisError, OSError, TimeoutError):
        world.log.info("list not remembered")


async def _overview(world: World, found: Found) -> str:
    if found.version_id is None:
        return _incomplete(found.name, found.department)
    kept = world.kept(Texts).kept.get(found.version_id)
    if kept and world.clock.now() - kept[0] < KEPT_FOR:
        return kept[1]
    return await _written(world, await guides.version(world, found.version_id))


def _incomplete(name: str, department: str) -> str:
    return (
        f"【{name}】\n主管部门：{department}\n"
        "这件事的办事指南还在完善（指南待完善）。请拨打12345，会告诉您怎么办。"
    )


async def _written(world: World, guide: Guide) -> str:
    """Write the overview of a guide and keep it for a minute."""
    content = guide.content
    needed = [each.name for each in content.materials if each.necessity is Necessity.REQUIRED]
    shown = "、".join(needed[:4]) + (f" 等{len(needed)}项" if len(needed) > 4 else "")
    place = await _first_place(world, content)
    lines = [
        f"【{guide.name}】{'（示例）' if content.sample else ''}",
        f"要带什么：{shown or '不用带材料'}",
        f"在哪办：{place}",
        f"多久：{_time(content)}",
        f"费用：{_money(content)}",
        f"跑几次：{_visits(content)}",
    ]
    text = _bubble(lines, _next(guide), guide)
    kept = world.kept(Texts).kept
    kept[guide.id] = (world.clock.now(), text)
    if len(kept) > KEPT_TEXTS:
        kept.popitem(last=False)
    return text


def _next(guide: Guide, but: str = "") -> list[str]:
    """Links to the guide's sections that have something to say, except the one being read."""
    content = guide.content
    ways = (("预约", content.is_schedule), ("网上办", content.is_online))
    links = {"m": "看材料清单", "p": "看办理地点", "s": "看条件和流程"}
    links["b"] = " / ".join(word for word, can in ways if can)
    links["q"] = "常见问题" if content.faqs else ""
    return [
        menu_link(shown, f"{verb}:{guide.code}")
        for verb, shown in links.items()
        if shown and verb != but
    ]


def _day(guide: Guide) -> str:
    return f"{in_city(guide.as_of):%Y-%m-%d}"


async def _first_place(world: World, content: GuideContent) -> str:
    place = content.places[0]
    hall = await organs.hall_by_code(world, place.hall)
    more = len(content.places) - 1
    return f"{hall.name} {place.windows}" + (f"，另有{more}处可办" if more else "")


def _limit(limit: Limit) -> str:
    return f"{limit.value}{UNITS[limit.unit]}" if limit.value else "当场办结"


def _time(content: GuideContent) -> str:
    promised = _limit(content.promised_limit)
    if content.promised_limit.value == 0 or content.statutory_limit.value == 0:
        return promised
    return f"{promised}（法定{_limit(content.statutory_limit)}）"


def _money(content: GuideContent) -> str:
    if not content.has_fee:
        return "免费"
    fees = [
        f"{fee.name}{yuan(fee.amount_fen) if fee.amount_fen is not None else '按标准'}"
        for fee in content.fees[:2]
    ]
    return "，".join(fees)


def _visits(content: GuideContent) -> str:
    return "不用跑" if content.promised_visits == 0 else f"{content.promised_visits}次"


async def _materials(world: World, content: GuideContent) -> list[str]:
    lines = ["要带的材料："]
    for number, each in enumerate(content.materials, 1):
        kind = {"required": "", "optional": "（可不带）", "deferrable": "（可以后补）"}
        only = f"（{each.condition}）" if each.condition else kind[each.necessity.value]
        lines.append(f"{number}. {each.name}{only}")
    return lines


async def _places(world: World, content: GuideContent) -> list[str]:
    lines = []
    for place in content.places[:6]:
        hall = await organs.hall_by_code(world, place.hall)
        lines += [f"{hall.name}（{place.windows}）", f"{hall.address}，{hall.hours}，{hall.phone}"]
    more = len(content.places) - 6
    return [*lines, *([f"还有{more}处，可在小程序里看。"] if more > 0 else [])]


async def _steps(world: World, content: GuideContent) -> list[str]:
    conditions = [f"· {each}" for each in content.acceptance_conditions]
    steps = [f"{number}. {link.name}" for number, link in enumerate(content.process_links, 1)]
    return ["受理条件：", *conditions, "流程：", *steps, f"咨询：{content.consult_phone}"]


async def _booking(world: World, content: GuideContent) -> list[str]:
    lines = []
    if content.is_schedule:
        lines.append(f"可以预约到大厅：{_page(world, 'book', content, '点这里选大厅和时段')}")
    if content.is_online:
        lines.append(f"可以网上办：{_page(world, 'file', content, '点这里填表、传材料')}")
    return [*lines, "要先实名登录。提交后发“进度”就能看办到哪一步。"]


def _page(world: World, verb: str, content: GuideContent, shown: str) -> str:
    """A link to the page where this is done; our own address and an item code need no escape."""
    ours = world.settings.public_url.rstrip("/")
    return f'<a href="{ours}/my/{verb}/{content.item_code}">{shown}</a>'


async def _questions(world: World, content: GuideContent) -> list[str]:
    return [
        line for faq in content.faqs[:5] for line in (f"问：{faq.question}", f"答：{faq.answer}")
    ]


Writing = Callable[[World, GuideContent], Awaitable[list[str]]]
SECTIONS: dict[str, Writing] = {
    "m": _materials,
    "p": _places,
    "s": _steps,
    "b": _booking,
    "q": _questions,
}
