"""Cursors: what we wrote is read back, everything else is refused."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citydesk.kit.paging import decode_cursor, encode_cursor
from citydesk.kit.refusals import Invalid

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INT64 = st.integers(-(2**63), 2**63 - 1)
KINDS = st.sampled_from([(), (str,), (int,), (str, int), (int, str, str)])


def written(value: object) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@given(st.lists(st.one_of(TEXT, INT64), max_size=5))
def test_a_position_comes_back_as_it_was(position: list[str | int]) -> None:
    cursor = encode_cursor(*position)
    assert decode_cursor(cursor, tuple(type(part) for part in position)) == position


def test_an_identifier_and_an_instant_come_back_as_what_they_are() -> None:
    at, row = datetime(2026, 3, 2, 1, 2, 3, 456789, UTC), uuid4()
    assert decode_cursor(encode_cursor(at, row), (datetime, UUID)) == [at, row]


@given(st.lists(TEXT, min_size=1, max_size=3))
def test_a_cursor_travels_in_an_address_as_it_is(position: list[str]) -> None:
    cursor = encode_cursor(*position)
    assert all(each.isascii() and (each.isalnum() or each in "-_") for each in cursor)


@given(st.text(max_size=300), KINDS)
@example("é", (str,))
@example("[", (str,))
@example("A", (str,))
@example("=" * 7, (str,))
@example(urlsafe_b64encode(b"[" * 2_000).decode(), (str,))
@example(urlsafe_b64encode(b'["\\ud800"]').decode(), (str,))
@example(urlsafe_b64encode(b"[1e999]").decode(), (int,))
def test_a_word_we_did_not_write_is_refused_and_nothing_worse(
    word: str, kinds: tuple[type, ...]
) -> None:
    try:
        position = decode_cursor(word, kinds)
    except Invalid:
        return
    assert [type(part) for part in position] == list(kinds)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), INT64, st.floats(allow_nan=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)


@given(JSON, KINDS)
def test_other_json_in_a_cursor_is_refused(value: object, kinds: tuple[type, ...]) -> None:
    try:
        position = decode_cursor(written(value), kinds)
    except Invalid:
        return
    assert position == value
    assert [type(part) for part in position] == list(kinds)


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ([2**63], (int,)),
        ([-(2**63) - 1], (int,)),
        ([True], (int,)),
        ([1.0], (int,)),
        (["a\0b"], (str,)),
        (["1"], (int,)),
        ([1], (str,)),
        ([None], (str,)),
        (["a", 1, 1], (str, int)),
        (["a"], (str, int)),
        ({"a": 1}, (str,)),
        (["no identifier"], (UUID,)),
        (["no instant"], (datetime,)),
        (["0001-01-01T00:00:00+14:00"], (datetime,)),
    ],
)
def test_a_position_the_database_could_not_compare_with_is_refused(
    value: object, kinds: tuple[type, ...]
) -> None:
    cursor = urlsafe_b64encode(json.dumps(value).encode()).decode()
    with pytest.raises(Invalid) as refused:
        decode_cursor(cursor, kinds)
    assert refused.value.facts["errors"][0]["field"] == "cursor"
