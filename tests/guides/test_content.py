import random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from citydesk.guides import GuideContent, canonical_json, content_hash
from citydesk.guides.content import element
from citydesk.guides.element_names import NAMES, name_of
from tests.guides.making import a_guide, elements


@pytest.mark.parametrize(
    "changes",
    [
        {"unheard_of": 1},
        {"item_type": "99"},
        {"item_code": "1199 0000"},
        {"consult_phone": "114 or so"},
        {"name": "  "},
        {"themes_person": ["炼丹"]},
        {"result": {"type": "none", "name": "证"}},
        {"result": {"type": "certificate", "name": ""}},
        {"online_url": "javascript:alert(1)"},
        {"materials": [{**elements()["materials"][0], "when": {"agent": ["yes"]}}]},
        {"variants": [{"code": "00", "name": "首次"}]},
        {"questions": [{"key": "a", "text": "谁来办？", "options": []}]},
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


def test_a_guide_published_before_the_new_elements_can_still_be_read() -> None:
    old = elements()
    for new in ("flow_mode", "completion_mode", "themes_person", "themes_corp", "delivery"):
        del old[new]
    del old["result"]["sample"]
    read = GuideContent.model_validate(old)
    assert (read.delivery, read.result.sample, read.variants) == ((), None, ())


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


def test_every_element_has_a_chinese_name_and_can_be_read_by_itself() -> None:
    assert set(NAMES) == set(GuideContent.model_fields)
    whole = a_guide()
    for name in GuideContent.model_fields:
        said = whole.model_dump(mode="json")[name]
        assert element(name).validate_python(said) == getattr(whole, name)
    assert name_of("materials.2.origin") == "申请材料第3项·来源渠道"


def test_a_variant_is_named_by_the_items_code_and_two_digits() -> None:
    guide = a_guide(variants=[{"code": "01", "name": "首次申请"}, {"code": "02", "name": "延续"}])
    assert [code[-2:] for code, _ in guide.variant_codes()] == ["01", "02"]
    assert {len(code) for code, _ in guide.variant_codes()} == {33}
