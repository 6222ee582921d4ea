"""Real input: 1,165 items of two cities, and what people asked about them."""

import csv
from pathlib import Path

from citydesk import guides
from citydesk.kit import sql
from citydesk.world import World

ITEMS = 1_165


async def test_the_real_catalogue_is_imported_whole_and_only_once(
    world: World, shared: Path
) -> None:
    data = (shared / "data" / "catalogue_eval.csv").read_bytes()
    rows = guides.read_list(data)
    assert await guides.import_list(world, rows) == guides.Imported(ITEMS, 0, 0)
    assert await guides.import_list(world, rows) == guides.Imported(0, 0, ITEMS)
    counts = await sql.rows(
        "SELECT source, count(*) AS items FROM service_item WHERE kind = 'catalogue_only'"
        " GROUP BY source ORDER BY source"
    )
    assert [tuple(row) for row in counts] == [("guangan", 1_135), ("liaoning", 30)]


async def test_every_real_item_is_found_by_its_own_name(world: World, shared: Path) -> None:
    rows = guides.read_list((shared / "data" / "catalogue_eval.csv").read_bytes())
    await guides.import_list(world, rows)
    missed = []
    for row in rows:
        found = await guides.search(world, row.name, 3)
        if row.name not in {answer.name for answer in found}:
            missed.append(row.name)
    assert len(missed) <= ITEMS // 100, missed


async def test_real_questions_get_answers(world: World, shared: Path) -> None:
    """Prints how many of the labelled questions were answered; a floor, not a tuned figure."""
    rows = guides.read_list((shared / "data" / "catalogue_eval.csv").read_bytes())
    await guides.import_list(world, rows)
    with (shared / "data" / "eval_dev.csv").open(encoding="utf-8-sig", newline="") as file:
        asked = [row for row in csv.DictReader(file) if row["acceptable_ids"]]
    hits = 0
    for question in asked:
        found = [a for a in await guides.search(world, question["question"], 10) if a.list_id]
        hits += bool(found) and found[0].list_id in question["acceptable_ids"].split("|")
    print(f"first answer acceptable: {hits} of {len(asked)} questions")
    assert hits >= len(asked) * 0.42  # what plain pairs of characters with BM25 reach
