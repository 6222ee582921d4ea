"""What happens in a life (人生大事), and what is to be done at the city then."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson

from citydesk.guides.catalogue import Entry, entries
from citydesk.guides.refusals import NoSuchLifeEvent
from citydesk.kit import sql
from citydesk.world import World

_STAFFS_LIFE_EVENTS = """
    SELECT phrase, content::text AS content FROM knowledge_line
    WHERE kind = 'life_event' AND undone_at IS NULL ORDER BY created_at, id
"""


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """Something that happens in a life (人生大事), and what is to be done at the city then."""

    event: str
    title: str
    note: str
    item_codes: tuple[str, ...]


async def life_events(world: World) -> tuple[LifeEvent, ...]:
    """Return the life events in order: those of the software, as staff have changed them."""
    found = {each.event: each for each in packaged_life_events()}
    for row in await sql.rows(_STAFFS_LIFE_EVENTS):
        told = orjson.loads(row["content"])
        codes = tuple(told["item_codes"])
        found[row["phrase"]] = LifeEvent(row["phrase"], told["title"], told["note"], codes)
    return tuple(each for each in found.values() if each.item_codes)


@cache
def packaged_life_events() -> tuple[LifeEvent, ...]:
    """Return the life events that come with the software."""
    text = (files("citydesk.guides.search") / "data" / "life_events.csv").read_text("utf-8")
    found: dict[str, LifeEvent] = {}
    for row in csv.DictReader(text.splitlines()):
        known = found.get(row["event"])
        codes = (*(known.item_codes if known else ()), row["item_code"])
        found[row["event"]] = LifeEvent(row["event"], row["title"], row["note"], codes)
    return tuple(found.values())


async def life_event(world: World, event: str) -> tuple[LifeEvent, Sequence[Entry]]:
    """Return one life event, and its items in the order they are usually done.

    Raises:
        NoSuchLifeEvent: there is none of this name.
    """
    for known in await life_events(world):
        if known.event == event:
            return known, await entries(world, known.item_codes)
    raise NoSuchLifeEvent("没有这一栏，请从人生大事的列表中重新选择。")
