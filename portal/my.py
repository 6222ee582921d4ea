"""我的办事: everything of mine on one page, and what several of my pages share."""

from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import appointments, cases, consultations, identity, notifications
from citydesk.appointments import AppointmentState
from citydesk.cases import State
from citydesk.kit.refusals import Missing
from portal.notifications import TITLES
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()
SHOWN = 3
NAMED_LEVEL = 3
TONES = {
    State.DRAFT: "plain",
    State.RETURNED: "warn",
    State.CORRECTING: "warn",
    State.NOT_ACCEPTED: "bad",
    State.WITHDRAWN: "plain",
    State.COMPLETED: "good",
    State.SERVED: "good",
}

ASKED_TONES = {
    consultations.ConsultationState.SUBMITTED: "blue",
    consultations.ConsultationState.ASSIGNED: "blue",
    consultations.ConsultationState.ANSWERED: "good",
    consultations.ConsultationState.CLOSED: "plain",
    consultations.ConsultationState.WITHDRAWN: "plain",
    consultations.ConsultationState.REFERRED: "warn",
}


@pages.get("/my", who=CITIZEN)
async def overview(visit: Visit) -> Response:
    """GET /my: my newest cases, my next appointments, what I was told, and who I am here."""
    world, citizen = visit.world, visit.citizen
    mine = await cases.my_cases(world, citizen, limit=SHOWN)
    asked = await consultations.my_consultations(world, citizen, limit=SHOWN)
    told = await notifications.my_messages(world, citizen, limit=SHOWN)
    held = await appointments.my_appointments(world, citizen)
    return visit.page(
        "my.html",
        section="my",
        person=await identity.me(world, citizen),
        cases=mine.items,
        held=[each for each in held if each.state is AppointmentState.CONFIRMED],
        messages=told.items,
        asked=asked.items,
        asked_tones=ASKED_TONES,
        tone=tone,
        labels=cases.LABELS,
        titles=TITLES,
    )


def tone(state: str) -> str:
    """The colour of a case's state."""
    return TONES.get(State(state), "blue")


def name_first(visit: Visit) -> Response | None:
    """Lead to the real-name check those who need one here, and back; None for the others."""
    if visit.citizen.assurance_level >= NAMED_LEVEL:
        return None
    query = urlencode({"next": visit.here})
    return visit.go(f"/my/identity?{query}", "办这件事要先核验实名，核验后会自动回来。")


def number(visit: Visit, name: str, missing: Missing) -> UUID:
    """Return an identifier from the address; raises ``missing`` when it cannot be one."""
    try:
        return UUID(str(visit.path[name]))
    except ValueError:
        raise missing from None
