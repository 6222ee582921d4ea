from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from citydesk.cases import is_case_no
from citydesk.cases.numbering import ALPHABET, SERIALS, case_no, check_character, permuted

KEY = bytes(range(32))
DAY = date(2026, 3, 2)
numbers = st.integers(0, SERIALS - 1)


def number_of(counter: int, channel: str = "app") -> str:
    return case_no("210103000000", DAY, channel, counter, KEY)


def test_the_check_character_is_that_of_the_standards_examples() -> None:
    # Real certificate identifiers of domain/vectors.md A3.
    assert check_character("11100000000013338W01111430000006122244L20230000403001") == "U"
    assert check_character("11100000MB03271699022340100000000016001") == "9"


@given(numbers, st.sampled_from(["app", "wechat", "terminal", "web", "window"]))
def test_a_number_says_region_day_and_channel_and_checks(counter: int, channel: str) -> None:
    number = number_of(counter, channel)
    letter = {"app": "A", "wechat": "W", "terminal": "T", "web": "P", "window": "C"}[channel]
    assert len(number) == 22
    assert number.startswith(f"21010320260302{letter}")
    assert is_case_no(number)


@given(numbers, st.integers(0, 21), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(counter: int, at: int, other: str) -> None:
    number = number_of(counter)
    altered = number[:at] + other + number[at + 1 :]
    assert is_case_no(altered) is (altered == number)


@given(st.text(max_size=30) | st.from_regex(r"\d{14}[A-Z]\d{6}[0-9A-Z]", fullmatch=True))
def test_no_text_at_all_breaks_the_check(text: str) -> None:
    """Digits of other scripts look like digits to a careless reader: none may raise."""
    if is_case_no(text):
        assert text.isascii()
        assert check_character(text[:-1]) == text[-1]


def test_a_number_in_full_width_digits_is_no_number() -> None:
    number = number_of(7)
    wide = "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in number)
    assert not is_case_no(wide)


def test_the_serials_of_a_day_are_all_of_them_each_once() -> None:
    key, day = b"k" * 32, "20260302"
    assert len({permuted(number, key, day) for number in range(20_000)}) == 20_000
    # The rounds are a Feistel network: bijective by construction; here a tenth is counted out.
    assert all(0 <= permuted(number, key, day) < SERIALS for number in range(0, SERIALS, 101))


@given(numbers, numbers, st.binary(min_size=32, max_size=32))
def test_two_counts_never_give_one_serial(one: int, other: int, key: bytes) -> None:
    same = permuted(one, key, "20260302") == permuted(other, key, "20260302")
    assert same is (one == other)


def test_neighbouring_numbers_tell_no_volume() -> None:
    """Somebody who files twice learns nothing from the difference of the serials."""
    serials = [int(number_of(counter)[15:21]) for counter in range(400)]
    steps = [(b - a) % SERIALS for a, b in pairwise(serials)]
    assert len(set(steps)) > 390
    assert abs(sum(step < SERIALS // 2 for step in steps) - 200) < 60
    other_day = case_no("210103000000", date(2026, 3, 3), "app", 0, KEY)
    assert int(other_day[15:21]) != serials[0]
