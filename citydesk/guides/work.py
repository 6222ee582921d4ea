"""Drafts and versions as the editors' desk reads them: what is under way, and what has happened."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from citydesk.guides.machine import OPEN, Action, State
from citydesk.guides.refusals import NoSuchDraft
from citydesk.kit import sql
from citydesk.kit.paging import MOST, Page, decode_cursor, encode_cursor
from citydesk.world import World


@dataclass(frozen=True, slots=True)
class Draft:
    """A version of a guide and where it stands; `content` as typed while it is still open."""

    id: UUID
    source: str
    code: str
    name: str
    department: str
    organ_code: str | None
    state: State
    content: dict[str, Any]
    content_hash: str
    row_version: int
    base_version_id: UUID | None
    plan_effective_on: date | None
    released: bool
    plan_cancel_on: date | None
    suspended_until: date | None
    editor_id: UUID | None
    reviewer_id: UUID | None
    publisher_id: UUID | None
    reason: str  # the last one given: why it came back, why it is suspended
    basis: str
    changed_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One published version of an item, as the list of its versions shows it."""

    id: UUID
    version_no: int
    state: State
    hash8: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """One line of an item's history: what was done to which version, by whom, and why."""

    at: datetime
    version_id: UUID
    action: Action
    from_state: State | None
    to_state: State
    officer_id: UUID | None  # None: the clock or an import
    reason: str
    basis: str
    facts: dict[str, Any]


_COLUMNS = """
    life.id, life.source, life.code, life.item_name AS name, life.department, life.organ_code,
    life.state, coalesce(life.content, version.content, '{}')::text AS content, life.content_hash,
    life.row_version, life.base_version_id, life.plan_effective_on, life.released,
    life.plan_cancel_on, life.suspended_until, life.editor_id, life.reviewer_id,
    life.publisher_id, life.reason, life.basis, life.changed_at, life.published_at
    FROM version_life life LEFT JOIN service_item_version version ON version.id = life.id
"""
_ONE = f"SELECT {_COLUMNS} WHERE life.id = $1"
_SOME = f"""
    SELECT {_COLUMNS}
    WHERE life.state = ANY ($1::text[])
      AND ($2::text IS NULL OR life.organ_code = $2)
      AND ($3 = '' OR life.item_name ILIKE '%' || $3 || '%' OR life.code ILIKE $3 || '%')
      AND ($4::timestamptz IS NULL OR (life.changed_at, life.id) < ($4, $5))
    ORDER BY life.changed_at DESC, life.id DESC LIMIT $6
"""
LONGEST_QUESTION = 60


async def draft(world: World, version_id: UUID) -> Draft:
    """Return a version as the editors' desk shows it, whatever its state.

    Raises:
        NoSuchDraft: there is none.
    """
    row = await sql.row(_ONE, version_id)
    if row is None:
        raise NoSuchDraft("没有找到这份草稿，请从列表中重新打开。")
    return shown(row)


async def drafts(
    world: World,
    *,
    state: State | None = None,
    organ_code: str | None = None,
    q: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Draft]:
    """Return a page of versions, last changed first: the open ones, or those in one state.

    `q`: a part of the name, or the beginning of the code.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    states = [each.value for each in (OPEN if state is None else (state,))]
    before: tuple[datetime | None, UUID] = (None, UUID(int=0))
    if cursor:
        said, after = decode_cursor(cursor, (str, UUID))
        before = (datetime.fromisoformat(said), after)
    limit = max(1, min(limit, MOST))
    asked = _literally(q.strip()[:LONGEST_QUESTION])
    rows = await sql.rows(_SOME, states, organ_code, asked, *before, limit + 1)
    found = [shown(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(found, None)
    return Page(found, encode_cursor(found[-1].changed_at.isoformat(), found[-1].id))


def _literally(asked: str) -> str:
    """Take its meaning from what LIKE would read as a pattern."""
    for sign in "\\%_":
        asked = asked.replace(sign, f"\\{sign}")
    return asked.replace("\0", "")


_VERSIONS = """
    SELECT version.id, version.version_no, version.content_hash, version.published_at, life.state
    FROM service_item item
    JOIN service_item_version version ON version.item_id = item.id
    JOIN version_life life ON life.id = version.id
    WHERE item.code = $1 ORDER BY version.version_no DESC
"""
_HISTORY = """
    SELECT event.created_at, event.version_id, event.action, event.from_state, event.to_state,
           event.officer_id, event.reason, event.basis, event.facts::text AS facts
    FROM version_event event WHERE event.code = $1 ORDER BY event.created_at DESC, event.id DESC
    LIMIT $2
"""
MOST_HISTORY = 500


async def versions(world: World, item_code: str) -> list[VersionLine]:
    """Return an item's published versions, the latest first."""
    rows = await sql.rows(_VERSIONS, item_code)
    return [
        VersionLine(
            row["id"],
            row["version_no"],
            State(row["state"]),
            row["content_hash"][:8],
            row["published_at"],
        )
        for row in rows
    ]


async def history(world: World, item_code: str) -> list[Done]:
    """Return what has happened to an item's versions, the latest first (at most 500 lines)."""
    rows = await sql.rows(_HISTORY, item_code, MOST_HISTORY)
    return [
        Done(
            at=row["created_at"],
            version_id=row["version_id"],
            action=Action(row["action"]),
            from_state=State(row["from_state"]) if row["from_state"] else None,
            to_state=State(row["to_state"]),
            officer_id=row["officer_id"],
            reason=row["reason"],
            basis=row["basis"],
            facts=orjson.loads(row["facts"]),
        )
        for row in rows
    ]


def shown(row: sql.Row) -> Draft:
    """Make a draft of a row of `version_life`."""
    facts = {
        name: row[name] for name in Draft.__dataclass_fields__ if name not in ("state", "content")
    }
    return Draft(state=State(row["state"]), content=orjson.loads(row["content"]), **facts)
