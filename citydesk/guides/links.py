"""Do the addresses in our guides answer, and are they ours (Q15)? A job looks, never the save.

Where a citizen is sent to act, or to fetch a form, must be on this platform; to read elsewhere (a
court's page, the department's own system) is allowed, if it answers.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from citydesk.gateways.former_sites import FormerSites, NotLookedAt
from citydesk.guides.content import GuideContent
from citydesk.guides.element_names import name_of
from citydesk.guides.queries import version
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World

AT_ONCE, TOGETHER = 60, 4
RUN_SECONDS = 20.0
LOOKED_AT_EVERY = timedelta(hours=20)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
WELL = range(200, 300)
MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a guide; `ours`: it has to be on this platform."""

    element: str
    url: str
    ours: bool


@dataclass(frozen=True, slots=True)
class LinkFault:
    """An address that does not answer as it should, in which guide and element."""

    item_code: str
    item_name: str
    department: str
    element: str
    url: str
    status: int | None
    fault: str
    checked_at: datetime

    @property
    def label(self) -> str:
        """The element in words."""
        return name_of(self.element)


def links_of(content: GuideContent) -> list[Link]:
    """Return every address a guide holds, with its element."""
    return [link for link in _links(content) if link.url]


def _links(content: GuideContent) -> Iterator[Link]:
    for name in ("online_url", "mobile_url", "app_url"):
        yield Link(name, getattr(content, name), True)
    for name in ("consult_net", "complain_net"):
        yield Link(name, getattr(content, name), False)
    if content.flow_image:
        yield Link("flow_image.href", content.flow_image.href, True)
    if content.result.sample:
        yield Link("result.sample.href", content.result.sample.href, True)
    for number, material in enumerate(content.materials):
        for name in ("blank_form", "sample", "source_link"):
            if file := getattr(material, name):
                ours = name != "source_link"
                yield Link(f"materials.{number}.{name}.href", file.href, ours)
    for name in ("review_organ", "litigation_court", "dept_system"):
        if body := getattr(content, name):
            yield Link(f"{name}.url", body.url, False)


async def check_links(world: World, *, seconds: float = RUN_SECONDS) -> int:
    """Look at the addresses looked at longest ago; return how many have a fault now.

    Stops by itself after some seconds, and goes on next time where it stopped.
    """
    await _lay(world)
    until = perf_counter() + seconds
    rows = await sql.rows(_STALE, world.clock.now() - LOOKED_AT_EVERY, AT_ONCE)
    free = asyncio.Semaphore(TOGETHER)

    async def look(row: sql.Row) -> int:
        async with free:
            if perf_counter() > until:
                return 0
            status, fault = await _judge(world, row["url"], _must_be_ours(row["element"]))
        await sql.run(_SETTLE, row["id"], status, fault[:200], world.clock.now())
        return bool(fault)

    return sum(await asyncio.gather(*(look(row) for row in rows)))


async def link_faults(world: World, organ_code: str | None = None) -> list[LinkFault]:
    """Return the addresses that do not answer as they should, by department and item."""
    rows = await sql.rows(_FAULTS, organ_code, MOST_SHOWN)
    return [LinkFault(**dict(row)) for row in rows]


async def _judge(world: World, url: str, must_be_ours: bool) -> tuple[int | None, str]:
    """Look once; return the status and what is wrong, "" for nothing."""
    home = world.settings.public_url
    address = urljoin(home, url)
    ours = urlsplit(address).netloc == urlsplit(home).netloc
    if must_be_ours and not ours:
        return None, "不是本平台的地址"
    try:
        if ours:  # our own address, set by who runs this: it may well be an inner one
            status = (await world.http.call("GET", address)).status
        else:
            sites = FormerSites(world.http, inside=not world.settings.production)
            status = (await sites.look(address)).status
    except NotLookedAt:
        return None, "不是可以核对的网址"
    except GatewayTrouble:
        return None, "没有响应"
    return status, "" if status in WELL else f"打不开（{status}）"


def _must_be_ours(element: str) -> bool:
    elsewhere = element.endswith((".url", ".source_link.href"))
    return not elsewhere and element not in ("consult_net", "complain_net")


class _Laid:
    """At which revision of the catalogue the list of addresses was written last."""

    revision = -1


async def _lay(world: World) -> None:
    """Write down which addresses there are to be looked at, when the catalogue has changed."""
    laid = world.kept(_Laid)
    revision: int = await sql.value("SELECT revision FROM catalogue_revision") or 0
    if laid.revision == revision:
        return
    found: list[tuple[UUID, Link]] = []
    for row in await sql.rows(_IN_FORCE):
        guide = await version(world, row["current_version_id"])
        found += [(guide.item_id, link) for link in links_of(guide.content)]
    columns = (
        [item_id for item_id, _ in found],
        [link.element for _, link in found],
        [link.url for _, link in found],
    )
    async with world.transaction() as tx:
        await sql.run(_FORGET, *columns)
        await sql.run(_ADD, tx.at, NEVER, [new_id() for _ in found], *columns)
    laid.revision = revision


_IN_FORCE = """
    SELECT current_version_id FROM service_item
    WHERE kind = 'full' AND state <> 'cancelled' ORDER BY id
"""
_FORGET = """
    DELETE FROM link_finding finding
    WHERE NOT EXISTS (
        SELECT FROM unnest($1::uuid[], $2::text[], $3::text[]) AS there (item_id, element, url)
        WHERE there.item_id = finding.item_id AND there.element = finding.element
          AND there.url = finding.url)
"""
_ADD = """
    INSERT INTO link_finding (id, created_at, checked_at, item_id, element, url)
    SELECT id, $1, $2, item_id, element, url
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[])
        AS new (id, item_id, element, url)
    ON CONFLICT (item_id, element, url) DO NOTHING
"""
_STALE = """
    SELECT id, element, url FROM link_finding WHERE checked_at < $1
    ORDER BY checked_at, id LIMIT $2
"""
_SETTLE = "UPDATE link_finding SET status = $2, fault = $3, checked_at = $4 WHERE id = $1"
_FAULTS = """
    SELECT item.code AS item_code, item.name AS item_name, item.department, finding.element,
           finding.url, finding.status, finding.fault, finding.checked_at
    FROM link_finding finding JOIN service_item item ON item.id = finding.item_id
    WHERE finding.fault <> '' AND ($1::text IS NULL OR item.organ_code = $1)
    ORDER BY item.department, item.name, finding.element LIMIT $2
"""
