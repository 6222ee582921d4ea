"""One key, one effect, for each of the three requests of a filing (limits.md T02).

Twins at once, a retry a second later, after a restart, and an altered one, of the paper and of the
submission; ``test_twins`` does the same for what begins a case.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.settings import Settings
from tests.cases.making import FORM, HALL, kite_guide
from tests.documents import a_pdf
from tests.people import Phone, Told
from tests.proof.residents import residents
from tests.proof.test_twins import _life

FULL = os.environ.get("PROOF_SCALE") == "full"
ROUNDS = 200 if FULL else 8
TWINS = 4


@dataclass
class Asked:
    """One request under one key, its first answer, and the same with something changed."""

    token: str
    path: str
    sent: dict[str, Any]
    altered: dict[str, Any]
    key: str
    answer: bytes = b""

    async def ask(self, phone: Phone, how: dict[str, Any], key: str | None = None) -> Told:
        return await phone.signed_in(self.token).ask("POST", self.path, key=key or self.key, **how)


@pytest.mark.timeout(600)
async def test_twins_and_late_retries_of_a_paper_and_a_submission_have_one_effect(
    settings: Settings, clock: SetClock, figure: Callable[[str], None]
) -> None:
    statuses: Counter[int] = Counter()
    async with _life(settings, clock) as (world, phone):
        item = await kite_guide(world)
        done = [
            asked
            for each in await residents(world, ROUNDS)
            for asked in await _filed_by_twins(phone, each.token, item, statuses)
        ]
        clock.move(seconds=1)
        late = [await _again(phone, each) for each in done]
    assert statuses[409], "no twin ever met its other half in flight: no proof"
    async with _life(settings, clock) as (_, phone):
        restarted = [await _again(phone, each) for each in done]
        effects = Counter(
            (row["papers"], row["events"], row["clocks"]) for row in await sql.rows(_EFFECTS)
        )
    figure(
        f"{ROUNDS} filings, {TWINS} twins of each paper and submission: answers"
        f" {dict(sorted(statuses.items()))}; late retries with another answer"
        f" {late.count(False)}, after a restart {restarted.count(False)};"
        f" papers, events and clocks per case {dict(effects)}"
    )
    assert all(late)
    assert all(restarted)
    assert effects == {(1, 1, 1): ROUNDS}


async def test_with_keys_of_their_own_twins_of_a_paper_make_two(
    settings: Settings, clock: SetClock, figure: Callable[[str], None]
) -> None:
    async with _life(settings, clock) as (world, phone):
        item = await kite_guide(world)
        [someone] = await residents(world, 1)
        case_id = await _begun(phone, someone.token, item)
        paper = Asked(someone.token, f"/cases/{case_id}/materials/m01", {"data": a_pdf()}, {}, "")
        for _ in range(2):
            (await paper.ask(phone, paper.sent, str(uuid4()))).ok(201)
        held = await sql.value("SELECT count(*) FROM case_material")
    figure(f"control: two keys, papers {held}")
    assert held == 2


_EFFECTS = """
    SELECT (SELECT count(*) FROM case_material m WHERE m.case_id = c.id) AS papers,
        (SELECT count(*) FROM case_event e WHERE e.case_id = c.id) AS events,
        (SELECT count(*) FROM business_timer t WHERE t.subject_id = c.id) AS clocks
    FROM service_case c
"""


async def _begun(phone: Phone, token: str, item: str) -> str:
    body = {"item_code": item, "hall_code": HALL, "form": FORM}
    told: dict[str, Any] = (await phone.signed_in(token).post("/cases", body)).ok(201)
    return str(told["id"])


async def _filed_by_twins(
    phone: Phone, token: str, item: str, statuses: Counter[int]
) -> list[Asked]:
    path = f"/cases/{await _begun(phone, token, item)}"
    paper = Asked(
        token,
        f"{path}/materials/m01",
        {"data": a_pdf()},
        {"data": a_pdf(Title="another")},
        str(uuid4()),
    )
    submission = Asked(token, f"{path}/submission", {}, {"promises": "true"}, str(uuid4()))
    for each in (paper, submission):
        told = await asyncio.gather(*(each.ask(phone, each.sent) for _ in range(TWINS)))
        statuses.update(one.status for one in told)
        good = [one for one in told if one.status < 300]
        for one in told:
            if one.status >= 300:
                assert one.refused(409, "key-in-flight")
        assert len([one for one in good if not _replayed(one)]) == 1
        assert len({one.body for one in good}) == 1
        each.answer = good[0].body
    return [paper, submission]


async def _again(phone: Phone, each: Asked) -> bool:
    """Whether a retry is told the first answer again, and the altered one is refused."""
    told = await each.ask(phone, each.sent)
    altered = await each.ask(phone, each.altered)
    refused = altered.status == 422 and altered.json["type"] == "/problems/key-reused"
    return told.status < 300 and told.body == each.answer and _replayed(told) and refused


def _replayed(told: Told) -> bool:
    return bool(told.headers.get("Idempotent-Replay") == "true")
