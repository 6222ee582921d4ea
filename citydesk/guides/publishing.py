"""Putting versions in force: the one place where a content becomes what citizens are shown.

Called inside an open transaction that holds the catalogue's lock. The version in force before is
superseded in the same moment; nothing published is ever altered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from citydesk import organs
from citydesk.guides.canonical import canonical_json, content_hash
from citydesk.guides.content import GuideContent
from citydesk.guides.events import GuidePublished
from citydesk.guides.machine import Action, State
from citydesk.guides.moving import Doer, Happened, note
from citydesk.guides.quality import check
from citydesk.guides.refusals import GuideFaulty, UnknownPlaces
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import EntryState, ItemKind
from models.organs import Organ

CITY = "city"  # the source of guides the city writes itself

# Every publication takes this row first: version numbers have no gaps, readers miss no revision.
LOCK = "SELECT revision FROM catalogue_revision FOR UPDATE"
RAISE_REVISION = """
    INSERT INTO catalogue_revision (name, revision) VALUES ('guides', 1)
    ON CONFLICT (name) DO UPDATE SET revision = catalogue_revision.revision + 1
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A content about to be put in force; `version_id` is its life's row, if it has one."""

    source: str
    code: str
    content: GuideContent
    canonical: bytes
    hash: str
    version_id: UUID
    has_life: bool

    @classmethod
    def of(
        cls, content: GuideContent, source: str = CITY, code: str = "", life: UUID | None = None
    ) -> "Ready":
        """Prepare a content: with the life it has had as a draft, or a new one."""
        canonical = canonical_json(content)
        return cls(
            source,
            code or content.item_code,
            content,
            canonical,
            content_hash(canonical),
            life or new_id(),
            life is not None,
        )


async def check_publishable(world: World, contents: Sequence[GuideContent]) -> dict[str, Organ]:
    """Refuse guides with errors, or places nobody knows; return the authorities they name.

    Raises:
        GuideFaulty: a guide breaks a rule that blocks publishing. UnknownPlaces: it names an
        authority or a hall the city does not have.
    """
    for content in contents:
        if errors := check(content).errors:
            raise GuideFaulty(content.name, [(each.element, each.message) for each in errors])
    unknown: list[tuple[str, str]] = []
    found: dict[str, Organ] = {}
    for code in sorted({content.authority for content in contents}):
        try:
            found[code] = await organs.organ_by_code(world, code)
        except organs.NoSuchOrgan:
            unknown.append(("authority", code))
    halls = {hall.code for hall in await organs.halls(world)}
    named = {place.hall for content in contents for place in content.places}
    unknown += [("places.hall", code) for code in sorted(named - halls)]
    if unknown:
        raise UnknownPlaces(unknown)
    return found


async def put_in_force(
    tx: Transaction, doer: Doer, ready: Sequence[Ready], authorities: Mapping[str, Organ]
) -> None:
    """Make these contents the ones citizens are shown, each the next version of its item."""
    rows = await sql.rows(_SHOWN, [each.source for each in ready], [each.code for each in ready])
    shown = {(row["source"], row["code"]): row for row in rows}
    keys = [(each.source, each.code) for each in ready]
    item_ids = [UUID(shown[key]["id"]) if key in shown else new_id() for key in keys]
    numbers = [shown[key]["versions"] + 1 if key in shown else 1 for key in keys]
    await _write_items(tx, ready, item_ids, [authorities[each.content.authority] for each in ready])
    await sql.run(
        _WRITE_VERSIONS,
        tx.at,
        [each.version_id for each in ready],
        item_ids,
        numbers,
        [each.canonical.decode() for each in ready],
        [each.hash for each in ready],
    )
    await _supersede(tx, doer, item_ids)
    await _begin_lives(tx, doer, ready, item_ids)
    for item_id, each in zip(item_ids, ready, strict=True):
        tx.announce(GuidePublished(item_id, each.version_id))
    await sql.run(RAISE_REVISION)


_SHOWN = """
    SELECT item.source, item.code, item.id::text AS id,
           coalesce((SELECT max(version_no) FROM service_item_version version
                     WHERE version.item_id = item.id), 0) AS versions
    FROM unnest($1::text[], $2::text[]) AS wanted (source, code)
    JOIN service_item item USING (source, code)
"""
_WRITE_ITEMS = """
    INSERT INTO service_item (id, created_at, changed_at, source, kind, code, name, department,
                              organ_code, region_code, catalog_code, current_version_id)
    SELECT id, $1, $1, source, $2, code, name, department, organ_code, region_code,
           nullif(catalog_code, ''), version_id
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::uuid[])
        AS new (id, source, code, name, department, organ_code, region_code, catalog_code,
                version_id)
    ON CONFLICT (source, code) DO UPDATE
    SET changed_at = excluded.changed_at, kind = excluded.kind, name = excluded.name,
        department = excluded.department, organ_code = excluded.organ_code,
        region_code = excluded.region_code, catalog_code = excluded.catalog_code,
        current_version_id = excluded.current_version_id,
        state = 'in_force', state_reason = '', state_until = NULL, successors = NULL
"""
_WRITE_VERSIONS = """
    INSERT INTO service_item_version
        (id, created_at, published_at, item_id, version_no, content, content_hash)
    SELECT id, $1, $1, item_id, version_no, content::jsonb, content_hash
    FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
        AS new (id, item_id, version_no, content, content_hash)
"""


async def _write_items(
    tx: Transaction, ready: Sequence[Ready], item_ids: Sequence[UUID], chosen: Sequence[Organ]
) -> None:
    await sql.run(
        _WRITE_ITEMS,
        tx.at,
        ItemKind.FULL.value,
        list(item_ids),
        [each.source for each in ready],
        [each.code for each in ready],
        [each.content.name for each in ready],
        [organ.name for organ in chosen],
        [organ.code for organ in chosen],
        [organ.region_code for organ in chosen],
        [each.content.catalog_code for each in ready],
        [each.version_id for each in ready],
    )


_SUPERSEDE = """
    WITH before AS (
        SELECT id, state FROM version_life
        WHERE item_id = ANY ($2::uuid[]) AND state IN ('published', 'suspended')
        ORDER BY id FOR UPDATE)
    UPDATE version_life life
    SET state = 'superseded', changed_at = $1, row_version = row_version + 1,
        suspended_until = NULL, plan_cancel_on = NULL
    FROM before WHERE life.id = before.id
    RETURNING life.id, life.source, life.code, before.state
"""


async def _supersede(tx: Transaction, doer: Doer, item_ids: Sequence[UUID]) -> None:
    """End the versions that were in force before."""
    before = await sql.rows(_SUPERSEDE, tx.at, list(item_ids))
    await note(
        tx,
        doer,
        [
            Happened(
                row["id"],
                row["source"],
                row["code"],
                Action.SUPERSEDE,
                State(row["state"]),
                State.SUPERSEDED,
            )
            for row in before
        ],
    )


_PUBLISH_LIVES = """
    UPDATE version_life life
    SET state = 'published', content = NULL, content_hash = new.hash, item_id = new.item_id,
        item_name = item.name, department = item.department, organ_code = item.organ_code,
        published_at = $1, changed_at = $1, row_version = row_version + 1,
        publisher_id = coalesce($2, publisher_id), reason = ''
    FROM unnest($3::uuid[], $4::uuid[], $5::text[]) AS new (id, item_id, hash)
    JOIN service_item item ON item.id = new.item_id
    WHERE life.id = new.id
"""
_DIRECT_LIVES = """
    INSERT INTO version_life (id, created_at, changed_at, published_at, source, code, item_id,
                              item_name, department, organ_code, state, content_hash)
    SELECT new.id, $1, $1, $1, item.source, item.code, item.id, item.name, item.department,
           item.organ_code, 'published', new.hash
    FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS new (id, item_id, hash)
    JOIN service_item item ON item.id = new.item_id
"""


async def _begin_lives(
    tx: Transaction, doer: Doer, ready: Sequence[Ready], item_ids: Sequence[UUID]
) -> None:
    """Write that these versions are in force now, and how they came to be."""
    drafts = [(each, item_id) for each, item_id in zip(ready, item_ids, strict=True)]
    for with_life, statement, more in (
        (True, _PUBLISH_LIVES, (doer.officer_id,)),
        (False, _DIRECT_LIVES, ()),
    ):
        some = [(each, item_id) for each, item_id in drafts if each.has_life is with_life]
        if some:
            await sql.run(
                statement,
                tx.at,
                *more,
                [each.version_id for each, _ in some],
                [item_id for _, item_id in some],
                [each.hash for each, _ in some],
            )
    await note(
        tx,
        doer,
        [
            Happened(
                each.version_id,
                each.source,
                each.code,
                Action.PUBLISH,
                State.APPROVED if each.has_life else None,
                State.PUBLISHED,
                facts={"hash": each.hash[:8], "direct": not each.has_life},
            )
            for each in ready
        ],
    )


_ADD_ENTRIES = """
    INSERT INTO catalog_entry (id, created_at, changed_at, catalog_code, name, item_type,
                               legal_basis, exercise_levels, state, central_dept)
    SELECT id, $1, $1, code, name, item_type, basis::jsonb, jsonb_build_array(level), $2, department
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
        AS new (id, code, name, item_type, basis, level, department)
    ON CONFLICT (catalog_code) DO NOTHING
"""


async def add_missing_entries(
    tx: Transaction, contents: Sequence[GuideContent], authorities: Mapping[str, Organ]
) -> None:
    """Enter into the basic catalogue what these guides carry out and it does not hold yet."""
    new = {content.catalog_code: content for content in contents if content.catalog_code}
    await sql.run(
        _ADD_ENTRIES,
        tx.at,
        EntryState.IN_FORCE.value,
        [new_id() for _ in new],
        list(new),
        [each.name for each in new.values()],
        [each.item_type.value for each in new.values()],
        [
            orjson.dumps([basis.model_dump(mode="json") for basis in each.legal_basis]).decode()
            for each in new.values()
        ],
        [each.exercise_level.value for each in new.values()],
        [authorities[each.authority].name for each in new.values()],
    )
