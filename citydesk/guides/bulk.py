"""The same for many guides at once (批量办理): ordered at the desk, done by the worker.

Each line is its own transaction, with its mark in it: a worker that dies goes on where it was, and
nothing is done twice. A line that is refused says why and stops nobody else.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from citydesk import identity
from citydesk.guides import drafting, reviewing
from citydesk.guides.bulk_files import do_file, rows_read
from citydesk.guides.events import BulkOrdered
from citydesk.guides.refusals import NoSuchBulk, ReasonNeeded
from citydesk.identity import Officer
from citydesk.kit.announced import Announced
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Invalid, Refusal
from citydesk.world import World
from models.guides.work import BulkJob, BulkKind, BulkLine

MOST_LINES = 200
FILES = (BulkKind.LOOK_OVER, BulkKind.IMPORT)


@dataclass(frozen=True, slots=True)
class Line:
    """One guide of an order; refusal says why nothing was done."""

    version_id: UUID
    name: str
    done: bool
    refusal: str


@dataclass(frozen=True, slots=True)
class Bulk:
    """An order and how far it is."""

    id: UUID
    kind: BulkKind
    ordered_at: datetime
    finished_at: datetime | None
    total: int
    done: int
    refused: int
    file_name: str
    outcome: Mapping[str, Any] | None  # of a file: see bulk_files
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A draft as it was seen on the list: another hand's change since then is noticed."""

    version_id: UUID
    row_version: int
    name: str


async def order_bulk(
    world: World,
    officer: Officer,
    kind: BulkKind,
    wanted: Sequence[Wanted],
    *,
    remark: str = "",
    effective_on: date | None = None,
) -> UUID:
    """Order the same for many drafts; return the order, to be watched.

    Raises:
        Invalid: none was chosen, or more than 200. ReasonNeeded: discarding takes a reason.
    """
    if not wanted or len(wanted) > MOST_LINES:
        raise Invalid(f"请先勾选要办理的指南，一次最多 {MOST_LINES} 个。")
    if kind is BulkKind.DISCARD and not remark.strip():
        raise ReasonNeeded("请写明作废的原因。")
    job_id = new_id()
    async with world.transaction() as tx:
        _ = await BulkJob.create(
            id=job_id,
            created_at=tx.at,
            kind=kind,
            officer_id=officer.officer_id,
            post_id=officer.post_id,
            remark=remark.strip()[:400],
            effective_on=effective_on,
            total=len(wanted),
        )
        lines = [
            BulkLine(
                created_at=tx.at,
                job_id=job_id,
                position=position,
                version_id=each.version_id,
                row_version=each.row_version,
                name=each.name[:300],
            )
            for position, each in enumerate(wanted)
        ]
        await BulkLine.bulk_create(lines)
        tx.announce(BulkOrdered(job_id))
    return job_id


async def bulk(world: World, officer: Officer, job_id: UUID) -> Bulk:
    """Return an order of one's own and how far it is; raises NoSuchBulk."""
    job = await BulkJob.get_or_none(id=job_id, officer_id=officer.officer_id)
    if job is None:
        raise NoSuchBulk("没有找到这次批量办理，请从列表重新打开。")
    lines = await BulkLine.filter(job_id=job_id).order_by("position")
    if job.kind in FILES and job.finished_at is None:
        done, job.total = await rows_read(world, job_id)
        return _shown(job, lines, done)
    return _shown(job, lines, job.total)


async def bulks(world: World, officer: Officer, limit: int = 10) -> list[Bulk]:
    """Return one's own latest orders, without their lines."""
    mine = BulkJob.filter(officer_id=officer.officer_id)
    found = await mine.order_by("-created_at", "-id").limit(limit)
    return [_shown(job, (), job.total if job.finished_at else 0) for job in found]


async def do_bulk(world: World, announced: Announced) -> None:
    """Carry an order out (a reaction): what was done before is not done again."""
    event = announced.event
    assert isinstance(event, BulkOrdered)
    job = await BulkJob.get(id=event.job_id)
    officer = await identity.officer_in_post(world, job.officer_id, job.post_id)
    if job.kind in FILES:
        await do_file(world, job, officer)
        return
    for line in await BulkLine.filter(job_id=job.id, done=False).order_by("position"):
        await _do_line(world, job, line, officer)
    async with world.transaction() as tx:
        _ = await BulkJob.filter(id=job.id, finished_at=None).update(finished_at=tx.at)


async def _do_line(world: World, job: BulkJob, line: BulkLine, officer: Officer | None) -> None:
    if officer is None:
        return await _mark(line, "您的岗位已经结束，没有办理。")
    try:
        async with world.transaction():
            await _DEEDS[job.kind](world, officer, job, line)
            await _mark(line)
    except Refusal as refusal:
        await _mark(line, refusal.detail)


async def _mark(line: BulkLine, refusal: str = "") -> None:
    """Write beside a line that it is done with, in the transaction of its deed."""
    _ = await BulkLine.filter(id=line.id).update(done=True, refusal=refusal)


async def _submit(world: World, officer: Officer, job: BulkJob, line: BulkLine) -> None:
    _ = await drafting.submit(world, officer, line.version_id, line.row_version)


async def _approve(world: World, officer: Officer, job: BulkJob, line: BulkLine) -> None:
    _ = await reviewing.approve(world, officer, line.version_id, line.row_version, job.remark)


async def _release(world: World, officer: Officer, job: BulkJob, line: BulkLine) -> None:
    version_id, seen = line.version_id, line.row_version
    _ = await reviewing.release(world, officer, version_id, seen, job.effective_on)


async def _discard(world: World, officer: Officer, job: BulkJob, line: BulkLine) -> None:
    version_id, seen = line.version_id, line.row_version
    _ = await drafting.discard_draft(world, officer, version_id, seen, job.remark)


Deed = Callable[[World, Officer, BulkJob, BulkLine], Awaitable[None]]
_DEEDS: Mapping[BulkKind, Deed] = {
    BulkKind.SUBMIT: _submit,
    BulkKind.APPROVE: _approve,
    BulkKind.RELEASE: _release,
    BulkKind.DISCARD: _discard,
}


def _shown(job: BulkJob, lines: Sequence[BulkLine], done: int) -> Bulk:
    return Bulk(
        id=job.id,
        kind=job.kind,
        ordered_at=job.created_at,
        finished_at=job.finished_at,
        total=job.total,
        done=sum(each.done for each in lines) if lines else done,
        refused=sum(bool(each.refusal) for each in lines),
        file_name=job.file_name,
        outcome=job.outcome,
        lines=tuple(Line(each.version_id, each.name, each.done, each.refusal) for each in lines),
    )
