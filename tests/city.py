"""The sample city: planted once for a run, and copied."""

from citydesk import seed
from citydesk.kit import sql
from citydesk.world import World

_STANDS = "SELECT EXISTS (SELECT FROM officer WHERE login = $1)"


async def planted(world: World) -> dict[str, seed.LogIn]:
    """Plant the sample city unless it stands already; give how its officers sign in."""
    if not await sql.value(_STANDS, seed.OFFICERS[-1].login):
        return {each.login: each for each in await seed.plant(world)}
    return {
        each.login: seed.LogIn(each.login, seed._password(world, each.login), each.post)
        for each in seed.OFFICERS
    }
