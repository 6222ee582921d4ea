"""Same source, proven (同源核对): every channel is asked like a citizen and compared to the truth.

The truth is what PostgreSQL says at that moment, read past every cache. A channel that shows
another version, or none, gets an alarm; the alarm closes when the channel agrees again. A version
younger than two seconds is left alone: channels have a second to notice it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

from pydantic import ValidationError

from citydesk import guides
from citydesk.gateways.own_doors import OwnDoors, Shown
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.troubles import GatewayTrouble
from citydesk.supervision import measures
from citydesk.supervision.events import ParityBroken
from citydesk.supervision.refusals import NoReasonGiven, NoSuchSupervised
from citydesk.world import World
from models.supervision import Channel, ParityAlarm, ProbeOutcome

ASKED = (Channel.CHAT, Channel.APP, Channel.PORTAL)
SHARED = {Channel.MINI_PROGRAM: Channel.APP}
"""The mini program is a client of the same API: it is served what the app is served."""
GRACE = timedelta(seconds=2)
OFTEN = timedelta(minutes=30)
RUN_SECONDS = 4.0
AT_ONCE = 4
ALARMING = frozenset({ProbeOutcome.OTHER_VERSION, ProbeOutcome.NO_VERSION})
LONGEST_NOTE = 1000
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Truth:
    """The version in force, as the database has it."""

    item_id: UUID
    item_code: str
    item_name: str
    version_no: int
    hash8: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What a channel answered about one item."""

    shown: tuple[Shown, ...]
    answered: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """What one run did: items asked about, answers compared, alarms raised anew."""

    items: int
    answers: int
    alarms: int


async def compare_channels(world: World, *, seconds: float = RUN_SECONDS) -> Compared:
    """Ask every channel about the items asked longest ago, until the time is up."""
    until = perf_counter() + seconds
    items = answers = alarms = 0
    await sql.run(_CLOSE_GONE, world.clock.now())
    before, asked = world.clock.now() - OFTEN, list[UUID]()
    while perf_counter() < until:
        rows = await sql.rows(_NEXT, before, len(ASKED) + len(SHARED), AT_ONCE, asked)
        if not rows:
            break
        truths = [_truth(row) for row in rows]
        asked += [truth.item_id for truth in truths]
        for done in await asyncio.gather(*(_compare(world, truth) for truth in truths)):
            items, answers = items + 1, answers + done.answers
            alarms += done.alarms
    return Compared(items, answers, alarms)


async def compare_item(world: World, item_code: str) -> Compared:
    """Ask every channel about one item, now; raises guides.NoSuchGuide."""
    row = await sql.row(f"{_TRUTH} AND item.code = $1", item_code.replace("\0", ""))
    if row is None:
        raise guides.NoSuchGuide(item_code)
    return await _compare(world, _truth(row))


async def _compare(world: World, truth: Truth) -> Compared:
    heard = dict(
        zip(ASKED, await asyncio.gather(*(_ask(world, each, truth) for each in ASKED)), strict=True)
    )
    row = await sql.row(f"{_TRUTH} AND item.id = $1", truth.item_id)
    if row is None or _truth(row) != truth or world.clock.now() - truth.published_at < GRACE:
        return Compared(1, 0, 0)  # it moved while we asked, or has only just been published
    heard |= {twin: heard[channel] for twin, channel in SHARED.items()}
    raised = [await _note(world, channel, truth, each) for channel, each in heard.items()]
    return Compared(1, len(heard), sum(raised))


async def _ask(world: World, channel: Channel, truth: Truth) -> Heard:
    doors = own_doors(world)
    try:
        if channel is Channel.CHAT:
            return Heard(await doors.chat(truth.item_code, truth.item_name))
        if channel is Channel.PORTAL:
            shown, text = await doors.page(truth.item_code)
            rows = await doors.page_search(truth.item_code, truth.item_name)
            detail = "" if truth.item_name in text else "页面上没有事项名称"
            return Heard((*shown, *rows), detail=detail)
        guide = await doors.api_guide(truth.item_code)
        found = await doors.api_search(truth.item_code, truth.item_name)
        return Heard((*guide.shown, Shown(None, _hash8(guide.content)), *found))
    except GatewayTrouble as trouble:
        return Heard((), answered=False, detail=str(trouble)[:400])


def own_doors(world: World) -> OwnDoors:
    """The doors of this deployment, at the address citizens use."""
    settings = world.settings
    return OwnDoors(
        http=world.http,
        clock=world.clock,
        address=settings.public_url.rstrip("/"),
        token=settings.wechat_token,
        aes_key=settings.wechat_aes_key,
        app_id=settings.wechat_app_id,
        mode=settings.wechat_mode,
    )


def _hash8(content: object) -> str:
    """Hash what was served, not what it says of itself; "unread" when it is no guide."""
    try:
        read = guides.GuideContent.model_validate(content)
    except ValidationError:
        return "unread"
    return guides.content_hash(guides.canonical_json(read))[:8]


async def _note(world: World, channel: Channel, truth: Truth, heard: Heard) -> bool:
    """Write what a channel served; return whether that raised a new alarm."""
    shown = [(each.version_no, each.hash8) for each in heard.shown]
    true = (truth.version_no, truth.hash8)
    outcome = measures.compared(true, shown, heard.answered)
    # Of several versions on one answer the wrong one is told.
    served = next((each for each in shown if each[1] != truth.hash8), next(iter(shown), (None, "")))
    told = (outcome.value, served[0], served[1][:8], *true, heard.detail)
    what = (truth.item_id, truth.item_code, channel.value)
    async with world.transaction() as tx:
        await sql.run(_PROBED, new_id(), tx.at, *what, *told)
        if outcome is ProbeOutcome.SAME:
            await sql.run(_CLOSE, truth.item_id, channel.value, tx.at)
        if outcome not in ALARMING:
            return False
        alarm_id = new_id()
        row = await sql.row(_RAISE, alarm_id, tx.at, *what, *told, truth.item_name)
        raised = row is not None and row["id"] == alarm_id
        if raised:
            tx.announce(ParityBroken(alarm_id, truth.item_id))
    if raised:
        world.log.error("parity_alarm", item=truth.item_code, channel=channel.value, served=served)
    return raised


async def note_alarm(world: World, officer: Officer, alarm_id: UUID, note: str) -> ParityAlarm:
    """Say what is being done about an alarm; it stays open until the channel agrees.

    Raises:
        NoSuchSupervised: no such alarm. NoReasonGiven: without a word.
    """
    said = note.strip()
    if not said or len(said) > LONGEST_NOTE:
        wrong = [{"field": "note", "detail": "必填，最多1000个字"}]
        raise NoReasonGiven("请写明处理情况。", wrong)
    async with world.transaction() as tx:
        found = await ParityAlarm.select_for_update().get_or_none(id=alarm_id)
        if found is None:
            raise NoSuchSupervised("没有找到这条告警，请从告警列表中重新选择。")
        found.noted_by, found.noted_at, found.note = officer.officer_id, tx.at, said
        await found.save(update_fields=["noted_by", "noted_at", "note"])
    return found


async def alarms(world: World, *, open_only: bool = False) -> Sequence[ParityAlarm]:
    """Return the alarms, open ones first, then the newest."""
    wanted = ParityAlarm.filter(closed_at=None) if open_only else ParityAlarm.all()
    found = await wanted.order_by("-created_at").limit(SHOWN)
    return sorted(found, key=lambda each: each.closed_at is not None)


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """How one channel answered when it was asked last, over all items."""

    channel: Channel
    asked: int
    same: int
    silent: int
    last_at: datetime | None


async def standings(world: World) -> list[ChannelStanding]:
    """Return for each channel how many items it was asked about and served as they are."""
    rows = {row["channel"]: row for row in await sql.rows(_STANDINGS)}
    return [
        ChannelStanding(
            channel,
            row["asked"] if row else 0,
            row["same"] if row else 0,
            row["silent"] if row else 0,
            row["last_at"] if row else None,
        )
        for channel in (*ASKED, *SHARED)
        for row in [rows.get(channel.value)]
    ]


def _truth(row: sql.Row) -> Truth:
    return Truth(
        row["item_id"],
        row["item_code"],
        row["item_name"],
        row["version_no"],
        row["content_hash"][:8],
        row["published_at"],
    )


_TRUTH = """
    SELECT item.id AS item_id, item.code AS item_code, item.name AS item_name, version.version_no,
        version.content_hash, version.published_at
    FROM service_item item JOIN service_item_version version ON version.id = item.current_version_id
    WHERE item.kind = 'full' AND item.state = 'in_force'
"""
_NEXT = f"""
    SELECT truth.* FROM ({_TRUTH}) truth
    LEFT JOIN LATERAL (
        SELECT min(asked_at) AS asked_at, count(*) AS channels FROM channel_probe probe
        WHERE probe.item_id = truth.item_id
            AND probe.true_version_no = truth.version_no) probed ON true
    WHERE (probed.channels < $2 OR probed.asked_at < $1) AND NOT truth.item_id = ANY ($4::uuid[])
    ORDER BY probed.asked_at NULLS FIRST, truth.item_code LIMIT $3
"""  # noqa: S608 - our own words only
_PROBED = """
    INSERT INTO channel_probe (id, created_at, asked_at, item_id, item_code, channel, outcome,
        served_version_no, served_hash8, true_version_no, true_hash8, detail)
    VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (item_id, channel) DO UPDATE
    SET asked_at = excluded.asked_at, item_code = excluded.item_code, outcome = excluded.outcome,
        served_version_no = excluded.served_version_no, served_hash8 = excluded.served_hash8,
        true_version_no = excluded.true_version_no, true_hash8 = excluded.true_hash8,
        detail = excluded.detail
"""
_RAISE = """
    INSERT INTO parity_alarm (id, created_at, seen_at, item_id, item_code, channel, outcome,
        served_version_no, served_hash8, true_version_no, true_hash8, detail, item_name, times)
    VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)
    ON CONFLICT (item_id, channel) WHERE closed_at IS NULL DO UPDATE
    SET seen_at = excluded.seen_at, times = parity_alarm.times + 1, outcome = excluded.outcome,
        served_version_no = excluded.served_version_no, served_hash8 = excluded.served_hash8,
        true_version_no = excluded.true_version_no, true_hash8 = excluded.true_hash8,
        detail = excluded.detail
    RETURNING id
"""
_CLOSE = """
    UPDATE parity_alarm SET closed_at = $3
    WHERE item_id = $1 AND channel = $2 AND closed_at IS NULL
"""
_CLOSE_GONE = """
    UPDATE parity_alarm SET closed_at = $1
    WHERE closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM service_item item
        WHERE item.id = parity_alarm.item_id AND item.kind = 'full' AND item.state = 'in_force')
"""
_STANDINGS = """
    SELECT probe.channel, count(*) AS asked, count(*) FILTER (WHERE probe.outcome = 'same') AS same,
        count(*) FILTER (WHERE probe.outcome = 'no_answer') AS silent,
        max(probe.asked_at) AS last_at
    FROM channel_probe probe JOIN service_item item ON item.id = probe.item_id
    WHERE item.kind = 'full' AND item.state = 'in_force'
    GROUP BY probe.channel
"""
