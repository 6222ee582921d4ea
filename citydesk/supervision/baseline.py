"""The baseline of materials (材料基线): what was demanded on one day, and how much less it is now.

Frozen once, for ever: the reductions promised (−30 %, −60 %) are measured against it. What counts
is what the applicant must still bring; a material that a certificate, an exchange, a commitment or
an earlier case stands for is saved, a material asked for anew counts against. Items cancelled
since are left out on both sides: closing an item saves nobody a paper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from citydesk.guides import Material
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.supervision import measures
from citydesk.supervision.measures import Demand, Fate, Reduction
from citydesk.supervision.refusals import AlreadyFrozen, NotFrozenYet, NothingToFreeze
from citydesk.world import World

YEAR = timedelta(days=365)
"""Volume is counted over the cases filed in the last year."""
_MATERIALS = TypeAdapter(tuple[Material, ...])


@dataclass(frozen=True, slots=True)
class Frozen:
    """The baseline: when, by whom (None: the command line), how much, and its fingerprint."""

    frozen_at: datetime
    frozen_by: UUID | None
    items: int
    materials: int
    rows_hash: str


@dataclass(frozen=True, slots=True)
class MaterialFate:
    """One material of one item: what it was, and what became of it."""

    requirement: str
    name: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class ItemReduction:
    """One item against the baseline."""

    item_code: str
    item_name: str
    department: str
    cases: int
    reduction: Reduction
    materials: tuple[MaterialFate, ...]


@dataclass(frozen=True, slots=True)
class Reduced:
    """The whole measurement, both ways, with the items behind it, the least reduced first."""

    frozen: Frozen
    total: Reduction
    items: tuple[ItemReduction, ...]
    gone: int  # items of the baseline that are cancelled: on neither side
    new: int  # items published since: on neither side


async def freeze_baseline(world: World, officer: Officer | None) -> Frozen:
    """Write down every material demanded today; there is no second time.

    Raises:
        AlreadyFrozen: it was done before. NothingToFreeze: no guide demands anything.
    """
    async with world.transaction() as tx:
        await sql.run("LOCK TABLE material_freeze IN EXCLUSIVE MODE")
        if await _frozen() is not None:
            raise AlreadyFrozen("材料基线已经冻结过，只能冻结一次，不能更改。")
        items = await sql.rows(_NOW)
        rows = _demanded(items)
        if not rows:
            raise NothingToFreeze("还没有已发布的事项材料，不能冻结基线。")
        freeze_id, by = new_id(), officer.officer_id if officer else None
        done = Frozen(tx.at, by, len(items), len(rows), _fingerprint(rows))
        item_ids = orjson.dumps([row["item_id"] for row in items], default=str).decode()
        await sql.run(_FREEZE, freeze_id, tx.at, by, item_ids, len(rows), done.rows_hash)
        columns = [[row[name] for row in rows] for name in _COLUMNS]
        ids = [new_id() for _ in rows]
        await sql.run(_WRITE, tx.at, freeze_id, ids, *columns)
    world.log.info("material_baseline_frozen", items=len(items), materials=len(rows))
    return done


def _demanded(items: Sequence[sql.Row]) -> list[dict[str, Any]]:
    return [
        {
            "item_id": item["item_id"],
            "item_code": item["code"],
            "item_name": item["name"],
            "department": item["department"],
            "version_no": item["version_no"],
            "hash8": item["content_hash"][:8],
            "requirement": each.code,
            "name": each.name,
            "facts": orjson.dumps(
                each.model_dump(mode="json", include={"necessity", "origin", "originals", "copies"})
            ).decode(),
        }
        for item in items
        for each in _MATERIALS.validate_json(item["materials"])
        if measures.demanded(each)
    ]


def _fingerprint(rows: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 over what was frozen, in the order of item and material."""
    told = sorted((row["item_code"], row["requirement"], row["name"]) for row in rows)
    return sha256(orjson.dumps(told)).hexdigest()


async def frozen_baseline(world: World) -> Frozen | None:
    """Return the baseline, if it was frozen."""
    return await _frozen()


async def _frozen() -> Frozen | None:
    row = await sql.row(
        "SELECT frozen_at, frozen_by, jsonb_array_length(item_ids) AS items, materials, rows_hash"
        " FROM material_freeze"
    )
    return Frozen(**row) if row else None


async def reduced(world: World) -> Reduced:
    """Measure what is demanded now against the baseline, item by item and in all.

    Raises:
        NotFrozenYet: there is no baseline.
    """
    frozen = await _frozen()
    if frozen is None:
        raise NotFrozenYet("材料基线还没有冻结，不能计算减少比例。")
    then = await sql.rows(_THEN)
    now = {row["item_id"]: row for row in await sql.rows(_NOW)}
    cases = {
        row["item_code"]: row["cases"] for row in await sql.rows(_VOLUME, world.clock.now() - YEAR)
    }
    known = {row["item_id"] for row in then}
    items = [
        _item(row, found, cases.get(found["code"], 0))
        for row in then
        if (found := now.get(row["item_id"])) is not None
    ]
    return Reduced(
        frozen,
        _sum([each.reduction for each in items]),
        tuple(sorted(items, key=lambda each: (each.reduction.permille or 0, each.item_name))),
        gone=len(known - now.keys()),
        new=len(now.keys() - known),
    )


def _item(then: sql.Row, now: sql.Row, cases: int) -> ItemReduction:
    materials = _MATERIALS.validate_json(now["materials"])
    demand = Demand(now["code"], orjson.loads(then["requirements"]), materials, cases)
    names = {each.code: each.name for each in materials} | dict(demand.then)
    return ItemReduction(
        now["code"],
        now["name"],
        now["department"],
        cases,
        measures.reduction([demand]),
        tuple(
            MaterialFate(code, names.get(code, code), fate)
            for code, fate in measures.fates(demand).items()
        ),
    )


def _sum(each: Sequence[Reduction]) -> Reduction:
    total = Reduction(0, 0, 0, 0)
    for one in each:
        total = replace(
            total,
            baseline=total.baseline + one.baseline,
            still=total.still + one.still,
            baseline_by_volume=total.baseline_by_volume + one.baseline_by_volume,
            still_by_volume=total.still_by_volume + one.still_by_volume,
        )
    return total


_COLUMNS = (
    "item_id",
    "item_code",
    "item_name",
    "department",
    "version_no",
    "hash8",
    "requirement",
    "name",
    "facts",
)
_NOW = """
    SELECT item.id AS item_id, item.code, item.name, item.department, version.version_no,
        version.content_hash, (version.content -> 'materials')::text AS materials
    FROM service_item item JOIN service_item_version version ON version.id = item.current_version_id
    WHERE item.kind = 'full' AND item.state <> 'cancelled'
    ORDER BY item.code
"""
_FREEZE = """
    INSERT INTO material_freeze (id, created_at, frozen_at, frozen_by, item_ids, materials,
                                 rows_hash)
    VALUES ($1, $2, $2, $3, $4::jsonb, $5, $6)
"""
_WRITE = """
    INSERT INTO material_baseline (id, created_at, freeze_id, item_id, item_code, item_name,
                                   department, version_no, hash8, requirement, name, facts)
    SELECT id, $1, $2, item_id, item_code, item_name, department, version_no, hash8, requirement,
        name, facts::jsonb
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[],
                $10::text[], $11::text[], $12::text[])
        AS new (id, item_id, item_code, item_name, department, version_no, hash8, requirement, name,
                facts)
"""
_THEN = """
    SELECT frozen.item_id::uuid AS item_id,
        coalesce(jsonb_object_agg(requirement, name) FILTER (WHERE requirement IS NOT NULL),
                 '{}')::text AS requirements
    FROM material_freeze CROSS JOIN LATERAL jsonb_array_elements_text(item_ids) AS frozen (item_id)
    LEFT JOIN material_baseline baseline ON baseline.item_id = frozen.item_id::uuid
    GROUP BY frozen.item_id
"""
_VOLUME = """
    SELECT item_code, count(*) AS cases FROM service_case
    WHERE filed_at > $1 AND state <> 'draft' GROUP BY item_code
"""
