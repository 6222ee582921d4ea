"""Taking over guides that somebody else has written, as drafts; the same again is nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from citydesk.guides.canonical import canonical_json, canonical_of, content_hash
from citydesk.guides.content import GuideContent
from citydesk.guides.machine import Action, State, step_for
from citydesk.guides.moving import IMPORT, Doer, Happened, check_responsible, note
from citydesk.guides.quality import LARGEST_CONTENT
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.world import World

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """A guide as a file has it: whose, under which code, and what it says, right or wrong."""

    source: str
    code: str
    name: str
    department: str
    content: Mapping[str, Any]
    organ_code: str | None = None
    list_id: str | None = None
    main_item: str = ""
    type_name: str = ""


@dataclass(frozen=True, slots=True)
class Took:
    """What became of it; `version_id`: of the draft, or of the version that says the same."""

    outcome: Literal["added", "changed", "unchanged", "refused"]
    version_id: UUID | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Paper:
    """A row on its way to a draft."""

    taken: Taken
    canonical: bytes
    hash: str


async def take_drafts(world: World, officer: Officer | None, rows: Sequence[Taken]) -> list[Took]:
    """Make drafts of these guides, in the order given; joins the open transaction.

    What says the same as the open draft, or else as the version in force, is unchanged. What
    differs replaces the open draft, or is the next one. A guide in review or approved is not
    touched: the row is refused, saying so.

    Raises:
        NotYourGuide: the officer is no editor, or a guide is another department's.
        ValueError: a code is given twice.
    """
    doer = IMPORT if officer is None else Doer.of(officer)
    took: list[Took] = []
    if len({(row.source, row.code) for row in rows}) != len(rows):
        raise ValueError("a code is given twice")
    async with world.transaction() as tx:
        for organ_code in sorted({row.organ_code or "" for row in rows}):
            if officer is not None:
                await check_responsible(officer, organ_code or None)
        _ = step_for(Action.BEGIN, None, doer.actor)
        for start in range(0, len(rows), _AT_ONCE):
            took += await _take_some(tx, doer, rows[start : start + _AT_ONCE])
    return took


# The draft that is open, or else the version in force: what a row is compared with.
_STANDS = """
    SELECT wanted.source, wanted.code, item.id AS item_id, open.id AS open_id,
           open.state AS open_state, open.content_hash AS open_hash,
           item.current_version_id, version.content_hash AS shown_hash
    FROM unnest($1::text[], $2::text[]) AS wanted (source, code)
    LEFT JOIN service_item item ON item.source = wanted.source AND item.code = wanted.code
    LEFT JOIN version_life open ON open.source = wanted.source AND open.code = wanted.code
                               AND open.state IN ('draft', 'in_review', 'approved')
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
"""


async def _take_some(tx: Transaction, doer: Doer, rows: Sequence[Taken]) -> list[Took]:
    # Two imports of the same list at once wait for each other, in one order.
    await sql.value("SELECT pg_advisory_xact_lock(hashtextextended('take drafts', 4))")
    stands = await sql.rows(_STANDS, [row.source for row in rows], [row.code for row in rows])
    known = {(row["source"], row["code"]): row for row in stands}
    new: list[tuple[UUID, _Paper, sql.Row]] = []
    changed: list[tuple[UUID, _Paper, sql.Row]] = []
    took: list[Took] = []
    for row in rows:
        canonical = canonical_of(row.content)
        paper = _Paper(row, canonical, content_hash(canonical))
        stand = known[row.source, row.code]
        took.append(outcome := _outcome(paper, stand))
        if outcome.version_id is not None and outcome.outcome == "added":
            new.append((outcome.version_id, paper, stand))
        elif outcome.version_id is not None and outcome.outcome == "changed":
            where = changed if stand["open_id"] else new
            where.append((outcome.version_id, paper, stand))
    if new:
        await _begin(tx, doer, new)
    if changed:
        await _rewrite(tx, doer, changed)
    return took


def _outcome(paper: _Paper, stand: sql.Row) -> Took:
    if len(paper.canonical) > LARGEST_CONTENT or b"\\u0000" in paper.canonical:
        return Took("refused", None, "内容太长，或含有不能保存的字符")
    if stand["open_id"] is not None:
        if stand["open_hash"] == paper.hash:
            return Took("unchanged", stand["open_id"])
        if stand["open_state"] != State.DRAFT.value:
            return Took("refused", stand["open_id"], "这份指南正在审核或等待发布，不能覆盖")
        return Took("changed", stand["open_id"])
    if stand["current_version_id"] is not None:
        if stand["shown_hash"] in (paper.hash, _hash_when_read(paper)):
            return Took("unchanged", stand["current_version_id"])
        return Took("changed", new_id())
    return Took("added", new_id())


def _hash_when_read(paper: _Paper) -> str | None:
    """The hash the guide has once published: elements that a file leaves out are filled in."""
    try:
        content = GuideContent.model_validate(paper.taken.content)
    except ValidationError:
        return None
    return content_hash(canonical_json(content))


_BEGIN = """
    INSERT INTO version_life (id, created_at, changed_at, source, code, item_id, item_name,
                              department, organ_code, list_id, main_item, type_name, state,
                              base_version_id, editor_id, content, content_hash)
    SELECT id, $1, $1, source, code, item_id, name, department, organ_code, list_id, main_item,
           type_name, 'draft', base, $2, content::jsonb, hash
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::text[],
                $15::text[])
        AS new (id, source, code, item_id, name, department, organ_code, list_id, main_item,
                type_name, base, content, hash)
"""
_REWRITE = """
    UPDATE version_life life
    SET changed_at = $1, editor_id = coalesce($2, editor_id), row_version = row_version + 1,
        item_name = new.name, department = new.department, organ_code = new.organ_code,
        list_id = new.list_id, main_item = new.main_item, type_name = new.type_name,
        content = new.content::jsonb, content_hash = new.hash
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[])
        AS new (id, name, department, organ_code, list_id, main_item, type_name, content, hash)
    WHERE life.id = new.id
"""


async def _begin(
    tx: Transaction, doer: Doer, papers: Sequence[tuple[UUID, _Paper, sql.Row]]
) -> None:
    await sql.run(
        _BEGIN,
        tx.at,
        doer.officer_id,
        [version_id for version_id, _, _ in papers],
        [paper.taken.source for _, paper, _ in papers],
        [paper.taken.code for _, paper, _ in papers],
        [stand["item_id"] for _, _, stand in papers],
        *_facts(papers),
        [stand["current_version_id"] for _, _, stand in papers],
        *_contents(papers),
    )
    await _note(tx, doer, Action.BEGIN, None, papers)


async def _rewrite(
    tx: Transaction, doer: Doer, papers: Sequence[tuple[UUID, _Paper, sql.Row]]
) -> None:
    await sql.run(
        _REWRITE,
        tx.at,
        doer.officer_id,
        [version_id for version_id, _, _ in papers],
        *_facts(papers),
        *_contents(papers),
    )
    await _note(tx, doer, Action.WRITE, State.DRAFT, papers)


def _facts(papers: Sequence[tuple[UUID, _Paper, sql.Row]]) -> list[list[str | None]]:
    names = ("name", "department", "organ_code", "list_id", "main_item", "type_name")
    return [[getattr(paper.taken, name) for _, paper, _ in papers] for name in names]


def _contents(papers: Sequence[tuple[UUID, _Paper, sql.Row]]) -> list[list[str]]:
    return [
        [paper.canonical.decode() for _, paper, _ in papers],
        [paper.hash for _, paper, _ in papers],
    ]


async def _note(
    tx: Transaction,
    doer: Doer,
    action: Action,
    before: State | None,
    papers: Sequence[tuple[UUID, _Paper, sql.Row]],
) -> None:
    await note(
        tx,
        doer,
        [
            Happened(
                version_id,
                paper.taken.source,
                paper.taken.code,
                action,
                before,
                State.DRAFT,
                facts={"taken_from": paper.taken.source, "hash": paper.hash[:8]},
            )
            for version_id, paper, _ in papers
        ],
    )
