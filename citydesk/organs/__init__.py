"""Regions, organs, halls (机构、区划、大厅): where the city is, who serves, and at which window.

Regions are a tree of 12-digit statistical codes, city to community, dated. Organs stand in two
trees: the administrative one and the professional line. A hall has windows, each with one role:
whoever sits at a front desk does not review there.
"""

from citydesk.organs.actions import Loaded, change_window, load
from citydesk.organs.near import NearHall, Point, distance_m, halls_near, halls_of_place
from citydesk.organs.queries import (
    bare_hall,
    hall,
    hall_by_code,
    hall_name,
    halls,
    organ,
    organ_by_code,
    organs,
    page_of_halls,
    region_by_code,
    regions,
    window,
    windows,
)
from citydesk.organs.refusals import (
    NoSuchHall,
    NoSuchOrgan,
    NoSuchRegion,
    NoSuchWindow,
    WrongWindow,
)
from citydesk.organs.rules import (
    ItemCode,
    credit_code_check,
    full_region_code,
    is_credit_code,
    item_code,
    level_of,
    region_prefix,
)
from models.organs import ServiceWindow, WindowRole

__all__ = [
    "ItemCode",
    "Loaded",
    "NearHall",
    "NoSuchHall",
    "NoSuchOrgan",
    "NoSuchRegion",
    "NoSuchWindow",
    "Point",
    "ServiceWindow",
    "WindowRole",
    "WrongWindow",
    "bare_hall",
    "change_window",
    "credit_code_check",
    "distance_m",
    "full_region_code",
    "hall",
    "hall_by_code",
    "hall_name",
    "halls",
    "halls_near",
    "halls_of_place",
    "is_credit_code",
    "item_code",
    "level_of",
    "load",
    "organ",
    "organ_by_code",
    "organs",
    "page_of_halls",
    "region_by_code",
    "region_prefix",
    "regions",
    "window",
    "windows",
]
