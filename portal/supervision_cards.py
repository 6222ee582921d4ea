"""The cards of the whole city, for supervisors: appeals to answer, the latest, marked steps."""

from uuid import UUID

from starlette.responses import Response

from citydesk import cases, organs, supervision
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Refusal
from citydesk.supervision import Answer, NoSuchSupervised, ShownCard
from portal.refusals import status_of
from portal.supervision import SUPERVISORS, supervision_page
from portal.visits import Pages, Visit

pages = Pages()
CARDS_SHOWN, MARKS_SHOWN = 50, 50
ANSWERS = (
    (Answer.REVOKED, "撤销卡片"),
    (Answer.DISMISSED, "打回，维持卡片"),
    (Answer.ESCALATED, "上报，由另一位监管人员决定"),
)


@pages.get("/supervision/cards", who=SUPERVISORS)
async def show_cards(visit: Visit) -> Response:
    """GET /supervision/cards: what waits for an answer first."""
    return await _shown(visit)


@pages.post("/supervision/cards/{card_id}", who=SUPERVISORS)
async def answer(visit: Visit) -> Response:
    """POST /supervision/cards/{id}: answer an appeal; what was written stays if it is refused."""
    card_id = _id(visit)
    try:
        try:
            chosen = Answer(visit.form.value("answer"))
        except ValueError:
            wrong = [{"field": "answer", "detail": "请选择一项"}]
            raise Invalid("请选择怎样处理。", wrong) from None
        await supervision.answer_appeal(
            visit.world, visit.officer, card_id, chosen, visit.form.value("text")
        )
    except (Invalid, Conflict, Forbidden) as refusal:
        return await _shown(visit, refusal, card_id)
    return visit.go("/supervision/cards", "已处理，结果部门可以看到。")


async def _shown(
    visit: Visit, refusal: Refusal | None = None, card_id: UUID | None = None
) -> Response:
    latest = await supervision.latest_cards(visit.world, most=CARDS_SHOWN)
    if refusal is not None:
        visit.form.refused(refusal)
    return await supervision_page(
        visit,
        "supervision_cards.html",
        "cards",
        status=status_of(type(refusal)) if refusal else 200,
        appeals=await supervision.open_appeals(visit.world),
        answers=[(each.value, said) for each, said in ANSWERS],
        answering=card_id,
        cards=latest,
        organs=await _organs(visit, latest),
        appealed=await supervision.appeals_of(visit.world, [each.id for each in latest]),
        marks=await cases.marked_steps(MARKS_SHOWN),
    )


async def _organs(visit: Visit, cards: list[ShownCard]) -> dict[UUID, str]:
    ids = {each.organ_id for each in cards if each.organ_id is not None}
    return {each: (await organs.organ(visit.world, each)).short_name for each in ids}


def _id(visit: Visit) -> UUID:
    try:
        return UUID(visit.path["card_id"])
    except ValueError:
        raise NoSuchSupervised("没有找到这张卡片，请刷新页面。") from None
