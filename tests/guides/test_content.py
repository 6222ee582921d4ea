import random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from citydesk.guides import GuideContent, Limit, canonical_json, content_hash
from citydesk.guides.rules import longer
from tests.guides.making import a_guide, elements

DAYS = {"unit": "working_day", "note": ""}
A_FEE = {"name": "工本费", "standard": "每证10元", "amount_fen": 1000, "basis": "示例价目"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"promised_limit": {"value": 21, **DAYS}}, "promised_limit"),
        ({"promised_limit": {"value": 1, "unit": "month"}}, "promised_limit"),
        ({"promised_limit": {"value": 0, **DAYS}}, "promised_limit"),
        ({"case_type": "immediate"}, "promised_limit"),
        ({"statutory_limit": {"value": 0, **DAYS}}, "statutory_limit"),
        ({"has_fee": True}, "fees"),
        ({"fees": [A_FEE]}, "fees"),
        ({"online_pay": True}, "online_pay"),
        ({"onsite_reason": ""}, "onsite_reason"),
        ({"promised_visits": 0}, "onsite_reason"),
        ({"online_depth": "4"}, "promised_visits"),
        ({"is_online": False}, "is_online"),
        ({"complain_phone": "024-00000101"}, "complain_phone"),
        ({"addressees": ["1", "1"]}, "addressees"),
        ({"materials": elements()["materials"] * 2}, "materials.code"),
        ({"form_fields": elements()["form_fields"] * 2}, "form_fields.key"),
        ({"result": {"type": "none", "name": "证"}}, "result"),
    ],
)
def test_a_guide_that_contradicts_itself_is_refused_by_the_element_at_fault(
    changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        a_guide(**changes)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"has_fee": True, "fees": [A_FEE], "online_pay": True},
        {"promised_visits": 0, "onsite_reason": "", "online_depth": "4"},
        {"case_type": "immediate", "promised_limit": {"value": 0, **DAYS}},
        {"forms": ["1"], "is_online": False, "online_depth": "1"},
        {"result": {"type": "none", "name": ""}},
    ],
)
def test_a_sound_guide_is_taken(changes: dict[str, Any]) -> None:
    assert a_guide(**changes).sample


@pytest.mark.parametrize(
    "changes",
    [
        {"unheard_of": 1},
        {"item_type": "99"},
        {"item_code": "11990000MB0000035530000000000"},
        {"item_code": "11990000MB00000355X000000000001"},
        {"consult_phone": "114 or so"},
        {"materials": []},
        {"name": "  "},
    ],
)
def test_an_element_outside_its_code_set_or_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_guide(**changes)


def test_a_choice_needs_options_and_nothing_else_may_have_them() -> None:
    [field] = elements()["form_fields"]
    for wrong in ({**field, "type": "choice"}, {**field, "options": ["大", "小"]}):
        with pytest.raises(ValidationError):
            a_guide(form_fields=[wrong])
    assert a_guide(form_fields=[{**field, "type": "choice", "options": ["大", "小"]}])


@given(seed=st.integers(0, 10**6))
def test_the_order_in_which_a_guide_is_written_does_not_change_its_hash(seed: int) -> None:
    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        keys = list(value)
        random.Random(seed).shuffle(keys)
        return {key: shuffled(value[key]) for key in keys}

    again = GuideContent.model_validate(shuffled(elements()))
    assert content_hash(canonical_json(again)) == content_hash(canonical_json(a_guide()))


def test_canonical_json_is_sorted_utf_8_without_spaces_and_reads_back() -> None:
    written = canonical_json(a_guide())
    assert "示例风筝放飞许可（首次申请）".encode() in written
    assert b'": ' not in written
    assert written == orjson.dumps(orjson.loads(written), option=orjson.OPT_SORT_KEYS)
    assert GuideContent.model_validate_json(written) == a_guide()


@given(promised=st.integers(0, 400), statutory=st.integers(1, 400))
def test_in_one_unit_a_promise_is_longer_exactly_when_its_number_is(
    promised: int, statutory: int
) -> None:
    def days(value: int) -> Limit:
        return Limit.model_validate({"value": value, **DAYS})

    assert longer(days(promised), days(statutory)) == (promised > statutory)
