import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import organs
from citydesk.organs.rules import full_region_code, region_prefix

CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", ["11370800MB28559184", "11430000006122244L", "11100000000013338W"])
def test_real_credit_codes_carry_their_check_character(code: str) -> None:
    assert organs.credit_code_check(code[:17]) == code[17]
    assert organs.is_credit_code(code)


@given(st.text(CREDIT, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(CREDIT))
def test_one_wrong_character_is_noticed(first: str, place: int, other: str) -> None:
    code = first + organs.credit_code_check(first)
    assert organs.is_credit_code(code)
    changed = code[:place] + other + code[place + 1 :]
    assert organs.is_credit_code(changed) == (changed == code)


@given(st.text(max_size=40))
def test_any_text_is_a_credit_code_or_not(text: str) -> None:
    assert organs.is_credit_code(text) in (True, False)
    assert organs.item_code(text) is None or len(text) == 31


def test_an_item_code_comes_apart_into_who_level_and_what() -> None:
    found = organs.item_code("11370800MB285591843370117002011")
    assert found == organs.ItemCode("11370800MB28559184", "3", "370117002011")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11370800MB28559184337011700201",  # 30 characters
        "11370800MB285591853370117002011",  # check character of the credit code
        "11370800MB285591848370117002011",  # level 8
        "11370800MB28559184337011700201X",  # letter in the catalogue code
        "11370800MB28559184337011700201１",  # full-width digit
    ],
)
def test_other_texts_are_no_item_codes(text: str) -> None:
    assert organs.item_code(text) is None


@pytest.mark.parametrize(
    ("code", "full", "prefix"),
    [
        ("21", "210000000000", "21"),
        ("2101", "210100000000", "2101"),
        ("210103", "210103000000", "210103"),
        ("210103005", "210103005000", "210103005"),
        ("210103005001", "210103005001", "210103005001"),
        ("210110", "210110000000", "210110"),
    ],
)
def test_a_region_code_is_padded_and_tells_its_own_prefix(
    code: str, full: str, prefix: str
) -> None:
    assert full_region_code(code) == full
    assert region_prefix(code) == region_prefix(full) == prefix
