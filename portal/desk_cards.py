"""The cards of an organ at the officers' desk: what came near its end, what was missed, and why."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, consultations, supervision
from citydesk.identity import Role
from citydesk.kit.refusals import Conflict, Invalid
from citydesk.supervision import ShownCard
from citydesk.workdays import Subject
from portal.desk import HANDLERS, desk_page
from portal.visits import Pages, Visit, officers

pages = Pages()
HEADS = officers(Role.DEPARTMENT_HEAD)
MOST_SHOWN = 50
CASE, CONSULTATION = "case", "consultation"


@dataclass(frozen=True, slots=True)
class CardLine:
    """One card, what it fell on, its number, and where that is handled."""

    card: ShownCard
    name: str
    number: str
    path: str


@pages.get("/desk/cards", who=HANDLERS)
async def show_cards(visit: Visit) -> Response:
    """GET /desk/cards: the latest cards of the officer's organ, of what this post may see."""
    organ_id = visit.officer.organ_id
    cards = await supervision.cards_of(visit.world, organ_id, most=MOST_SHOWN) if organ_id else []
    seen = await _cases(visit, cards) | await _consultations(visit, cards)
    lines = [CardLine(each, *seen[each.subject]) for each in cards if each.subject in seen]
    return await desk_page(
        visit,
        "desk_cards.html",
        section="cards",
        lines=lines,
        most=MOST_SHOWN,
        appeals=await supervision.appeals_of(visit.world, [each.card.id for each in lines]),
        may_appeal=await _appealable(visit, [each.card for each in lines]),
    )


async def _appealable(visit: Visit, cards: list[ShownCard]) -> set[UUID]:
    """The cards the head of the organ may still appeal against."""
    if visit.officer.role is not Role.DEPARTMENT_HEAD:
        return set()
    today, appealed = (
        visit.world.clock.today(),
        await supervision.appeals_of(visit.world, [each.id for each in cards]),
    )
    return {
        each.id
        for each in cards
        if each.live
        and each.id not in appealed
        and today <= await supervision.appeal_until(visit.world, each.written_at)
    }


@pages.get("/desk/cards/{card_id}/appeal", who=HEADS)
async def ask_appeal(visit: Visit) -> Response:
    """GET /desk/cards/{id}/appeal: why the card should not stand."""
    return await _appealing(visit, await _card(visit), 200)


@pages.post("/desk/cards/{card_id}/appeal", who=HEADS)
async def appeal(visit: Visit) -> Response:
    """POST /desk/cards/{id}/appeal: hand the appeal to the supervisors."""
    card = await _card(visit)
    try:
        await supervision.appeal_card(visit.world, visit.officer, card.id, visit.form.value("text"))
    except (Invalid, Conflict) as refusal:
        visit.form.refused(refusal)
        status = 422 if isinstance(refusal, Invalid) else 409
        return await _appealing(visit, card, status)
    return visit.go("/desk/cards", "申诉已提交，由部门以外的监管人员处理。")


async def _appealing(visit: Visit, card: ShownCard, status: int) -> Response:
    until = await supervision.appeal_until(visit.world, card.written_at)
    return await desk_page(
        visit, "desk_appeal.html", status=status, section="cards", card=card, until=until
    )


async def _card(visit: Visit) -> ShownCard:
    missing = supervision.NoSuchSupervised("没有找到这张卡片，请从“红黄牌”里重新选择。")
    try:
        card_id = UUID(visit.path["card_id"])
    except ValueError:
        raise missing from None
    for card in await supervision.cards_by_id(visit.world, [card_id]):
        if card.organ_id is not None and card.organ_id == visit.officer.organ_id:
            return card
    raise missing


Named = dict[Subject, tuple[str, str, str]]


async def _cases(visit: Visit, cards: list[ShownCard]) -> Named:
    found: Named = {}
    for subject in {card.subject for card in cards if card.subject.kind == CASE}:
        with suppress(cases.NoSuchCase):
            case = await cases.fetch_for(visit.officer, subject.id)
            found[subject] = (case.item_name, case.case_no, f"/desk/cases/{case.id}")
    return found


async def _consultations(visit: Visit, cards: list[ShownCard]) -> Named:
    ids = {card.subject.id for card in cards if card.subject.kind == CONSULTATION}
    seen = await consultations.seen_among(visit.world, visit.officer, ids) if ids else {}
    return {
        Subject(CONSULTATION, each.id): (
            f"{each.kind_words}：{each.title}",
            each.number,
            f"/desk/consultations/{each.id}",
        )
        for each in seen.values()
    }
