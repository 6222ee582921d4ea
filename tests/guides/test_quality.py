from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.guides import RULES, GuideContent, Limit, Severity, check
from citydesk.guides.actions import samples
from citydesk.guides.rules import longer
from tests.guides.making import CREDIT_CODE, a_guide, elements

DAYS = {"unit": "working_day", "note": ""}
A_FEE = {"name": "工本费", "standard": "每证10元", "amount_fen": 1000, "basis": "示例价目"}
PAPER = elements()["materials"][0]
FORM = {**PAPER, "name": "风筝放飞申请表", "type": "original"}
ASKED = {
    "key": "agent",
    "text": "谁来办？",
    "options": [{"key": "self", "label": "本人"}, {"key": "other", "label": "别人代办"}],
}
PROXY = {
    **PAPER,
    "code": "m02",
    "name": "委托书",
    "condition": "别人代办时",
    "when": {"agent": ["other"]},
}
ON_THE_SPOT = {"promised_limit": {"value": 0, **DAYS}, "case_type": "immediate"}
NOTHING = {"type": "none", "name": ""}

# Rule, what makes a guide guilty of it and where, and what is innocent although it looks alike.
EXAMPLES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("Q1", {"case_type": "immediate"}, "promised_limit", {**ON_THE_SPOT, "flow_mode": "immediate"}),
    ("Q1", {**ON_THE_SPOT, "flow_mode": "reviewed"}, "flow_mode", {}),
    ("Q1", {"promised_limit": {"value": 0, **DAYS}}, "case_type", {}),
    ("Q2", {"flow_mode": "immediate"}, "flow_mode", {}),
    ("Q2", {"case_type": "other"}, "case_type", {}),
    ("Q3", {"promised_limit": {"value": 21, **DAYS}}, "promised_limit", {}),
    (
        "Q3",
        {"promised_limit": {"value": 2, "unit": "month"}},
        "promised_limit",
        {"promised_limit": {"value": 20, "unit": "calendar_day"}},
    ),
    (
        "Q3",
        {"statutory_limit": {"value": 0, **DAYS}},
        "statutory_limit",
        {"statutory_limit": {"value": 0, "unit": "working_day", "note": "法律没有规定"}},
    ),
    ("Q4", {"completion_mode": "other"}, "completion_mode", {}),
    (
        "Q4",
        {"result": {**elements()["result"], "name": "关于放飞的批复"}},
        "completion_mode",
        {
            "result": {**elements()["result"], "name": "关于放飞的批复"},
            "completion_mode": "approval",
        },
    ),
    ("Q5", {"onsite_reason": "无"}, "onsite_reason", {}),
    ("Q5", {"promised_visits": 0}, "onsite_reason", {"promised_visits": 0, "onsite_reason": "无"}),
    (
        "Q5",
        {"promised_visits": 0, "onsite_reason": "", "forms": ["1"], "is_online": False},
        "mail_in",
        {
            "promised_visits": 0,
            "onsite_reason": "",
            "forms": ["1", "4"],
            "is_online": False,
            "mail_in": True,
        },
    ),
    (
        "Q6",
        {"online_depth": "4"},
        "promised_visits",
        {"online_depth": "4", "promised_visits": 0, "onsite_reason": ""},
    ),
    ("Q7", {"has_fee": True}, "fees", {"has_fee": True, "fees": [A_FEE], "online_pay": False}),
    ("Q7", {"fees": [A_FEE]}, "fees", {}),
    ("Q7", {"online_pay": True}, "online_pay", {"online_pay": None}),
    ("Q7", {"has_fee": True, "fees": [A_FEE], "online_pay": None}, "online_pay", {}),
    (
        "Q7",
        {"has_fee": True, "fees": [{**A_FEE, "basis": ""}], "online_pay": True},
        "fees.0.basis",
        {"has_fee": True, "fees": [A_FEE], "online_pay": True},
    ),
    ("Q8", {"complain_phone": "024-00000101"}, "complain_phone", {"complain_phone": "12345"}),
    ("Q9", {"addressees": ["1"]}, "themes_corp", {"addressees": ["1"], "themes_corp": []}),
    ("Q9", {"themes_person": []}, "themes_person", {}),
    ("Q10", {"faqs": []}, "faqs", {"faqs": [], "item_type": "20"}),
    (
        "Q10",
        {"process_links": elements()["process_links"][:4]},
        "process_links",
        {"process_links": elements()["process_links"][:4], "item_type": "20"},
    ),
    ("Q10", {"promised_limit": {"value": 4, **DAYS}}, "process_links", {}),
    (
        "Q11",
        {"result": {"type": "certificate", "name": "风筝放飞证"}},
        "result.sample",
        {"result": NOTHING, "delivery": []},
    ),
    ("Q12", {"acceptance_conditions": []}, "acceptance_conditions", {}),
    ("Q12", {"materials": []}, "materials", {}),
    ("Q12", {"places": []}, "places", {}),
    ("Q12", {"delivery": []}, "delivery", {"delivery": [], "result": NOTHING}),
    (
        "Q12",
        {"materials": [FORM]},
        "materials.0.blank_form",
        {"materials": [{**FORM, "blank_form": {"name": "空白表", "href": "/files/1"}}]},
    ),
    (
        "Q12",
        {"themes": [], "themes_person": [], "themes_corp": []},
        "themes",
        {"themes": [], "themes_person": [], "themes_corp": [], "is_investment_project": True},
    ),
    (
        "Q12",
        {"materials": [{**PAPER, "origin": "intermediary"}]},
        "intermediary_services",
        {
            "materials": [{**PAPER, "origin": "intermediary"}],
            "intermediary_services": [{"name": "风筝检测"}],
        },
    ),
    ("Q13", {"acceptance_conditions": ["按规定"]}, "acceptance_conditions.0", {}),
    (
        "Q13",
        {"office_hours": "详见大厅公告"},
        "office_hours",
        {"office_hours": "工作日 9:00-17:00，详见大厅公告"},
    ),
    ("Q13", {"handling_unit": "无"}, "handling_unit", {"onsite_reason": "领取证书"}),
    (
        "Q14",
        {"materials": [{**PAPER, "origin": "government"}]},
        "materials.0.satisfiable_by",
        {"materials": [{**PAPER, "origin": "government", "satisfiable_by": ["certificate:kite"]}]},
    ),
    (
        "Q14",
        {"materials": [{**PAPER, "name": "需要的其他材料"}]},
        "materials.0.name",
        {"materials": [{**PAPER, "name": "其他国家的放飞证明"}]},
    ),
    (
        "Q14",
        {"materials": [{**PAPER, "origin": "other"}]},
        "materials.0.source_explain",
        {"materials": [{**PAPER, "origin": "other", "source_explain": "风筝厂出具"}]},
    ),
    ("C1", {"item_code": f"{CREDIT_CODE[:17]}63990000000001"}, "item_code", {}),
    (
        "C1",
        {"item_code": f"{CREDIT_CODE}399000000000"},
        "item_code",
        {"item_code": "511Z07001006-511602000000-000", "code_scheme": "local"},
    ),
    ("C2", {"exercise_level": "4"}, "exercise_level", {}),
    ("D1", {"is_online": False}, "is_online", {"is_online": False, "forms": ["1"]}),
    ("D2", {"addressees": ["1", "1"]}, "addressees", {}),
    ("D2", {"materials": [PAPER, PAPER]}, "materials.code", {}),
    ("D2", {"form_fields": elements()["form_fields"] * 2}, "form_fields.key", {}),
    (
        "S1",
        {"materials": [PAPER, PROXY]},
        "materials.1.when",
        {"materials": [PAPER, PROXY], "questions": [ASKED]},
    ),
    (
        "S1",
        {"questions": [{**ASKED, "when": {"later": ["yes"]}}]},
        "questions.0.when",
        {"materials": [PAPER, PROXY], "questions": [ASKED]},
    ),
    (
        "S1",
        {"variants": [{"code": "01", "name": "首次", "materials": ["m99"]}]},
        "variants.0.materials",
        {"variants": [{"code": "01", "name": "首次", "materials": ["m01"]}]},
    ),
    (
        "S2",
        {"questions": [ASKED]},
        "questions.0",
        {"materials": [PAPER, PROXY], "questions": [ASKED]},
    ),
    (
        "S3",
        {"variants": [{"code": "02", "name": "延续"}, {"code": "01", "name": "首次"}]},
        "variants",
        {"variants": [{"code": "01", "name": "首次"}, {"code": "02", "name": "延续"}]},
    ),
    (
        "S4",
        {"variants": [{"code": "01", "name": "首次", "promised_limit": {"value": 30, **DAYS}}]},
        "variants.0.promised_limit",
        {"variants": [{"code": "01", "name": "首次", "promised_limit": {"value": 2, **DAYS}}]},
    ),
]


def said(guilty: dict[str, Any]) -> set[tuple[str, str]]:
    content = {**elements(), **guilty}
    return {(each.code, each.element) for each in check(content).findings}


@pytest.mark.parametrize(("rule", "guilty", "where", "innocent"), EXAMPLES)
def test_a_rule_finds_the_guilty_and_spares_the_innocent(
    rule: str, guilty: dict[str, Any], where: str, innocent: dict[str, Any]
) -> None:
    assert (rule, where) in said(guilty)
    assert rule not in {code for code, _ in said(innocent)}


def test_every_rule_has_an_example_of_each_kind() -> None:
    assert {rule.code for rule in RULES} == {example[0] for example in EXAMPLES}


def test_a_sound_guide_has_no_finding_at_all() -> None:
    assert check(elements()).findings == ()
    assert check(a_guide()).sound


def test_errors_block_and_warnings_do_not() -> None:
    blocking = {rule.code for rule in RULES if rule.severity is Severity.ERROR}
    assert blocking >= {"Q1", "Q2", "Q3", "Q5", "Q6", "Q7", "Q8", "Q11", "Q12", "C1"}
    assert {"Q4", "Q9", "Q10", "Q13", "Q14", "C2"}.isdisjoint(blocking)
    assert check({**elements(), "faqs": []}).sound
    assert not check({**elements(), "places": []}).sound


def test_a_missing_catalogue_entry_blocks_and_a_level_above_the_organ_warns() -> None:
    assert [each.code for each in check(a_guide(), entry_known=False).errors] == ["C3"]
    assert check(a_guide(), entry_known=True).findings == ()
    assert [each.code for each in check(a_guide(), organ_level="4").warnings] == ["C2"]


def test_every_fault_of_a_half_written_guide_is_named_at_once_in_chinese() -> None:
    content = elements(complain_phone="024-00000101", item_type="99", onsite_reason="")
    del content["places"], content["authority"]
    content["materials"][0]["origin"] = ""
    found = check(content)
    assert found.content is None
    named = {(each.code, each.element): each for each in found.findings}
    assert {("Q8", "complain_phone"), ("F", "item_type"), ("Q5", "onsite_reason")} <= set(named)
    assert {("Q12", "places"), ("Q12", "authority")} <= set(named)
    assert named["Q12", "materials.0.origin"].message == "缺少申请材料第1项·来源渠道"
    assert named["F", "item_type"].label == "事项类型"
    assert all(not each.message.isascii() for each in found.findings)


@given(
    st.dictionaries(
        st.sampled_from([*GuideContent.model_fields, "unheard_of"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
            max_leaves=6,
        ),
        max_size=6,
    )
)
def test_whatever_is_typed_the_check_answers(typed: dict[str, Any]) -> None:
    assert all(isinstance(each.message, str) for each in check({**elements(), **typed}).findings)
    assert not check(typed).sound


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{'-'.join(rule.elements)}")
def test_a_rule_looks_at_no_element_but_those_it_names(rule: Any) -> None:
    whole = dict(a_guide())
    only = GuideContent.model_construct(**{name: whole[name] for name in rule.elements})
    for name in set(GuideContent.model_fields) - set(rule.elements):
        only.__dict__.pop(name, None)
    assert list(rule.predicate(only)) == []


@given(promised=st.integers(0, 400), statutory=st.integers(1, 400))
def test_in_one_unit_a_promise_is_longer_exactly_when_its_number_is(
    promised: int, statutory: int
) -> None:
    def days(value: int) -> Limit:
        return Limit.model_validate({"value": value, **DAYS})

    assert longer(days(promised), days(statutory)) == (promised > statutory)


@given(working=st.integers(1, 60), calendar=st.integers(0, 200))
def test_unlike_units_are_compared_only_where_no_holiday_can_change_the_answer(
    working: int, calendar: int
) -> None:
    promise = Limit.model_validate({"value": working, **DAYS})
    law = Limit.model_validate({"value": calendar, "unit": "calendar_day"})
    if longer(promise, law):
        assert working > calendar * 5 / 7 - 2
    assert not (longer(promise, law) and longer(law, promise))


def test_every_sample_guide_is_without_fault() -> None:
    contents = samples()
    assert len(contents) >= 150
    assert not {each.name: check(each).findings for each in contents if check(each).findings}
