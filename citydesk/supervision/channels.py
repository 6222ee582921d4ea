"""The channel matrix (渠道能力矩阵): what each channel offers for each variant of each item."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from citydesk import guides
from citydesk.guides import GuideContent
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.supervision import measures
from citydesk.world import World
from models.supervision import Ability, Channel, Offer, Trial

AT_ONCE = 200
ONE_WAY = "00"
"""What follows the item's code where it is handled in one way only."""
OF_A_VARIANT = ("is_online", "is_schedule", "promised_visits")
TRIAL_OF = {
    Ability.BOOK: Trial.BOOK,
    Ability.QUERY: Trial.QUERY,
    Ability.FILE: Trial.FILE,
    Ability.HANDLE: Trial.HANDLE,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One ability in one channel: what is offered, and whether a test of it really passed."""

    offer: Offer
    tested: bool


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One row of the matrix, as people read it."""

    item_code: str
    variant_code: str
    channel: Channel
    cells: dict[Ability, Cell]
    reason_if_not: str


async def lay_matrix(world: World) -> int:
    """Bring the matrix up to what the published guides say; return how many rows changed.

    Rows of items that are gone, cancelled or suspended go, too.
    """
    changed, after = 0, UUID(int=0)
    while stale := await sql.rows(_IN_FORCE, after, AT_ONCE):
        found = [await guides.version(world, row["version_id"]) for row in stale]
        changed += await _lay(world, found)
        after = stale[-1]["item_id"]
    async with world.transaction():
        return changed + await sql.run(_SWEEP)


async def _lay(world: World, found: Sequence[guides.Guide]) -> int:
    """Write the rows of some guides; only what differs is touched."""
    columns: list[tuple[object, ...]] = []
    for guide in found:
        for code, content in _variants(guide.content):
            columns += [
                (
                    new_id(),
                    guide.item_id,
                    guide.code,
                    code,
                    row.channel.value,
                    *(row.offers[ability].value for ability in Ability),
                    row.reason_if_not,
                )
                for row in measures.matrix(content)
            ]
    async with world.transaction() as tx:
        done = await sql.run(_WRITE, tx.at, *map(list, zip(*columns, strict=True)))
        kept = [(item, variant) for _, item, _, variant, *_ in columns]
        return done + await sql.run(
            _DROP_VARIANTS,
            [guide.item_id for guide in found],
            [item for item, _ in kept],
            [variant for _, variant in kept],
        )


def _variants(content: GuideContent) -> list[tuple[str, GuideContent]]:
    """Each way of handling by its code, with the elements it says otherwise than the guide."""
    if not content.variants:
        return [(content.item_code + ONE_WAY, content)]
    found = []
    for code, variant in content.variant_codes():
        own = {name: getattr(variant, name) for name in OF_A_VARIANT}
        changed = {name: value for name, value in own.items() if value is not None}
        found.append((code, content.model_copy(update=changed)))
    return found


async def channels_of(world: World, item_code: str) -> list[ChannelRow]:
    """Return the rows of one item, channel by channel; tested means tested, lately, in force.

    Raises:
        guides.NoSuchGuide: no item has this code.
    """
    _ = await guides.entry(world, item_code)
    rows = await sql.rows(_ROWS, item_code)
    shown = [_shown(row) for row in rows]
    order = list(Channel)
    return sorted(shown, key=lambda row: (row.variant_code, order.index(row.channel)))


def _shown(row: sql.Row) -> ChannelRow:
    passed, served = set(row["passed"] or ()), row["served"]
    channel = Channel(row["channel"])
    cells = {}
    for ability in Ability:
        offer = Offer(row[ability.value])
        answers = served or channel is Channel.WINDOW
        tested = offer is Offer.LIVE and TRIAL_OF[ability].value in passed and answers
        cells[ability] = Cell(offer, tested)
    return ChannelRow(row["item_code"], row["variant_code"], channel, cells, row["reason_if_not"])


_IN_FORCE = """
    SELECT id AS item_id, current_version_id AS version_id FROM service_item
    WHERE kind = 'full' AND state = 'in_force' AND id > $1 ORDER BY id LIMIT $2
"""
_WRITE = """
    INSERT INTO item_channel (id, created_at, changed_at, item_id, item_code, variant_code, channel,
                              book, query, file, handle, reason_if_not)
    SELECT id, $1, $1, item_id, item_code, variant_code, channel, book, query, file, handle, reason
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[])
        AS new (id, item_id, item_code, variant_code, channel, book, query, file, handle, reason)
    ON CONFLICT (item_id, variant_code, channel) DO UPDATE
    SET changed_at = excluded.changed_at, item_code = excluded.item_code, book = excluded.book,
        query = excluded.query, file = excluded.file, handle = excluded.handle,
        reason_if_not = excluded.reason_if_not
    WHERE (item_channel.book, item_channel.query, item_channel.file, item_channel.handle,
           item_channel.reason_if_not)
        <> (excluded.book, excluded.query, excluded.file, excluded.handle, excluded.reason_if_not)
"""
_DROP_VARIANTS = """
    DELETE FROM item_channel WHERE item_id = ANY ($1::uuid[]) AND (item_id, variant_code) NOT IN
        (SELECT item_id, variant_code
         FROM unnest($2::uuid[], $3::text[]) AS kept (item_id, variant_code))
"""
_SWEEP = """
    DELETE FROM item_channel WHERE NOT EXISTS (
        SELECT 1 FROM service_item item
        WHERE item.id = item_channel.item_id AND item.kind = 'full' AND item.state = 'in_force')
"""
_ROWS = """
    SELECT cell.*, probe.outcome IS NOT DISTINCT FROM 'same'
            AND probe.true_hash8 = left(version.content_hash, 8) AS served,
        (SELECT array_agg(DISTINCT test.trial) FROM item_test test
         WHERE test.item_id = cell.item_id AND test.passed
             AND test.version_id = item.current_version_id) AS passed
    FROM item_channel cell
    JOIN service_item item ON item.id = cell.item_id
    JOIN service_item_version version ON version.id = item.current_version_id
    LEFT JOIN channel_probe probe ON probe.item_id = cell.item_id AND probe.channel = cell.channel
    WHERE cell.item_code = $1
"""
