"""What a line would have changed, before anybody meets it: past questions asked again, both ways.

Asked again are the unanswered questions of 30 days, and what is surely right today: the names and
labels of the guides, each of which must go on leading to its own item.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from citydesk.guides.editors import require_editor
from citydesk.guides.search.answering import Found, trial
from citydesk.guides.search.asked import kept_words, without_masks
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.items import Listed
from citydesk.guides.search.shelf import current
from citydesk.guides.search.staff_knowledge import Proposed, staff_knowledge
from citydesk.identity import Officer
from citydesk.world import World

MOST_QUESTIONS = 1_500
MOST_PROBES = 1_000
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose first answer is another one now; None for no answer."""

    words: str
    times: int
    before: Found | None
    after: Found | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a line would have changed, and of how many questions that was found out."""

    asked: int  # past questions asked again
    answered: list[Change]  # had no answer, would have one
    changed: list[Change]  # would have another first answer
    lost: list[Change]  # would have none any more
    probes: int  # names and labels asked
    harmed: list[Change]  # of those, what led to its own item and would not any more

    @property
    def changes(self) -> int:
        """How many past questions would fare differently."""
        return len(self.answered) + len(self.changed) + len(self.lost)


async def tried(
    world: World, officer: Officer, line: Proposed | None = None, *, without: UUID | None = None
) -> Trial:
    """Ask the past questions with one more line, or without one that is in force.

    Raises:
        NotAnEditor: the officer may not.
    """
    require_editor(officer)
    kept = await kept_words(world, MOST_QUESTIONS)
    probes = _probes(await current(world))
    staff = await staff_knowledge(but=without, and_=line)
    asked = [*(without_masks(words) for words, _ in kept), *(words for words, _ in probes)]
    answers = await trial(world, staff, asked)
    return await asyncio.to_thread(_weighed, kept, probes, answers)


def _probes(index: SearchIndex) -> list[tuple[str, Listed]]:
    """Return the names, then the labels, of the items whose guides are written."""
    complete = [item for item in index.items if item.complete]
    names = [(item.name, item) for item in complete]
    labels = [(label, item) for item in complete for label in item.labels]
    return [*names, *labels][:MOST_PROBES]


def _weighed(
    kept: Sequence[tuple[str, int]],
    probes: Sequence[tuple[str, Listed]],
    answers: Sequence[tuple[list[Found], list[Found]]],
) -> Trial:
    changes = [
        Change(words, times, _first(before), _first(after))
        for (words, times), (before, after) in zip(kept, answers, strict=False)
        if _item(before) != _item(after)
    ]
    harmed = [
        Change(words, 1, _first(before), _first(after))
        for (words, item), (before, after) in zip(probes, answers[len(kept) :], strict=True)
        if _item(before) == item.item_id != _item(after)
    ]
    return Trial(
        asked=len(kept),
        answered=[each for each in changes if each.before is None],
        changed=[each for each in changes if each.before and each.after],
        lost=[each for each in changes if each.after is None],
        probes=len(probes),
        harmed=harmed,
    )


def _first(found: Sequence[Found]) -> Found | None:
    return found[0] if found else None


def _item(found: Sequence[Found]) -> UUID | None:
    return found[0].item_id if found else None
