"""Alarms and former pages for supervisors; the saved materials for anyone."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from citydesk import supervision
from citydesk.supervision import ItemReduction, Reduction
from mobile_api.api import ANYONE, Call
from mobile_api.reading import Loose
from mobile_api.supervision.shown import (
    SUPERVISORS,
    Cursor,
    Limit,
    Permille,
    TargetShown,
    api,
    targets_shown,
)
from models.supervision import (
    Channel,
    FormerPage,
    FormerState,
    Measure,
    ParityAlarm,
    ProbeOutcome,
)


class WantedAlarms(Loose):
    """Which alarms."""

    open_only: bool = False


class WantedFormerPages(Loose):
    """Which former pages."""

    state: FormerState | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class AlarmShown(BaseModel):
    """A channel that served another version than the database has."""

    id: UUID
    item_code: str
    item_name: str
    channel: Channel
    outcome: ProbeOutcome
    served_version_no: int | None
    served_hash8: str
    true_version_no: int
    true_hash8: str
    raised_at: datetime
    seen_at: datetime
    times: int
    note: str
    closed_at: datetime | None


class FormerPageShown(BaseModel):
    """A department's former page, and where it leads."""

    address: str
    department: str
    item_code: str
    state: FormerState
    detail: str
    status: int | None
    leads_to: str
    checked_at: datetime | None
    since: datetime
    visits: int


class FormerPagesShown(BaseModel):
    """A page of the register."""

    items: list[FormerPageShown]
    next_cursor: str | None


class ReductionShown(BaseModel):
    """1 − still demanded ÷ baseline, by item and by the volume of a year's cases."""

    baseline: int
    still: int
    permille: Permille
    baseline_by_volume: int
    still_by_volume: int
    permille_by_volume: Permille


class ItemReductionShown(ReductionShown):
    """One item against the baseline."""

    item_code: str
    name: str
    department: str
    cases: int


class MaterialsShown(BaseModel):
    """The reduction against the frozen baseline; gone and new items are on neither side."""

    frozen_at: datetime
    rows_hash: str
    targets: list[TargetShown]
    total: ReductionShown
    items: list[ItemReductionShown]
    gone: int
    new: int


@api("GET", "/supervision/parity-alarms", who=SUPERVISORS, query=WantedAlarms, out=list[AlarmShown])
async def list_alarms(call: Call) -> list[AlarmShown]:
    """List the channels found serving another version than the one in force, open ones first."""
    found = await supervision.alarms(call.world, open_only=call.query.open_only)
    return [_alarm(each) for each in found]


@api(
    "GET",
    "/supervision/former-pages",
    who=SUPERVISORS,
    query=WantedFormerPages,
    out=FormerPagesShown,
)
async def list_former_pages(call: Call) -> FormerPagesShown:
    """List departments' former pages: redirected, still live, dead, or not looked at yet."""
    wanted: WantedFormerPages = call.query
    page = await supervision.former_pages(
        call.world, wanted.state, cursor=wanted.cursor, limit=wanted.limit
    )
    return FormerPagesShown(
        items=[_former(each) for each in page.items], next_cursor=page.next_cursor
    )


@api(
    "GET",
    "/supervision/materials",
    who=ANYONE,
    out=MaterialsShown,
    refusals=(supervision.NotFrozenYet,),
)
async def show_materials(call: Call) -> MaterialsShown:
    """Publish how much less is demanded than on the day of the baseline, both ways of counting."""
    told = await supervision.reduced(call.world)
    return MaterialsShown(
        frozen_at=told.frozen.frozen_at,
        rows_hash=told.frozen.rows_hash,
        targets=await targets_shown(call, Measure.MATERIALS),
        total=_reduction(told.total),
        items=[_item_reduction(each) for each in told.items],
        gone=told.gone,
        new=told.new,
    )


def _alarm(alarm: ParityAlarm) -> AlarmShown:
    told = {name: getattr(alarm, name) for name in AlarmShown.model_fields if name != "raised_at"}
    return AlarmShown(raised_at=alarm.created_at, **told)


def _former(page: FormerPage) -> FormerPageShown:
    return FormerPageShown(**{name: getattr(page, name) for name in FormerPageShown.model_fields})


def _reduction(reduction: Reduction) -> ReductionShown:
    return ReductionShown(
        **{name: getattr(reduction, name) for name in ReductionShown.model_fields}
    )


def _item_reduction(item: ItemReduction) -> ItemReductionShown:
    return ItemReductionShown(
        item_code=item.item_code,
        name=item.item_name,
        department=item.department,
        cases=item.cases,
        **_reduction(item.reduction).model_dump(),
    )
