"""Departments' former pages (部门旧网页): who still keeps one, and where it leads people now.

From 2019 on departments keep no pages of their own for guides and filing. An old link must lead to
the platform: either the department's server sends people to ``/former/…``, or its name points at
us; both end at the guide. A task looks at every registered page once a day.
"""

import csv
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote_to_bytes, urlsplit
from uuid import UUID

from citydesk import guides
from citydesk.gateways.former_sites import NotLookedAt, checked
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.supervision.refusals import BadFormerPage, NoSuchSupervised
from citydesk.world import World
from models.supervision import FormerPage, FormerState

MOST_LINES = 500
PAGE_SIZE = 50
PLAIN = "/:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class FormerCount:
    """How many registered pages stand in a state."""

    state: FormerState
    pages: int


def place_of(address: str) -> str:
    """Return host, path and query of an address: what tells one former page from another.

    Raises:
        NotLookedAt: not an address of the web.
    """
    host, port = checked(address)
    parts = urlsplit(address)
    named = host.lower().rstrip(".") + ("" if port in (80, 443) else f":{port}")
    # One spelling for what may be written plainly or with percent signs, in whatever alphabet.
    path = quote(unquote_to_bytes(parts.path or "/"), safe=PLAIN)
    query = f"?{parts.query}" if parts.query else ""
    return f"{named}{path}{query}"


async def register_former_pages(world: World, officer: Officer | None, text: str) -> int:
    """Take pages into the register, a line each: address, department, item code (or nothing).

    Known addresses get the department and item given now. Returns how many were new or changed.

    Raises:
        BadFormerPage: naming every line at fault; nothing is taken then.
    """
    lines = [line for line in text.replace("\t", ",").splitlines() if line.strip()]
    if not lines or len(lines) > MOST_LINES:
        raise BadFormerPage(f"请填写1到{MOST_LINES}行旧网页，每行一个。", _at("lines", "行数不对"))
    known = {each.name for each in await guides.departments(world)}
    taken: list[tuple[str, str, str, str]] = []
    faults: list[dict[str, str]] = []
    for number, cells in enumerate(csv.reader(lines), 1):
        address, department, code = ([each.strip() for each in cells] + ["", "", ""])[:3]
        if fault := await _fault(world, address, department, code, known):
            faults += _at("lines", f"第{number}行：{fault}")
        else:
            taken.append((address, place_of(address), department, code))
    if faults:
        raise BadFormerPage(f"有{len(faults)}行需要改正，一行也没有登记。", faults[:50])
    by = officer.officer_id if officer else None
    async with world.transaction() as tx:
        return sum(
            [
                await sql.run(_TAKE, new_id(), tx.at, by, *each)
                for each in sorted(taken, key=lambda each: each[1])
            ]
        )


async def _fault(world: World, address: str, department: str, code: str, known: set[str]) -> str:
    """What is wrong with a line; "" for nothing."""
    try:
        place = place_of(address)
    except NotLookedAt:
        return "网址不对，例：http://www.example.cn/bszn/1.html"
    if place.partition("/")[0] == host_of(world.settings.public_url):
        return "这是本平台自己的网址"
    if department not in known:
        return "部门名称要和事项目录里的全称一致"
    if code:
        try:
            _ = await guides.entry(world, code)
        except guides.NoSuchGuide:
            return "没有这个事项编码"
    return ""


def _at(field: str, detail: str) -> list[dict[str, str]]:
    return [{"field": field, "detail": detail}]


def host_of(address: str) -> str:
    """Return host and port of an address; raises NotLookedAt."""
    return place_of(address).partition("/")[0]


async def forget_former_page(world: World, officer: Officer, page_id: UUID) -> None:
    """Take a page out of the register: it was entered by mistake."""
    async with world.transaction():
        if not await sql.run("DELETE FROM former_page WHERE id = $1", page_id):
            raise NoSuchSupervised("没有找到这个旧网页，请刷新后再试。")
    world.log.info("former_page_forgotten", page=str(page_id), by=str(officer.officer_id))


async def former_pages(
    world: World,
    state: FormerState | None = None,
    *,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> Page[FormerPage]:
    """Return a page of the register, by place; raises Invalid for a cursor not of ours."""
    wanted = FormerPage.filter(state=state) if state else FormerPage.all()
    if cursor:
        [after] = decode_cursor(cursor, (str,))
        wanted = wanted.filter(place__gt=after)
    found = await wanted.order_by("place").limit(limit + 1)
    more = len(found) > limit
    return Page(found[:limit], encode_cursor(found[limit - 1].place) if more else None)


async def former_counts(world: World) -> list[FormerCount]:
    """Return how many pages stand in each state."""
    rows = await sql.rows("SELECT state, count(*) AS pages FROM former_page GROUP BY state")
    found = {row["state"]: row["pages"] for row in rows}
    return [FormerCount(state, found.get(state.value, 0)) for state in FormerState]


async def former_target(world: World, address: str, *, count: bool = True) -> str | None:
    """Return where a former page leads: a path of ours; None for a page not registered."""
    try:
        row = await sql.row(_FOUND, place_of(address))
    except NotLookedAt:
        return None
    if row is None:
        return None
    if count:
        await sql.run(_VISITED, row["id"], world.clock.now())
    return target_of(row["department"], row["item_code"])


def target_of(department: str, item_code: str) -> str:
    """Return the page of ours that a former page stands for."""
    if item_code:
        return f"/guides/{quote(item_code, safe='')}"
    return f"/departments/{quote(department, safe='')}"


@dataclass(frozen=True, slots=True)
class FormerVisit:
    """How often people still come by old links, and when last."""

    visits: int
    last_at: datetime | None


async def former_visits(world: World) -> FormerVisit:
    """Return how many people old links have brought so far."""
    row = await sql.row(
        "SELECT coalesce(sum(visits), 0) AS n, max(visited_at) AS at FROM former_page"
    )
    assert row is not None
    return FormerVisit(int(row["n"]), row["at"])


_TAKE = """
    INSERT INTO former_page (id, created_at, since, added_by, address, place, department, item_code,
                             state)
    VALUES ($1, $2, $2, $3, $4, $5, $6, $7, 'unknown')
    ON CONFLICT (place) DO UPDATE
    SET address = excluded.address, department = excluded.department,
        item_code = excluded.item_code, checked_at = NULL
    WHERE (former_page.department, former_page.item_code)
        <> (excluded.department, excluded.item_code)
"""
_FOUND = "SELECT id, department, item_code FROM former_page WHERE place = $1"
_VISITED = "UPDATE former_page SET visits = visits + 1, visited_at = $2 WHERE id = $1"
