"""At a window: the front desk files for a person who stands there, and takes papers in for them."""

from typing import Any

from citydesk import cases, guides, identity
from citydesk.identity import Presented, Role
from citydesk.kit.contents import Busy
from mobile_api.api import Api, Call, officers
from mobile_api.cases.asked import (
    FileName,
    FilledForm,
    OneCase,
    OneMaterial,
    PersonPresent,
    WalkIn,
)
from mobile_api.cases.offering import HANDLERS
from mobile_api.cases.shown import CaseShown, PaperShown, paper_shown, shown

api = Api("window")
REFUSALS = (
    cases.NoSuchCase,
    cases.NotAllowedNow,
    cases.NotYourStep,
    cases.FilingIncomplete,
)


def _presented(person: PersonPresent) -> Presented:
    return Presented(person.name, person.id_no, person.phone or "")


@api(
    "POST",
    "/officer/cases",
    who=officers(Role.FRONT_DESK),
    body=WalkIn,
    out=CaseShown,
    status=201,
    creates=True,
    refusals=(
        guides.NoSuchGuide,
        guides.GuideNotReady,
        guides.ItemCancelled,
        guides.ItemSuspended,
        identity.WrongPerson,
        cases.NotAtThisWindow,
        cases.NotYourStep,
        cases.FilingIncomplete,
    ),
)
async def begin_at_window(call: Call) -> CaseShown:
    """Begin a case for a person, or their agent, who shows an identity card at my window.

    Fill the form, hand papers in, then take the receipt: it is received at once.
    """
    form: WalkIn = call.body
    case = await cases.begin_at_window(
        call.world,
        call.officer,
        form.item_code,
        _presented(form.applicant),
        agent=_presented(form.agent) if form.agent else None,
        form=form.form,
    )
    return shown(case)


@api(
    "PUT",
    "/officer/cases/{case_id}/form",
    who=HANDLERS,
    path_form=OneCase,
    body=FilledForm,
    out=CaseShown,
    refusals=REFUSALS,
)
async def fill_at_window(call: Call) -> CaseShown:
    """Replace the form of what was begun at my window, as the applicant says it."""
    return shown(await cases.fill_for(call.world, call.officer, call.path.case_id, call.body.form))


async def _looked_at(call: Call) -> Any:
    return await cases.looked_at(call.world, call.officer.key, call.body)


@api(
    "POST",
    "/officer/cases/{case_id}/materials/{requirement}",
    who=officers(Role.FRONT_DESK),
    path_form=OneMaterial,
    query=FileName,
    body=bytes,
    limit=cases.LARGEST_PAPER + 1024,
    out=PaperShown,
    status=201,
    creates=True,
    before=_looked_at,
    refusals=(*REFUSALS, cases.PaperRefused, cases.TooManyPapers, Busy),
)
async def hand_in_at_window(call: Call) -> PaperShown:
    """Scan in one paper that the applicant brings (raw body: PDF, PNG or JPEG)."""
    material = await cases.attach_for(
        call.world,
        call.officer,
        call.path.case_id,
        call.path.requirement,
        call.query.name or call.path.requirement,
        call.before,
    )
    case = await cases.fetch_for(call.officer, call.path.case_id)
    found = await cases.papers(call.world, case)
    return paper_shown(next(each for each in found if each.id == material.id))
