from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.gateways.wechat_errors import BadMessage
from citydesk.gateways.wechat_fields import fit, fitted
from sandbox.templates import check_field

KINDS = [
    *("thing", "number", "letter", "symbol", "character_string", "time", "date", "amount"),
    *("phone_number", "car_number", "name", "phrase", "const", "enum"),
]


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_what_passes_our_check_passes_wechats(kind: str, text: str) -> None:
    try:
        value = fit(f"{kind}1", text)
    except BadMessage:
        return
    wrong, shown = check_field(f"{kind}1", value, strict=True)
    assert (wrong, shown) == (None, value)


@given(st.text(st.characters(exclude_categories=[])))
def test_a_thing_is_one_line_of_at_most_twenty_characters(text: str) -> None:
    visible = [each for each in text if not each.isspace() and category(each) not in {"Cc", "Cs"}]
    try:
        value = fit("thing1", text)
    except BadMessage:
        assert not set(visible) - {"\ufffe", "\uffff"}
        return
    assert 1 <= len(value) <= 20
    assert not {"\n", "\r", "\x00"} & set(value)
    assert value.encode()


def test_a_long_thing_is_cut_so_that_one_sees_it() -> None:
    assert fit("thing1", "食品经营许可" * 4) == "食品经营许可" * 3 + "食…"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("thing1", "  \n "),
        ("phrase3", "六个汉字太长"),
        ("time4", "昨天"),
        ("character_string2", "编号一"),
        ("number1", "12,5"),
        ("poem1", "床前明月光"),
    ],
)
def test_a_value_of_another_kind_is_refused_before_sending(key: str, text: str) -> None:
    with pytest.raises(BadMessage):
        fitted({key: text})


@pytest.mark.parametrize(
    "text", ["2026年3月2日 09:00", "2026年3月9日", "09:00~10:30", "2026-03-02"]
)
def test_times_as_we_write_them_are_times(text: str) -> None:
    assert fit("time4", text) == text
