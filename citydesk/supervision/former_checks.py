"""Looking at departments' former pages, once a day: redirected, still live, or dead."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from time import perf_counter
from urllib.parse import urlsplit

from citydesk.gateways.former_sites import FormerSites, Looked, NotLookedAt
from citydesk.kit import sql
from citydesk.kit.troubles import GatewayTrouble
from citydesk.supervision.former_pages import host_of, target_of
from citydesk.world import World
from models.supervision import FormerState

DAILY = timedelta(days=1)
RUN_SECONDS = 10.0
AT_ONCE, HOSTS_AT_ONCE = 100, 4
MOST_HOPS = 5
DEAD_AFTER_SILENCES = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at a former page showed; ``state`` None: no answer this time."""

    state: FormerState | None
    status: int | None
    leads_to: str
    detail: str


async def check_former_pages(world: World, *, seconds: float = RUN_SECONDS) -> int:
    """Look at the pages looked at longest ago, a site at most one page at a time.

    Returns how many pages now stand in another state than before.
    """
    until = perf_counter() + seconds
    rows = await sql.rows(_STALE, world.clock.now() - DAILY, AT_ONCE)
    sites = [list(pages) for _, pages in groupby(rows, key=lambda row: row["host"])]
    free = asyncio.Semaphore(HOSTS_AT_ONCE)

    async def visit(pages: Sequence[sql.Row]) -> int:
        changed = 0
        for page in pages:
            async with free:
                if perf_counter() < until:
                    changed += await _settle(world, page, await _judge(world, page))
        return changed

    return sum(await asyncio.gather(*(visit(pages) for pages in sites)))


async def _judge(world: World, page: sql.Row) -> Verdict:
    """Follow a former page to where it ends, in five steps at most."""
    sites = FormerSites(world.http, inside=not world.settings.production)
    ours = host_of(world.settings.public_url)
    address, first = page["address"], None
    try:
        for _ in range(MOST_HOPS):
            looked = await sites.look(address)
            first = first or looked.status
            if not looked.leads_to:
                return _ended(looked, first, address if address != page["address"] else "")
            address = looked.leads_to
            if host_of(address) == ours:
                return _arrived(page, address, first)
    except NotLookedAt:
        return Verdict(FormerState.STILL_LIVE, first, address, "转到了不能核对的网址")
    except GatewayTrouble as trouble:
        return Verdict(None, first, "", f"没有响应：{trouble}"[:400])
    return Verdict(FormerState.STILL_LIVE, first, address, "转来转去，没有到达平台")


def _arrived(page: sql.Row, address: str, status: int) -> Verdict:
    path = urlsplit(address).path
    meant = target_of(page["department"], page["item_code"])
    right = path == meant or path.startswith("/former/")
    detail = "" if right else "转到了平台，但不是登记的那个页面"
    return Verdict(FormerState.REDIRECTED, status, address, detail)


def _ended(looked: Looked, first: int, leads_to: str) -> Verdict:
    if looked.status >= 500:
        return Verdict(None, first, leads_to, f"对方服务器出错（{looked.status}）")
    if looked.status >= 400:
        return Verdict(FormerState.DEAD, first, leads_to, f"打不开（{looked.status}）")
    detail = "转到了平台以外的网页" if leads_to else "旧网页还在，没有转到平台"
    return Verdict(FormerState.STILL_LIVE, first, leads_to, detail)


async def _settle(world: World, page: sql.Row, verdict: Verdict) -> bool:
    """Write what was seen; a page that gave no answer three times running is dead."""
    silent = page["silent_times"] + 1 if verdict.state is None else 0
    state = verdict.state or FormerState(page["state"])
    if silent >= DEAD_AFTER_SILENCES:
        state = FormerState.DEAD
    async with world.transaction() as tx:
        await sql.run(
            _SETTLE,
            page["id"],
            tx.at,
            state.value,
            verdict.detail,
            verdict.status,
            verdict.leads_to,
            min(silent, DEAD_AFTER_SILENCES),
        )
    changed: bool = state.value != page["state"]
    return changed


_STALE = """
    SELECT *, split_part(place, '/', 1) AS host FROM (
        SELECT * FROM former_page WHERE checked_at IS NULL OR checked_at <= $1
        ORDER BY checked_at NULLS FIRST, place LIMIT $2) stale
    ORDER BY host, place
"""
_SETTLE = """
    UPDATE former_page
    SET checked_at = $2, since = CASE WHEN state = $3 THEN since ELSE $2 END, state = $3,
        detail = $4, status = $5, leads_to = $6, silent_times = $7
    WHERE id = $1
"""
