"""Small values: identifiers, masks, money, refusals, troubles."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.kit.clock import CITY, SetClock, SystemClock, in_city
from citydesk.kit.ids import UNAMBIGUOUS, new_id, random_code
from citydesk.kit.masking import masked_id_no, masked_name, masked_phone
from citydesk.kit.money import yuan
from citydesk.kit.refusals import (
    Conflict,
    Forbidden,
    Invalid,
    Missing,
    Refusal,
    TooMany,
    Unidentified,
)
from citydesk.kit.troubles import GatewayTrouble


def test_identifiers_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(2_000)]
    assert len(set(made)) == 2_000
    assert all(earlier < later for earlier, later in pairwise(made))


def test_an_identifier_is_a_uuid_of_version_7_with_its_millisecond() -> None:
    made = new_id()
    assert made.version == 7
    assert abs((made.int >> 80) / 1000 - time()) < 5


def test_a_code_for_people_has_no_letters_that_look_alike() -> None:
    assert not set("0O1IL2Z5S8B") & set(UNAMBIGUOUS)
    assert len(set(UNAMBIGUOUS)) == len(UNAMBIGUOUS)
    assert random_code(0) == ""
    seen = Counter(random_code(5_000))
    assert set(seen) <= set(UNAMBIGUOUS)
    assert len({random_code(8) for _ in range(1_000)}) == 1_000
    assert set(random_code(50, "ab")) <= {"a", "b"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [("王小明", "王**"), ("王明", "王*"), ("王", "王*"), ("", ""), ("A·B", "A**")],
)
def test_of_a_name_the_family_name_is_shown(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("mask", "number", "shown"),
    [
        (masked_phone, "10012345678", "100****5678"),
        (masked_phone, "1234567", "*******"),
        (masked_phone, "12345678", "123*5678"),
        (masked_phone, "", ""),
        (masked_id_no, "990000199001011234", "990***********1234"),
        (masked_id_no, "99000019900101123X", "990***********123X"),
        (masked_id_no, "H1234", "*****"),
    ],
)
def test_of_a_number_its_ends_are_shown(mask: object, number: str, shown: str) -> None:
    assert callable(mask)
    assert mask(number) == shown


@given(st.text(st.characters(exclude_characters="*"), max_size=30))
def test_a_mask_keeps_the_length_and_never_shows_it_all(text: str) -> None:
    for shown in (masked_phone(text), masked_id_no(text)):
        assert len(shown) == len(text)
        assert not text or shown != text


@pytest.mark.parametrize(
    ("amount_fen", "shown"),
    [
        (0, "免费"),
        (1, "0.01元"),
        (1250, "12.50元"),
        (100, "1.00元"),
        (-1250, "-12.50元"),
        (10**15 + 1, "10000000000000.01元"),
    ],
)
def test_money_is_shown_to_the_fen(amount_fen: int, shown: str) -> None:
    assert yuan(amount_fen) == shown


@given(st.integers(1, 10**18))
def test_no_fen_is_lost_in_showing(amount_fen: int) -> None:
    whole, part = yuan(amount_fen).removesuffix("元").split(".")
    assert int(whole) * 100 + int(part) == amount_fen


def test_the_city_has_its_own_midnight() -> None:
    clock = SetClock(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC))
    assert clock.today().isoformat() == "2026-03-01"
    clock.move(seconds=1)
    assert clock.today().isoformat() == "2026-03-02"
    assert in_city(clock.now()).isoformat() == "2026-03-02T00:00:00+08:00"


def test_a_set_clock_stands_still_until_it_is_moved() -> None:
    begin = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    clock = SetClock(begin)
    assert clock.now() == clock.now() == begin
    clock.move(days=1, hours=2)
    assert clock.now() == begin + timedelta(days=1, hours=2)
    clock.set(begin)
    assert clock.now() == begin


def test_the_real_clock_is_aware_and_in_utc() -> None:
    clock = SystemClock()
    now = clock.now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now.timestamp() - time()) < 5
    assert clock.today() in (now.astimezone(CITY).date(), clock.now().astimezone(CITY).date())


@pytest.mark.parametrize("kind", [Missing, Conflict, Forbidden, Unidentified, Refusal])
def test_a_refusal_has_a_sentence_and_its_facts(kind: type[Refusal]) -> None:
    class SlotFull(kind):  # type: ignore[misc, valid-type]
        """For this test."""

    refusal = SlotFull("这个时段已满，请换一个时段。", left=0)
    assert (refusal.detail, str(refusal)) == ("这个时段已满，请换一个时段。",) * 2
    assert refusal.facts == {"left": 0}
    assert refusal.title == kind.title


def test_what_is_invalid_names_its_fields() -> None:
    errors = [{"field": "phone", "detail": "格式不对"}]
    assert Invalid("请修改手机号。", errors).facts == {"errors": errors}
    assert Invalid("请修改。").facts == {"errors": []}


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    refusal = TooMany("请稍后再试。", retry_after_seconds=30)
    assert refusal.retry_after_seconds == 30
    assert refusal.facts == {}


def test_trouble_outside_is_no_refusal_and_was_sent_unless_we_know_better() -> None:
    assert not issubclass(GatewayTrouble, Refusal)
    assert GatewayTrouble("x").sent
    assert GatewayTrouble("x").retry_after_seconds is None
    assert not GatewayTrouble("x", sent=False).sent
