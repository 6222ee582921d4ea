"""情形引导 in the chat: a question a bubble, answered by a tap or a number; then only what applies.

Where one is stands in the link itself (which option was chosen at each question): nothing need be
remembered but the list that bare numbers refer to.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from citydesk import guides, organs
from citydesk.guides import Guidance, Guide, WrongAnswer
from citydesk.world import World
from wechat.bubbles import bubble, remember
from wechat.messages import Message
from wechat.replies import fit, is_menu_id, menu_link

VERB, SEVERAL = "k", "K"
MOST_STEPS = 20
FORMS = {"1": "到窗口", "2": "电脑上", "3": "手机上", "4": "邮寄", "9": "其他方式"}
AGAIN = "重新回答"


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is asked next, in words: the question, its options, whether several may be chosen."""

    text: str
    help: str
    options: tuple[str, ...]
    several: bool


def offered(guide: Guide) -> str:
    """The link that begins a guide's questions; "" when it has none, or no link can carry it."""
    number = len(guide.content.questions) or 1
    menu_id = f"{VERB}:{guide.code}:"
    if not (guide.content.questions or guide.content.variants) or not is_menu_id(menu_id):
        return ""
    return menu_link(f"看看我要带什么（答{number}题以内）", menu_id)


async def asked(world: World, message: Message, what: str) -> str:
    """The next question after the steps in a link, or what it all comes to."""
    code, _, path = what.rpartition(":")
    guide = await guides.shown(world, code)
    try:
        answers, variant = _followed(guide, path)
        found = guides.guidance(guide.content, answers, variant)
    except (WrongAnswer, ValueError, IndexError):  # the guide has changed since
        path, answers, variant = "", {}, ""
        found = guides.guidance(guide.content, {}, "")
    choice = _choice(guide, found)
    if choice is None:
        return await _result(world, guide, found, answers, variant)
    return await _question(world, message, guide, choice, path)


async def picked_several(world: World, message: Message, line: str, digits: str) -> str:
    """Several options of one question, as digits: 13 is the first and the third."""
    steps = "-".join(sorted(set(digits)))
    path = line.removeprefix(f"{SEVERAL}:").rpartition(".")[0]
    _, _, before = path.rpartition(":")
    joined = f"{path}.{steps}" if before else f"{path}{steps}"
    return await asked(world, message, joined)


async def _question(
    world: World, message: Message, guide: Guide, choice: _Choice, path: str
) -> str:
    at = f"{guide.code}:{path}." if path else f"{guide.code}:"
    verb = SEVERAL if choice.several else VERB
    lines = [f"{verb}:{at}{number}" for number in range(1, len(choice.options) + 1)]
    remember(world, message, lines)
    how = "可以选几样：回复数字，比如 13" if choice.several else "点一下，或回复数字"
    number = path.count(".") + 2 if path else 1
    shown = [f"【{guide.name}】", f"第{number}题：{choice.text}", f"（{how}）", ""]
    for number, (option, line) in enumerate(zip(choice.options, lines, strict=True), 1):
        word, menu_id = f"{number} {option}", VERB + line[1:]
        shown.append(menu_link(word, menu_id) if is_menu_id(menu_id) else word)
    return fit("\n".join([*shown, *(["", choice.help] if choice.help else [])]))


def _followed(guide: Guide, path: str) -> tuple[dict[str, list[str]], str]:
    """Read the steps of a link: at each question, which options were chosen.

    Raises:
        ValueError, IndexError, WrongAnswer: the steps do not fit this guide.
    """
    answers: dict[str, list[str]] = {}
    variant = ""
    for step in path.split(".")[:MOST_STEPS] if path else []:
        numbers = [int(each) - 1 for each in step.split("-")]
        if min(numbers) < 0:
            raise IndexError(step)
        found = guides.guidance(guide.content, answers, variant)
        if guides.variant_wanted(guide.content, found):
            variant = guide.content.variants[numbers[0]].code
        elif found.question is not None:
            question = found.question
            answers[question.key] = [question.options[each].key for each in numbers]
    return answers, variant


def _choice(guide: Guide, found: Guidance) -> _Choice | None:
    if found.stop:
        return None
    if guides.variant_wanted(guide.content, found):
        names = tuple(each.name for each in guide.content.variants)
        return _Choice("您要办的是哪一种？", "", names, several=False)
    if found.question is None:
        return None
    question = found.question
    options = tuple(each.label for each in question.options)
    return _Choice(question.text, question.help, options, question.multiple)


async def _result(
    world: World, guide: Guide, found: Guidance, answers: dict[str, list[str]], variant: str
) -> str:
    again = menu_link(AGAIN, f"{VERB}:{guide.code}:")
    overview = menu_link("看概要", f"g:{guide.code}")
    if found.stop:
        return bubble([f"【{guide.name}】", found.stop], [again, overview], guide)
    name = found.variant.name if found.variant else guide.name
    lines = [f"【{name}】"]
    if found.situation:
        lines.append(f"您的情形：{found.situation.name}")
    lines += [
        f"谁来办：{'、'.join((guide.department, *found.who))}",
        f"去哪办：{await _place(world, found)}",
        f"怎么办：{'、'.join(FORMS[each] for each in found.forms)}；{_cost(found)}",
        f"只要带这些（{len(found.materials)}样）：",
        *(f"{number}. {each.name}" for number, each in enumerate(found.materials, 1)),
    ]
    return bubble(lines, [*_onward(world, guide, found, answers, variant), again, overview], guide)


async def _place(world: World, found: Guidance) -> str:
    if not found.places:
        return "请拨打12345问"
    place = found.places[0]
    hall = await organs.hall_by_code(world, place.hall)
    more = len(found.places) - 1
    return f"{hall.name} {place.windows}" + (f"，另有{more}处可办" if more else "")


def _cost(found: Guidance) -> str:
    fees = "，".join(guides.fee_in_words(fee) for fee in found.fees[:2]) or "免费"
    trips = f"跑{found.promised_visits}次" if found.promised_visits else "不用跑"
    return f"{guides.limit_in_words(found.promised_limit)}；{fees}；{trips}"


def _onward(
    world: World, guide: Guide, found: Guidance, answers: dict[str, list[str]], variant: str
) -> list[str]:
    """Where this situation is filed or booked: the pages know the answers."""
    if guide.state != "in_force":
        return []
    told = [(f"q.{key}", each) for key, some in answers.items() for each in some]
    query = urlencode([*told, *([("v", variant)] if variant else [])])
    ours = world.settings.public_url.rstrip("/")
    ways = (("file", "按这个情形网上办", found.is_online), ("book", "预约", found.is_schedule))
    return [
        f'<a href="{ours}/my/{page}/{guide.code}?{query}">{shown}</a>'
        for page, shown, can in ways
        if can
    ]
