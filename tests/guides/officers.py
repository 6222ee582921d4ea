"""Officers of the catalogue, as their sessions would make them."""

from uuid import UUID

from citydesk import organs
from citydesk.identity import Officer, Role
from citydesk.kit.ids import new_id
from citydesk.world import World


async def officer(
    world: World, role: Role, organ: str = "zhengfu", person: UUID | None = None
) -> Officer:
    """Somebody in a post at a department; the same `person` may hold several."""
    found = await organs.organ_by_code(world, organ)
    return Officer(
        officer_id=person or new_id(),
        post_id=new_id(),
        role=role,
        organ_id=found.id,
        hall_id=None,
        session_id=new_id(),
    )


async def staff(world: World) -> tuple[Officer, Officer, Officer]:
    """An editor of the market bureau, a reviewer and a publisher of the government."""
    return (
        await officer(world, Role.EDITOR, "shijianju"),
        await officer(world, Role.REVIEWER),
        await officer(world, Role.PUBLISHER),
    )
