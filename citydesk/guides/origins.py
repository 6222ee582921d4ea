"""Splitting and merging items (拆分、合并): new drafts that know where they come from.

The old items go on until the new ones are in force; then they end, and say what there is instead.
Open cases are finished under the old version.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from citydesk.guides.drafting import begin
from citydesk.guides.machine import SHOWN
from citydesk.guides.moving import Doer, check_responsible, locked
from citydesk.guides.publishing import CITY
from citydesk.guides.refusals import NoSuchGuide, ReasonNeeded
from citydesk.guides.standing import end
from citydesk.guides.work import Draft, draft
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import ItemLink, LinkKind

LEAST_PARTS = 2
_STANDS = """
    SELECT item.id, item.name, item.organ_code, item.current_version_id
    FROM service_item item
    WHERE item.code = $1 AND item.kind = 'full' AND item.state <> 'cancelled'
"""


async def split(
    world: World,
    officer: Officer,
    item_code: str,
    contents: Sequence[Mapping[str, Any]],
    basis: str,
) -> list[Draft]:
    """Begin the guides that one item is to be split into.

    Raises:
        ReasonNeeded: no basis, or fewer than two parts. NoSuchGuide: nothing is in force.
        NotYourGuide, DraftOpen, Invalid: as new_draft.
    """
    if len(contents) < LEAST_PARTS:
        raise ReasonNeeded("拆分至少要有两个新事项。", [{"field": "contents", "detail": "太少"}])
    return await _reshape(world, officer, LinkKind.SPLIT_FROM, [item_code], contents, basis)


async def merge(
    world: World,
    officer: Officer,
    item_codes: Sequence[str],
    content: Mapping[str, Any],
    basis: str,
) -> Draft:
    """Begin the guide that several items are to be merged into; raises as split."""
    if len(set(item_codes)) < LEAST_PARTS:
        raise ReasonNeeded("合并至少要有两个原事项。", [{"field": "item_codes", "detail": "太少"}])
    [merged] = await _reshape(world, officer, LinkKind.MERGED_FROM, item_codes, [content], basis)
    return merged


async def _reshape(
    world: World,
    officer: Officer,
    kind: LinkKind,
    item_codes: Sequence[str],
    contents: Sequence[Mapping[str, Any]],
    basis: str,
) -> list[Draft]:
    if not basis.strip():
        raise ReasonNeeded("请写明依据。", [{"field": "basis", "detail": "必填"}])
    begun: list[UUID] = []
    async with world.transaction() as tx:
        origins = [await _standing(officer, code) for code in sorted(set(item_codes))]
        for content in contents:
            life = await begin(world, tx, officer, content, source=CITY)
            life.basis = basis.strip()
            await life.save(update_fields=["basis"])
            begun.append(life.id)
            for origin in origins:
                _ = await ItemLink.create(
                    id=new_id(),
                    created_at=tx.at,
                    kind=kind,
                    version_id=life.id,
                    from_item_id=origin["id"],
                    from_version_id=origin["current_version_id"],
                )
    return [await draft(world, each) for each in begun]


async def _standing(officer: Officer, item_code: str) -> sql.Row:
    row = await sql.row(_STANDS, item_code.replace("\0", ""))
    if row is None:
        raise NoSuchGuide(item_code)
    await check_responsible(officer, row["organ_code"])
    return row


# Items a version came out of that may end now: of a split, once no other part is still under way.
_RIPE = """
    SELECT link.from_item_id, link.kind, life.id AS version_id
    FROM item_link link
    JOIN version_life life ON life.item_id = link.from_item_id
                          AND life.state IN ('published', 'suspended')
    JOIN version_life new ON new.id = link.version_id AND new.item_id <> link.from_item_id
    WHERE link.version_id = $1
      AND NOT EXISTS (
          SELECT FROM item_link other JOIN version_life part ON part.id = other.version_id
          WHERE other.from_item_id = link.from_item_id AND other.kind = link.kind
            AND part.state IN ('draft', 'in_review', 'approved'))
    ORDER BY life.id
"""
_SUCCESSORS = """
    SELECT item.code, item.name
    FROM item_link link JOIN version_life life ON life.id = link.version_id
    JOIN service_item item ON item.id = life.item_id
    WHERE link.from_item_id = $1 AND item.id <> $1 AND life.published_at IS NOT NULL
      AND item.state <> 'cancelled'
    ORDER BY item.code
"""


async def finish_origins(tx: Transaction, doer: Doer, version_id: UUID) -> None:
    """End the items that a version, just come into force, was split or merged from."""
    for ripe in await sql.rows(_RIPE, version_id):
        successors = await sql.rows(_SUCCESSORS, ripe["from_item_id"])
        life = await locked(ripe["version_id"])
        if life.state in SHOWN:
            word = "拆分为" if ripe["kind"] == LinkKind.SPLIT_FROM.value else "并入"
            names = "、".join(f"“{row['name']}”" for row in successors)
            await end(tx, doer, life, f"{word}{names}", [row["code"] for row in successors])
