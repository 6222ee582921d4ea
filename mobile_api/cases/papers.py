"""Papers over HTTP: handed in at once, replaced, taken back, opened; ``uploads``: in parts."""

from typing import Any
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from citydesk import cases
from citydesk.kit.contents import EXTENSIONS, Busy
from citydesk.kit.downloads import saved_as, served
from mobile_api.api import CITIZEN, SIGNED_IN, Api, Call
from mobile_api.cases.asked import OneCase, OneMaterial, OnePaper
from mobile_api.cases.papers_shown import HowHandedIn, PaperLink
from mobile_api.cases.shown import PaperShown, paper_shown

api = Api("papers")
MINE = (cases.NoSuchCase, cases.NotAllowedNow)
TAKEN = (*MINE, cases.FilingIncomplete, cases.PaperRefused, cases.TooManyPapers)


async def _looked_at(call: Call) -> Any:
    asker = str(call.citizen.account_id)
    return await cases.looked_at(call.world, asker, call.body)


@api(
    "POST",
    "/cases/{case_id}/materials/{requirement}",
    who=CITIZEN,
    path_form=OneMaterial,
    query=HowHandedIn,
    body=bytes,
    limit=cases.LARGEST_PAPER + 1024,
    out=PaperShown,
    status=201,
    creates=True,
    before=_looked_at,
    refusals=(*TAKEN, Busy),
)
async def hand_in_material(call: Call) -> PaperShown:
    """Hand in one paper (PDF, PNG, JPEG or OFD, at most 5 MB) as the raw body."""
    material = await cases.attach(
        call.world,
        call.citizen,
        call.path.case_id,
        call.path.requirement,
        call.query.name or call.path.requirement,
        call.before,
        replaces=call.query.replaces,
    )
    return await paper_of(call, material.case_id, material.id)


async def paper_of(call: Call, case_id: UUID, paper_id: UUID) -> PaperShown:
    """Show one paper of a case of the caller's."""
    case = await cases.fetch_for(call.citizen, case_id)
    found = await cases.papers(call.world, case)
    return paper_shown(next(each for each in found if each.id == paper_id))


@api(
    "GET",
    "/cases/{case_id}/papers",
    who=CITIZEN,
    path_form=OneCase,
    out=list[PaperShown],
    refusals=(cases.NoSuchCase,),
)
async def list_papers(call: Call) -> list[PaperShown]:
    """The papers I handed in; an officer finds them with the case, where the reading is logged."""
    case = await cases.fetch_for(call.citizen, call.path.case_id)
    return [paper_shown(each) for each in await cases.papers(call.world, case)]


@api(
    "GET",
    "/cases/{case_id}/papers/{paper_id}",
    who=SIGNED_IN,
    path_form=OnePaper,
    refusals=(cases.NoSuchCase, cases.PaperHarmful, cases.PaperNotScanned),
    media=cases.PAPER_KINDS,
)
async def open_paper(call: Call) -> Response:
    """One paper's contents, always as an attachment; Range is understood."""
    assert call.asker is not None
    opened = await cases.open_paper(call.world, call.asker, call.path.case_id, call.path.paper_id)
    paper = opened.paper
    name = saved_as(paper.name, EXTENSIONS[paper.media_type])
    asked = call.request.headers.get("range", "")
    how = served(asked, paper.size_bytes, paper.media_type, name, paper.sha256)
    if how.status == 416:
        return Response(status_code=416, headers=dict(how.headers))
    return StreamingResponse(opened.read(how.first, how.last), how.status, dict(how.headers))


@api(
    "GET",
    "/cases/{case_id}/papers/{paper_id}/link",
    who=SIGNED_IN,
    path_form=OnePaper,
    out=PaperLink,
    refusals=(cases.NoSuchCase, cases.PaperHarmful, cases.PaperNotScanned),
)
async def link_paper(call: Call) -> PaperLink:
    """A link that opens the paper for five minutes without signing in, for a viewer or a web view.

    To an officer it counts as reading the paper.
    """
    assert call.asker is not None
    path, until = await cases.paper_link(
        call.world, call.asker, call.path.case_id, call.path.paper_id
    )
    return PaperLink(url=call.world.settings.public_url + path, expires_at=until)


@api(
    "DELETE",
    "/cases/{case_id}/papers/{paper_id}",
    who=CITIZEN,
    path_form=OnePaper,
    status=204,
    refusals=MINE,
)
async def take_back_paper(call: Call) -> None:
    """Take back a paper of a draft, or of this correction. One already submitted is replaced."""
    await cases.take_back(call.world, call.citizen, call.path.case_id, call.path.paper_id)
