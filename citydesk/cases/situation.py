"""The applicant's situation (情形): what they answered, kept with the case it shaped."""

from dataclasses import dataclass

import orjson

from citydesk import guides
from citydesk.guides import Guidance, Guide, Material, WrongAnswer
from citydesk.identity import Asker, Citizen
from citydesk.world import World
from models.cases import Case

PLACE = "service_case.situation"


@dataclass(frozen=True, slots=True)
class Told:
    """One question of the guide and what was answered, in words."""

    question: str
    answered: str


async def demanded(
    world: World, citizen: Citizen, case: Case, guide: Guide
) -> tuple[Material, ...]:
    """Return the materials this filing must bring; a situation fully told is kept with the case.

    In a situation that is known, what is needed only in it is needed; without one, only what
    everybody must bring.
    """
    told = await guides.remembered_answers(world, citizen, guide)
    if told is not None:
        answers, variant = told
        found = guides.guidance(guide.content, answers, variant)
        if found.complete and found.asked:
            kept = orjson.dumps({"answers": answers, "variant": variant})
            case.situation_sealed = world.seals.seal(kept, PLACE, case.id)
            await case.save(update_fields=["situation_sealed"])
            return tuple(each for each in found.materials if each.when or each.condition is None)
    return tuple(each for each in guide.content.materials if each.condition is None)


async def told_of(
    world: World, asker: Asker, case: Case, guide: Guide
) -> dict[str, tuple[str, ...]]:
    """Return the answers to the guide's questions that a form is asked by; {} for none told.

    The applicant's latest ones; for anybody else those kept with the case.
    """
    if not any(each.when for each in guide.content.form_fields):
        return {}
    told = None
    if isinstance(asker, Citizen) and asker.identity_id == case.identity_id:
        told = await guides.remembered_answers(world, asker, guide)
    if told is None and case.situation_sealed is not None:
        kept = orjson.loads(world.seals.open_bytes(case.situation_sealed, PLACE, case.id))
        told = kept["answers"], kept["variant"]
    if told is None:
        return {}
    try:
        return dict(guides.guidance(guide.content, *told).answers)
    except WrongAnswer:
        return {}


async def situation_of(world: World, case: Case) -> tuple[Told, ...]:
    """Return what the applicant answered; () when they were not asked, or had no situation to tell.

    Reading a case's form is noted already; this is read with it.
    """
    if case.situation_sealed is None:
        return ()
    kept = orjson.loads(world.seals.open_bytes(case.situation_sealed, PLACE, case.id))
    guide = await guides.version(world, case.item_version_id)
    try:
        found = guides.guidance(guide.content, kept["answers"], kept["variant"])
    except WrongAnswer:
        return ()
    return tuple(_lines(found))


def _lines(found: Guidance) -> list[Told]:
    lines = [Told("办理情形", found.variant.name)] if found.variant else []
    for question in found.asked:
        chosen = found.answers.get(question.key, ())
        words = [each.label for each in question.options if each.key in chosen]
        lines.append(Told(question.text, "、".join(words)))
    return lines
