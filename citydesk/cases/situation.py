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


Remembered = tuple[dict[str, list[str]], str]
"""Answers to the guide's questions and the variant, as ``guides.remembered_answers`` has them."""


async def demanded(
    world: World, case: Case, guide: Guide, told: Remembered | None
) -> tuple[Material, ...]:
    """Return the materials this filing must bring; a situation fully told is kept with the case.

    In a situation that is known, what is needed only in it is needed; without one, only what
    everybody must bring.
    """
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
    told = None
    if _asks_by_situation(guide) and isinstance(asker, Citizen):
        told = await guides.remembered_answers(world, asker, guide)
    return answers_told(world, asker, case, guide, told)


def answers_told(
    world: World, asker: Asker, case: Case, guide: Guide, told: Remembered | None
) -> dict[str, tuple[str, ...]]:
    """Return what ``told_of`` returns; ``told``: what this citizen's own account remembers."""
    if not _asks_by_situation(guide):
        return {}
    if not (isinstance(asker, Citizen) and asker.identity_id == case.identity_id):
        told = None
    if told is None and case.situation_sealed is not None:
        kept = orjson.loads(world.seals.open_bytes(case.situation_sealed, PLACE, case.id))
        told = kept["answers"], kept["variant"]
    if told is None:
        return {}
    try:
        return dict(guides.guidance(guide.content, *told).answers)
    except WrongAnswer:
        return {}


def _asks_by_situation(guide: Guide) -> bool:
    return any(each.when for each in guide.content.form_fields)


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
