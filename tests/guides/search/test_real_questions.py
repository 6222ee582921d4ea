"""Real input: a real catalogue, and what real people typed, through the encrypted webhook."""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from citydesk import guides
from citydesk.kit import sql
from citydesk.world import World
from tests.people import Outside
from tests.wechat.door import FIRST_LINE, follow
from wechat.words import BUSY_OUTSIDE

ASKED = 50
FLOOR = 40


class Question(NamedTuple):
    """A question, and the items of the catalogue that answer it; none: nobody handles it."""

    text: str
    acceptable: frozenset[str]


def questions(file: Path) -> list[Question]:
    """Fifty of the labelled questions: what real people asked first, then those written for it."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: (row["origin"] != "real", row["id"]))
    return [
        Question(row["question"], frozenset(filter(None, row["acceptable_ids"].split("|"))))
        for row in rows[:ASKED]
    ]


async def test_fifty_real_questions_through_the_webhook(
    world: World, server: str, outside: Outside, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints how many got an acceptable first answer; asserts a sane floor, not a tuned figure."""
    # Only the real catalogue: the sample guides say much the same and have no labels to score by.
    await sql.run("TRUNCATE service_item CASCADE")
    rows = guides.read_list((shared / "data" / "catalogue_eval.csv").read_bytes())
    assert (await guides.import_list(world, rows)).added == 1_165
    await guides.refresh(world)
    ids: dict[str, set[str]] = {}
    for row in rows:
        ids.setdefault(row.name, set()).add(row.id)
    await follow(outside)
    good, missed = 0, []
    for question in questions(shared / "data" / "eval_dev.csv"):
        answer = await outside.says("zhang", question.text)
        assert answer
        assert answer != BUSY_OUTSIDE
        named = FIRST_LINE.match(answer)
        if named is None:
            assert "【" not in answer  # handed over, with no guide of any kind
            acceptable = not question.acceptable
        else:
            acceptable = bool(question.acceptable & ids.get(named["name"], set()))
        good += acceptable
        if not acceptable:
            missed.append(f"{question.text} → {named['name'] if named else '没找到'}")
    with capsys.disabled():
        print(f"\nfirst answer acceptable: {good} of {ASKED} real questions; missed:")
        print("\n".join(f"  {each}" for each in missed))
    assert good >= FLOOR
