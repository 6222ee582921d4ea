"""One search for every channel: what a person says → the guides it may mean, or none.

Nothing is fetched while searching; the index is rebuilt beside it and swapped when the catalogue
has changed.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from citydesk.guides.search import tokens
from citydesk.guides.search.follow_ups import follow_up
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.items import Listed
from citydesk.guides.search.knowledge import StaffKnowledge
from citydesk.guides.search.naming import called_by_name
from citydesk.guides.search.question import Question, taken_apart
from citydesk.guides.search.ranking import PERHAPS, ranked, why
from citydesk.guides.search.shelf import build, current
from citydesk.world import World

_THERE = "在哪"
_OFFICES = ("局", "委员会", "办公室", "中心", "联合会")


@dataclass(slots=True)  # not frozen: five are made for every question, and that costs double
class Found:
    """One answer: the item, how well it fits, and which published version this is."""

    item_id: UUID
    item_code: str
    list_id: str | None
    name: str
    department: str
    score: float
    complete: bool  # False: 指南待完善, only name and department are known
    version_id: UUID | None
    version_no: int
    hash8: str
    as_of: datetime
    in_force: bool = True  # False: suspended or ended, as ``guides.shown`` says in words
    reason: Callable[[], str] = field(default=str, repr=False, compare=False)

    @property
    def why(self) -> str:
        """What in the question led here, in one Chinese clause; written only when it is read."""
        return self.reason()

    @property
    def code(self) -> str:
        """The item's code, by the name guides and entries use."""
        return self.item_code


async def search(
    world: World,
    text: str,
    limit: int = 5,
    *,
    region_code: str | None = None,
    context: str | None = None,
) -> list[Found]:
    """Return the guides a citizen's words may mean, best first; [] when none does.

    `context` is the asker's turn before this one: a fragment (那注销呢？) is read after it. Of two
    that fit alike, a complete guide and one of the asker's region (12-digit code) go first; a
    district named in the words goes before the one the asker usually turns to.
    """
    index = await current(world)
    return _answered(index, text, limit, region_code, context)


async def region_named(world: World, text: str) -> str | None:
    """Return the code of the district named in somebody's words (浑南办护照), if one is."""
    return (await current(world)).districts.named(tokens.plain(text))


async def nearest(world: World, text: str, limit: int = 3) -> list[Found]:
    """Return guides that may be near these words, for when a search has found none.

    To be asked (您是不是要找…), never answered: what sounds alike, or shares a word.
    """
    index = await current(world)
    question = taken_apart(index, text)
    if question.foreign or question.elsewhere:
        return []
    core = "".join(tokens.singles(question.said))
    near = [number for _, number in index.by_sound("".join(map(tokens.syllable, core)))]
    near += [each.number for each in ranked(index, question, None, sure=PERHAPS)]
    chosen = list(dict.fromkeys(near))[:limit]
    return [_found(index.items[number], 0.0, lambda: "名称相近") for number in chosen]


def _answered(
    index: SearchIndex, text: str, limit: int, region_code: str | None, context: str | None
) -> list[Found]:
    said = tokens.plain(text).strip()
    if district := index.districts.named(said):
        said = index.districts.without(said).strip()
        region_code = district
        if context and not index.knowledge.core(said).strip("那么还有在 ?!。"):
            said = _THERE  # 浑南的呢: of what was spoken of, there
    if named := called_by_name(index, said, region_code):
        return [
            _found(index.items[number], 1.0, lambda: "名称相同或相近") for number in named[:limit]
        ]
    question = taken_apart(index, said)
    after = follow_up(index, said, question, context, region_code) if context else None
    asked, answers = after or (question, [])
    if not answers:
        asked, answers = question, ranked(index, question, region_code)
    if answers:
        return [
            _found(index.items[each.number], each.score, partial(why, index, asked, each))
            for each in answers[:limit]
        ]
    if spelled := _by_letters(index, question, said):
        return [
            _found(index.items[number], 0.5, lambda: "拼音或单字相同") for number in spelled[:limit]
        ]
    return [
        _found(index.items[number], 0.5, lambda: "这个部门最常办的事项")
        for number in _by_department(index, question)[:limit]
    ]


def _by_letters(index: SearchIndex, question: Question, said: str) -> list[int]:
    """Return the items for one character, or for initials nobody has made a saying of."""
    if tokens.is_spelled(said):
        return [number for _, number in index.by_sound(said)]
    left = tokens.singles(question.said)
    if len(left) == 1 and not question.weights and len(tokens.singles(said)) == 1:
        return [number for _, number in index.by_character(left)]
    return []


def _by_department(index: SearchIndex, question: Question) -> list[int]:
    """Return what a department is asked for most, if it is named and nothing else is said."""
    said = question.said
    named = len(said) > 2 and said.endswith(_OFFICES)
    if named and (theirs := _handled_by(index, {said})):
        return theirs
    meant = [each.meaning for each in question.meanings]
    beside = question.telling or question.actions or question.foreign
    if not meant or beside or not all(each.weak for each in meant):
        return []
    return _handled_by(index, {tokens.plain(word) for each in meant for word in each.means})


def _handled_by(index: SearchIndex, called: set[str]) -> list[int]:
    places = index.places
    return sorted(
        (
            number
            for number, item in enumerate(index.items)
            if any(word in item.department for word in called)
        ),
        key=lambda number: (not places[number].complete, -places[number].often, number),
    )


async def trial(
    world: World, staff: StaffKnowledge, questions: Sequence[str], limit: int = 3
) -> list[tuple[list[Found], list[Found]]]:
    """Return for each question what is found now, and what would be with this staff knowledge."""
    index, other = await current(world), await build(world, staff)

    def asked_both() -> list[tuple[list[Found], list[Found]]]:
        return [
            (_answered(index, text, limit, None, None), _answered(other, text, limit, None, None))
            for text in questions
        ]

    return await asyncio.to_thread(asked_both)


def listed_as(item: Listed) -> Found:
    """Return an item as a line of a list that nobody has asked a question for."""
    return _found(item, 0.0, str)


def _found(item: Listed, score: float, reason: Callable[[], str]) -> Found:
    return Found(  # by position: ten are made for every question, and by name each costs double
        item.item_id,
        item.code,
        item.list_id,
        item.name,
        item.department,
        round(score, 3),
        item.complete,
        item.version_id,
        item.version_no,
        item.hash8,
        item.as_of,
        item.in_force,
        reason,
    )
