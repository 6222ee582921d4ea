"""Every page, the files they use, and how they say no."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ExceptionHandler

from citydesk.kit.refusals import Refusal
from citydesk.kit.troubles import AWAY, GatewayTrouble
from portal import (
    admin,
    appointments,
    assets,
    cases,
    consultations,
    desk,
    desk_answers,
    desk_cards,
    desk_case,
    desk_consultations,
    desk_walk_in,
    desk_window,
    display,
    editors,
    editors_bulk,
    editors_form,
    editors_look,
    editors_regions,
    editors_reports,
    files,
    filing,
    former_pages,
    guides,
    identity,
    knowledge,
    life_events,
    my,
    my_papers,
    notifications,
    organs,
    papers,
    progress,
    refusals,
    situations,
    supervision,
    supervision_cards,
    supervision_registers,
    uploading,
)
from portal.visits import PageRoute, routes_of

PAGES: list[PageRoute] = [
    route
    for capability in (
        admin,
        appointments,
        cases,
        consultations,
        desk,
        desk_answers,
        desk_cards,
        desk_case,
        desk_consultations,
        desk_walk_in,
        desk_window,
        display,
        editors,
        editors_bulk,
        editors_form,
        editors_look,
        editors_regions,
        editors_reports,
        files,
        filing,
        former_pages,
        guides,
        identity,
        knowledge,
        life_events,
        my,
        my_papers,
        notifications,
        organs,
        papers,
        situations,
        supervision,
        supervision_cards,
        supervision_registers,
        uploading,
        progress,
    )
    for route in capability.pages.routes
]

EXCEPTION_HANDLERS: dict[type[Exception], ExceptionHandler] = {
    Refusal: refusals.refused,
    GatewayTrouble: refusals.troubled,
    HTTPException: refusals.not_there,
    **dict.fromkeys(AWAY, refusals.unavailable),
    Exception: refusals.broken,
}


def routes() -> list[BaseRoute]:
    """Everything that is neither /api nor /wechat nor for operators."""
    return [*routes_of(PAGES), *assets.routes]


def door() -> Starlette:
    """The portal as an application of its own: its refusals are pages, not problem documents.

    Whoever mounts it gives it the world: ``door.state.world``.
    """
    return Starlette(
        routes=routes(),
        exception_handlers=EXCEPTION_HANDLERS,
        middleware=[Middleware(former_pages.FormerHosts)],
    )
