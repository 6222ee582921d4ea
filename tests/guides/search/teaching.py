"""What tests of the search's knowledge do again and again."""

from citydesk import guides, identity
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World

FOOD = "食品经营许可(新办)"


async def an_officer(world: World, role: Role = Role.ADMIN, login: str = "bianji") -> Officer:
    """Somebody on duty in a post of this role."""
    await identity.add_officer(world, login, "卞示例")
    organ = None if role is Role.ADMIN else "shijianju"
    hall = "shenhe" if role in (Role.FRONT_DESK, Role.EXIT_WINDOW) else None
    await identity.add_post(world, login, role, organ, hall)
    found = await sql.row(
        "SELECT post.id, officer_id, organ_id, hall_id FROM post"
        " JOIN officer ON officer.id = officer_id WHERE login = $1",
        login,
    )
    assert found is not None
    return Officer(
        found["officer_id"], found["id"], role, found["organ_id"], found["hall_id"], new_id()
    )


async def teach(world: World, officer: Officer, kind: str, phrase: str, **more: str) -> None:
    """Put a line in force and let this process notice."""
    line = await guides.proposed_line(world, kind, phrase, **more)
    await guides.add_line(world, officer, line, "测试")
    await guides.refresh(world)


async def first(world: World, said: str) -> str:
    """The name of the first answer to a question; "" for none."""
    found = await guides.search(world, said, 1)
    return found[0].name if found else ""
