"""Faults officers find in a guide (指南纠错): anybody at a desk reports, the editors answer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from citydesk.guides.queries import shown
from citydesk.guides.refusals import NoSuchReport, ReasonNeeded
from citydesk.identity import Officer, Role
from citydesk.kit.ids import new_id
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.kit.refusals import Forbidden
from citydesk.world import World
from models.guides.work import GuideReport, ReportState

LONGEST_TEXT = 1000
EDITING = (Role.EDITOR, Role.REVIEWER, Role.PUBLISHER)


@dataclass(frozen=True, slots=True)
class Reported:
    """One reported fault, and what was said to it."""

    id: UUID
    item_code: str
    item_name: str
    version_no: int
    element: str
    text: str
    state: ReportState
    answer: str
    reported_at: datetime
    answered_at: datetime | None


async def report_fault(
    world: World, officer: Officer, item_code: str, element: str, text: str
) -> UUID:
    """Tell the editors that a guide is wrong; return the report.

    Raises:
        NoSuchGuide, GuideNotReady: there is no guide to be wrong. ReasonNeeded: nothing is said.
    """
    guide = await shown(world, item_code)
    report_id = new_id()
    async with world.transaction() as tx:
        _ = await GuideReport.create(
            id=report_id,
            created_at=tx.at,
            item_code=guide.code,
            item_name=guide.name,
            organ_code=guide.content.authority,
            version_no=guide.version_no,
            element=element[:80],
            text=_said(text, "请写明哪里不对、应该是什么。"),
            reporter_id=officer.officer_id,
            state=ReportState.OPEN,
        )
    return report_id


async def reported_faults(
    world: World,
    *,
    state: ReportState | None = None,
    reporter: Officer | None = None,
    cursor: str | None = None,
    limit: int = 30,
) -> Page[Reported]:
    """Return a page of the reports, the oldest first; of one reporter, the newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    wanted = GuideReport.all()
    if state is not None:
        wanted = wanted.filter(state=state)
    if reporter is not None:
        wanted = wanted.filter(reporter_id=reporter.officer_id)
    if cursor:
        [last] = decode_cursor(cursor, (UUID,))
        wanted = wanted.filter(**{"id__lt" if reporter else "id__gt": last})
    # Ids are made in the order of time.
    found = await wanted.order_by("-id" if reporter else "id").limit(limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page([_shown(each) for each in found[:limit]], more)


async def fault_report(world: World, report_id: UUID) -> Reported:
    """Return one report; raises NoSuchReport."""
    return _shown(await _fetched(report_id))


async def answer_report(world: World, officer: Officer, report_id: UUID, answer: str) -> None:
    """Say to the reporter what was done about it; may be said again until it is closed.

    Raises:
        NoSuchReport: there is none, or it is closed. ReasonNeeded: nothing is said.
        Forbidden: the post does not edit guides.
    """
    _check_edits(officer)
    async with world.transaction() as tx:
        found = await _fetched(report_id, to_change=True)
        found.answer = _said(answer, "请写明核实的结果和处理情况。")
        found.state = ReportState.ANSWERED
        found.answered_by, found.answered_at = officer.officer_id, tx.at
        await found.save(update_fields=["answer", "state", "answered_by", "answered_at"])


async def close_report(world: World, officer: Officer, report_id: UUID) -> None:
    """Put an answered report away: an editor may, and whoever reported it.

    Raises:
        NoSuchReport: there is none, or it is closed already. ReasonNeeded: nobody answered yet.
        Forbidden: neither an editor nor the reporter.
    """
    async with world.transaction() as tx:
        found = await _fetched(report_id, to_change=True)
        if found.reporter_id != officer.officer_id:
            _check_edits(officer)
        if found.state is ReportState.OPEN:
            raise ReasonNeeded("请先答复，再办结这条纠错。")
        found.state = ReportState.CLOSED
        found.closed_by, found.closed_at = officer.officer_id, tx.at
        await found.save(update_fields=["state", "closed_by", "closed_at"])


async def _fetched(report_id: UUID, *, to_change: bool = False) -> GuideReport:
    rows = GuideReport.select_for_update() if to_change else GuideReport.all()
    found = await rows.get_or_none(id=report_id)
    if found is None or (to_change and found.state is ReportState.CLOSED):
        raise NoSuchReport("没有找到这条纠错，可能已经办结。请从列表重新打开。")
    return found


def _check_edits(officer: Officer) -> None:
    if officer.role not in EDITING:
        raise Forbidden("答复和办结纠错要用编辑、审核或发布岗位。")


def _said(text: str, wanted: str) -> str:
    said = text.strip()[:LONGEST_TEXT]
    if not said:
        raise ReasonNeeded(wanted)
    return said


def _shown(row: GuideReport) -> Reported:
    return Reported(
        id=row.id,
        item_code=row.item_code,
        item_name=row.item_name,
        version_no=row.version_no,
        element=row.element,
        text=row.text,
        state=row.state,
        answer=row.answer,
        reported_at=row.created_at,
        answered_at=row.answered_at,
    )
