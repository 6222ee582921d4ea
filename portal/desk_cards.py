"""The cards of an organ at the officers' desk: what came near its end, what was missed, and why."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, supervision
from citydesk.supervision import ShownCard
from models.cases import Case
from portal.desk import HANDLERS, desk_page
from portal.visits import Pages, Visit

pages = Pages()
MOST_SHOWN = 50
CASE = "case"


@dataclass(frozen=True, slots=True)
class CardLine:
    """One card, and the case it fell on."""

    card: ShownCard
    case: Case


@pages.get("/desk/cards", who=HANDLERS)
async def show_cards(visit: Visit) -> Response:
    """GET /desk/cards: the latest cards of the officer's organ, of the cases this post may see."""
    organ_id = visit.officer.organ_id
    cards = await supervision.cards_of(visit.world, organ_id, most=MOST_SHOWN) if organ_id else []
    seen: dict[UUID, Case] = {}
    for subject_id in {card.subject.id for card in cards if card.subject.kind == CASE}:
        with suppress(cases.NoSuchCase):
            seen[subject_id] = await cases.fetch_for(visit.officer, subject_id)
    lines = [CardLine(card, seen[card.subject.id]) for card in cards if card.subject.id in seen]
    return await desk_page(visit, "desk_cards.html", section="cards", lines=lines, most=MOST_SHOWN)
