"""Regions, halls and departments over HTTP: anyone may look."""

from typing import Annotated

from pydantic import BaseModel, Field

from citydesk import organs
from citydesk.kit.paging import MOST
from citydesk.kit.refusals import Invalid
from citydesk.organs import NearHall, Point
from mobile_api.api import ANYONE, Api, Call
from mobile_api.reading import Loose
from models.organs import (
    HallKind,
    HallMode,
    Organ,
    OrganKind,
    Region,
    RegionLevel,
    ServiceHall,
    ServiceWindow,
    WindowRole,
)

api = Api("organs")

RegionCode = Annotated[
    str, Field(pattern=r"^[0-9]{2,12}$", description="统计用区划代码，2 至 12 位，不足 12 位的补零")
]
HallCode = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$", description="大厅短代码，如 shenhe")
]
Cursor = Annotated[str, Field(max_length=200, description="上一页返回的 next_cursor")]
Limit = Annotated[int, Field(ge=1, le=MOST, description="每页条数")]


class WantedRegions(Loose):
    """Which regions: those right below one, or without a parent the city."""

    parent: RegionCode | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class WantedHalls(Loose):
    """Which halls: all, or those within a region, of a kind."""

    region: RegionCode | None = None
    kind: HallKind | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class WantedNear(Loose):
    """Near what: a place on earth, or the region somebody lives in."""

    lat: Annotated[float | None, Field(ge=-90, le=90, description="纬度（WGS 84）")] = None
    lon: Annotated[float | None, Field(ge=-180, le=180, description="经度（WGS 84）")] = None
    region: Annotated[RegionCode | None, Field(description="区、街道或社区的代码")] = None
    limit: Annotated[int, Field(ge=1, le=50, description="最多几个")] = 10


class WantedDepartments(Loose):
    """Which page of the departments."""

    cursor: Cursor | None = None
    limit: Limit = 50


class HallNamed(Loose):
    """One hall, by its short code."""

    code: HallCode


class RegionShown(BaseModel):
    """A region; level as in GB/T 39046 A.2."""

    code: str
    name: str
    level: RegionLevel
    parent_code: str | None


class RegionsShown(BaseModel):
    """A page of regions."""

    items: list[RegionShown]
    next_cursor: str | None


class DepartmentNamed(BaseModel):
    """A department by its short code and short name."""

    code: str
    name: str


class HallShown(BaseModel):
    """A hall as lists show it."""

    code: str
    name: str
    level: RegionLevel
    kind: HallKind
    region_code: str
    department: DepartmentNamed
    address: str
    phone: str
    hours: str
    opens: str
    closes: str
    mode: HallMode
    zones: list[str]


class HallsShown(BaseModel):
    """A page of halls."""

    items: list[HallShown]
    next_cursor: str | None


class NearHallShown(HallShown):
    """A hall, and how far it is as the crow flies, in metres; null when nobody knows."""

    distance_m: int | None


class WindowShown(BaseModel):
    """A window or desk and what it is for."""

    code: str
    name: str
    role: WindowRole


class HallInFull(HallShown):
    """A hall with its windows."""

    windows: list[WindowShown]


class DepartmentShown(BaseModel):
    """A department; kind as in GB/T 39046 A.3."""

    code: str
    name: str
    short_name: str
    kind: OrganKind
    region_code: str
    credit_code: str


class DepartmentsShown(BaseModel):
    """A page of departments."""

    items: list[DepartmentShown]
    next_cursor: str | None


def region_shown(region: Region) -> RegionShown:
    """A region as the app sees it."""
    return RegionShown(
        code=region.code, name=region.name, level=region.level, parent_code=region.parent_code
    )


def hall_shown(hall: ServiceHall) -> HallShown:
    """A hall as the app sees it in a list."""
    return HallShown(
        code=hall.code,
        name=hall.name,
        level=hall.level,
        kind=hall.kind,
        region_code=hall.region_code,
        department=DepartmentNamed(code=hall.organ.code, name=hall.organ.short_name),
        address=hall.address,
        phone=hall.phone,
        hours=hall.hours,
        opens=hall.opens,
        closes=hall.closes,
        mode=hall.mode,
        zones=hall.zones,
    )


def near_shown(near: NearHall) -> NearHallShown:
    """A hall and its distance as the app sees them."""
    return NearHallShown(**hall_shown(near.hall).model_dump(), distance_m=near.distance_m)


def window_shown(window: ServiceWindow) -> WindowShown:
    """A window as the app sees it."""
    return WindowShown(code=window.code, name=window.name, role=window.role)


def department_shown(organ: Organ) -> DepartmentShown:
    """A department as the app sees it."""
    return DepartmentShown(
        code=organ.code,
        name=organ.name,
        short_name=organ.short_name,
        kind=organ.kind,
        region_code=organ.region_code,
        credit_code=organ.credit_code,
    )


@api(
    "GET",
    "/regions",
    who=ANYONE,
    query=WantedRegions,
    out=RegionsShown,
    refusals=(organs.NoSuchRegion,),
)
async def list_regions(call: Call) -> RegionsShown:
    """List the regions right below one: city → districts → streets → communities."""
    asked: WantedRegions = call.query
    page = await organs.regions(call.world, asked.parent, cursor=asked.cursor, limit=asked.limit)
    return RegionsShown(
        items=[region_shown(each) for each in page.items], next_cursor=page.next_cursor
    )


@api(
    "GET", "/halls", who=ANYONE, query=WantedHalls, out=HallsShown, refusals=(organs.NoSuchRegion,)
)
async def list_halls(call: Call) -> HallsShown:
    """List the service halls, all or within a region: where, when open, which telephone."""
    asked: WantedHalls = call.query
    page = await organs.page_of_halls(
        call.world, asked.region, asked.kind, cursor=asked.cursor, limit=asked.limit
    )
    return HallsShown(items=[hall_shown(each) for each in page.items], next_cursor=page.next_cursor)


@api(
    "GET",
    "/nearby-halls",
    who=ANYONE,
    query=WantedNear,
    out=list[NearHallShown],
    refusals=(organs.NoSuchRegion, Invalid),
)
async def list_near(call: Call) -> list[NearHallShown]:
    """List the halls from the nearest on, by lat and lon, or by region when neither is given."""
    asked: WantedNear = call.query
    if asked.lat is not None and asked.lon is not None:
        point = Point(asked.lat, asked.lon)
        found = await organs.halls_near(call.world, point, limit=asked.limit)
    elif asked.region is not None:
        found = await organs.halls_of_place(call.world, asked.region, limit=asked.limit)
    else:
        raise Invalid(
            "请给出位置（lat 和 lon），或所在区划 region。",
            [{"field": "lat", "detail": "lat 和 lon 要一起给"}],
        )
    return [near_shown(each) for each in found]


@api(
    "GET",
    "/halls/{code}",
    who=ANYONE,
    path_form=HallNamed,
    out=HallInFull,
    refusals=(organs.NoSuchHall,),
)
async def show_hall(call: Call) -> HallInFull:
    """Show one hall with its windows and what each is for."""
    named: HallNamed = call.path
    hall = await organs.hall_by_code(call.world, named.code)
    windows = await organs.windows(call.world, hall.id)
    return HallInFull(
        **hall_shown(hall).model_dump(), windows=[window_shown(each) for each in windows]
    )


@api("GET", "/departments", who=ANYONE, query=WantedDepartments, out=DepartmentsShown)
async def list_departments(call: Call) -> DepartmentsShown:
    """List the city's departments and public utilities."""
    asked: WantedDepartments = call.query
    page = await organs.organs(call.world, cursor=asked.cursor, limit=asked.limit)
    return DepartmentsShown(
        items=[department_shown(each) for each in page.items], next_cursor=page.next_cursor
    )
