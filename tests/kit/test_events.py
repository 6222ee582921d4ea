"""An event survives the outbox: what was announced is what is read back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.kit.transaction import Event

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INSTANTS = st.datetimes(timezones=st.just(UTC))
INT64 = st.integers(-(2**63), 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Everything(Event):
    """For these tests: one field of every kind."""

    who: UUID
    on: date
    at: datetime
    times: int
    word: str


def stored(event: Event) -> dict[str, Any]:
    """The facts after their way through JSON."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(event.facts()))
    return found


@given(st.builds(Everything, st.uuids(), st.dates(), INSTANTS, INT64, TEXT))
def test_every_kind_of_fact_comes_back_as_it_was(event: Everything) -> None:
    assert Everything.from_facts(stored(event)) == event


@given(st.uuids(), TEXT)
def test_a_fact_of_a_later_version_is_left_aside(who: UUID, word: str) -> None:
    event = Everything(who, date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC), 1, "")
    assert Everything.from_facts({**stored(event), "added_later": word}) == event


def test_a_missing_fact_is_an_error_and_no_guess() -> None:
    with pytest.raises(TypeError):
        Everything.from_facts({"times": 1})


def test_an_event_cannot_be_changed_after_it_was_announced() -> None:
    event = Everything(UUID(int=1), date.min, datetime(2026, 3, 2, tzinfo=UTC), 1, "")
    with pytest.raises(AttributeError):
        event.times = 2  # type: ignore[misc]
