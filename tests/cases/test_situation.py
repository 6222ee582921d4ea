"""Filing asks for the papers of one's situation, and the officer sees what was answered."""

from typing import Any

import pytest

from citydesk import cases, guides
from citydesk.cases import FilingIncomplete
from citydesk.world import World
from tests.cases.making import PDF, Desk, kite_guide
from tests.guides.making import a_guide

PHOTO: dict[str, Any] = a_guide().model_dump(mode="json")["materials"][0]
ENGINE_PAPER = {
    **PHOTO,
    "code": "m02",
    "name": "发动机说明书",
    "condition": "风筝带发动机的",
    "when": {"engine": ["yes"]},
}
QUESTION = {
    "key": "engine",
    "text": "风筝带发动机吗？",
    "options": [{"key": "yes", "label": "带"}, {"key": "no", "label": "不带"}],
}


async def asking_guide(world: World) -> str:
    return await kite_guide(world, materials=[PHOTO, ENGINE_PAPER], questions=[QUESTION])


async def told(desk: Desk, item: str, answer: str) -> None:
    guide = await guides.published(desk.world, item)
    await guides.remember_answers(desk.world, desk.citizen, guide, {"engine": [answer]})


async def test_what_is_needed_in_my_situation_is_demanded(world: World) -> None:
    desk = await Desk.open(world)
    item = await asking_guide(world)
    await told(desk, item, "yes")
    with pytest.raises(FilingIncomplete) as refused:
        await desk.filed(item)
    assert [each["field"] for each in refused.value.facts["errors"]] == ["materials.m02"]
    [draft] = (await cases.my_cases(world, desk.citizen)).items
    await cases.attach(world, desk.citizen, draft.id, "m02", "说明书.pdf", PDF)
    case = await cases.submit(world, desk.citizen, draft.id)
    assert [(each.question, each.answered) for each in await cases.situation_of(world, case)] == [
        ("风筝带发动机吗？", "带")
    ]


async def test_what_is_not_needed_in_my_situation_is_not_demanded(world: World) -> None:
    desk = await Desk.open(world)
    item = await asking_guide(world)
    await told(desk, item, "no")
    case = await desk.filed(item)
    [line] = await cases.situation_of(world, case)
    assert line.answered == "不带"


async def test_who_was_not_asked_brings_what_everybody_brings(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.filed(await asking_guide(world))
    assert await cases.situation_of(world, case) == ()


async def test_what_was_answered_lies_sealed(world: World) -> None:
    desk = await Desk.open(world)
    item = await asking_guide(world)
    await told(desk, item, "no")
    case = await desk.filed(item)
    assert b"engine" not in bytes(case.situation_sealed)
