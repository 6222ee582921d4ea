"""Which district's hall a follower turned to last, at hand for the chat: kept in Valkey only.

Noted when a place is booked or a case is filed, for half a year. A loss costs the follower that
the city's hall is named first, until they book again or name their district.
"""

from redis.exceptions import RedisError

from citydesk import appointments, cases, identity, organs
from citydesk.appointments import AppointmentBooked
from citydesk.cases import CaseFiled
from citydesk.kit.announced import Announced, one_by_one
from citydesk.world import World
from models.organs import RegionLevel

KEPT_SECONDS = 180 * 86_400


async def usual_district(world: World, openid: str) -> str | None:
    """Return the code of the district whose hall a follower turned to last; None for none."""
    try:
        kept = await world.batched.ask("GET", district_key(openid))
    except (RedisError, OSError, TimeoutError):
        return None
    return kept.decode() if isinstance(kept, bytes) else None


@one_by_one
async def note_district(world: World, announced: Announced) -> None:
    """Note the district of the hall somebody has booked a place in, or filed a case for."""
    event = announced.event
    if isinstance(event, AppointmentBooked):
        turned = await appointments.turned_to(event.appointment_id)
    else:
        assert isinstance(event, CaseFiled)
        turned = await cases.turned_to(event.case_id)
    if turned is None:
        return
    person, hall_id = turned
    hall = await organs.hall(world, hall_id)
    openid = (await identity.official_openids(world, [person])).get(person)
    if openid is None or hall.level == RegionLevel.CITY:
        return
    try:
        await world.batched.ask("SET", district_key(openid), hall.region_code, "EX", KEPT_SECONDS)
    except (RedisError, OSError, TimeoutError):
        world.log.info("district not noted")


def district_key(openid: str) -> str:
    """Under what it lies in Valkey, for whoever asks for several things at once."""
    return f"wx:district:{openid}"
