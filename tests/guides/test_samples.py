"""The guides that come with the software: complete, of one mind, and asked the citizen's way."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import orjson
import pytest

from citydesk import guides
from citydesk.guides import Guidance, GuideContent, check, guidance
from citydesk.world import World

FOLDER = files("citydesk.guides") / "data"
PLAIN = 40  # characters: a question or answer longer than this is not a plain one


def samples() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for file in sorted(FOLDER.iterdir(), key=lambda file: file.name):
        found += orjson.loads(file.read_bytes())
    return found


SAMPLES = [GuideContent.model_validate(each) for each in samples()]
ASKED = [guide for guide in SAMPLES if guide.questions]
HOT = [guide for guide in ASKED if guide.exercise_level in ("3", "4")]


def paths(content: GuideContent, answers: dict[str, list[str]]) -> Iterator[Guidance]:
    """Every way through a questionnaire, one answer to each question."""
    told = guidance(content, answers)
    if told.stop or told.question is None:
        yield told
        return
    for option in told.question.options:
        yield from paths(content, {**answers, told.question.key: [option.key]})


def test_no_quality_rule_finds_anything() -> None:
    found = [
        (each["name"], finding.code, finding.element)
        for each in samples()
        for finding in check(each).findings
    ]
    assert found == []


def test_there_are_enough_of_every_level_and_all_are_marked_as_samples() -> None:
    assert len(SAMPLES) >= 150
    assert len({guide.item_code for guide in SAMPLES}) == len(SAMPLES)
    assert len({guide.authority for guide in SAMPLES}) >= 30
    for level in "3456":
        assert sum(guide.exercise_level == level for guide in SAMPLES) >= 8, level
    assert all(guide.sample for guide in SAMPLES)


@pytest.mark.parametrize(
    "element",
    [
        *("authority", "handling_unit", "power_source", "power_division", "exercise_content"),
        *("themes_person", "legal_basis", "acceptance_conditions", "materials", "process_links"),
        *("places", "consult_phone", "complain_phone", "rights", "duties", "remedies", "faqs"),
        *("schedule_rule", "consult_wechat", "flow_mode"),
    ],
)
def test_every_sample_says_what_citizens_and_the_national_list_ask_for(element: str) -> None:
    empty = [
        guide.name
        for guide in SAMPLES
        if not getattr(guide, element)
        and not (element == "themes_person" and guide.themes_corp)
        and not (element == "schedule_rule" and not guide.is_schedule)
    ]
    assert empty == []


def test_every_material_says_where_it_comes_from() -> None:
    silent = [
        (guide.name, material.name)
        for guide in SAMPLES
        for material in guide.materials
        if not material.source_explain
    ]
    assert silent == []


def test_the_thirty_most_frequent_matters_ask_plain_questions() -> None:
    assert len(HOT) >= 30
    assert len(ASKED) - len(HOT) >= 16  # streets and communities ask too
    assert sum(bool(guide.variants) for guide in HOT) >= 15
    long = [
        words
        for guide in ASKED
        for question in guide.questions
        for words in (question.text, *(option.label for option in question.options))
        if len(words) > PLAIN
    ]
    assert long == []


@pytest.mark.parametrize("guide", ASKED, ids=lambda guide: guide.name)
def test_every_way_through_a_questionnaire_ends_in_what_to_do(guide: GuideContent) -> None:
    ends = list(paths(guide, {}))
    arrived = [told for told in ends if not told.stop]
    assert arrived
    assert all(told.materials and told.complete for told in arrived)
    assert not guide.variants or all(told.variant for told in arrived)
    # The questions are of use: not everybody has to bring, or hears, the same.
    differing = {
        (
            tuple(m.code for m in each.materials),
            each.conditions,
            each.situation.code if each.situation else "",
            each.variant_code,
        )
        for each in arrived
    }
    assert len(differing) > 1
    named = {each.situation.code for each in arrived if each.situation}
    assert named == {situation.code for situation in guide.situations}


def test_a_link_to_where_a_paper_is_got_leads_to_another_sample() -> None:
    homes = {f"/guides/{guide.item_code}" for guide in SAMPLES}
    links = [
        (guide, material.source_link.href)
        for guide in SAMPLES
        for material in guide.materials
        if material.source_link
    ]
    assert len(links) >= 200
    assert all(href in homes for _, href in links)
    assert all(href != f"/guides/{guide.item_code}" for guide, href in links)


async def test_what_most_people_come_for_is_asked_about_their_situation(world: World) -> None:
    hot = await guides.hot(world, 12)
    assert len(hot) >= 10
    silent = [
        found.name
        for found in hot
        if not (await guides.published(world, found.code)).content.questions
    ]
    assert silent == []
