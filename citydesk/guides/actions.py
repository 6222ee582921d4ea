"""Publishing guides: a change is a new version, the same content is nothing at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from uuid import UUID

from pydantic import TypeAdapter

from citydesk import organs
from citydesk.guides.canonical import canonical_json, content_hash
from citydesk.guides.content import GuideContent
from citydesk.guides.events import GuidePublished
from citydesk.guides.refusals import UnknownPlaces
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import ItemKind
from models.organs import Organ

CITY = "city"  # the source of guides the city writes itself


@dataclass(frozen=True, slots=True)
class _Draft:
    """A content on its way to becoming a version."""

    content: GuideContent
    canonical: bytes
    hash: str

    @classmethod
    def of(cls, content: GuideContent) -> "_Draft":
        canonical = canonical_json(content)
        return cls(content, canonical, content_hash(canonical))


async def publish(world: World, content: GuideContent) -> bool:
    """Make a guide the one citizens are shown; return whether that changed anything.

    The first content of an item is version 1, a changed one the next; versions are never altered.

    Raises:
        UnknownPlaces: the guide names an authority or a hall the city does not have.
    """
    return await publish_all(world, [content]) == 1


async def publish_all(world: World, contents: Sequence[GuideContent]) -> int:
    """Publish several guides in one transaction, all or none; return how many changed.

    Raises:
        UnknownPlaces: a guide names an authority or a hall the city does not have.
    """
    drafts = {content.item_code: _Draft.of(content) for content in contents}
    if len(drafts) != len(contents):
        raise ValueError("an item code is given twice")
    async with world.transaction() as tx:
        await sql.row(LOCK)
        shown = {row["code"]: row for row in await sql.rows(_SHOWN, CITY, list(drafts))}
        changed = [
            draft
            for code, draft in drafts.items()
            if code not in shown or shown[code]["content_hash"] != draft.hash
        ]
        if changed:
            authorities = await _authorities(world, [draft.content for draft in changed])
            await _write(tx, changed, shown, authorities)
            await sql.run(RAISE_REVISION)
    return len(changed)


async def load_samples(world: World) -> int:
    """Publish the sample guides that come with the software; return how many changed.

    Raises:
        pydantic.ValidationError: a data file breaks a rule of the guides.
    """
    reader = TypeAdapter(list[GuideContent])
    folder = files("citydesk.guides") / "data"
    contents: list[GuideContent] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            contents += reader.validate_json(file.read_bytes())
    return await publish_all(world, contents)


# Every publication takes this row first: version numbers have no gaps, readers miss no revision.
LOCK = "SELECT revision FROM catalogue_revision FOR UPDATE"
RAISE_REVISION = """
    INSERT INTO catalogue_revision (name, revision) VALUES ('guides', 1)
    ON CONFLICT (name) DO UPDATE SET revision = catalogue_revision.revision + 1
"""
_SHOWN = """
    SELECT item.code, item.id::text AS id, version.version_no, version.content_hash
    FROM service_item item
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
    WHERE item.source = $1 AND item.code = ANY ($2::text[])
"""
_WRITE_ITEMS = """
    INSERT INTO service_item (id, created_at, changed_at, source, code, kind, name, department,
                              organ_code, region_code, current_version_id)
    SELECT id, $1, $1, $2, code, $3, name, department, organ_code, region_code, version_id
    FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::uuid[])
        AS new (id, code, name, department, organ_code, region_code, version_id)
    ON CONFLICT (source, code) DO UPDATE
    SET changed_at = excluded.changed_at, kind = excluded.kind, name = excluded.name,
        department = excluded.department, organ_code = excluded.organ_code,
        region_code = excluded.region_code, current_version_id = excluded.current_version_id
"""
_WRITE_VERSIONS = """
    INSERT INTO service_item_version
        (id, created_at, published_at, item_id, version_no, content, content_hash)
    SELECT id, $1, $1, item_id, version_no, content::jsonb, content_hash
    FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
        AS new (id, item_id, version_no, content, content_hash)
"""


async def _write(
    tx: Transaction,
    drafts: Sequence[_Draft],
    shown: Mapping[str, sql.Row],
    authorities: Mapping[str, Organ],
) -> None:
    """Write the next version of each draft's item and announce it."""
    codes = [draft.content.item_code for draft in drafts]
    item_ids = [UUID(shown[code]["id"]) if code in shown else new_id() for code in codes]
    numbers = [(shown[code]["version_no"] or 0) + 1 if code in shown else 1 for code in codes]
    version_ids = [new_id() for _ in drafts]
    chosen = [authorities[draft.content.authority] for draft in drafts]
    await sql.run(
        _WRITE_ITEMS,
        tx.at,
        CITY,
        ItemKind.FULL.value,
        item_ids,
        codes,
        [draft.content.name for draft in drafts],
        [organ.name for organ in chosen],
        [organ.code for organ in chosen],
        [organ.region_code for organ in chosen],
        version_ids,
    )
    await sql.run(
        _WRITE_VERSIONS,
        tx.at,
        version_ids,
        item_ids,
        numbers,
        [draft.canonical.decode() for draft in drafts],
        [draft.hash for draft in drafts],
    )
    for item_id, version_id in zip(item_ids, version_ids, strict=True):
        tx.announce(GuidePublished(item_id, version_id))


async def _authorities(world: World, contents: Sequence[GuideContent]) -> dict[str, Organ]:
    """Return the authorities the guides name; refuse if one, or a hall, is not the city's."""
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
