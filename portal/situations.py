"""情形引导: a question a page, back and change as one likes; at the end only what one needs.

The answers stand in the address (``q.<question>=<option>``): the browser's back works, nothing is
kept of somebody who only looks, and the same page leads on into booking and filing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.guides import Guidance, Guide, Question, WrongAnswer
from citydesk.kit.refusals import Missing
from models.organs import ServiceHall
from portal import guide_words
from portal.visits import CITIZEN, PUBLIC, Pages, Visit

pages = Pages()
ANSWER, VARIANT, SHOWN = "q.", "v", "shown"
MOST_ANSWERS, LONGEST_KEY = 60, 40


class NothingTold(Missing):
    """A citizen has not answered the questions of this guide yet."""

    title = "Nothing told"


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody has chosen so far: option keys by question, and the variant."""

    answers: dict[str, list[str]]
    variant: str

    def fields(self) -> list[tuple[str, str]]:
        """The same as fields of a form or an address."""
        chosen = [(ANSWER + key, each) for key, some in self.answers.items() for each in some]
        return [*chosen, *([(VARIANT, self.variant)] if self.variant else [])]

    def address(self) -> str:
        """The same as the query of an address, with its question mark; "" for nothing."""
        return f"?{urlencode(self.fields())}" if self.fields() else ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question already answered: the words chosen, and the address that asks it again."""

    text: str
    chosen: str
    again: str


def told_in(pairs: Sequence[tuple[str, str]]) -> Told:
    """Read answers from the fields of an address or a form; whatever else is there is left out."""
    answers: dict[str, list[str]] = {}
    variant = ""
    for name, value in pairs[: 2 * MOST_ANSWERS]:
        key = name.removeprefix(ANSWER)
        if name == VARIANT:
            variant = value[:2]
        elif key != name and len(key) <= LONGEST_KEY and len(value) <= LONGEST_KEY:
            some = answers.setdefault(key, [])
            if value not in some:
                some.append(value)
    return Told(dict(list(answers.items())[:MOST_ANSWERS]), variant)


def told_at(visit: Visit) -> Told:
    """What the address of a page says was chosen."""
    return told_in(visit.request.query_params.multi_items())


def asks(guide: Guide) -> bool:
    """Whether a guide has anything to ask."""
    return bool(guide.content.questions or guide.content.variants)


@pages.get("/guides/{code}/questions", who=PUBLIC)
async def ask(visit: Visit) -> Response:
    """GET /guides/{code}/questions?q.…: the next question, or what it comes to."""
    guide = await guides.shown(visit.world, visit.path["code"])
    if not asks(guide):
        return visit.go(f"/guides/{guide.code}#bring", "这件事不分情形，材料都在这里。")
    told, path = told_at(visit), f"/guides/{guide.code}/questions"
    try:
        found = guides.guidance(guide.content, told.answers, told.variant)
    except WrongAnswer as wrong:
        return visit.go(path, wrong.detail)
    answered = _answered(found, told, path)
    if guides.variant_wanted(guide.content, found):
        asked: Question | None = None
    elif found.question is None or found.stop:
        return await _result(visit, guide, found, answered)
    else:
        asked = found.question
    unanswered = visit.asked(SHOWN, LONGEST_KEY) == (asked.key if asked else VARIANT)
    return visit.page(
        "question.html",
        section="guides",
        guide=guide,
        question=asked,
        answered=answered,
        fields=told.fields(),
        unanswered=unanswered,
        back=answered[-1].again if answered else f"/guides/{guide.code}",
    )


def _answered(found: Guidance, told: Told, path: str) -> list[Answered]:
    """The questions answered so far; asking one again takes its answer and all later ones back."""
    lines: list[Answered] = []
    kept: dict[str, list[str]] = {}
    if told.variant and found.variant:
        lines.append(Answered("您要办的是", found.variant.name, path))
    for question in found.asked:
        again = path + Told(dict(kept), told.variant).address()
        chosen = found.answers[question.key]
        words = [option.label for option in question.options if option.key in chosen]
        lines.append(Answered(question.text, "、".join(words), again))
        kept[question.key] = list(chosen)
    return lines


async def _result(
    visit: Visit, guide: Guide, found: Guidance, answered: Sequence[Answered]
) -> Response:
    told = Told(
        {key: list(some) for key, some in found.answers.items()},
        found.variant.code if found.variant else "",
    )
    return visit.page(
        "situation.html",
        section="guides",
        guide=guide,
        found=found,
        answered=answered,
        words=guide_words,
        places=await places_of(visit, found),
        onward=told.address(),
        again=f"/guides/{guide.code}/questions",
    )


async def places_of(visit: Visit, found: Guidance) -> list[tuple[ServiceHall, str]]:
    """The halls where this situation is handled, with the windows there."""
    halls = {hall.code: hall for hall in await organs.halls(visit.world)}
    return [(halls[each.hall], each.windows) for each in found.places if each.hall in halls]


@pages.get("/my/situation/{code}", who=CITIZEN)
async def mine(visit: Visit) -> Response:
    """GET /my/situation/{code}: what one's own answers came to, as last told."""
    guide = await guides.shown(visit.world, visit.path["code"])
    found = await remembered(visit, guide)
    if found is None:
        raise NothingTold("您还没有回答这件事的问题，请从办事指南里点“看看我要带什么”。")
    again = f"/guides/{guide.code}/questions"
    return await _result(visit, guide, found, _answered(found, Told({}, ""), again))


def carried(visit: Visit) -> list[tuple[str, str]]:
    """The answers an address or a form has brought, as hidden fields of the next form."""
    typed = [(name, each) for name, some in visit.form.values.items() for each in some]
    return told_in(typed or visit.request.query_params.multi_items()).fields()


async def remembered(visit: Visit, guide: Guide) -> Guidance | None:
    """What a citizen's last answers come to with this guide; None when there are none."""
    told = await guides.remembered_answers(visit.world, visit.citizen, guide)
    if told is None:
        return None
    answers, variant = told
    return guides.guidance(guide.content, answers, variant)


async def remember(visit: Visit, guide: Guide) -> None:
    """Keep the answers a form carried here, if it did; what no longer fits is let go."""
    told = told_in([(name, each) for name, some in visit.form.values.items() for each in some])
    if told.fields():
        try:
            await guides.remember_answers(
                visit.world, visit.citizen, guide, told.answers, told.variant
            )
        except WrongAnswer:
            visit.world.log.info("answers no longer fit", item_code=guide.code)
