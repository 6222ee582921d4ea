"""A question taken apart: the matter, what is to be done with it, who asks, where, and the chat."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from citydesk.guides.search import tokens
from citydesk.guides.search.index import Meaning, SearchIndex
from citydesk.guides.search.sayings import Said
from citydesk.guides.search.spelling import SMALL

UNKNOWN_WEIGHT = 0.3  # a pair no guide knows is often only the seam between two words
FOREIGN_WEIGHT = 1.3  # a word of chat, against the rarest word
SAYING_WEIGHT = (0.7, 1.0, 1.2, 1.4)  # of a saying, by how many characters it explains beyond one
SAID_BY_ANOTHER_NAME, ACTION_WEIGHT = 0.5, 0.4
ALREADY_SAID = 0.35  # a saying whose characters another one has explained already
WEAK = 0.4  # a word named in passing
ASIDE, GOAL = 0.75, 1.25  # what is told first, and what is asked for in the end
LEAST_LEFT = 3  # characters of a question without what is to be brought along
SEAM = 0.6  # of a known pair that begins in the middle of a word nobody knows
FRAGMENT = 4  # characters of a matter: a question with no more may lean on the turn before
# Words for taking a matter from one place to another: then a city may be named.
_BETWEEN = re.compile(
    "异地|跨省|跨市|转院|转诊|转移|转到|转回|转入|转出|迁|外省|外地(?!人)|(?<!在)去(?![哪什啥办找])|"
    "到(?![哪期底])|回(?!复)|看病|"
    "就医|住院|报销|接续|户口|出差|旅游|驻"
)
_INFO = re.compile(
    "材料|资料|多久|多少|费用|收费|多长|几天|时间|地点|地址|在哪|哪里|哪儿|电话|条件|要求|流程|步骤|预约|网上|线上|代办|代理|上班|带什么|要什么|需要"
)
# What is to be brought along is not what one comes for.
_BROUGHT = re.compile(
    "(?:需要|需不需要|要不要|是否|是不是|要|得|可以|能)?"
    "(?:提供|携带|出示|(?:需要|要|得)准备好?|带上|带齐|(?:需要|要|得|用)带)[^,。;?! \n]*"
    # … unless it is asked where to get it: 买房要提供社保单, 去哪打印
    "(?!.*(?:去哪|哪里|哪儿|在哪|怎么|咋)(?:能|可以)?(?:打印|打|开|办|弄|查|拉|领))"
)
# Said alone these name no matter: half the catalogue is called so.
_TOO_PLAIN = re.compile(
    "(?:登记|许可|许可证|备案|审批|证明|证件|证书|申请|申报|资质|资格|服务|事项|证)+"
)
# How long, how old, how much: of somebody's story, not of a matter.
_AMOUNT = re.compile(
    "[一二三四五六七八九十百千两几半多0-9]+个?(?:多?年|多?月|多?天|周|星期|岁|万|千|块|元|次|口人)多?"
)
_OF_IT = re.compile("的呢?[?!。 ]*$")
_TURN = re.compile("[,。;?!、 ]+|想|要(?!求)|打算|准备")  # after the last of these one asks
_FOLLOWS = re.compile(
    "^(?:那|那么|如果|要是|还有|另外|换成|改成|若|万一)|(?:呢|的呢|的话)[?？!！。 ]*$"
)


class Meant(NamedTuple):
    """A saying of the question: what it may mean, how much it counts, and its own words."""

    meaning: Meaning
    weight: float
    own: tuple[tuple[str, float], ...]  # an item may just be called what people say


@dataclass(slots=True)  # not frozen: one is made for every question, and that costs double
class Question:
    """What to look for, what is telling about it, and how sure one can be that it is a matter."""

    said: str
    bare: str  # its characters alone
    raw: tuple[str, ...]  # every word of it, explained or not
    weights: dict[str, float]
    telling: tuple[tuple[str, float], ...]  # words no saying explains, and how telling each is
    meanings: tuple[Meant, ...]
    asked: float  # the sum of what is telling
    actions: tuple[str, ...]  # the words of items for what is to be done, likeliest first
    action_said: str
    foreign: float
    elsewhere: str
    changes: tuple[tuple[str, str], ...] = ()
    marked: bool = False  # 那…呢: said as one goes on
    info: bool = False  # it asks for a part of a guide: 要多久, 在哪
    of_it: bool = False  # 租房的呢: one kind of what was spoken of
    stress: float = 1.0  # on the step asked for

    @property
    def matter(self) -> float:
        """How much there is of a matter in it, the chat left out."""
        return self.asked - self.foreign


def taken_apart(index: SearchIndex, text: str) -> Question:
    """Leave out what says nothing, add what is meant, note what is said beside it."""
    knowledge = index.knowledge
    said = tokens.plain(text).strip()
    mended = index.spelling.mended(said)
    meant = _BROUGHT.sub(" ", mended.text)
    core = knowledge.core(meant) if len(tokens.singles(meant)) >= LEAST_LEFT else ""
    core = core or knowledge.core(mended.text)
    found = sorted(knowledge.sayings.found_in(core), key=lambda each: -each.size)
    if not found and len(core) < FRAGMENT:
        found = knowledge.sayings.being(core)
    left = list(core)
    meanings = []
    goal = _goal(core, found)
    only_weak = len(core) <= FRAGMENT and all(each.saying.weak for each in found)
    for each in found:
        new = 0
        for start, end in each.spans:
            new += sum(character != " " for character in left[start:end])
            left[start:end] = " " * (end - start)
        weight = size_weight(each.size) * (ALREADY_SAID + (1 - ALREADY_SAID) * new / each.size)
        if each.saying.weak and not only_weak:
            weight *= WEAK
        if goal:
            after = sum(end > goal for _, end in each.spans)
            weight *= GOAL if after == len(each.spans) else 1.0 if after else ASIDE
        own = index.shares(" ".join(core[start:end] for start, end in each.spans))
        meanings.append(Meant(index.meaning(each.saying), weight * index.rarest, own))
    rest = "".join(left)
    chat = knowledge.foreign.found_in(rest)
    if said.rstrip("!。~ ") in knowledge.foreign:
        chat.append(said)  # 好的: its particle has been taken off above
    foreign = len(chat) * FOREIGN_WEIGHT * index.rarest
    if chat:
        rest = knowledge.foreign.without(rest)
    acted = [word for word in knowledge.action.found_in(core) if len(word) > 1]
    acted += knowledge.action.found_in(rest)
    actions: dict[str, None] = {}
    for action in dict.fromkeys(reversed(acted)):  # what is named last is what is wanted
        actions.update(dict.fromkeys(knowledge.actions[action]))
    if acted:
        rest = knowledge.action.without(rest)
    return weighed(
        index,
        Question(
            said=core,
            bare="".join(tokens.runs(core)),
            raw=tuple(tokens.pairs(core)),
            weights={},
            telling=tuple(_telling(index, rest)),
            meanings=tuple(meanings),
            asked=0.0,
            actions=tuple(actions),
            action_said="、".join(dict.fromkeys(acted)),
            foreign=foreign or (index.rarest if _TOO_PLAIN.fullmatch(core) else 0.0),
            elsewhere=_elsewhere(index, mended.text),
            changes=mended.changes,
            of_it=_OF_IT.search(said) is not None,
            marked=_FOLLOWS.search(said) is not None,
            info=_INFO.search(said) is not None,
        ),
    )


def _goal(core: str, found: list[Said]) -> int:
    """Return where the part begins that says what is wanted, after what is told first; or 0."""
    if len(found) < 2:
        return 0
    for turn in reversed([match.end() for match in _TURN.finditer(core)]):
        if any(end > turn for each in found for _, end in each.spans):
            return turn
    return 0


def _telling(index: SearchIndex, rest: str) -> list[tuple[str, float]]:
    """Weigh the words no saying explains; in a stretch nobody knows, the first counts most."""
    rarity, unknown = index.rarity, index.rarest * UNKNOWN_WEIGHT
    found: list[tuple[str, float]] = []
    strange = 0
    before = ""
    for word in tokens.pairs(_AMOUNT.sub(" ", rest)):
        known = rarity.get(word)
        if known is None and not SMALL.isdisjoint(word):
            strange = 0  # the seam between a word and 我, 想, 在 …
            continue
        if known and strange and before[-1:] == word[0]:
            known *= SEAM  # 员证 of 海员证: perhaps no word at all
        before = word
        strange = 0 if known else strange + 1
        found.append((word, known or unknown / min(strange, 3)))
    return found


def size_weight(size: int) -> float:
    """Return how much a saying counts that explains so many characters."""
    return SAYING_WEIGHT[min(max(size, 1), len(SAYING_WEIGHT)) - 1]


def weighed(index: SearchIndex, question: Question) -> Question:
    """Settle which words to look for, and the sum of what is asked."""
    weights = dict.fromkeys(question.raw, SAID_BY_ANOTHER_NAME)
    for word in question.actions[:4]:
        weights.update(dict.fromkeys(tokens.pairs(word), ACTION_WEIGHT))
    for each in question.meanings:
        for alternative in each.meaning.alternatives:
            for word, _ in alternative:
                weights[word] = 1.0
    for word, _ in question.telling:
        weights[word] = 1.0
    told = sum(weight for _, weight in question.telling)
    asked = told + sum(each.weight for each in question.meanings) + question.foreign
    question.weights, question.asked = weights, asked
    return question


def _elsewhere(index: SearchIndex, text: str) -> str:
    """Return the other city whose business this is, if it is."""
    named = index.elsewhere.found_in(text)
    return named[0] if named and not _BETWEEN.search(text) else ""
