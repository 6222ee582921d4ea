"""情形引导: from a few answers to who handles it, where, how, and only the materials needed.

One engine for every channel. Questions are asked in the guide's order, each only when the answers
before it call for it. What depends on a question not answered yet is only *possible*; once every
question that applies is answered, the guidance is complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citydesk.guides.codes import HandlingForm
from citydesk.guides.content import GuideContent
from citydesk.guides.parts import (
    Fee,
    HandlingVariant,
    Limit,
    Material,
    Option,
    Place,
    Question,
    Situation,
)
from citydesk.guides.refusals import WrongAnswer

Answers = Mapping[str, Sequence[str]]
Conditions = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a guide comes to for somebody's answers."""

    question: Question | None  # the next one to ask; None: all that apply are answered
    asked: tuple[Question, ...]  # answered so far, in order
    answers: Mapping[str, tuple[str, ...]]  # only those to questions that apply
    stop: str  # not this matter after all: the sentence that says what to do instead
    situation: Situation | None
    variant: HandlingVariant | None
    variant_code: str  # 33 characters: the item's and two digits, 00 where there are no variants
    who: tuple[str, ...]  # authority's code is content.authority; here the units, in order
    places: tuple[Place, ...]
    forms: tuple[HandlingForm, ...]
    is_online: bool
    is_schedule: bool
    is_terminal: bool
    statutory_limit: Limit
    promised_limit: Limit
    promised_visits: int
    conditions: tuple[str, ...]
    materials: tuple[Material, ...]
    possible: tuple[Material, ...]  # needed or not, depending on what is still to be asked
    fees: tuple[Fee, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing remains to be asked."""
        return self.question is None


def guidance(content: GuideContent, answers: Answers, variant: str = "") -> Guidance:
    """Return what the guide says for these answers, and the next question to ask.

    Answers to questions that no longer apply are left out. `variant` (two digits) is the one
    chosen beforehand, if any; an answer that leads to another one wins.

    Raises:
        WrongAnswer: no such question, option or variant; or several options where one is asked.
    """
    _check(content, answers, variant)
    asked, given, following = _walk(content, answers)
    chosen = _variant(content, asked, given, variant)
    return Guidance(
        question=following,
        asked=tuple(asked),
        answers=given,
        stop=next((each.stop for each in _picked(asked, given) if each.stop), ""),
        situation=next((each for each in content.situations if met(each.when, given)), None),
        variant=chosen,
        variant_code=f"{content.item_code}{chosen.code if chosen else '00'}",
        who=tuple(dict.fromkeys(filter(None, (content.handling_unit, *content.co_authorities)))),
        **_how(content, chosen),
        **_what(content, chosen, given, following is None),
    )


def met(when: Conditions, answers: Answers) -> bool:
    """Whether the answers fulfil a condition: of each question it names, one of the options."""
    return all(set(options) & set(answers.get(key, ())) for key, options in when.items())


def may_be_met(content: GuideContent, when: Conditions, answers: Answers) -> bool:
    """Whether the condition holds, or still may once the rest has been asked."""
    by_key = {question.key: question for question in content.questions}
    for key, options in when.items():
        if key in answers:
            if not set(options) & set(answers[key]):
                return False
        elif key not in by_key or not may_be_met(content, by_key[key].when, answers):
            return False
    return True


def _check(content: GuideContent, answers: Answers, variant: str) -> None:
    questions = {question.key: question for question in content.questions}
    faults: list[dict[str, str]] = []
    for key, given in answers.items():
        question = questions.get(key)
        if question is None:
            faults.append({"field": f"answers.{key}"[:80], "detail": "没有这个问题"})
        elif set(given) - {option.key for option in question.options}:
            faults.append({"field": f"answers.{key}", "detail": "请从选项中选择"})
        elif len(given) > 1 and not question.multiple:
            faults.append({"field": f"answers.{key}", "detail": "只能选一项"})
    if variant and variant not in {each.code for each in content.variants}:
        faults.append({"field": "variant", "detail": "没有这个办理项"})
    if faults:
        raise WrongAnswer("选项已经变了或选得不对，请重新选择。", faults)


def _walk(
    content: GuideContent, answers: Answers
) -> tuple[list[Question], dict[str, tuple[str, ...]], Question | None]:
    """Go through the questions that apply, up to the first one without an answer."""
    asked: list[Question] = []
    given: dict[str, tuple[str, ...]] = {}
    for question in content.questions:
        if not met(question.when, given):
            continue
        if not answers.get(question.key):
            return asked, given, question
        asked.append(question)
        given[question.key] = tuple(answers[question.key])
        if any(option.stop for option in _picked([question], given)):
            break
    return asked, given, None


def _picked(asked: Sequence[Question], given: Answers) -> list[Option]:
    return [
        option
        for question in asked
        for option in question.options
        if option.key in given[question.key]
    ]


def _variant(
    content: GuideContent, asked: Sequence[Question], given: Answers, wished: str
) -> HandlingVariant | None:
    led_to = [option.variant for option in _picked(asked, given) if option.variant]
    code = led_to[-1] if led_to else wished
    return next((each for each in content.variants if each.code == code), None)


def _how(content: GuideContent, variant: HandlingVariant | None) -> dict[str, Any]:
    """The elements a variant may have of its own; where it says nothing, the item's."""
    elements = (
        *("forms", "is_online", "is_schedule", "is_terminal"),
        *("statutory_limit", "promised_limit", "promised_visits"),
    )
    own = {each: getattr(variant, each, None) for each in elements}
    return {each: getattr(content, each) if value is None else value for each, value in own.items()}


def _what(
    content: GuideContent, variant: HandlingVariant | None, given: Answers, complete: bool
) -> dict[str, Any]:
    """Conditions, materials, fees and places that these answers call for."""
    wanted = set(variant.materials) if variant and variant.materials else None
    materials = [each for each in content.materials if wanted is None or each.code in wanted]
    sure = [each for each in materials if met(each.when, given)]
    possible = [] if complete else materials
    fees = content.fees if variant is None or variant.fees is None else variant.fees
    places = tuple(each for each in content.places if met(each.when, given))
    return {
        "materials": tuple(sure),
        "possible": tuple(
            each for each in possible if each not in sure and may_be_met(content, each.when, given)
        ),
        "conditions": (
            *content.acceptance_conditions,
            *(variant.conditions if variant else ()),
            *(each.text for each in content.extra_conditions if met(each.when, given)),
        ),
        "fees": tuple(each for each in fees if met(each.when, given)),
        "places": places,
    }


def variant_wanted(content: GuideContent, found: Guidance) -> bool:
    """Whether one has to say which variant one means, since no question leads to one."""
    leads = any(option.variant for each in content.questions for option in each.options)
    return bool(content.variants) and found.variant is None and not leads
