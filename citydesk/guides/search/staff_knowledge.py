"""What staff have added to the search's knowledge, read from the tables when an index is built."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from citydesk.guides.search import tokens
from citydesk.guides.search.knowledge import StaffKnowledge
from citydesk.kit import sql
from models.guides import LineKind

__all__ = ["LineKind", "Proposed", "staff_knowledge", "summed_up"]

_IN_FORCE = """
    SELECT id, kind, phrase, item_id, content::text AS content
    FROM knowledge_line WHERE undone_at IS NULL
    ORDER BY kind <> 'life_event', created_at, id  -- what a synonym says of the same words counts
"""
_NAMES = "SELECT code, name FROM service_item WHERE code = ANY ($1::text[]) AND kind = 'full'"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A line somebody may add: what it says of a phrase, and with a label, of which item."""

    kind: LineKind
    phrase: str
    means: tuple[str, ...] = ()  # of a synonym; none switches a packaged line off
    item_id: UUID | None = None


async def staff_knowledge(
    *, but: UUID | None = None, and_: Proposed | None = None
) -> StaffKnowledge:
    """Return the lines in force: for a trial without one of them, or with one more."""
    rows = [(row, orjson.loads(row["content"])) for row in await sql.rows(_IN_FORCE)]
    names = await _names([code for _, told in rows for code in told.get("item_codes", ())])
    lines = [_read(row, told, names) for row, told in rows if row["id"] != but]
    return summed_up([*lines, and_] if and_ else lines)


async def _names(codes: Sequence[str]) -> Mapping[str, str]:
    if not codes:
        return {}
    return {row["code"]: row["name"] for row in await sql.rows(_NAMES, list(codes))}


def _read(row: sql.Row, told: Mapping[str, Any], names: Mapping[str, str]) -> Proposed:
    """Read a line; what a life event is called means its items to whoever searches for it."""
    kind = LineKind(row["kind"])
    if kind is LineKind.LIFE_EVENT:
        means = tuple(names[code] for code in told["item_codes"] if code in names)
        return Proposed(LineKind.SYNONYM if means else kind, tokens.plain(told["title"]), means)
    return Proposed(kind, row["phrase"], tuple(told.get("means", ())), row["item_id"])


def summed_up(lines: Iterable[Proposed]) -> StaffKnowledge:
    """Put lines together as an index takes them; of two synonyms of a phrase the later counts."""
    synonyms: dict[str, tuple[str, ...]] = {}
    labels: dict[UUID, tuple[str, ...]] = {}
    words: dict[LineKind, list[str]] = {LineKind.STOP_PHRASE: [], LineKind.NOT_OURS: []}
    for line in lines:
        if line.kind is LineKind.SYNONYM:
            synonyms[line.phrase] = line.means
        elif line.kind is LineKind.LABEL and line.item_id is not None:
            labels[line.item_id] = (*labels.get(line.item_id, ()), line.phrase)
        elif line.kind in words:
            words[line.kind].append(line.phrase)
    return StaffKnowledge(
        synonyms=tuple(synonyms.items()),
        stop_phrases=tuple(words[LineKind.STOP_PHRASE]),
        foreign=tuple(words[LineKind.NOT_OURS]),
        labels=labels,
    )
