"""Staff teach the search: lines added with a reason, taken back at any time, never deleted.

A line counts in every process within a second of its being added, and is gone as quickly.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from citydesk.guides.actions import LOCK, RAISE_REVISION
from citydesk.guides.catalogue import entry
from citydesk.guides.editors import require_editor
from citydesk.guides.refusals import AlreadyKnown, NoSuchGuide, NoSuchLine, UnfitLine
from citydesk.guides.search import tokens
from citydesk.guides.search.knowledge import knowledge
from citydesk.guides.search.staff_knowledge import Proposed
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World
from models.guides import LineKind

SHORTEST, LONGEST = 2, 40  # characters of a phrase
LONGEST_MEANING, MOST_MEANINGS = 60, 5
LONGEST_REASON = 200
MOST_LINES = 5_000  # in force: every process holds them all
PARTS = "+"  # between the parts of a synonym that may stand in any order
_PHRASE = re.compile(r"[a-z0-9\u3400-\u9fff\U00020000-\U0002ffff ]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as editors read it: what, who, when, why, and whether it was taken back."""

    id: UUID
    kind: LineKind
    phrase: str
    means: tuple[str, ...]
    item_code: str
    item_name: str
    reason: str
    added_by: str  # the officer's login
    added_at: datetime
    undone_by: str
    undone_at: datetime | None

    @property
    def in_force(self) -> bool:
        """Whether search goes by it."""
        return self.undone_at is None


async def proposed_line(
    world: World, kind: str, phrase: str, means: str = "", item_code: str = ""
) -> Proposed:
    """Read a line as somebody has typed it; several meanings stand between |.

    Raises:
        UnfitLine: naming each field that cannot be taken.
    """
    wrong: list[tuple[str, str]] = []
    try:
        chosen = LineKind(kind)
    except ValueError:
        raise UnfitLine([("kind", "请选择是哪一类")]) from None
    plain = " ".join(tokens.plain(phrase).split())
    if fault := _phrase_fault(plain, chosen):
        wrong.append(("phrase", fault))
    meanings: tuple[str, ...] = ()
    item_id: UUID | None = None
    if chosen is LineKind.SYNONYM:
        meanings = tuple(dict.fromkeys(each for part in means.split("|") if (each := part.strip())))
        if fault := _meaning_fault(plain, meanings):
            wrong.append(("means", fault))
    elif chosen is LineKind.LABEL:
        try:
            item_id = (await entry(world, item_code.strip())).item_id
        except NoSuchGuide:
            wrong.append(("item_code", "没有这个事项，请从列表中选，或核对事项编码"))
    elif chosen is LineKind.LIFE_EVENT:
        wrong.append(("kind", "人生大事请在它自己的栏目里改"))
    if wrong:
        raise UnfitLine(wrong)
    return Proposed(chosen, plain, meanings, item_id)


async def add_line(world: World, officer: Officer, line: Proposed, reason: str) -> UUID:
    """Put a line in force, everywhere within a second; return its number.

    Raises:
        NotAnEditor: the officer may not. UnfitLine: no reason. AlreadyKnown: it is in force, or
        there are too many lines.
    """
    content = {"means": list(line.means)} if line.kind is LineKind.SYNONYM else {}
    return await write_line(world, officer, line, content, reason)


async def write_line(
    world: World, officer: Officer, line: Proposed, content: Mapping[str, object], reason: str
) -> UUID:
    """Write a line of any kind; what it must keep to has been looked at. Raises as add_line."""
    require_editor(officer)
    why = " ".join(reason.split())
    if not why or len(why) > LONGEST_REASON:
        raise UnfitLine([("reason", f"请写明原因，最多 {LONGEST_REASON} 个字")])
    line_id = new_id()
    async with world.transaction() as tx:
        await sql.row(LOCK)
        if await sql.value(_COUNT) >= MOST_LINES:
            raise AlreadyKnown(f"已有 {MOST_LINES} 条在用，请先撤销不再需要的。")
        added = await sql.run(
            _ADD,
            line_id,
            tx.at,
            line.kind.value,
            line.phrase,
            orjson.dumps(dict(content)).decode(),
            line.item_id,
            why,
            officer.officer_id,
            officer.post_id,
        )
        if not added:
            raise AlreadyKnown(f"“{line.phrase}”已经有一条在用，请先撤销它再添加。")
        await sql.run(RAISE_REVISION)
    return line_id


async def undo_line(world: World, officer: Officer, line_id: UUID) -> None:
    """Take a line back; it stays to be read.

    Raises:
        NotAnEditor: the officer may not. NoSuchLine: none of this number is in force.
    """
    require_editor(officer)
    async with world.transaction() as tx:
        await sql.row(LOCK)
        if not await sql.run(_UNDO, line_id, tx.at, officer.officer_id):
            raise NoSuchLine
        await sql.run(RAISE_REVISION)


async def knowledge_line(world: World, officer: Officer, line_id: UUID) -> Line:
    """Return one line, in force or not; raises NotAnEditor, NoSuchLine."""
    require_editor(officer)
    row = await sql.row(f"{_LINES} WHERE line.id = $1", line_id)
    if row is None:
        raise NoSuchLine
    return _line(row)


async def knowledge_lines(
    world: World,
    officer: Officer,
    kind: LineKind | None = None,
    said: str = "",
    *,
    cursor: str | None = None,
    limit: int = 30,
) -> Page[Line]:
    """Return a page of the lines, newest first: of one kind, or those that hold some words.

    Raises:
        NotAnEditor: the officer may not. Invalid: not a cursor of ours.
    """
    require_editor(officer)
    before, before_id = datetime.max.replace(tzinfo=world.clock.now().tzinfo), UUID(int=2**128 - 1)
    if cursor:
        before, before_id = decode_cursor(cursor, (datetime, UUID))
    rows = await sql.rows(
        _PAGE, before, before_id, kind and kind.value, tokens.plain(said), limit + 1
    )
    shown = [_line(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(shown, encode_cursor(shown[-1].added_at, shown[-1].id) if more else None)


def packaged_sayings(said: str, limit: int = 20) -> list[tuple[str, tuple[str, ...]]]:
    """Return the synonyms that come with the software and hold these words: phrase, meanings."""
    plain = tokens.plain(said).strip()
    found: list[tuple[str, tuple[str, ...]]] = []
    for each in knowledge().sayings.all if plain else ():
        phrase = PARTS.join(each.parts)
        if plain in phrase and "<" not in phrase:
            found.append((phrase, each.means))
    return sorted(found, key=lambda each: len(each[0]))[:limit]


def _phrase_fault(plain: str, kind: LineKind) -> str:
    parts = plain.split(PARTS) if kind is LineKind.SYNONYM else [plain]
    if not SHORTEST <= len(plain) <= LONGEST:
        return f"要 {SHORTEST} 到 {LONGEST} 个字"
    if not all(part.strip() and _PHRASE.fullmatch(part) for part in parts):
        return "只能用汉字、字母和数字"
    return ""


def _meaning_fault(phrase: str, meanings: Sequence[str]) -> str:
    if len(meanings) > MOST_MEANINGS:
        return f"最多写 {MOST_MEANINGS} 个意思"
    if any(not SHORTEST <= len(each) <= LONGEST_MEANING for each in meanings):
        return f"每个意思要 {SHORTEST} 到 {LONGEST_MEANING} 个字"
    packaged = {known for known, _ in packaged_sayings(phrase, limit=10_000)}
    if not meanings and phrase not in packaged:
        return "请写它的规范说法，比如“食品经营许可”"
    return ""


_COUNT = "SELECT count(*) FROM knowledge_line WHERE undone_at IS NULL"
_ADD = """
    INSERT INTO knowledge_line
        (id, created_at, kind, phrase, content, item_id, reason, officer_id, post_id)
    VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9)
    ON CONFLICT DO NOTHING
"""
_UNDO = """
    UPDATE knowledge_line SET undone_at = $2, undone_by_id = $3
    WHERE id = $1 AND undone_at IS NULL
"""
_LINES = """
    SELECT line.id, line.kind, line.phrase, line.content::text AS content, line.reason,
           line.created_at, line.undone_at, item.code AS item_code, item.name AS item_name,
           adder.login AS added_by, undoer.login AS undone_by
    FROM knowledge_line line
    JOIN officer adder ON adder.id = line.officer_id
    LEFT JOIN officer undoer ON undoer.id = line.undone_by_id
    LEFT JOIN service_item item ON item.id = line.item_id
"""
_PAGE = f"""{_LINES}
    WHERE (line.created_at, line.id) < ($1, $2) AND ($3::text IS NULL OR line.kind = $3)
      AND ($4 = '' OR strpos(line.phrase, $4) > 0 OR strpos(line.content::text, $4) > 0)
    ORDER BY line.created_at DESC, line.id DESC LIMIT $5
"""


def _line(row: sql.Row) -> Line:
    content = orjson.loads(row["content"])
    return Line(
        id=row["id"],
        kind=LineKind(row["kind"]),
        phrase=content.get("title", row["phrase"]),
        means=tuple(content.get("means", content.get("item_codes", ()))),
        item_code=row["item_code"] or "",
        item_name=row["item_name"] or "",
        reason=row["reason"],
        added_by=row["added_by"],
        added_at=row["created_at"],
        undone_by=row["undone_by"] or "",
        undone_at=row["undone_at"],
    )
