"""What helps an officer to answer: the guide's own words, and what others answered before."""

from dataclasses import dataclass
from uuid import UUID

from citydesk import guides, organs
from citydesk.consultations import rules
from citydesk.consultations.moving import fetched
from citydesk.consultations.published import public_answers
from citydesk.consultations.queries import asked_words
from citydesk.identity import Officer
from citydesk.world import World

LOOKED_THROUGH = 200
MOST_ALIKE = 5
ALIKE = 0.15


@dataclass(frozen=True, slots=True)
class Quote:
    """Something to take over into an answer; ``key`` names it in the address of the page."""

    key: str
    heading: str
    text: str


async def quotes(world: World, officer: Officer, consultation_id: UUID) -> list[Quote]:
    """Return what may be quoted: the item's guide, its common questions, answers to alike ones.

    For whoever has the consultation open: that reading is noted already.

    Raises:
        NoSuchConsultation: not there, or not this post's.
    """
    row = await fetched(officer, consultation_id)
    asked = await asked_words(world, row)
    found = await _of_guide(world, row.item_code, asked) if row.item_code else []
    page = await public_answers(world, limit=LOOKED_THROUGH)
    alike = sorted(
        ((rules.alikeness(asked, each.question), each) for each in page.items),
        key=lambda pair: -pair[0],
    )
    return found + [
        Quote(f"a-{each.id}", each.question, each.answer)
        for score, each in alike[:MOST_ALIKE]
        if score >= ALIKE
    ]


async def _of_guide(world: World, item_code: str, asked: str) -> list[Quote]:
    try:
        guide = await guides.shown(world, item_code)
    except guides.GuideNotReady:
        return []
    content = guide.content
    hall = await organs.hall_by_code(world, content.places[0].hall) if content.places else None
    place = f"{hall.name} {content.places[0].windows}" if hall else ""
    brief = "\n".join(f"{label}：{said}" for label, said in guides.in_brief(content, place))
    papers = "\n".join(f"{no}. {each.name}" for no, each in enumerate(content.materials, 1))
    faqs = sorted(
        enumerate(content.faqs), key=lambda each: -rules.alikeness(asked, each[1].question)
    )
    own = f"《{guide.name}》办事指南"
    return [
        Quote("guide", f"{own}：要点", f"按{own}：\n{brief}"),
        *([Quote("papers", f"{own}：材料", f"要带的材料：\n{papers}")] if papers else []),
        *(Quote(f"q-{no}", faq.question, faq.answer) for no, faq in faqs[:MOST_ALIKE]),
    ]
