"""The index every search of this process reads: built beside the old one, swapped in one step.

Each process keeps its own and rebuilds it from the tables whenever the catalogue's revision has
been raised: by a publication, a list, or a change of what staff know about people's words.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from uuid import UUID

import orjson

from citydesk import organs
from citydesk.guides.refusals import NotReadyYet
from citydesk.guides.search.amending import Amended, changes, retold
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.items import Listed
from citydesk.guides.search.knowledge import Knowledge, StaffKnowledge, knowledge
from citydesk.guides.search.staff_knowledge import staff_knowledge
from citydesk.kit import sql
from citydesk.kit.ending import ended
from citydesk.kit.listening import Listener
from citydesk.world import World, database

FIRST_SECONDS = 3.0  # the longest that a question waits for the first index; the chat has 4.5
CHANNEL = "catalogue"  # a trigger on catalogue_revision notifies here, with every commit
LISTENER = "citydesk listening"  # how its connection is called in pg_stat_activity
UNHEARD_SECONDS = 0.5  # how often one looks while no notice can be relied upon …
HEARD_SECONDS = 5.0  # … and while one can
LARGE = 2_000  # items: a smaller index is built as fast as it is amended
MOST_AMENDED = 300  # items
SETTLE_SECONDS = 1.0
_NO_PLACE = ("minsize", "maxsize", "command_timeout")

_REVISION = "SELECT revision FROM catalogue_revision"
_ITEMS = """
    SELECT item.id, item.code, item.list_id, item.name, item.department, item.main_item,
           item.type_name, item.region_code, item.kind = 'full' AS complete, item.changed_at,
           item.state = 'in_force' AS in_force, item.popularity,
           version.id AS version_id, version.version_no, version.content_hash,
           version.published_at, (version.content -> 'plain_labels')::text AS labels
    FROM service_item item
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
"""
_SOME_ITEMS = f"{_ITEMS} WHERE item.id = ANY ($1::uuid[])"
# The transaction that wrote a row last: PostgreSQL's own mark of a change, whoever made it.
_MARKS = "SELECT id, xmin::text AS mark FROM service_item"


_Places = tuple[tuple[str, str], ...]  # names; of districts with their codes
_Synonyms = tuple[tuple[str, tuple[str, ...]], ...]
_Lines = tuple[_Synonyms, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Stock:
    """Everything an index is built from."""

    items: tuple[Listed, ...]
    staff: StaffKnowledge
    places: _Places
    marks: Mapping[UUID, str]  # of each item's row

    @property
    def key(self) -> tuple[object, ...]:
        """What an index of it depends on."""
        return self.items, _lines(self.staff), self.places


class Shelf:
    """The process's current index, and the lock that lets one change of it happen at a time."""

    def __init__(self) -> None:
        self.index: SearchIndex | None = None
        self.revision = -1  # of the catalogue, as the index shows it
        self.stock: _Stock | None = None  # what the index shows …
        self.whole: tuple[_Stock, SearchIndex] | None = None  # … and the last one built entirely
        self.rebuilding = asyncio.Lock()
        self.first: asyncio.Task[bool] | None = None
        self.settling: asyncio.Task[None] | None = None


async def current(world: World) -> SearchIndex:
    """Return the index, at once once there is one; the first one is waited for, 3 s at most.

    Raises:
        NotReadyYet: the process has just begun and its first index is not there yet.
    """
    shelf = world.kept(Shelf)
    return shelf.index or await _first(world, shelf)


async def _first(world: World, shelf: Shelf) -> SearchIndex:
    """Wait for the first index; whoever gives up waiting does not stop it from being made."""
    if shelf.first is None or shelf.first.done():
        shelf.first = asyncio.create_task(refresh(world))
    await asyncio.wait({shelf.first}, timeout=FIRST_SECONDS)
    if shelf.index is None:
        if shelf.first.done():
            shelf.first.result()  # raises what has prevented it
        raise NotReadyYet
    return shelf.index


async def refresh(world: World) -> bool:
    """Rebuild the index if the catalogue has changed since; return whether it did.

    One query of one row when nothing has changed.
    """
    shelf = world.kept(Shelf)
    async with shelf.rebuilding:
        # Read before the rows: a publication in between is then found by the next call.
        revision = await sql.value(_REVISION) or 0
        if shelf.index is not None and shelf.revision == revision:
            return False
        began = perf_counter()
        stock = await _stocked(world, shelf.stock)
        index = await asyncio.to_thread(_indexed, shelf.whole, stock)
        _put(shelf, stock, index)
        shelf.revision = revision
        took = round((perf_counter() - began) * 1000)
        amended = isinstance(index, Amended)
        world.log.info("guide index rebuilt", items=len(stock.items), ms=took, amended=amended)
        if amended and (shelf.settling is None or shelf.settling.done()):
            shelf.settling = asyncio.create_task(_settle(world, shelf))
    return True


async def _stocked(world: World, before: _Stock | None) -> _Stock:
    """Read what an index is built from; of a large catalogue only what has changed since."""
    staff, places = await staff_knowledge(), await _own_places(world)
    marks = {row["id"]: row["mark"] for row in await sql.rows(_MARKS)}
    if before is None or len(marks) < LARGE:
        rows = await sql.rows(_ITEMS)
        return _Stock(tuple(_listed(rows, staff)), staff, places, marks)
    told = staff.labels.keys() | before.staff.labels.keys()
    stale = {item for item in told if staff.labels.get(item) != before.staff.labels.get(item)}
    stale |= {item for item, mark in marks.items() if before.marks.get(item) != mark}
    rows = await sql.rows(_SOME_ITEMS, list(stale))
    fresh = {item.item_id: item for item in _listed(rows, staff)}
    kept = [item for item in before.items if item.item_id in marks]
    items = [fresh.pop(item.item_id, item) for item in kept]
    return _Stock((*items, *fresh.values()), staff, places, marks)


def _put(shelf: Shelf, stock: _Stock, index: SearchIndex) -> None:
    shelf.stock, shelf.index = stock, index
    if not isinstance(index, Amended):
        shelf.whole = (stock, index)


def _indexed(whole: tuple[_Stock, SearchIndex] | None, stock: _Stock) -> SearchIndex:
    """Return an index: a large one with few changes is amended, any other built."""
    return _amended(whole, stock) or _of(*stock.key)


def _amended(whole: tuple[_Stock, SearchIndex] | None, stock: _Stock) -> SearchIndex | None:
    """Amend the last whole index; None when that saves nothing, or more than items has changed."""
    if whole is None or len(stock.items) < LARGE:
        return None
    before, index = whole
    if before.key[1:] != stock.key[1:]:
        return None
    changed = changes(before.items, stock.items)
    if not changed.read_anew:
        return retold(index, changed)
    return Amended(index, changed) if changed.read_anew <= MOST_AMENDED else None


async def _settle(world: World, shelf: Shelf) -> None:
    """Build the whole index that an amended one stands for; changes meanwhile are amended on it."""
    try:
        while isinstance(shelf.index, Amended) and (stock := shelf.stock) is not None:
            await asyncio.sleep(SETTLE_SECONDS)  # publications seldom come alone
            whole = await asyncio.to_thread(_of, *stock.key)
            async with shelf.rebuilding:
                if not isinstance(shelf.index, Amended):
                    return  # a later one was built entirely
                if shelf.stock is not stock:  # amended again: build again, from here on
                    shelf.whole = (stock, whole)
                    continue
                _put(shelf, stock, whole)
    except Exception:  # the amended one goes on answering; the next change settles both
        world.log.warning("whole guide index not built", exc_info=True)


async def keep_fresh(world: World, settled: Callable[[], object] = lambda: None) -> None:
    """Let this process find every publication within a second, for as long as it runs.

    ``settled`` is called once, when the first index is there.

    PostgreSQL tells of it (LISTEN); while it cannot, the revision is looked at twice a second.
    """
    woken = asyncio.Event()
    place = database(world.settings.database_url)["connections"]["default"]["credentials"]
    place = {name: value for name, value in place.items() if name not in _NO_PLACE}
    place["server_settings"] = {"application_name": LISTENER}
    listener = Listener(place, CHANNEL, woken.set)
    listening = asyncio.create_task(listener.run())
    try:
        failing, unsettled = False, True
        while True:
            woken.clear()
            failing = not await _refreshed(world, failing)
            if unsettled and not failing:
                unsettled = False
                settled()
            pause = HEARD_SECONDS if listener.hearing and not failing else UNHEARD_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await woken.wait()
    finally:
        await ended([listening])


async def _refreshed(world: World, failing: bool) -> bool:
    """Refresh; return whether that went well. Of failures in a row the first one is logged."""
    try:
        await refresh(world)
    except Exception:
        if not failing:
            world.log.warning("catalogue not refreshed", exc_info=True)
        return False
    return True


async def build(world: World, staff: StaffKnowledge) -> SearchIndex:
    """Build an index of everything that can be found, with this knowledge of the staff's."""
    rows, places = await sql.rows(_ITEMS), await _own_places(world)

    def built() -> SearchIndex:
        return SearchIndex(_listed(rows, staff), _known(*_lines(staff)), dict(places))

    return await asyncio.to_thread(built)


@lru_cache(maxsize=1)
def _of(items: tuple[Listed, ...], lines: _Lines, places: _Places) -> SearchIndex:
    """Return the index of a stock; a change of which search sees nothing makes no new one."""
    return SearchIndex(items, _known(*lines), dict(places))


@lru_cache(maxsize=2)  # what is in force, and what is being tried
def _known(
    synonyms: _Synonyms, stop_phrases: tuple[str, ...], foreign: tuple[str, ...]
) -> Knowledge:
    """Return the knowledge; a publication changes none of it, so it need not be read again."""
    return knowledge(StaffKnowledge(synonyms, stop_phrases, foreign))


def _lines(staff: StaffKnowledge) -> _Lines:
    return staff.synonyms, staff.stop_phrases, staff.foreign


async def _own_places(world: World) -> _Places:
    """Return the names of the city, and of its districts with their codes: matters are ours."""
    top = (await organs.regions(world)).items
    below = [(await organs.regions(world, each.code)).items for each in top]
    districts = [(each.name, each.code) for level in below for each in level]
    return (*((each.name, "") for each in top), *districts)


def _listed(rows: Sequence[sql.Row], staff: StaffKnowledge) -> list[Listed]:
    return [
        Listed(
            item_id=row["id"],
            code=row["code"],
            list_id=row["list_id"],
            name=row["name"],
            department=row["department"],
            main_item=row["main_item"],
            labels=(*orjson.loads(row["labels"] or "[]"), *staff.labels.get(row["id"], ())),
            region_code=row["region_code"],
            complete=row["complete"],
            version_id=row["version_id"],
            version_no=row["version_no"] or 0,
            hash8=(row["content_hash"] or "")[:8],
            as_of=row["published_at"] or row["changed_at"],
            type_name=row["type_name"],
            in_force=row["in_force"],
            popularity=row["popularity"],
        )
        for row in rows
    ]
