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

from citydesk.guides import tokens
from citydesk.guides.index import Listed, SearchIndex
from citydesk.guides.knowledge import StaffKnowledge, knowledge
from citydesk.guides.naming import called_by_name
from citydesk.guides.question import Question, in_context, taken_apart
from citydesk.guides.ranking import PERHAPS, ranked, why
from citydesk.guides.shelf import build, current
from citydesk.world import World


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
    that fit alike, a complete guide and one of the asker's region (12-digit code) go first.
    """
    index = await current(world)
    return _answered(index, text, limit, region_code, context)


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
    if named := called_by_name(index, said, region_code):
        return [
            _found(index.items[number], 1.0, lambda: "名称相同或相近") for number in named[:limit]
        ]
    question = taken_apart(index, said)
    after = in_context(index, question, context) if context else None
    answers = ranked(index, after or question, region_code)
    if not answers and after is not None:
        answers = ranked(index, question, region_code)
    if answers:
        asked = after or question
        return [
            _found(index.items[each.number], each.score, partial(why, index, asked, each))
            for each in answers[:limit]
        ]
    return [
        _found(index.items[number], 0.5, lambda: "拼音或单字相同")
        for number in _by_letters(index, question, said)[:limit]
    ]


def _by_letters(index: SearchIndex, question: Question, said: str) -> list[int]:
    """Return the items for one character, or for initials nobody has made a saying of."""
    if tokens.is_spelled(said):
        return [number for _, number in index.by_sound(said)]
    left = tokens.singles(question.said)
    if len(left) == 1 and not question.weights and len(tokens.singles(said)) == 1:
        return [number for _, number in index.by_character(left)]
    return []


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


async def hot(world: World, limit: int = 10) -> list[Found]:
    """Return the matters most people come for, in the order staff have listed them."""
    found: dict[UUID, Found] = {}
    for words in knowledge().hot:
        for answer in await search(world, words, limit=1):
            if answer.complete:
                found.setdefault(answer.item_id, answer)
    return list(found.values())[:limit]


def _found(item: Listed, score: float, reason: Callable[[], str]) -> Found:
    return Found(
        item_id=item.item_id,
        item_code=item.code,
        list_id=item.list_id,
        name=item.name,
        department=item.department,
        score=round(score, 3),
        complete=item.complete,
        version_id=item.version_id,
        version_no=item.version_no,
        hash8=item.hash8,
        as_of=item.as_of,
        in_force=item.in_force,
        reason=reason,
    )
