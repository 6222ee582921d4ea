"""Regions, departments, halls and windows, as people ask for them."""

from typing import TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from citydesk.kit import records, sql
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.organs.refusals import NoSuchHall, NoSuchOrgan, NoSuchRegion, NoSuchWindow
from citydesk.organs.rules import REGION_CODE_LENGTH, full_region_code, region_prefix
from citydesk.world import World
from models.organs import HallKind, Organ, Region, ServiceHall, ServiceWindow

Placed = TypeVar("Placed", Organ, ServiceHall)
_LIST = 50
_LARGEST = 2**31 - 1
_LONGEST_CODE = 32  # the ORM raises at a longer word, instead of finding no row


async def region_by_code(world: World, code: str) -> Region:
    """Return the region in force with this code, padded or not.

    Raises:
        NoSuchRegion: none in force has it.
    """
    whole, region = full_region_code(code), None
    if len(whole) == REGION_CODE_LENGTH:
        region = await Region.get_or_none(code=whole, valid_to=None)
    if region is None:
        raise NoSuchRegion("没有找到这个区划，请从列表中重新选择。", code=code)
    return region


async def regions(
    world: World, parent_code: str | None = None, *, cursor: str | None = None, limit: int = _LIST
) -> Page[Region]:
    """Return a page of the regions right below one, by code; without a parent, the top ones.

    Raises:
        NoSuchRegion: no region in force has the parent's code. Invalid: not a cursor of ours.
    """
    parent = (await region_by_code(world, parent_code)).code if parent_code else None
    wanted = Region.filter(parent_code=parent, valid_to=None).order_by("code")
    if cursor:
        [after] = decode_cursor(cursor, (str,))
        wanted = wanted.filter(code__gt=after[:REGION_CODE_LENGTH])
    found = await wanted.limit(limit + 1)
    more = len(found) > limit
    return Page(found[:limit], encode_cursor(found[limit - 1].code) if more else None)


async def organ_by_code(world: World, code: str) -> Organ:
    """Return a department by its short code; raises NoSuchOrgan."""
    organ = await records.one_of(Organ, "code = $1", code) if len(code) <= _LONGEST_CODE else None
    if organ is None:
        raise NoSuchOrgan("没有找到这个部门，请从部门列表中重新选择。", code=code)
    return organ


async def organ(world: World, organ_id: UUID) -> Organ:
    """Return a department by its identifier; raises NoSuchOrgan."""
    found = await records.one_of(Organ, "id = $1", organ_id)
    if found is None:
        raise NoSuchOrgan("没有找到这个部门，请从部门列表中重新选择。")
    return found


async def organs(world: World, *, cursor: str | None = None, limit: int = _LIST) -> Page[Organ]:
    """Return a page of the departments, in the city's own order; raises Invalid for a cursor."""
    return await _page(Organ.all(), cursor, limit)


async def hall(world: World, hall_id: UUID) -> ServiceHall:
    """Return a hall by its identifier; raises NoSuchHall."""
    found = await records.one_of(ServiceHall, "id = $1", hall_id)
    if found is None:
        raise NoSuchHall("没有找到这个办事大厅，请从大厅列表中重新选择。")
    return found


async def hall_by_code(world: World, code: str) -> ServiceHall:
    """Return a hall, with its organ, by its short code; raises NoSuchHall."""
    found = await bare_hall(world, code)
    found.organ = await organ(world, found.organ_id)
    return found


async def bare_hall(world: World, code: str) -> ServiceHall:
    """Return a hall, without its organ, by its short code; raises NoSuchHall."""
    found = None
    if len(code) <= _LONGEST_CODE:
        found = await records.one_of(ServiceHall, "code = $1", code)
    if found is None:
        raise NoSuchHall("没有找到这个办事大厅，请从大厅列表中重新选择。", code=code)
    return found


async def hall_name(world: World, hall_id: UUID) -> str:
    """Return the name of a hall by its identifier; raises NoSuchHall."""
    found: str | None = await sql.value("SELECT name FROM service_hall WHERE id = $1", hall_id)
    if found is None:
        raise NoSuchHall("没有找到这个办事大厅，请从大厅列表中重新选择。")
    return found


async def halls(
    world: World, region_code: str | None = None, kind: HallKind | None = None
) -> list[ServiceHall]:
    """Return all halls within a region (padded code or not) and of a kind, in the city's order."""
    return await _halls(region_code, kind).select_related("organ").order_by("position", "code")


async def page_of_halls(
    world: World,
    region_code: str | None = None,
    kind: HallKind | None = None,
    *,
    cursor: str | None = None,
    limit: int = _LIST,
) -> Page[ServiceHall]:
    """Return a page of the halls within a region, with their organs.

    Raises:
        NoSuchRegion: no region in force has this code. Invalid: not a cursor of ours.
    """
    if region_code:
        region_code = (await region_by_code(world, region_code)).code
    return await _page(_halls(region_code, kind).select_related("organ"), cursor, limit)


async def windows(world: World, hall_id: UUID, *, closed: bool = False) -> list[ServiceWindow]:
    """Return a hall's open windows and desks by their codes; with ``closed``, all of them."""
    wanted = ServiceWindow.filter(hall_id=hall_id)
    return await (wanted if closed else wanted.filter(is_open=True)).order_by("code")


async def window(world: World, window_id: UUID) -> ServiceWindow:
    """Return a window, with its hall, by its identifier; raises NoSuchWindow."""
    found = await ServiceWindow.get_or_none(id=window_id).select_related("hall")
    if found is None:
        raise NoSuchWindow("没有找到这个窗口，请从窗口列表中重新选择。")
    return found


def _halls(region_code: str | None, kind: HallKind | None) -> QuerySet[ServiceHall]:
    wanted = ServiceHall.all()
    if region_code:
        wanted = wanted.filter(region_code__startswith=region_prefix(region_code))
    return wanted.filter(kind=kind) if kind else wanted


async def _page(wanted: QuerySet[Placed], cursor: str | None, limit: int) -> Page[Placed]:
    """Return the rows after a cursor by position; one row too many tells of another page."""
    if cursor:
        position, word = decode_cursor(cursor, (int, str))
        after, code = max(0, min(position, _LARGEST)), word[:_LONGEST_CODE]
        wanted = wanted.filter(Q(position__gt=after) | Q(position=after, code__gt=code))
    found = await wanted.order_by("position", "code").limit(limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], encode_cursor(last.position, last.code) if last else None)
