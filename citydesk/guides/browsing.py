"""Leafing through the catalogue: by whom a matter is for and its theme, and by its first letter.

A process keeps the shelf it has sorted; one look at the revision tells whether it is still right:
what was published a moment ago stands on it.
"""

import asyncio
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from citydesk.guides.catalogue import Entry, entry_of
from citydesk.guides.refusals import NoSuchTheme
from citydesk.guides.theme_names import CORP_THEMES, PERSON_THEMES
from citydesk.kit import sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World

OTHER_LETTER = "#"
OTHER_THEME = "其他"
PERSON_CODE = "1"
ORGANISATION_CODES = frozenset("2346")
THEMES = ("themes_person", "themes_corp", "themes")  # elements of a guide; the last: local ones
LIST = 60


class Audience(StrEnum):
    """Whom a matter is for, as people look for it (服务对象); a matter may be for several."""

    PERSON = "person"
    ENTERPRISE = "enterprise"
    PROJECT = "project"


_ORDER = {
    Audience.PERSON: PERSON_THEMES,
    Audience.ENTERPRISE: CORP_THEMES,
    Audience.PROJECT: CORP_THEMES,
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Matters under one heading, and how many."""

    name: str
    items: int


@dataclass(frozen=True, slots=True)
class _Placed:
    """One item, where it stands on the shelf."""

    entry: Entry
    letter: str
    spelled: str
    themes: Mapping[Audience, tuple[str, ...]]
    halls: frozenset[str]


class _Shelves:
    """The catalogue sorted, at one revision."""

    def __init__(self) -> None:
        self.revision = -1
        self.items: list[_Placed] = []
        self.sorting = asyncio.Lock()


async def themes(world: World, audience: Audience) -> list[Shelf]:
    """Return the themes that have matters for these people, in the order of the national list."""
    counted = Counter(
        theme for item in await _items(world) for theme in item.themes.get(audience, ())
    )
    order = {theme: place for place, theme in enumerate(_ORDER[audience])}
    known = sorted(counted, key=lambda theme: (order.get(theme, len(order)), theme))
    return [Shelf(theme, counted[theme]) for theme in known]


async def of_theme(
    world: World, audience: Audience, theme: str, *, cursor: str | None = None, limit: int = LIST
) -> Page[Entry]:
    """Return a page of the matters of one theme for these people, as a dictionary sorts them.

    Raises:
        NoSuchTheme: nothing of this theme is for them. Invalid: the cursor is not one of ours.
    """
    found = [item for item in await _items(world) if theme in item.themes.get(audience, ())]
    if not found:
        raise NoSuchTheme("没有这个主题，请从主题列表中重新选择。", theme=theme[:40])
    return _page(found, cursor, limit)


async def letters(world: World) -> list[Shelf]:
    """Return the first letters (of the names as spelled in pinyin) that have matters, A to Z."""
    counted = Counter(item.letter for item in await _items(world))
    ordered = sorted(counted, key=lambda letter: (letter == OTHER_LETTER, letter))
    return [Shelf(letter, counted[letter]) for letter in ordered]


async def of_letter(
    world: World, letter: str, *, cursor: str | None = None, limit: int = LIST
) -> Page[Entry]:
    """Return a page of the matters whose name begins with a letter; empty when there is none.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    wanted = letter.upper()
    return _page([item for item in await _items(world) if item.letter == wanted], cursor, limit)


async def handled_at(world: World, hall_code: str, limit: int = 200) -> list[Entry]:
    """Return the matters whose guides name this hall, as a dictionary sorts them."""
    found = [item for item in await _items(world) if hall_code in item.halls]
    return [item.entry for item in found[:limit]]


def _page(found: Sequence[_Placed], cursor: str | None, limit: int) -> Page[Entry]:
    if cursor:
        spelled, code = decode_cursor(cursor, (str, str))
        found = [item for item in found if (item.spelled, item.entry.code) > (spelled, code)]
    shown, last = found[:limit], None
    if len(found) > limit:
        last = encode_cursor(shown[-1].spelled, shown[-1].entry.code)
    return Page([item.entry for item in shown], last)


_REVISION = "SELECT revision FROM catalogue_revision"
_ITEMS = """
    SELECT item.id, item.code, item.name, item.department, item.main_item, item.type_name,
           item.kind = 'full' AS complete, item.state, version.version_no, version.content_hash,
           coalesce(version.published_at, item.changed_at) AS as_of,
           (version.content -> 'addressees')::text AS addressees,
           (version.content -> 'themes')::text AS themes,
           (version.content -> 'themes_person')::text AS themes_person,
           (version.content -> 'themes_corp')::text AS themes_corp,
           jsonb_path_query_array(version.content, '$.places[*].hall')::text AS halls,
           coalesce((version.content ->> 'is_investment_project')::boolean, false) AS is_project
    FROM service_item item
    LEFT JOIN service_item_version version ON version.id = item.current_version_id
    WHERE item.state <> 'cancelled'
"""


async def _items(world: World) -> list[_Placed]:
    """The shelf as it stands now: sorted anew only when something was published since."""
    shelves = world.kept(_Shelves)
    revision = await sql.value(_REVISION) or 0
    if shelves.revision != revision:
        async with shelves.sorting:
            if shelves.revision != revision:
                rows = await sql.rows(_ITEMS)
                shelves.items = await asyncio.to_thread(_sorted, rows)
                shelves.revision = revision
    return shelves.items


def _sorted(rows: Sequence[sql.Row]) -> list[_Placed]:
    placed = [_placed(row) for row in rows]
    return sorted(placed, key=lambda item: (item.spelled, item.entry.code))


def _placed(row: sql.Row) -> _Placed:
    letter, spelled = spelling(row["name"])
    return _Placed(
        entry=entry_of(row),
        letter=letter,
        spelled=spelled,
        themes=audiences_of(
            orjson.loads(row["addressees"] or "[]"),
            {element: orjson.loads(row[element] or "[]") for element in THEMES},
            is_project=row["is_project"],
        ),
        halls=frozenset(orjson.loads(row["halls"] or "[]")),
    )


def spelling(name: str) -> tuple[str, str]:
    """Return the letter a name stands under, and the whole name as a dictionary sorts it."""
    from pypinyin import Style, lazy_pinyin  # 0.2 s of the start of a process that may never sort

    plain = unicodedata.normalize("NFKC", name)  # full-width letters are letters
    spelled = " ".join(lazy_pinyin(plain, style=Style.NORMAL, errors=_as_it_is)).lower()
    first = next((each for each in spelled if each.isalnum()), "")
    letter = first.upper() if first.isascii() and first.isalpha() else OTHER_LETTER
    return letter, spelled


def _as_it_is(word: str) -> str:
    return word


def audiences_of(
    addressees: Sequence[str], named: Mapping[str, Sequence[str]], *, is_project: bool
) -> dict[Audience, tuple[str, ...]]:
    """Return under which themes a matter stands, for each of those it is for.

    `named`: the guide's themes by the element they stand in. One without a theme of the national
    list stands under its local ones, else under 其他, so that nothing is lost.
    """
    local = tuple(named["themes"]) or (OTHER_THEME,)
    found: dict[Audience, tuple[str, ...]] = {}
    if PERSON_CODE in addressees:
        found[Audience.PERSON] = tuple(named["themes_person"]) or local
    if ORGANISATION_CODES & set(addressees):
        found[Audience.ENTERPRISE] = tuple(named["themes_corp"]) or local
    if is_project:
        found[Audience.PROJECT] = tuple(named["themes_corp"]) or local
    return found
