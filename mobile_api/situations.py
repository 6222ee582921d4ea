"""情形引导 over HTTP: the questions of a guide, and what answers come to."""

from typing import Annotated

from pydantic import BaseModel, Field

from citydesk import guides
from citydesk.guides import Fee as FeeSaid
from citydesk.guides import Guidance, Guide, Limit, Material
from mobile_api.api import ANYONE, CITIZEN, Api, Call
from mobile_api.guides import GuideNamed
from mobile_api.reading import Strict

api = Api("guides")

OptionKey = Annotated[str, Field(max_length=40)]
QuestionKey = Annotated[str, Field(max_length=40)]
Chosen = Annotated[list[OptionKey], Field(max_length=20)]


class Answers(Strict):
    """What was chosen so far: option keys by question, and the variant where one was chosen."""

    answers: Annotated[dict[QuestionKey, Chosen], Field(default_factory=dict, max_length=60)]
    variant: Annotated[str, Field(max_length=2, description="业务办理项的两位代码")] = ""


class OptionShown(BaseModel):
    """One answer to choose."""

    key: str
    label: str
    note: str


class QuestionShown(BaseModel):
    """A question; asked when earlier answers are as `when` says (always, when it is empty)."""

    key: str
    text: str
    help: str
    multiple: bool
    when: dict[str, list[str]]
    options: list[OptionShown]


class VariantShown(BaseModel):
    """A variant (业务办理项) to choose."""

    code: str
    name: str
    note: str


class QuestionsShown(BaseModel):
    """All questions of a guide, for an app that asks them itself; and which version asks."""

    item_code: str
    version_no: int
    hash8: str
    variants: list[VariantShown]
    questions: list[QuestionShown]


class PlaceShown(BaseModel):
    """A hall by its code, and the windows there."""

    hall: str
    windows: str


class GuidanceShown(BaseModel):
    """What the answers come to; `next_question` is null once everything is answered.

    `possible` are materials that further answers may call for; `stop` says that this is not the
    matter, and what to do instead.
    """

    item_code: str
    version_no: int
    hash8: str
    complete: bool
    next_question: QuestionShown | None
    choose_variant: bool
    answers: dict[str, list[str]]
    stop: str
    situation: str
    variant_code: str
    department: str
    who: list[str]
    places: list[PlaceShown]
    forms: list[str]
    is_online: bool
    is_schedule: bool
    promised_limit: Limit
    promised_visits: int
    conditions: list[str]
    materials: list[Material]
    possible: list[Material]
    fees: list[FeeSaid]


@api(
    "GET",
    "/guides/{item_code}/questions",
    who=ANYONE,
    path_form=GuideNamed,
    out=QuestionsShown,
    refusals=(guides.NoSuchGuide, guides.GuideNotReady),
)
async def list_questions(call: Call) -> QuestionsShown:
    """List the questions that tell which situation of an item somebody is in."""
    guide = await guides.shown(call.world, call.path.item_code)
    return QuestionsShown(
        item_code=guide.code,
        version_no=guide.version_no,
        hash8=guide.hash8,
        variants=[
            VariantShown(code=each.code, name=each.name, note=each.note)
            for each in guide.content.variants
        ],
        questions=[_question(each) for each in guide.content.questions],
    )


@api(
    "POST",
    "/guides/{item_code}/guidance",
    who=ANYONE,
    path_form=GuideNamed,
    body=Answers,
    out=GuidanceShown,
    refusals=(guides.NoSuchGuide, guides.GuideNotReady, guides.WrongAnswer),
)
async def ask_guidance(call: Call) -> GuidanceShown:
    """Tell what some answers come to, or the next question; nothing is kept."""
    guide = await guides.shown(call.world, call.path.item_code)
    told: Answers = call.body
    return _shown(guide, guides.guidance(guide.content, told.answers, told.variant))


@api(
    "PUT",
    "/guides/{item_code}/my-situation",
    who=CITIZEN,
    path_form=GuideNamed,
    body=Answers,
    out=GuidanceShown,
    refusals=(guides.NoSuchGuide, guides.GuideNotReady, guides.WrongAnswer),
)
async def keep_situation(call: Call) -> GuidanceShown:
    """Keep one's own answers: booking and filing then show only what they call for."""
    guide = await guides.shown(call.world, call.path.item_code)
    told: Answers = call.body
    await guides.remember_answers(call.world, call.citizen, guide, told.answers, told.variant)
    return _shown(guide, guides.guidance(guide.content, told.answers, told.variant))


@api(
    "GET",
    "/guides/{item_code}/my-situation",
    who=CITIZEN,
    path_form=GuideNamed,
    out=GuidanceShown,
    refusals=(guides.NoSuchGuide, guides.GuideNotReady),
)
async def read_situation(call: Call) -> GuidanceShown:
    """Tell what one's own answers came to; before any were kept, the first question."""
    guide = await guides.shown(call.world, call.path.item_code)
    kept = await guides.remembered_answers(call.world, call.citizen, guide)
    answers, variant = kept or ({}, "")
    return _shown(guide, guides.guidance(guide.content, answers, variant))


def _question(question: guides.Question) -> QuestionShown:
    return QuestionShown(
        key=question.key,
        text=question.text,
        help=question.help,
        multiple=question.multiple,
        when={key: list(some) for key, some in question.when.items()},
        options=[
            OptionShown(key=each.key, label=each.label, note=each.note) for each in question.options
        ],
    )


def _shown(guide: Guide, found: Guidance) -> GuidanceShown:
    return GuidanceShown(
        item_code=guide.code,
        version_no=guide.version_no,
        hash8=guide.hash8,
        complete=found.complete,
        next_question=_question(found.question) if found.question else None,
        choose_variant=guides.variant_wanted(guide.content, found),
        answers={key: list(some) for key, some in found.answers.items()},
        stop=found.stop,
        situation=found.situation.name if found.situation else "",
        variant_code=found.variant_code,
        department=guide.department,
        who=list(found.who),
        places=[PlaceShown(hall=each.hall, windows=each.windows) for each in found.places],
        forms=[each.value for each in found.forms],
        is_online=found.is_online,
        is_schedule=found.is_schedule,
        promised_limit=found.promised_limit,
        promised_visits=found.promised_visits,
        conditions=list(found.conditions),
        materials=list(found.materials),
        possible=list(found.possible),
        fees=list(found.fees),
    )
