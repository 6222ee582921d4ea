"""From one person's answer to everybody's, and into the guide."""

import pytest

from citydesk import consultations, guides
from citydesk.consultations import (
    AnswerElsewhere,
    AnswerState,
    ByTwoPersons,
    FaqState,
    Kind,
    NoSuchAnswer,
    NotYoursToAnswer,
    PersonInWords,
)
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.world import World
from tests.consultations.making import ANSWER, Counter, hired

ASKED = "飞风筝要不要先报备？"


async def test_an_answer_becomes_public_by_two_persons_and_a_question_of_the_guide(
    world: World,
) -> None:
    counter = await Counter.open(world)
    row = await counter.answered()
    made = await consultations.propose(world, counter.back, row.id, ASKED, ANSWER)
    with pytest.raises(AnswerElsewhere):
        await consultations.propose(world, counter.head, row.id, ASKED, ANSWER)
    assert "报备" not in await sql.value("SELECT string_agg(a::text, ' ') FROM public_answer AS a")
    assert (await consultations.public_answers(world)).items == []

    with pytest.raises(NotYoursToAnswer):
        await consultations.approve(world, counter.back, made.id)
    with pytest.raises(NoSuchAnswer):
        await consultations.approve(
            world, await counter.other(Role.DEPARTMENT_HEAD, "gongan"), made.id
        )
    await consultations.approve(world, counter.head, made.id)
    [shown] = (await consultations.public_answers(world, words="报备")).items
    assert (shown.question, shown.answer) == (ASKED, ANSWER)
    assert (await consultations.public_answers(world, words="没有这个词")).items == []
    assert (await consultations.public_answers(world, item_code="nothing")).items == []

    quotes = await consultations.quotes(world, counter.back, (await counter.asked()).id)
    assert (ASKED, ANSWER) in [(each.heading, each.text) for each in quotes]

    editor = await hired(world, "k.editor", Role.EDITOR)
    [candidate] = (
        await consultations.proposals(world, editor, AnswerState.PUBLISHED, faq=FaqState.CANDIDATE)
    ).items
    with pytest.raises(NotYoursToAnswer):
        await consultations.adopt(world, counter.head, candidate.id)
    draft_id = await consultations.adopt(world, editor, candidate.id)
    draft = await guides.draft(world, draft_id)
    assert draft.content["faqs"][-1] == {"question": ASKED, "answer": ANSWER}
    assert (await guides.checked(draft.content)).sound
    with pytest.raises(AnswerElsewhere):
        await consultations.adopt(world, editor, candidate.id)

    await consultations.take_down(world, counter.head, made.id, "规定已经修改了")
    assert (await consultations.public_answers(world)).items == []


async def test_a_second_candidate_goes_into_the_same_draft(world: World) -> None:
    counter = await Counter.open(world)
    editor = await hired(world, "k.editor", Role.EDITOR)
    drafts = set()
    for number in ("一", "二", "三"):
        row = await counter.answered()
        made = await consultations.propose(
            world, counter.back, row.id, f"问题{number}怎么办", ANSWER
        )
        await consultations.approve(world, counter.head, made.id)
        if number == "三":
            await consultations.leave_out(world, editor, made.id)
        else:
            drafts.add(await consultations.adopt(world, editor, made.id))
    [draft_id] = drafts
    faqs = [each["question"] for each in (await guides.draft(world, draft_id)).content["faqs"]]
    assert faqs[-2:] == ["问题一怎么办", "问题二怎么办"]


@pytest.mark.parametrize(
    ("question", "answer", "checked", "field"),
    [
        ("我的手机100 1234-5678收不到短信怎么办", ANSWER, True, "question"),
        ("我叫王小明，飞风筝要报备吗", ANSWER, False, "question"),
        (ASKED, "您的证件990000198804120119已登记", True, "answer"),
        (ASKED, "请拨打024-00000000", False, "answer"),
    ],
)
async def test_what_names_somebody_is_not_published(
    world: World, question: str, answer: str, checked: bool, field: str
) -> None:
    counter = await Counter.open(world)
    row = await counter.answered()
    with pytest.raises(PersonInWords) as refused:
        await consultations.propose(world, counter.back, row.id, question, answer, checked=checked)
    assert [each["field"] for each in refused.value.facts["errors"]] == [field]


async def test_a_halls_phone_is_nobodys_and_two_heads_are_two_persons(world: World) -> None:
    counter = await Counter.open(world)
    row = await counter.answered()
    made = await consultations.propose(
        world, counter.head, row.id, ASKED, "请拨打024-00000000", checked=True
    )
    with pytest.raises(ByTwoPersons):
        await consultations.approve(world, counter.head, made.id)
    await consultations.send_back(world, counter.head, made.id, "电话写错了，请改")
    again = await consultations.propose(world, counter.back, row.id, ASKED, ANSWER)
    await consultations.approve(world, counter.head, again.id)
    with pytest.raises(AnswerElsewhere):
        await consultations.propose(
            world, counter.head, (await counter.answered(Kind.COMPLAINT)).id, ASKED, ANSWER
        )
    with pytest.raises(AnswerElsewhere):
        await consultations.propose(world, counter.back, (await counter.asked()).id, ASKED, ANSWER)
