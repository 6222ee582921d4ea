"""The halls near a citizen: by where they stand, or by the district and street they name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from citydesk.organs.queries import halls, region_by_code
from citydesk.organs.rules import region_prefix
from citydesk.world import World
from models.organs import ServiceHall

EARTH_RADIUS_M = 6_371_000
_NEAR = 20


@dataclass(frozen=True, slots=True)
class Point:
    """A place on earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class NearHall:
    """A hall, and how far it is as the crow flies; None when nobody knows."""

    hall: ServiceHall
    distance_m: int | None


async def halls_near(world: World, point: Point, *, limit: int = _NEAR) -> list[NearHall]:
    """Return the halls from the nearest on; those whose place is not known come last."""
    return _by_distance(await halls(world), point)[:limit]


async def halls_of_place(world: World, region_code: str, *, limit: int = _NEAR) -> list[NearHall]:
    """Return the halls for somebody of a region (a district, a street, a community).

    First those within it, then those of ever wider regions around it; among equals the nearer to
    the middle of the district.

    Raises:
        NoSuchRegion: no region in force has this code.
    """
    code = (await region_by_code(world, region_code)).code
    every = await halls(world)
    own = [each for each in every if each.region_code[:6] == code[:6] and _point(each)]
    middle = _middle([point for each in own if (point := _point(each))])
    found = _by_distance(every, middle) if middle else [NearHall(each, None) for each in every]
    found.sort(key=lambda near: -_shared(near.hall.region_code, code))  # stable: nearer stay first
    return found[:limit]


def distance_m(one: Point, other: Point) -> int:
    """Return the way between two places as the crow flies, in metres (haversine)."""
    phi, psi = math.radians(one.latitude), math.radians(other.latitude)
    north, east = psi - phi, math.radians(other.longitude - one.longitude)
    chord = math.sin(north / 2) ** 2 + math.cos(phi) * math.cos(psi) * math.sin(east / 2) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord))))


def _by_distance(found: Sequence[ServiceHall], point: Point) -> list[NearHall]:
    near = [
        NearHall(hall, distance_m(point, at) if (at := _point(hall)) else None) for hall in found
    ]
    return sorted(near, key=lambda each: (each.distance_m is None, each.distance_m or 0))


def _point(hall: ServiceHall) -> Point | None:
    if hall.latitude is None or hall.longitude is None:
        return None
    return Point(hall.latitude, hall.longitude)


def _middle(points: Sequence[Point]) -> Point | None:
    if not points:
        return None
    return Point(
        sum(each.latitude for each in points) / len(points),
        sum(each.longitude for each in points) / len(points),
    )


def _shared(one: str, other: str) -> int:
    """How narrow a region both lie in: the length of the code of the hall's region, if it does."""
    prefix = region_prefix(one)
    return len(prefix) if other.startswith(prefix) else 0
