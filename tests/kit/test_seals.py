"""Sealed text opens only where it was sealed, with the key it was sealed with, unaltered."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.kit.seals import SealBroken, Seals

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ROW, OTHER_ROW = UUID(int=1), UUID(int=2)
PLACE = "identity.id_no_sealed"


def text_of(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


BLIND = text_of(9)
SEALS = Seals.from_text(f"k1:{text_of(1)}", BLIND)


@given(TEXT, st.uuids())
def test_what_was_sealed_opens_again(text: str, row_id: UUID) -> None:
    sealed = SEALS.seal(text, PLACE, row_id)
    assert SEALS.open(sealed, PLACE, row_id) == text


@given(st.binary(max_size=2_000))
def test_sealed_bytes_open_again(plain: bytes) -> None:
    assert SEALS.open_bytes(SEALS.seal(plain, PLACE, ROW), PLACE, ROW) == plain


def test_the_database_may_give_it_back_as_a_memoryview() -> None:
    sealed = memoryview(SEALS.seal("王小明", PLACE, ROW))
    assert SEALS.open(sealed, PLACE, ROW) == "王小明"  # type: ignore[arg-type]


def test_the_same_text_never_looks_the_same() -> None:
    assert len({SEALS.seal("王小明", PLACE, ROW) for _ in range(100)}) == 100


def test_the_text_is_not_to_be_seen() -> None:
    sealed = SEALS.seal("990000199001011234", PLACE, ROW)
    assert b"990000" not in sealed


@pytest.mark.parametrize(
    ("place", "row_id"),
    [
        (PLACE, OTHER_ROW),
        ("identity.name_sealed", ROW),
        ("account.id_no_sealed", ROW),
        ("identity.id_no_sealed:", ROW),
    ],
)
def test_moved_to_another_place_it_does_not_open(place: str, row_id: UUID) -> None:
    sealed = SEALS.seal("王小明", PLACE, ROW)
    with pytest.raises(SealBroken):
        SEALS.open(sealed, place, row_id)


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_altered_in_any_byte_it_does_not_open(flip: int) -> None:
    sealed = SEALS.seal("王小明", PLACE, ROW)
    for at in range(len(sealed)):
        altered = bytearray(sealed)
        altered[at] ^= flip
        with pytest.raises(SealBroken):
            SEALS.open(bytes(altered), PLACE, ROW)


def test_cut_short_or_made_longer_it_does_not_open() -> None:
    sealed = SEALS.seal("王小明", PLACE, ROW)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            SEALS.open(sealed[:length], PLACE, ROW)
    with pytest.raises(SealBroken):
        SEALS.open(sealed + b"\0", PLACE, ROW)


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    with pytest.raises(SealBroken):
        SEALS.open(garbage, PLACE, ROW)


def test_after_a_change_of_keys_the_old_ones_still_open_and_the_new_one_seals() -> None:
    old = SEALS.seal("王小明", PLACE, ROW)
    rolled = Seals.from_text(f"k2:{text_of(2)},k1:{text_of(1)}", BLIND)
    assert rolled.open(old, PLACE, ROW) == "王小明"
    new = rolled.seal("王小明", PLACE, ROW)
    assert (Seals.key_id(old), Seals.key_id(new)) == ("k1", "k2")
    assert rolled.current == "k2"
    assert rolled.open(new, PLACE, ROW) == "王小明"


def test_a_key_that_was_taken_away_is_named_and_not_guessed() -> None:
    sealed = SEALS.seal("王小明", PLACE, ROW)
    without = Seals.from_text(f"k2:{text_of(2)}", BLIND)
    with pytest.raises(SealBroken, match="key k1"):
        without.open(sealed, PLACE, ROW)


def test_another_key_under_the_same_name_does_not_open() -> None:
    sealed = SEALS.seal("王小明", PLACE, ROW)
    with pytest.raises(SealBroken):
        Seals.from_text(f"k1:{text_of(2)}", BLIND).open(sealed, PLACE, ROW)


def test_what_does_not_open_says_nothing_of_its_contents() -> None:
    with pytest.raises(SealBroken) as broken:
        SEALS.open(SEALS.seal("王小明", PLACE, ROW), PLACE, OTHER_ROW)
    assert "王" not in str(broken.value)
    assert text_of(1) not in str(broken.value)


def test_the_keys_are_not_shown() -> None:
    shown = repr(SEALS)
    assert repr(bytes([1]) * 32) not in shown
    assert repr(bytes([9]) * 32) not in shown


@given(TEXT, TEXT)
def test_blind_words_are_equal_for_equal_values_and_for_no_others(one: str, other: str) -> None:
    first, second = SEALS.blind(one, PLACE), SEALS.blind(other, PLACE)
    assert (first == second) == (one == other)
    assert len(first) == 64
    assert int(first, 16) >= 0


def test_blind_words_of_two_columns_cannot_be_joined() -> None:
    assert SEALS.blind("1", "identity.id_no_blind") != SEALS.blind("1", "officer.id_no_blind")


def test_blind_words_depend_on_their_own_key_and_on_no_other() -> None:
    rolled = Seals.from_text(f"k2:{text_of(2)},k1:{text_of(1)}", BLIND)
    assert rolled.blind("1", PLACE) == SEALS.blind("1", PLACE), "sealing keys may roll over"
    foreign = Seals.from_text(f"k1:{text_of(1)}", text_of(8))
    assert foreign.blind("1", PLACE) != SEALS.blind("1", PLACE)


@pytest.mark.parametrize(
    "keys",
    [
        "",
        ",",
        "k1",
        "k1:",
        "k1:c2hvcnQ=",
        f"k1:{text_of(1)}!",
        f":{text_of(1)}",
        f"钥:{text_of(1)}",
        f"{'k' * 33}:{text_of(1)}",
        f"k1:{text_of(1)},k1:{text_of(2)}",
    ],
)
def test_unusable_keys_are_refused_at_the_start(keys: str) -> None:
    with pytest.raises(ValueError, match=r"seal key|[Bb]ase64|base64|padding"):
        Seals.from_text(keys, BLIND)


@pytest.mark.parametrize("blind", ["", "c2hvcnQ="])
def test_an_unusable_blind_key_is_refused_at_the_start(blind: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seals.from_text(f"k1:{text_of(1)}", blind)
