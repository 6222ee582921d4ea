"""Staff write what happens in a life (人生大事), and which items are to be done then."""

from collections.abc import Sequence
from uuid import UUID

from citydesk.guides.actions import LOCK
from citydesk.guides.catalogue import entries
from citydesk.guides.editors import require_editor
from citydesk.guides.refusals import UnfitLine
from citydesk.guides.search import tokens
from citydesk.guides.search.knowledge_edits import write_line
from citydesk.guides.search.life_events import life_events
from citydesk.guides.search.staff_knowledge import Proposed
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.world import World
from models.guides import LineKind

LONGEST_TITLE, LONGEST_NOTE, MOST_ITEMS = 20, 100, 20
LONGEST_EVENT = 60

_REPLACE = """
    UPDATE knowledge_line SET undone_at = $2, undone_by_id = $3
    WHERE kind = 'life_event' AND phrase = $1 AND undone_at IS NULL
"""


async def write_life_event(
    world: World,
    officer: Officer,
    event: str,
    title: str,
    note: str,
    item_codes: Sequence[str],
    reason: str,
) -> UUID:
    """Change a life event, or add one (``event`` empty); without items it is no longer shown.

    Raises:
        NotAnEditor: the officer may not. UnfitLine: naming each field that cannot be taken.
    """
    require_editor(officer)
    told = " ".join(title.split())
    known = {each.event for each in await life_events(world)}
    codes = list(dict.fromkeys(code.strip() for code in item_codes if code.strip()))
    wrong = [("event", "没有这件人生大事")] if event and event not in known else []
    if not 2 <= len(told) <= LONGEST_TITLE:
        wrong.append(("title", f"要 2 到 {LONGEST_TITLE} 个字"))
    if len(note) > LONGEST_NOTE:
        wrong.append(("note", f"最多 {LONGEST_NOTE} 个字"))
    wrong += [("item_codes", fault) for fault in await _item_faults(world, codes, event)]
    if wrong:
        raise UnfitLine(wrong)
    name = event or _name(told, known)
    content = {"title": told, "note": " ".join(note.split()), "item_codes": codes}
    async with world.transaction() as tx:
        await sql.row(LOCK)
        await sql.run(_REPLACE, name, tx.at, officer.officer_id)
        line = Proposed(LineKind.LIFE_EVENT, name)
        return await write_line(world, officer, line, content, reason)


async def _item_faults(world: World, codes: Sequence[str], event: str) -> list[str]:
    if not codes and not event:
        return ["请写至少一个事项的编码，每行一个"]
    if len(codes) > MOST_ITEMS:
        return [f"最多 {MOST_ITEMS} 个事项"]
    found = {each.code for each in await entries(world, codes)}
    return [f"没有编码为 {code[:40]} 的完整指南" for code in codes if code not in found][:3]


def _name(title: str, known: set[str]) -> str:
    """Name a new life event for its address: as its title sounds, 退休 → tuixiu."""
    sound = "".join(map(tokens.syllable, tokens.plain(title)))
    plain = "".join(each for each in sound if each.isascii() and each.isalnum())
    plain = plain[: LONGEST_EVENT - 4] or "event"
    names = [plain, *(f"{plain}-{number}" for number in range(2, 100))]
    return next((name for name in names if name not in known), plain)
