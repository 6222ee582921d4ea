"""Service guides in the chat: what to bring, where, how long, what it costs, what to tap next."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from citydesk import guides, organs
from citydesk.gateways.own_doors import PROBER_OPENID
from citydesk.guides import Found, Guide, GuideContent, Place
from citydesk.world import World
from wechat import consultations, conversation, questions, regions
from wechat.bubbles import bubble, remember, remembered
from wechat.conversation import NOTHING, Recalled
from wechat.messages import Message
from wechat.replies import fit, is_menu_id, menu_link

MOST_FOUND = 5
KEPT_TEXTS = 2_000
KEPT_FOR = timedelta(seconds=60)
STARTING = "系统刚刚启动，还在准备办事目录，请过几秒再问一次。急事请拨打12345。"
CHANNEL = "wechat"


_Kept = tuple[UUID, str, str | None]


class Texts:
    """Answers written lately, by guide version, notice and district; each lives a minute."""

    def __init__(self) -> None:
        self.kept: OrderedDict[_Kept, tuple[datetime, str]] = OrderedDict()


async def looked_up(world: World, message: Message, said: str, known: Recalled = NOTHING) -> str:
    """Answer a question with the best guide, and name the next ones; ``known`` of who asks."""
    # What is short may be a fragment that leans on what they were talking of.
    before = known.about if len(said) <= conversation.LONGEST_FRAGMENT else None
    try:
        region = await regions.asked_for(world, message.from_user, said, known.district)
        found = await guides.search(world, said, MOST_FOUND, region_code=region, context=before)
        if not found:
            return await _handed_over(world, message, said)
    except guides.NotReadyYet:
        return STARTING
    best, *others = found
    conversation.note_shown(world, message.from_user, best.name)
    remember(world, message, [each.code for each in found])
    text = await _overview(world, best, region)
    _note_opened(world, message, best.code)
    if not others:
        return text
    return fit(f"{text}\n\n您也可能在找（回复数字也行）：\n{_links(others, first=2)}")


async def _handed_over(world: World, message: Message, said: str) -> str:
    """No guide fits: say why, where to turn, and offer what was perhaps meant, or is common."""
    none = await guides.nothing_found(world, said)
    if message.from_user != PROBER_OPENID:
        guides.note_unanswered(world, said, CHANNEL, none.reason)
    if none.reason is guides.Reason.EMERGENCY:
        return none.detail
    offered = none.nearest or await guides.hot(world, 5)
    remember(world, message, [each.code for each in offered])
    heading = "您是不是要找" if none.nearest else "常办的事"
    links = f"\n\n{heading}（点一下或回复数字）：\n{_links(offered)}" if offered else ""
    return fit(none.detail + links + await _asked_instead(world, message, said, none.reason))


async def _asked_instead(world: World, message: Message, said: str, reason: guides.Reason) -> str:
    """Offer to hand the same words to the departments, where a department could answer them."""
    if reason not in (guides.Reason.UNKNOWN, guides.Reason.UNCLEAR):
        return ""
    await consultations.keep_last_words(world, message, said)
    return f"\n\n{consultations.offer_last_words()}"


async def hot(world: World, message: Message) -> str:
    """The matters most people come for."""
    try:
        found = await guides.hot(world, 8)
    except guides.NotReadyYet:
        return STARTING
    remember(world, message, [each.code for each in found])
    return fit("常办的事（点一下或回复数字）：\n" + _links(found))


async def picked(world: World, message: Message, number: int) -> str:
    """What stands at this number in the list the citizen was shown last: a guide, or an answer."""
    lines = await remembered(world, message)
    if not 1 <= number <= len(lines):
        return "这个数字对不上刚才的列表。请直接告诉我要办什么。"
    verb, _, what = lines[number - 1].partition(":")
    if what and verb in (questions.VERB, questions.SEVERAL):
        return await questions.asked(world, message, what)
    return await section(world, message, "g", lines[number - 1])


async def picked_several(
    world: World, message: Message, said: str, known: Recalled = NOTHING
) -> str:
    """Several digits: options of the question asked last, if it takes several; else a question."""
    lines = await remembered(world, message)
    several = bool(lines) and lines[0].startswith(f"{questions.SEVERAL}:")
    if several and set(said) <= {str(number) for number in range(1, len(lines) + 1)}:
        return await questions.picked_several(world, message, lines[0], said)
    if int(said) <= len(lines):
        return await picked(world, message, int(said))
    return await looked_up(world, message, said, known)


async def section(world: World, message: Message, verb: str, code: str) -> str:
    """One part of a guide, as a tapped link asks for it."""
    write = SECTIONS.get(verb)
    region = await regions.usual(world, message.from_user)
    try:
        guide = await guides.shown(world, code, region)
    except guides.GuideNotReady:
        item = await guides.entry(world, code)
        return _incomplete(item.name, item.department)
    conversation.note_shown(world, message.from_user, guide.name)
    if write is None:
        _note_opened(world, message, guide.code)
        return await _written(world, guide, region)
    lines = [f"【{guide.name}】", *await write(world, guide.content, region)]
    return bubble(lines, [menu_link("看概要", f"g:{guide.code}"), *_next(guide, but=verb)], guide)


def _note_opened(world: World, message: Message, code: str) -> None:
    """Count a guide somebody was shown; the desk's own trials count for nobody."""
    if message.from_user != PROBER_OPENID:
        guides.note_opened(world, code)


def _links(found: list[Found], first: int = 1) -> str:
    """Numbered links; an item whose department gave it a code no link can carry has its number."""
    return "\n".join(
        menu_link(f"{number} {each.name}", menu_id)
        if is_menu_id(menu_id := f"g:{each.code}")
        else f"{number} {each.name}"
        for number, each in enumerate(found, first)
    )


async def _overview(world: World, found: Found, region: str | None) -> str:
    if found.version_id is None:
        return _incomplete(found.name, found.department)
    if found.in_force:
        kept = world.kept(Texts).kept.get((found.version_id, "", region))
        if kept and world.clock.now() - kept[0] < KEPT_FOR:
            return kept[1]
    return await _written(world, await guides.shown(world, found.code, region), region)


def _incomplete(name: str, department: str) -> str:
    return (
        f"【{name}】\n主管部门：{department}\n"
        "这件事的办事指南还在完善（指南待完善）。请拨打12345，会告诉您怎么办。"
    )


async def _written(world: World, guide: Guide, region: str | None) -> str:
    """Write the overview of a guide for somebody of a district, and keep it for a minute."""
    content = guide.content
    place = await _first_place(world, content, region)
    lines = [
        f"【{guide.name}】{'（示例）' if content.sample else ''}",
        *([guide.notice] if guide.notice else []),
        *(f"{label}：{said}" for label, said in guides.in_brief(content, place)),
    ]
    text = bubble(lines, _next(guide), guide)
    kept = world.kept(Texts).kept
    kept[guide.id, guide.notice, region] = (world.clock.now(), text)
    if len(kept) > KEPT_TEXTS:
        kept.popitem(last=False)
    return text


def _next(guide: Guide, but: str = "") -> list[str]:
    """Links to the guide's sections that have something to say, except the one being read."""
    content, asks = guide.content, questions.offered(guide)
    ways = (("预约", content.is_schedule), ("网上办", content.is_online))
    links = {"m": "看材料清单", "p": "看办理地点", "s": "看条件和流程"}
    links["b"] = " / ".join(word for word, can in ways if can)
    links["q"] = "常见问题" if content.faqs else ""
    links[consultations.BEGIN] = "咨询部门"
    others = [
        menu_link(shown, f"{verb}:{guide.code}")
        for verb, shown in links.items()
        if shown and verb != but
    ]
    return [asks, *others] if asks else others


async def _first_place(world: World, content: GuideContent, region: str | None) -> str:
    """Name the place nearest to somebody of a district, and how many more there are."""
    [place, *others] = await _near(world, content, region)
    hall = await organs.hall_by_code(world, place.hall)
    return f"{hall.name} {place.windows}" + (f"，另有{len(others)}处可办" if others else "")


async def _near(world: World, content: GuideContent, region: str | None) -> list[Place]:
    """Return the places of a guide, those of the district first."""
    if region is None or len(content.places) < 2:
        return list(content.places)
    there = {hall.code for hall in await organs.halls(world, region)}
    return sorted(content.places, key=lambda place: place.hall not in there)


async def _materials(world: World, content: GuideContent, _: str | None) -> list[str]:
    lines = ["要带的材料："]
    for number, each in enumerate(content.materials, 1):
        kind = {"required": "", "optional": "（可不带）", "deferrable": "（可以后补）"}
        only = f"（{each.condition}）" if each.condition else kind[each.necessity.value]
        lines.append(f"{number}. {each.name}{only}")
    return lines


async def _places(world: World, content: GuideContent, region: str | None) -> list[str]:
    lines = []
    for place in (await _near(world, content, region))[:6]:
        hall = await organs.hall_by_code(world, place.hall)
        lines += [f"{hall.name}（{place.windows}）", f"{hall.address}，{hall.hours}，{hall.phone}"]
    more = len(content.places) - 6
    ours = world.settings.public_url.rstrip("/")
    rest = f'还有{more}处，<a href="{ours}/guides/{content.item_code}">点这里看全部</a>。'
    return [*lines, *([rest] if more > 0 else [])]


async def _steps(world: World, content: GuideContent, _: str | None) -> list[str]:
    conditions = [f"· {each}" for each in content.acceptance_conditions]
    steps = [f"{number}. {link.name}" for number, link in enumerate(content.process_links, 1)]
    return ["受理条件：", *conditions, "流程：", *steps, f"咨询：{content.consult_phone}"]


async def _booking(world: World, content: GuideContent, _: str | None) -> list[str]:
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


async def _questions(world: World, content: GuideContent, _: str | None) -> list[str]:
    return [
        line for faq in content.faqs[:5] for line in (f"问：{faq.question}", f"答：{faq.answer}")
    ]


Writing = Callable[[World, GuideContent, str | None], Awaitable[list[str]]]
SECTIONS: dict[str, Writing] = {
    "m": _materials,
    "p": _places,
    "s": _steps,
    "b": _booking,
    "q": _questions,
}
