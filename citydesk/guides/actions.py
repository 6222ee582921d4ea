"""Publishing ready-made guides at once: the samples, and whatever the city takes over as it is.

A change is a new version, the same content is nothing at all. Guides written here go through
drafting and reviewing instead.
"""

from collections.abc import Sequence
from importlib.resources import files

from pydantic import TypeAdapter

from citydesk.guides.content import GuideContent
from citydesk.guides.moving import IMPORT
from citydesk.guides.publishing import (
    CITY,
    LOCK,
    RAISE_REVISION,
    Ready,
    add_missing_entries,
    check_publishable,
    put_in_force,
)
from citydesk.kit import sql
from citydesk.world import World

__all__ = ["CITY", "LOCK", "RAISE_REVISION", "load_samples", "publish", "publish_all"]


async def publish(world: World, content: GuideContent) -> bool:
    """Make a guide the one citizens are shown; return whether that changed anything.

    The first content of an item is version 1, a changed one the next; versions are never altered.

    Raises:
        GuideFaulty: the guide breaks a rule that blocks publishing. UnknownPlaces: it names an
        authority or a hall the city does not have.
    """
    return await publish_all(world, [content]) == 1


async def publish_all(world: World, contents: Sequence[GuideContent]) -> int:
    """Publish several guides in one transaction, all or none; return how many changed.

    Entries the basic catalogue lacks are added to it.

    Raises:
        GuideFaulty: a guide breaks a rule that blocks publishing. UnknownPlaces: one names an
        authority or a hall the city does not have.
    """
    ready = {content.item_code: Ready.of(content) for content in contents}
    if len(ready) != len(contents):
        raise ValueError("an item code is given twice")
    async with world.transaction() as tx:
        await sql.row(LOCK)
        rows = await sql.rows(_HASHES, CITY, list(ready))
        shown = {row["code"]: row["content_hash"] for row in rows}
        changed = [each for code, each in ready.items() if shown.get(code) != each.hash]
        if changed:
            guides = [each.content for each in changed]
            authorities = await check_publishable(world, guides)
            await add_missing_entries(tx, guides, authorities)
            await put_in_force(tx, IMPORT, changed, authorities)
    return len(changed)


def samples() -> list[GuideContent]:
    """Read the sample guides that come with the software.

    Raises:
        pydantic.ValidationError: a data file breaks the form of the guides.
    """
    reader = TypeAdapter(list[GuideContent])
    folder = files("citydesk.guides") / "data"
    contents: list[GuideContent] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            contents += reader.validate_json(file.read_bytes())
    return contents


async def load_samples(world: World) -> int:
    """Publish the sample guides that come with the software; return how many changed."""
    return await publish_all(world, samples())


_HASHES = """
    SELECT item.code, version.content_hash
    FROM service_item item
    JOIN service_item_version version ON version.id = item.current_version_id
    WHERE item.source = $1 AND item.code = ANY ($2::text[]) AND item.state <> 'cancelled'
"""
