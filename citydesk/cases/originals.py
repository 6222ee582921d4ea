"""Papers handed over at a window: what the receipt lists, and which of them are there on paper."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from citydesk import guides
from citydesk.cases import stored
from citydesk.cases.moving import Move
from citydesk.cases.refusals import FilingIncomplete
from citydesk.cases.states import Action
from citydesk.kit import records, sql
from citydesk.world import World
from models.cases import Case, CaseEvent, CaseMaterial

MOST_COPIES = 99
TAKING = (Action.RECEIVE, Action.HAND_IN_DEFERRED)


async def checked_originals(
    world: World, move: Move, originals: Mapping[str, int] | None
) -> list[dict[str, Any]]:
    """Return the papers handed over, by the guide's names.

    Raises:
        FilingIncomplete: the guide asks for no such paper, or the number cannot be so.
    """
    if not originals:
        return []
    guide = await guides.version(world, move.case.item_version_id)
    names = {each.code: each.name for each in guide.content.materials}
    for code, count in originals.items():
        if code not in names or not 1 <= count <= MOST_COPIES:
            shown = [{"field": f"originals.{code}", "detail": f"应为1至{MOST_COPIES}份"}]
            raise FilingIncomplete("纸质材料的份数不对，请核对。", shown)
    return _listed(names, {}, originals)


async def listed(
    world: World, case: Case, handed: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what a receipt lists: for each material the scans, and the papers handed over."""
    guide = await guides.version(world, case.item_version_id)
    names = {each.code: each.name for each in guide.content.materials}
    scans: dict[str, int] = {}
    for code in await CaseMaterial.filter(case_id=case.id, replaced_at=None).values_list(
        "requirement", flat=True
    ):
        scans[str(code)] = scans.get(str(code), 0) + 1
    return _listed(names, scans, {each["code"]: each["originals"] for each in handed})


def _listed(
    names: Mapping[str, str], scans: Mapping[str, int], originals: Mapping[str, int]
) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "name": name,
            "scans": scans.get(code, 0),
            "originals": originals.get(code, 0),
        }
        for code, name in names.items()
        if code in scans or code in originals
    ]


async def materials_received(case: Case) -> list[dict[str, Any]]:
    """Return what the receipt listed when the papers were taken in; [] before, or unlisted."""
    event = await CaseEvent.filter(case_id=case.id, action=Action.RECEIVE.value).first()
    found: list[dict[str, Any]] = event.facts.get("materials", []) if event else []
    return found


async def on_paper(case: Case) -> dict[str, int]:
    """Return how many of each material lie at the window on paper."""
    found = await records.all_of(CaseEvent, "case_id = $1 AND action = ANY($2)", case.id, TAKING)
    counted: dict[str, int] = {}
    for event in found:
        for each in event.facts.get("materials", ()):
            if each["originals"]:
                counted[each["code"]] = counted.get(each["code"], 0) + each["originals"]
    return counted


async def there(case: Case) -> tuple[dict[str, bool], set[str]]:
    """Return what is there of a case's papers, in one question.

    For which requirements there are scans, and whether one of them is harmful; and what lies at
    the window on paper.
    """
    rows = await sql.rows(_THERE, case.parent_id or case.id, stored.INFECTED, case.id, TAKING)
    scans = {row["requirement"]: row["harmful"] for row in rows if row["requirement"] is not None}
    lists = [orjson.loads(row["listed"]) for row in rows if row["listed"] is not None]
    return scans, {each["code"] for listed in lists for each in listed if each["originals"]}


_THERE = """
    SELECT paper.requirement, bool_or(file.state = $2) AS harmful, NULL AS listed
    FROM case_material AS paper JOIN stored_file AS file ON file.id = paper.file_id
    WHERE paper.case_id = $1 AND paper.replaced_at IS NULL GROUP BY paper.requirement
    UNION ALL
    SELECT NULL, NULL, (facts -> 'materials')::text FROM case_event
    WHERE case_id = $3 AND action = ANY($4::text[])
"""
