"""What the catalogue holds of items: the open draft or else the guide in force, and the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from citydesk.kit import sql


@dataclass(frozen=True, slots=True)
class Kept:
    """One item as it stands: its newest guide (None: known by name only) and its listing."""

    ref: UUID  # of the version, or of the item if it has none
    source: str
    code: str
    name: str
    department: str
    list_id: str | None
    main_item: str
    type_name: str
    content: Mapping[str, Any] | None
    source_record: Mapping[str, Any]


async def kept_of(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Kept]:
    """Return what is held of these items (source, code)."""
    found = await sql.rows(_OF_KEYS, [key[0] for key in keys], [key[1] for key in keys])
    return {(row["source"], row["code"]): _kept(row) for row in found}


async def kept_after(
    after: tuple[str, str], limit: int, source: str | None = None
) -> Sequence[Kept]:
    """Return the items that follow one, by source and code."""
    found = await sql.rows(_AFTER, *after, limit, source)
    return [_kept(row) for row in found]


async def keep_records(at: datetime, records: Sequence[tuple[UUID, str, str, str]]) -> None:
    """Write (ref, source, code, record as JSON); an empty record is written only over another."""
    await sql.run(_KEEP, at, *(list(column) for column in zip(*records, strict=True)))


async def list_again(listings: Sequence[tuple[str, str, str | None, str, str]]) -> None:
    """Change what guides are listed by: (source, code, list_id, main_item, type_name)."""
    columns = [list(column) for column in zip(*listings, strict=True)]
    for statement in (_LIST_ITEMS, _LIST_DRAFTS):
        await sql.run(statement, *columns)


_OPEN = "('draft', 'in_review', 'approved')"
_HELD = f"""
    SELECT coalesce(life.source, item.source) AS source, coalesce(life.code, item.code) AS code,
           coalesce(life.id, item.current_version_id, item.id) AS ref,
           coalesce(life.item_name, item.name) AS name,
           coalesce(life.department, item.department) AS department,
           CASE WHEN life.id IS NULL THEN item.list_id ELSE life.list_id END AS list_id,
           coalesce(life.main_item, item.main_item) AS main_item,
           coalesce(life.type_name, item.type_name) AS type_name,
           coalesce(life.content, version.content)::text AS content
    FROM service_item item
    FULL JOIN (SELECT * FROM version_life WHERE state IN {_OPEN}) life
      ON life.source = item.source AND life.code = item.code
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
"""  # noqa: S608 - our own words only
_RECORD = """
    LEFT JOIN LATERAL (
        SELECT record::text AS record FROM guide_source_record kept
        WHERE kept.source = held.source AND kept.code = held.code
        ORDER BY kept.changed_at DESC, kept.id DESC LIMIT 1
    ) theirs ON true
"""
_OF_KEYS = f"""
    SELECT held.*, theirs.record
    FROM unnest($1::text[], $2::text[]) AS wanted (source, code)
    JOIN ({_HELD}) held USING (source, code) {_RECORD}
"""  # noqa: S608 - our own words only
_AFTER = f"""
    SELECT held.*, theirs.record FROM ({_HELD}) held {_RECORD}
    WHERE (held.source, held.code) > ($1, $2) AND ($4::text IS NULL OR held.source = $4)
    ORDER BY held.source, held.code LIMIT $3
"""  # noqa: S608 - our own words only
_KEEP = """
    INSERT INTO guide_source_record AS kept (id, created_at, changed_at, source, code, record)
    SELECT ref, $1, $1, source, code, record::jsonb
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS new (ref, source, code, record)
    WHERE record <> '{}' OR EXISTS (
        SELECT 1 FROM guide_source_record old
        WHERE old.source = new.source AND old.code = new.code)
    ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at, record = excluded.record
    WHERE kept.record IS DISTINCT FROM excluded.record
"""
_LISTINGS = """
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS new (source, code, list_id, main_item, type_name)
"""
_LIST_ITEMS = f"""
    UPDATE service_item item
    SET list_id = new.list_id, main_item = new.main_item, type_name = new.type_name {_LISTINGS}
    WHERE item.source = new.source AND item.code = new.code
"""  # noqa: S608 - our own words only
_LIST_DRAFTS = f"""
    UPDATE version_life life
    SET list_id = new.list_id, main_item = new.main_item, type_name = new.type_name {_LISTINGS}
    WHERE life.source = new.source AND life.code = new.code AND life.state IN {_OPEN}
"""  # noqa: S608 - our own words only


def _kept(row: sql.Row) -> Kept:
    content, record = row["content"], row["record"]
    return Kept(
        ref=row["ref"],
        source=row["source"],
        code=row["code"],
        name=row["name"],
        department=row["department"],
        list_id=row["list_id"],
        main_item=row["main_item"],
        type_name=row["type_name"],
        content=None if content is None else orjson.loads(content),
        source_record=orjson.loads(record) if record else {},
    )
