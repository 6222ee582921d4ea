"""How the pages look to this browser: large type (大字版) or not."""

from starlette.responses import Response

from portal import pages as rendering
from portal import sessions
from portal.visits import PUBLIC, Pages, Visit

pages = Pages()
A_YEAR_SECONDS = 365 * 24 * 3600


@pages.get("/display", who=PUBLIC)
async def choose_type(visit: Visit) -> Response:
    """GET /display?type=large|normal&back=/…: choose, and return to where one was."""
    response = visit.go(sessions.local_path(visit.asked("back", 500)))
    chosen = "large" if visit.asked("type") == "large" else "normal"
    sessions.keep(
        response,
        visit.world.settings,
        rendering.TYPE_COOKIE,
        chosen,
        seconds=A_YEAR_SECONDS,
    )
    return response
