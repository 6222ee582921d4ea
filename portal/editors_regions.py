"""Districts, streets and communities: what they take on, and the few things they say themselves."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.guides import Guide, RegionGuide
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, Refusal
from models.organs import Region
from portal import editors_boxes as boxes_of
from portal.editors import EDITORS, editors_page
from portal.editors_boxes import Box
from portal.forms import Form
from portal.organs import CITY_CODE, MOST_REGIONS
from portal.refusals import status_of
from portal.visits import Pages, Visit

pages = Pages()
OWN = (
    *("promised_limit", "promised_visits", "office_hours", "consult_phone", "complain_phone"),
    *("schedule_daily_quota", "schedule_rule"),
)
PLACES = "places"


@pages.get("/editors/items/{code}/regions", who=EDITORS)
async def list_regions(visit: Visit) -> Response:
    """GET …/regions?district: who has taken the item on, and who may still."""
    return await _list(visit)


async def _list(visit: Visit, refusal: Refusal | None = None) -> Response:
    guide = await guides.shown(visit.world, visit.path["code"])
    claimed = await guides.regions_of(visit.world, guide.code)
    named = [await organs.region_by_code(visit.world, each.region_code) for each in claimed]
    district = visit.asked("district", 12)
    return await editors_page(
        visit,
        "editors_regions.html",
        "editors",
        status=status_of(type(refusal)) if refusal else 200,
        form=visit.form.refused(refusal) if refusal else Form(),
        guide=guide,
        claimed=list(zip(named, claimed, strict=True)),
        district=district,
        below=await _below(visit, district or CITY_CODE),
        districts=await _below(visit, CITY_CODE),
    )


async def _below(visit: Visit, parent: str) -> list[Region]:
    try:
        return (await organs.regions(visit.world, parent, limit=MOST_REGIONS)).items
    except Missing:
        return []


@pages.post("/editors/items/{code}/regions", who=EDITORS)
async def claim(visit: Visit) -> Response:
    """POST …/regions: a region takes the item on, in the city's words."""
    code, region = visit.path["code"], visit.form.value("region")
    try:
        claimed = await guides.claim(visit.world, visit.officer, code, region)
    except (Invalid, Conflict, Forbidden, organs.NoSuchRegion) as refusal:
        return await _list(visit, refusal)
    return visit.go(_path(code, claimed.region_code), "已认领，内容沿用全市的标准。")


@pages.get("/editors/items/{code}/regions/{region}", who=EDITORS)
async def show_words(visit: Visit) -> Response:
    """GET …/regions/{region}: what it says in its own words, beside the standard."""
    guide, own = await _own(visit)
    form = boxes_of.shown(_boxes(), own.overrides)
    form.values[PLACES] = [_lines(own.overrides.get(PLACES))]
    return await _words(visit, guide, own, form)


async def _own(visit: Visit) -> tuple[Guide, RegionGuide]:
    guide = await guides.shown(visit.world, visit.path["code"])
    for each in await guides.regions_of(visit.world, guide.code):
        if each.region_code == visit.path["region"]:
            return guide, each
    raise guides.NotClaimed("这个区划没有认领该事项，请先认领。")


async def _words(
    visit: Visit, guide: Guide, own: RegionGuide, form: Form, refusal: Refusal | None = None
) -> Response:
    return await editors_page(
        visit,
        "editors_region.html",
        "editors",
        status=status_of(type(refusal)) if refusal else 200,
        form=form,
        guide=guide,
        own=own,
        region=await organs.region_by_code(visit.world, own.region_code),
        boxes=_boxes(),
        standard=_standard(guide.content.model_dump(mode="json")),
    )


@pages.post("/editors/items/{code}/regions/{region}", who=EDITORS)
async def keep_words(visit: Visit) -> Response:
    """POST …/regions/{region}: keep its own words; what is left empty follows the standard."""
    guide, own = await _own(visit)
    form, here = visit.form, _path(guide.code, own.region_code)
    try:
        if form.value("act") == "unclaim":
            await guides.unclaim(visit.world, visit.officer, guide.code, own.region_code)
            return visit.go(f"/editors/items/{quote(guide.code, safe='')}/regions", "已退回。")
        seen = form.value("row_version")
        row_version = int(seen) if seen.isascii() and seen.isdigit() else -1
        _ = await guides.override(
            visit.world, visit.officer, guide.code, own.region_code, _changes(form), row_version
        )
    except (Invalid, Conflict, Forbidden) as refusal:
        return await _words(visit, guide, own, form.refused(refusal), refusal)
    return visit.go(here, "已保存，市民选这个地方就能看到。")


def _boxes() -> list[Box]:
    groups = [group for name in OWN if (group := boxes_of.element(name)) is not None]
    return [
        replace(box, label=f"{group.label}：{box.label}") if len(group.boxes) > 1 else box
        for group in groups
        for box in group.boxes
    ]


def _standard(said: Mapping[str, Any]) -> dict[str, str]:
    """What the city says, in words, by the place of its box."""
    form = boxes_of.shown(_boxes(), said)
    words = {box.path: dict(box.options).get(form.value(box.path), "") for box in _boxes()}
    found = {path: word or form.value(path) or "没有写" for path, word in words.items()}
    return {**found, PLACES: _lines(said[PLACES])}


def _changes(form: Form) -> Mapping[str, Any]:
    """What was typed, by element; None for what is to follow the standard."""
    typed = boxes_of.typed(_boxes(), form)
    changes: dict[str, Any] = {name: typed.get(name) or None for name in OWN}
    changes["promised_visits"] = typed["promised_visits"]  # 0 is something to say
    limit = {path.partition(".")[2]: said for path, said in typed.items() if "." in path}
    changes["promised_limit"] = limit if limit.get("value") not in (None, "") else None
    changes[PLACES] = [_place(line) for line in form.value(PLACES).splitlines() if line.strip()]
    return {name: value if value != [] else None for name, value in changes.items()}


def _place(line: str) -> dict[str, str]:
    hall, _, windows = line.partition("|")
    return {"hall": hall.strip(), "windows": windows.strip() or "综合受理窗口"}


def _lines(places: Any) -> str:
    return "\n".join(f"{each['hall']} | {each['windows']}" for each in places or ())


def _path(code: str, region: str) -> str:
    return f"/editors/items/{quote(code, safe='')}/regions/{region}"
