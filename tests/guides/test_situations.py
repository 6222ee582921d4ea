from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.guides import GuideContent, WrongAnswer, guidance
from citydesk.guides.actions import samples
from citydesk.guides.situations import Guidance
from tests.guides.making import a_guide, code, elements

PAPER = elements()["materials"][0]


def option(key: str, **more: str) -> dict[str, Any]:
    return {"key": key, "label": key, **more}


def material(number: int, **more: Any) -> dict[str, Any]:
    return {**PAPER, "code": f"m0{number}", "name": f"材料{number}", **more}


@pytest.fixture(scope="module")
def kite() -> GuideContent:
    """A permit with three questions, two variants, and papers for some situations only."""
    return a_guide(
        handling_unit="市市场监管局行政审批处",
        variants=[
            {"code": "01", "name": "首次申请", "conditions": ["没有办过"]},
            {
                "code": "02",
                "name": "延续",
                "materials": ["m01", "m03"],
                "promised_limit": {"value": 2, "unit": "working_day"},
                "promised_visits": 0,
                "forms": ["3"],
            },
        ],
        questions=[
            {
                "key": "have",
                "text": "办过吗？",
                "options": [
                    option("no", variant="01"),
                    option("yes", variant="02"),
                    option("toy", stop="玩具风筝不用办证，可以直接放。"),
                ],
            },
            {
                "key": "agent",
                "text": "谁来办？",
                "when": {"have": ["no"]},
                "options": [option("self"), option("other")],
            },
            {
                "key": "extra",
                "text": "还有什么？",
                "multiple": True,
                "options": [option("lights"), option("music"), option("none")],
            },
        ],
        materials=[
            material(1),
            material(2, condition="别人代办", when={"agent": ["other"]}),
            material(3, condition="有灯或有音乐", when={"extra": ["lights", "music"]}),
        ],
        extra_conditions=[{"text": "夜里不放音乐", "when": {"extra": ["music"]}}],
        situations=[{"code": "proxy", "name": "代办", "when": {"agent": ["other"]}}],
        places=[
            {"hall": "shenhe", "windows": "综合窗口"},
            {"hall": "heping", "windows": "夜间窗口", "when": {"extra": ["lights"]}},
        ],
    )


def names(found: Sequence[Any]) -> list[str]:
    return [each.name for each in found]


def asked(found: Guidance) -> str:
    return found.question.key if found.question else ""


def test_before_the_first_answer_only_what_everybody_needs_is_sure(kite: GuideContent) -> None:
    found = guidance(kite, {})
    assert (asked(found), found.complete) == ("have", False)
    assert (names(found.materials), names(found.possible)) == (["材料1"], ["材料2", "材料3"])


def test_answers_end_in_who_where_how_and_only_the_papers_needed(kite: GuideContent) -> None:
    half = guidance(kite, {"have": ["no"], "agent": ["other"]})
    assert (asked(half), names(half.possible)) == ("extra", ["材料3"])
    found = guidance(kite, {"have": ["no"], "agent": ["other"], "extra": ["none"]})
    assert found.complete
    assert (names(found.materials), found.possible) == (["材料1", "材料2"], ())
    assert found.variant_code == f"{code()}01"
    assert (found.situation.name if found.situation else "") == "代办"
    assert found.who == ("市市场监管局行政审批处",)
    assert [place.hall for place in found.places] == ["shenhe"]
    assert found.conditions == ("风筝完好", "没有办过")


def test_a_variant_says_only_what_differs(kite: GuideContent) -> None:
    found = guidance(kite, {"have": ["yes"], "extra": ["lights", "music"]})
    assert found.complete, "who comes is not asked of somebody who renews"
    assert (found.promised_limit.value, found.promised_visits, found.forms) == (2, 0, ("3",))
    assert found.is_online is True
    assert names(found.materials) == ["材料1", "材料3"]
    assert found.conditions == ("风筝完好", "夜里不放音乐")
    assert [place.hall for place in found.places] == ["shenhe", "heping"]


def test_an_answer_may_show_that_this_is_not_the_matter(kite: GuideContent) -> None:
    found = guidance(kite, {"have": ["toy"]})
    assert found.complete
    assert "不用办证" in found.stop


def test_an_answer_to_a_question_that_no_longer_applies_is_left_out(kite: GuideContent) -> None:
    found = guidance(kite, {"have": ["yes"], "agent": ["other"], "extra": ["none"]})
    assert "agent" not in found.answers
    assert (found.situation, names(found.materials)) == (None, ["材料1"])


@pytest.mark.parametrize(
    ("answers", "variant", "field"),
    [
        ({"moon": ["yes"]}, "", "answers.moon"),
        ({"have": ["maybe"]}, "", "answers.have"),
        ({"have": ["yes", "no"]}, "", "answers.have"),
        ({}, "09", "variant"),
    ],
)
def test_a_wrong_answer_is_refused_by_name(
    kite: GuideContent, answers: Mapping[str, list[str]], variant: str, field: str
) -> None:
    with pytest.raises(WrongAnswer) as refused:
        guidance(kite, answers, variant)
    assert [each["field"] for each in refused.value.facts["errors"]] == [field]


def test_a_guide_without_questions_is_complete_at_once() -> None:
    found = guidance(a_guide(), {})
    assert (found.complete, found.variant_code, names(found.materials)) == (
        True,
        f"{code()}00",
        ["风筝照片"],
    )


@given(data=st.data())
def test_every_way_through_a_sample_ends_and_never_asks_for_more_as_it_goes(
    data: st.DataObject,
) -> None:
    content = data.draw(st.sampled_from([each for each in samples_with_questions()]))
    answers: dict[str, list[str]] = {}
    found = guidance(content, answers)
    for _ in range(len(content.questions) + 1):
        if found.question is None:
            break
        chosen = data.draw(st.sampled_from(found.question.options))
        answers[found.question.key] = [chosen.key]
        before = {*names(found.materials), *names(found.possible)}
        found = guidance(content, answers)
        assert {*names(found.materials), *names(found.possible)} <= before
    assert found.complete
    assert found.stop or found.materials
    assert found.possible == ()


_KEPT: list[GuideContent] = []


def samples_with_questions() -> list[GuideContent]:
    if not _KEPT:
        _KEPT.extend(each for each in samples() if each.questions)
    return _KEPT
