"""The editors' pages of what happens in a life: its title, its note, its items in order."""

from typing import Any

from starlette.responses import Response

from citydesk import guides
from citydesk.guides import LifeEvent, NoSuchLifeEvent
from citydesk.kit.refusals import Conflict, Invalid, Refusal
from portal.desk import desk_page
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit, officers

pages = Pages()
EDITORS = officers(*guides.EDITORS)
LIST, NEW = "/editors/life-events", "new"


async def _page(visit: Visit, name: str, **shown: Any) -> Response:
    return await desk_page(visit, name, section="life-events", **shown)


@pages.get(LIST, who=EDITORS)
async def list_life_events(visit: Visit) -> Response:
    """GET /editors/life-events: all of them, in the order citizens see."""
    events = await guides.life_events(visit.world)
    return await _page(visit, "editors_life_events.html", life_events=events)


@pages.get(LIST + "/{event}", who=EDITORS)
async def show_life_event(visit: Visit) -> Response:
    """GET /editors/life-events/{event}: to be changed; ``new`` to be written."""
    known = await _known(visit)
    filled = {"title": known.title, "note": known.note, "item_codes": "\n".join(known.item_codes)}
    return await _shown(visit, known, Form.filled(filled))


async def _shown(visit: Visit, known: LifeEvent, form: Form, status: int = 200) -> Response:
    entries = await guides.entries(visit.world, known.item_codes)
    return await _page(
        visit, "editors_life_event.html", event=known, entries=entries, form=form, status=status
    )


async def _known(visit: Visit) -> LifeEvent:
    name = visit.path["event"]
    if name == NEW:
        return LifeEvent("", "", "", ())
    for each in await guides.life_events(visit.world):
        if each.event == name:
            return each
    raise NoSuchLifeEvent("没有这件人生大事，请从列表中重新选择。")


@pages.post(LIST + "/{event}", who=EDITORS)
async def write_life_event(visit: Visit) -> Response:
    """POST /editors/life-events/{event}: write it."""
    known, form = await _known(visit), visit.form
    try:
        await guides.write_life_event(
            visit.world,
            visit.officer,
            known.event,
            form.value("title"),
            form.value("note"),
            form.value("item_codes").split("\n"),
            form.value("reason"),
        )
    except (Invalid, Conflict) as refusal:
        return await _shown(visit, known, form.refused(refusal), _status(refusal))
    return visit.go(LIST, "已保存，群众马上就能看到。")


def _status(refusal: Refusal) -> int:
    return status_of(type(refusal))
