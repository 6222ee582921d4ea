"""The halls near a citizen: by district and street, or by where the phone says it is."""

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.kit.refusals import Missing
from citydesk.organs import NearHall, Point
from models.organs import HallKind, HallMode, Region, ServiceHall
from portal.visits import PUBLIC, Pages, Visit

pages = Pages()
CITY_CODE = "210100000000"
MOST_REGIONS = 100  # a district has some dozens of streets
MOST_ITEMS = 200
KINDS = {
    HallKind.CENTRE: "政务服务中心",
    HallKind.SUB_CENTRE: "专业分中心",
    HallKind.STREET: "街道便民服务中心",
    HallKind.COMMUNITY: "社区便民服务站",
}
MODES = {
    HallMode.COMPREHENSIVE: "综合窗口：任何一个窗口都能受理",
    HallMode.BY_DEPARTMENT: "部门窗口：按部门找窗口",
}


@pages.get("/halls", who=PUBLIC)
async def halls(visit: Visit) -> Response:
    """GET /halls?district&street or ?lat&lon: the halls, the nearest first."""
    here = _point(visit)
    district = visit.asked("district", 12)
    streets = await _regions(visit, district) if district else []
    street = visit.asked("street", 12)
    place = street if any(each.code == street for each in streets) else district
    return visit.page(
        "halls.html",
        section="halls",
        districts=await _regions(visit, CITY_CODE),
        district=district,
        streets=streets,
        street=street,
        located=here is not None,
        near=await _near(visit, here, place),
        kinds=KINDS,
        far=far,
    )


@pages.get("/halls/{code}", who=PUBLIC)
async def hall(visit: Visit) -> Response:
    """GET /halls/{code}: where it is, when it is open, its windows, what is handled there."""
    found = await organs.hall_by_code(visit.world, visit.path["code"])
    return visit.page(
        "hall.html",
        section="halls",
        hall=found,
        kind=KINDS[found.kind],
        mode=MODES[found.mode],
        windows=await organs.windows(visit.world, found.id),
        entries=await guides.handled_at(visit.world, found.code, MOST_ITEMS),
    )


def far(near: NearHall) -> str:
    """Say a distance: 860 米, 3.2 公里; "" when nobody knows it."""
    if near.distance_m is None:
        return ""
    if near.distance_m < 1000:
        return f"约 {max(10, round(near.distance_m, -1))} 米"
    return f"约 {near.distance_m / 1000:.1f} 公里"


async def _near(visit: Visit, here: Point | None, place: str) -> list[NearHall]:
    if here is not None:
        return await organs.halls_near(visit.world, here)
    if place:
        return await organs.halls_of_place(visit.world, place)
    every: list[ServiceHall] = await organs.halls(visit.world)
    return [NearHall(each, None) for each in every]


def _point(visit: Visit) -> Point | None:
    """Where the phone says it is; None when it does not, or nowhere on earth."""
    try:
        latitude, longitude = (float(visit.asked(name, 12)) for name in ("lat", "lon"))
    except ValueError:
        return None
    fits = -90 <= latitude <= 90 and -180 <= longitude <= 180  # false for "nan", too
    return Point(latitude, longitude) if fits else None


async def _regions(visit: Visit, parent: str) -> list[Region]:
    try:
        return (await organs.regions(visit.world, parent, limit=MOST_REGIONS)).items
    except Missing:
        return []
