"""The cards of a subject, and of an organ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from citydesk import workdays
from citydesk.kit import sql
from citydesk.supervision.card_words import LEVEL_WORDS, Level, coming_words, level_of
from citydesk.workdays import Subject
from citydesk.world import World

MOST_SHOWN = 200

_SELECT = """
    SELECT id, created_at, organ_id, subject_kind, subject_id, timer_kind, level, passed_at,
        detected_late, description, basis::text AS basis, state
    FROM card
"""
_ON_SUBJECT = f"{_SELECT} WHERE subject_kind = $1 AND subject_id = $2 ORDER BY passed_at, id"
_BY_ID = f"{_SELECT} WHERE id = ANY ($1::uuid[]) ORDER BY id"
_LATEST = f"{_SELECT} ORDER BY passed_at DESC, id DESC LIMIT $1"
_OF_ORGAN = f"{_SELECT} WHERE organ_id = $1 ORDER BY passed_at DESC, id DESC LIMIT $2"


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card as it is shown: its level, what it says, and the sentences it rests on."""

    id: UUID
    subject: Subject
    timer_kind: str
    level: Level
    level_words: str
    passed_at: datetime
    detected_late: bool
    description: str
    why: tuple[str, ...]
    live: bool
    organ_id: UUID | None
    written_at: datetime


async def cards_by_id(world: World, card_ids: list[UUID]) -> list[ShownCard]:
    """Some cards by their ids."""
    return [_shown(row) for row in await sql.rows(_BY_ID, card_ids)]


async def latest_cards(world: World, *, most: int = MOST_SHOWN) -> list[ShownCard]:
    """The latest cards of the whole city, the newest first."""
    return [_shown(row) for row in await sql.rows(_LATEST, most)]


async def cards_on(world: World, subject: Subject) -> list[ShownCard]:
    """The cards of a subject, in the order in which they fell."""
    return [_shown(row) for row in await sql.rows(_ON_SUBJECT, subject.kind, subject.id)]


async def cards_of(world: World, organ_id: UUID, *, most: int = MOST_SHOWN) -> list[ShownCard]:
    """The latest cards of an organ, the newest first."""
    return [_shown(row) for row in await sql.rows(_OF_ORGAN, organ_id, most)]


@dataclass(frozen=True, slots=True)
class ComingCard:
    """A card that will fall unless somebody acts: its level and the instant (UTC)."""

    level: Level
    level_words: str
    at: datetime
    text: str


async def coming(world: World, subject: Subject) -> list[ComingCard]:
    """The next card of each of a subject's clocks, the nearest first: seen before it falls."""
    found: list[ComingCard] = []
    for timer in await workdays.timers_on(world, subject):
        level = level_of(timer.next_rung_key or "")
        if timer.live and timer.next_rung_at is not None and level is not None:
            said = coming_words(level, timer.kind, timer.next_rung_at)
            found.append(ComingCard(level, LEVEL_WORDS[level], timer.next_rung_at, said))
    return sorted(found, key=lambda card: card.at)


def highest(cards: list[ShownCard]) -> ShownCard | None:
    """Return the one live card of a subject that counts in statistics: the gravest."""
    live = [card for card in cards if card.live]
    return max(live, default=None, key=lambda card: (card.level.rank, card.passed_at))


def _shown(row: Mapping[str, Any]) -> ShownCard:
    level = Level(row["level"])
    return ShownCard(
        id=row["id"],
        subject=Subject(row["subject_kind"], row["subject_id"]),
        timer_kind=row["timer_kind"],
        level=level,
        level_words=LEVEL_WORDS[level],
        passed_at=row["passed_at"],
        detected_late=row["detected_late"],
        description=row["description"],
        why=tuple(orjson.loads(row["basis"])["segments"]),
        live=row["state"] in {"D", "Y", "B"},
        organ_id=row["organ_id"],
        written_at=row["created_at"],
    )
