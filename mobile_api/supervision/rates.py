"""Channels for anyone; rates, the items behind them and their tests for supervisors."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from citydesk import guides, supervision
from citydesk.supervision import ScopeKind, Share, Standing
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
from models.supervision import Ability, Channel, Measure, Offer, Trial


class ItemNamed(Loose):
    """One item, by its code."""

    item_code: Annotated[str, Field(min_length=1, max_length=80)]


class WantedRates(Loose):
    """Which rate, over what."""

    measure: Measure = Measure.ONLINE
    by: ScopeKind = ScopeKind.CITY


class WantedItems(WantedRates):
    """Which items behind a rate: of a department (full name) or district (code), how standing."""

    code: Annotated[str, Field(max_length=200)] = ""
    standing: Standing | None = None
    cursor: Cursor | None = None
    limit: Limit = 30


class CellShown(BaseModel):
    """One ability in one channel; tested: tried on the version in force, and passed."""

    offer: Offer
    tested: bool


class ChannelShown(BaseModel):
    """One row of the channel matrix."""

    variant_code: str
    channel: Channel
    cells: dict[Ability, CellShown]
    reason_if_not: str


class ShareShown(BaseModel):
    """A rate: what is due, what passed, and the same without the approved exceptions."""

    due: int
    passed: int
    failed: int
    untested: int
    excepted: int
    permille: Permille
    permille_without_exceptions: Permille


class ScopeShown(ShareShown):
    """The rate of one scope: the city (""), a department's full name, a district's code."""

    code: str
    name: str


class RatesShown(BaseModel):
    """A rate by scope, the lowest first, and its targets."""

    measure: Measure
    by: ScopeKind
    targets: list[TargetShown]
    items: list[ScopeShown]


class RatedShown(BaseModel):
    """An item behind a rate."""

    item_code: str
    name: str
    department: str
    standing: Standing
    excepted: bool
    reason: str


class RatedPage(BaseModel):
    """A page of them."""

    items: list[RatedShown]
    next_cursor: str | None


class TrialShown(BaseModel):
    """One test in one hall; stands: on the version in force, within a week."""

    hall_code: str
    trial: Trial
    passed: bool
    fault: str
    detail: str
    tested_at: datetime
    since: datetime
    stands: bool


@api(
    "GET",
    "/guides/{item_code}/channels",
    who=ANYONE,
    path_form=ItemNamed,
    out=list[ChannelShown],
    refusals=(guides.NoSuchGuide,),
)
async def show_channels(call: Call) -> list[ChannelShown]:
    """Say what each channel offers for an item (约、查、报、办), and why not what it does not."""
    rows = await supervision.channels_of(call.world, call.path.item_code)
    return [
        ChannelShown(
            variant_code=row.variant_code,
            channel=row.channel,
            cells={
                ability: CellShown(offer=cell.offer, tested=cell.tested)
                for ability, cell in row.cells.items()
            },
            reason_if_not=row.reason_if_not,
        )
        for row in rows
    ]


@api("GET", "/supervision/rates", who=SUPERVISORS, query=WantedRates, out=RatesShown)
async def show_rates(call: Call) -> RatesShown:
    """Show a rate (entry 进驻率, online 可办率, bookable 可约率) by city, department, district."""
    wanted: WantedRates = call.query
    measure = _rated(wanted.measure)
    return RatesShown(
        measure=measure,
        by=wanted.by,
        targets=await targets_shown(call, measure),
        items=[
            ScopeShown(code=each.code, name=each.name, **_share(each.share))
            for each in await supervision.rates_by(call.world, measure, wanted.by)
        ],
    )


@api("GET", "/supervision/rates/items", who=SUPERVISORS, query=WantedItems, out=RatedPage)
async def list_rated_items(call: Call) -> RatedPage:
    """List the items behind a rate: how each stands, and why it did not pass."""
    wanted: WantedItems = call.query
    page = await supervision.rated_items(
        call.world,
        _rated(wanted.measure),
        wanted.by,
        wanted.code,
        wanted.standing,
        cursor=wanted.cursor,
        limit=wanted.limit,
    )
    shown = [
        RatedShown(
            item_code=each.item_code,
            name=each.item_name,
            department=each.department,
            standing=each.standing,
            excepted=each.excepted,
            reason=each.reason,
        )
        for each in page.items
    ]
    return RatedPage(items=shown, next_cursor=page.next_cursor)


@api(
    "GET",
    "/supervision/items/{item_code}/trials",
    who=SUPERVISORS,
    path_form=ItemNamed,
    out=list[TrialShown],
)
async def list_trials(call: Call) -> list[TrialShown]:
    """List every test of an item, the failing ones first; none for an item never tried."""
    found = await supervision.trials_of(call.world, call.path.item_code)
    names = TrialShown.model_fields
    return [TrialShown(**{name: getattr(each, name) for name in names}) for each in found]


def _rated(measure: Measure) -> Measure:
    """The rates taken from tests; the materials have an operation of their own."""
    return measure if measure in supervision.RATED else Measure.ONLINE


def _share(share: Share) -> dict[str, Any]:
    return {name: getattr(share, name) for name in ShareShown.model_fields}
