"""People's papers, away from all pages: under random names, as attachments, for those concerned."""

from starlette.responses import Response, StreamingResponse

from citydesk import cases
from citydesk.cases import Opened
from citydesk.kit.contents import EXTENSIONS
from citydesk.kit.downloads import saved_as, served
from portal import sessions
from portal.visits import Pages, Visit, Who

pages = Pages()
CONCERNED = Who("the applicant, officers who handle the case, and who holds a link", cookie="")


@pages.get("/files/{name}", who=CONCERNED)
async def open_file(visit: Visit) -> Response:
    """GET /files/{name}?until&proof: one paper, whole or the part that is asked for."""
    opened = await _opened(visit)
    paper = opened.paper
    name = saved_as(paper.name, EXTENSIONS[paper.media_type])
    asked = visit.request.headers.get("range", "")
    how = served(asked, paper.size_bytes, paper.media_type, name, paper.sha256)
    if how.status == 416:
        return Response(status_code=416, headers=dict(how.headers))
    return StreamingResponse(opened.read(how.first, how.last), how.status, dict(how.headers))


async def _opened(visit: Visit) -> Opened:
    name = visit.path["name"]
    if proof := visit.asked("proof"):
        return await cases.open_link(visit.world, name, visit.asked("until"), proof)
    cookies = (sessions.CITIZEN_COOKIE, sessions.OFFICER_COOKIE)
    known = [await sessions.asker_of(visit.world, visit.request, each) for each in cookies]
    return await cases.open_file(visit.world, [each for each in known if each], name)
