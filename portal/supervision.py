"""The supervisors' pages: the rates, the items and tests behind every figure."""

from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from starlette.responses import Response

from citydesk import guides, supervision
from citydesk.identity import Role
from citydesk.supervision import ChannelRow, ScopeKind, Standing, TrialShown
from models.supervision import Ability, Channel, Measure, Trial
from portal import charts, supervision_words
from portal.charts import Bar
from portal.desk import desk_page
from portal.visits import Pages, Visit, officers

pages = Pages()
SUPERVISORS = officers(Role.SUPERVISOR, Role.ADMIN)
Word = TypeVar("Word", Measure, ScopeKind, Standing)


async def supervision_page(
    visit: Visit, name: str, section: str, *, status: int = 200, **shown: Any
) -> Response:
    """Render a page of supervision, with its words."""
    told = supervision_words
    return await desk_page(visit, name, status=status, section=section, told=told, **shown)


@pages.get("/supervision", who=SUPERVISORS)
async def overview(visit: Visit) -> Response:
    """GET /supervision: every figure once, each a way to what is behind it."""
    world = visit.world
    rates = [
        (
            measure,
            await supervision.city_rate(world, measure),
            await supervision.target(world, measure),
        )
        for measure in supervision.RATED
    ]
    frozen = await supervision.frozen_baseline(world)
    return await supervision_page(
        visit,
        "supervision.html",
        "overview",
        rates=rates,
        alarms=await supervision.alarms(world, open_only=True),
        standings=await supervision.standings(world),
        former=await supervision.former_counts(world),
        reduced=await supervision.reduced(world) if frozen else None,
    )


@pages.get("/supervision/rates", who=SUPERVISORS)
async def rates(visit: Visit) -> Response:
    """GET /supervision/rates?measure=…&by=…: a rate of the city, by department or by district."""
    measure, kind = _measure(visit), _word(visit, "by", ScopeKind.DISTRICT)
    shown = await supervision.rates_by(visit.world, measure, kind)
    return await supervision_page(
        visit,
        "supervision_rates.html",
        "rates",
        measure=measure,
        kind=kind,
        city=await supervision.city_rate(visit.world, measure),
        target=await supervision.target(visit.world, measure),
        targets=await supervision.targets(visit.world, measure),
        rates=[(each, _rows(measure, kind, each.code)) for each in shown],
        chart=f"/supervision/rates/chart.svg?{urlencode({'measure': measure, 'by': kind})}",
        measures=supervision.RATED,
    )


@pages.get("/supervision/rates/chart.svg", who=SUPERVISORS)
async def rates_chart(visit: Visit) -> Response:
    """GET /supervision/rates/chart.svg: the same as a picture; each bar leads to its rows."""
    measure, kind = _measure(visit), _word(visit, "by", ScopeKind.DISTRICT)
    target = await supervision.target(visit.world, measure)
    bars = [
        Bar(each.name.removeprefix("沈阳市"), each.share.permille, _rows(measure, kind, each.code))
        for each in await supervision.rates_by(visit.world, measure, kind)
    ]
    title = f"{supervision_words.MEASURES[measure]}（{supervision_words.SCOPES[kind]}）"
    return charts.picture(charts.bars_chart(title, bars, target.permille if target else None))


@pages.get("/supervision/rates/items", who=SUPERVISORS)
async def rated_items(visit: Visit) -> Response:
    """GET /supervision/rates/items?…: the items behind a figure, with why one did not pass."""
    measure, kind = _measure(visit), _word(visit, "by", ScopeKind.CITY)
    code, cursor = visit.asked("code", 200), visit.asked("cursor", 2000)
    asked = visit.asked("standing", 20)
    standing = Standing(asked) if asked in set(Standing) else None
    page = await supervision.rated_items(
        visit.world, measure, kind, code, standing, cursor=cursor or None
    )
    here = {"measure": measure.value, "by": kind.value, "code": code}
    kept = {**here, "standing": standing.value if standing else ""}
    first = f"/supervision/rates/items?{urlencode(kept)}"
    return await supervision_page(
        visit,
        "supervision_items.html",
        "rates",
        measure=measure,
        kind=kind,
        scope=await _scope_name(visit, measure, kind, code),
        standing=standing,
        items=page.items,
        here=here,
        next=f"{first}&{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
        first=first if cursor else "",
        back=f"/supervision/rates?{urlencode({'measure': measure, 'by': kind})}",
        filters=[("", "全部"), *((each.value, label) for each, label in _standing_labels())],
    )


@pages.get("/supervision/items/{code}", who=SUPERVISORS)
async def item(visit: Visit) -> Response:
    """GET /supervision/items/{code}: its channels, every test in every hall, and what changed."""
    world, code = visit.world, visit.path["code"]
    tests = await supervision.trials_of(world, code)
    return await supervision_page(
        visit,
        "supervision_item.html",
        "rates",
        entry=await guides.entry(world, code),
        channels=_alike(await supervision.channels_of(world, code)),
        abilities=list(Ability),
        trials=list(Trial),
        failing=[each for each in tests if not each.passed],
        halls=_by_hall(tests),
        changes=await supervision.changes_of(world, code),
    )


def _alike(rows: list[ChannelRow]) -> list[tuple[ChannelRow, str]]:
    """One row a channel where all variants are handled alike there; else one for each sort."""
    sorts: dict[tuple[Any, ...], list[ChannelRow]] = {}
    for row in rows:
        key = (row.channel, *(row.cells[each] for each in Ability), row.reason_if_not)
        sorts.setdefault(key, []).append(row)
    channels = [key[0] for key in sorts]
    found = [
        (same[0], "、".join(each.variant_code[-2:] for each in same))
        if channels.count(key[0]) > 1
        else (same[0], "")
        for key, same in sorts.items()
    ]
    return sorted(found, key=lambda each: list(Channel).index(each[0].channel))


def _by_hall(tests: list[TrialShown]) -> list[tuple[str, dict[Trial, TrialShown]]]:
    """The tests of each hall by what was tried; halls in which something failed come first."""
    found: dict[str, dict[Trial, TrialShown]] = {}
    for each in tests:
        found.setdefault(each.hall_name or each.hall_code or "全市", {})[each.trial] = each
    return list(found.items())


@pages.post("/supervision/items/{code}", who=SUPERVISORS)
async def check_item(visit: Visit) -> Response:
    """POST /supervision/items/{code}: have it tried and compared again, by the worker."""
    code = visit.path["code"]
    await supervision.ask_check(visit.world, visit.officer, code)
    said = "已安排重新测试，一般几秒后就有结果，请刷新页面查看。"
    return visit.go(f"/supervision/items/{quote(code, safe='')}", said)


def _standing_labels() -> list[tuple[Standing, str]]:
    return [(each, label) for each, (label, _) in supervision_words.STANDINGS.items()]


def _measure(visit: Visit) -> Measure:
    found = _word(visit, "measure", Measure.ONLINE)
    return found if found in supervision.RATED else Measure.ONLINE


def _word(visit: Visit, name: str, usual: Word) -> Word:
    """A word of the address that stands for one of a kind; the usual one for anything else."""
    try:
        return type(usual)(visit.asked(name, 40))
    except ValueError:
        return usual


def _rows(measure: Measure, kind: ScopeKind, code: str) -> str:
    asked = {"measure": measure.value, "by": kind.value, "code": code, "standing": "failed"}
    return f"/supervision/rates/items?{urlencode(asked)}"


async def _scope_name(visit: Visit, measure: Measure, kind: ScopeKind, code: str) -> str:
    scopes = await supervision.rates_by(visit.world, measure, kind)
    return next((each.name for each in scopes if each.code == code), code)
