"""One answer per Idempotency-Key, whatever happens in between."""

import asyncio
import contextvars
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.kit import sql
from citydesk.kit.housekeeping import purge_keyed_answers
from citydesk.kit.idempotency import (
    KEPT_FOR,
    Kept,
    Keyed,
    KeyInFlight,
    KeyMissing,
    KeyReused,
    check_key,
    earlier_answer,
    keep_answer,
)
from citydesk.kit.seals import Seals
from citydesk.kit.transaction import transaction

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SEALS = Seals({"k1": bytes(32)}, bytes(32))
KEYED = Keyed("citizen:1", "POST /api/cases", "key-1", "f" * 64)
ANSWER = Kept(201, b'{"id":1}')


def quiet() -> None:
    return None


async def ask(
    keyed: Keyed, *, at: datetime = NOW, says: Kept = ANSWER, breaks: bool = False
) -> tuple[Kept, bool]:
    """What a door does: the answer, and whether it had been given before."""
    async with transaction(at, quiet, keyed.number) as tx:
        if earlier := await earlier_answer(tx, keyed, at, SEALS):
            return earlier, True
        await keep_answer(keyed, says, at, SEALS)
        if breaks:
            raise RuntimeError("crash")
    return says, False


async def kept() -> int:
    found: int = await sql.value("SELECT count(*) FROM keyed_answer")
    return found


@pytest.mark.usefixtures("tables")
class TestAnswers:
    async def test_the_same_request_gets_the_same_answer(self) -> None:
        assert await ask(KEYED) == (ANSWER, False)
        for _ in range(3):
            assert await ask(KEYED, says=Kept(200, b"other")) == (ANSWER, True)
        assert await kept() == 1

    async def test_another_body_under_the_same_key_is_refused(self) -> None:
        await ask(KEYED)
        with pytest.raises(KeyReused) as refused:
            await ask(replace(KEYED, fingerprint="e" * 64))
        assert refused.value.facts["errors"][0]["field"] == "Idempotency-Key"
        assert await ask(KEYED) == (ANSWER, True), "the first one keeps its answer"

    @pytest.mark.parametrize(
        "other",
        [
            replace(KEYED, caller="citizen:2"),
            replace(KEYED, caller="officer:1"),
            replace(KEYED, route="POST /api/appointments"),
            replace(KEYED, key="key-2"),
            replace(KEYED, key="KEY-1"),
        ],
    )
    async def test_another_caller_route_or_key_is_another_request(self, other: Keyed) -> None:
        await ask(KEYED)
        assert await ask(other, says=Kept(201, b"2")) == (Kept(201, b"2"), False)
        assert await kept() == 2

    async def test_a_twin_in_flight_is_told_to_come_back(self) -> None:
        async with transaction(NOW, quiet, KEYED.number) as tx:
            assert await earlier_answer(tx, KEYED, NOW, SEALS) is None
            refused = await elsewhere(KEYED)
            assert isinstance(refused, KeyInFlight)
            assert refused.retry_after_seconds == 1
            await keep_answer(KEYED, ANSWER, NOW, SEALS)
        assert await ask(KEYED) == (ANSWER, True)

    @pytest.mark.parametrize("name", ["caller", "route", "key"])
    async def test_other_requests_do_not_wait_for_one_in_flight(self, name: str) -> None:
        other = replace(KEYED, **{name: "other"})
        async with transaction(NOW, quiet, KEYED.number) as tx:
            assert await earlier_answer(tx, KEYED, NOW, SEALS) is None
            assert await elsewhere(other) == (ANSWER, False)

    async def test_of_many_twins_at_once_one_acts(self) -> None:
        done = await asyncio.gather(*(ask(KEYED) for _ in range(12)), return_exceptions=True)
        acted = [each for each in done if each == (ANSWER, False)]
        later = [each for each in done if each == (ANSWER, True)]
        told = [each for each in done if isinstance(each, KeyInFlight)]
        assert len(acted) == 1
        assert len(later) + len(told) == 11
        assert await kept() == 1

    async def test_after_24_hours_the_key_is_free_again(self) -> None:
        await ask(KEYED)
        just_before = NOW + KEPT_FOR - timedelta(microseconds=1)
        assert await ask(KEYED, at=just_before) == (ANSWER, True)
        fresh = replace(KEYED, fingerprint="e" * 64)
        second = Kept(201, b"2")
        assert await ask(fresh, at=NOW + KEPT_FOR, says=second) == (second, False)
        assert await ask(fresh, at=NOW + KEPT_FOR + timedelta(hours=23)) == (second, True)
        assert await kept() == 1
        assert timedelta(hours=24) == KEPT_FOR

    async def test_a_crash_leaves_nothing_behind(self) -> None:
        with pytest.raises(RuntimeError, match="crash"):
            await ask(KEYED, breaks=True)
        assert await kept() == 0
        changed = replace(KEYED, fingerprint="e" * 64)
        assert await ask(changed) == (ANSWER, False), "the key is as free as it was"

    async def test_expired_answers_are_swept_and_the_others_stay(self) -> None:
        await ask(KEYED)
        await ask(replace(KEYED, key="key-2"), at=NOW + timedelta(hours=1))
        assert await purge_keyed_answers(NOW + KEPT_FOR - timedelta(seconds=1)) == 0
        assert await purge_keyed_answers(NOW + KEPT_FOR) == 1
        assert await ask(replace(KEYED, key="key-2"), at=NOW + KEPT_FOR) == (ANSWER, True)


async def elsewhere(keyed: Keyed) -> object:
    """Ask as another request does: in a context of its own, outside our transaction."""
    asking = asyncio.create_task(ask(keyed), context=contextvars.Context())
    [answer] = await asyncio.gather(asking, return_exceptions=True)
    return answer


@pytest.mark.parametrize("key", [None, "", " ", "a b", "k" * 129, "键", "a\n", "a\0", "\x7f"])
def test_an_unusable_key_is_refused_by_name(key: str | None) -> None:
    with pytest.raises(KeyMissing) as refused:
        check_key(key)
    assert refused.value.facts["errors"][0]["field"] == "Idempotency-Key"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=128))
def test_every_visible_ascii_word_is_a_key(key: str) -> None:
    assert check_key(key) == key
