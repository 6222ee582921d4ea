"""What people come for: guides opened, places booked and cases filed in the last 90 days.

It breaks ties between guides that fit a question alike, and makes the list of common matters. A
process counts what is opened and writes the counts down once a second; every night they are
weighed. Counted are days and items; who it was is never noted. The list of the staff's
(``data/hot.txt``) only stands in until there is something to count.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from heapq import nlargest
from math import log1p
from uuid import UUID

from citydesk.guides.actions import LOCK, RAISE_REVISION
from citydesk.guides.search.answering import Found, listed_as, search
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.knowledge import knowledge
from citydesk.guides.search.shelf import current
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World

COUNTED_DAYS = 90
ACTED = 5  # a place booked or a case filed says more than a page opened
SEED = 20  # uses that a matter of the staff's list begins with
FEWEST_USES = 100  # of all items together: with fewer, the staff's list alone is gone by
MOST_WAITING = 5_000  # items a process holds counts of until they are written
WRITING_SECONDS = 1.0
HIGHEST = 100
MOST_LISTED = 50
_ROBOTS = ("bot", "spider", "crawl", "citydesk-prober")


class Counts:
    """What this process has shown and not written down yet: how often, by the item's code."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.writing = asyncio.Lock()


class Common:
    """The items most come for, as one index has them: worked out once an index."""

    def __init__(self) -> None:
        self.index: SearchIndex | None = None
        self.numbers: tuple[int, ...] = ()


def note_opened(world: World, item_code: str, agent: str = "") -> None:
    """Count a guide that somebody has opened; never waits, never fails.

    `agent` is what a browser calls itself: machines that read every page count for nobody.
    """
    opened = world.kept(Counts).opened
    known = item_code in opened or len(opened) < MOST_WAITING
    if known and not any(robot in agent.lower() for robot in _ROBOTS):
        opened[item_code] += 1


async def write_uses(world: World) -> int:
    """Write down what was opened; return how many items that were.

    Whoever returns from it finds everything written that was counted before, whoever wrote it.
    """
    counts = world.kept(Counts)
    async with counts.writing:
        return await _write_uses(world, counts)


async def _write_uses(world: World, counts: Counts) -> int:
    if not counts.opened:
        return 0
    taken, counts.opened = counts.opened, Counter()
    codes = sorted(taken)  # several processes lock in one order
    try:
        async with world.transaction() as tx:
            await sql.run(
                _WRITE,
                [new_id() for _ in codes],
                codes,
                [taken[code] for code in codes],
                world.clock.today(),
                tx.at,
            )
    except Exception:
        counts.opened.update(taken)
        raise
    return len(codes)


async def keep_counting(world: World) -> None:
    """Write down every second, for as long as the process runs; what fails is tried again."""
    while True:
        await asyncio.sleep(WRITING_SECONDS)
        with suppress(Exception):
            await write_uses(world)


def counted_since(world: World) -> date:
    """Return the first day that counts."""
    return world.clock.today() - timedelta(days=COUNTED_DAYS)


async def weigh_popularity(world: World, *acted: Mapping[str, int]) -> int:
    """Weigh what people came for; return how many items weigh otherwise than before.

    `acted` says how often places were booked and cases filed since ``counted_since``, by item code.
    Counts older than that are forgotten. Every process hears of it and swaps its index.
    """
    first = counted_since(world)
    await sql.run("DELETE FROM item_use WHERE used_on < $1", first)
    rows = await sql.rows(_USES, first)
    uses = {row["id"]: row["times"] + _acted(row["code"], acted) for row in rows}
    seeded = {found.item_id for found in await _staff_list(world)}
    enough = sum(uses.values()) >= FEWEST_USES
    weights = _weights(uses, seeded) if enough else {}
    before = {row["id"]: row["popularity"] for row in rows}
    changed = sorted(item for item in before if before[item] != weights.get(item))
    if not changed:
        return 0
    async with world.transaction():
        await sql.row(LOCK)
        await sql.run(RAISE_REVISION)
        await sql.run(_WEIGH, changed, [weights.get(item) for item in changed])
    return len(changed)


async def hot(world: World, limit: int = 10) -> list[Found]:
    """Return the matters most people come for: by what was counted, else by the staff's list."""
    index = await current(world)
    found = {item: listed_as(index.items[item]) for item in _most_used(world, index)[:limit]}
    if len(found) >= limit:
        return list(found.values())
    known = {each.item_id for each in found.values()}
    listed = [each for each in await _staff_list(world) if each.item_id not in known]
    return [*found.values(), *listed][:limit]


def _most_used(world: World, index: SearchIndex) -> tuple[int, ...]:
    """Return the numbers of the complete items most come for; () before any are weighed."""
    common = world.kept(Common)
    if common.index is not index:
        weighed = (
            (item.popularity, -number)
            for number, item in enumerate(index.items)
            if item.popularity and item.complete and item.in_force
        )
        common.numbers = tuple(-number for _, number in nlargest(MOST_LISTED, weighed))
        common.index = index
    return common.numbers


def _acted(code: str, acted: tuple[Mapping[str, int], ...]) -> int:
    return ACTED * sum(counts.get(code, 0) for counts in acted)


def _weights(uses: Mapping[UUID, int], seeded: set[UUID]) -> dict[UUID, int]:
    """Return 0 to 100 by the logarithm of the uses: a flood on one item drowns nobody else."""
    counted = {item: times + SEED * (item in seeded) for item, times in uses.items()}
    most = log1p(max(counted.values()))
    return {item: round(HIGHEST * log1p(times) / most) for item, times in counted.items()}


async def _staff_list(world: World) -> list[Found]:
    """Return the matters staff have listed, in their order."""
    found: dict[UUID, Found] = {}
    for words in knowledge().hot:
        for answer in await search(world, words, limit=1):
            if answer.complete:
                found.setdefault(answer.item_id, answer)
    return list(found.values())


_WRITE = """
    INSERT INTO item_use AS kept (id, created_at, item_id, used_on, times)
    SELECT DISTINCT ON (item.id) new.id, $5, item.id, $4, new.times
    FROM unnest($1::uuid[], $2::text[], $3::int[]) AS new (id, code, times)
    JOIN service_item item ON item.code = new.code
    ORDER BY item.id
    ON CONFLICT (item_id, used_on) DO UPDATE SET times = kept.times + excluded.times
"""
_USES = """
    SELECT item.id, item.code, item.popularity, coalesce(used.times, 0)::int AS times
    FROM service_item item
    LEFT JOIN (SELECT item_id, sum(times) AS times FROM item_use WHERE used_on >= $1
               GROUP BY item_id) used ON used.item_id = item.id
"""
_WEIGH = """
    UPDATE service_item item SET popularity = new.popularity
    FROM unnest($1::uuid[], $2::smallint[]) AS new (id, popularity) WHERE item.id = new.id
"""
