"""A department's file at the editors' desk: looked over first, every fault told; then taken in.

Both are done by the worker, since a file may hold thousands of rows. How far it is stands in
Valkey, for the page that watches: the file is one transaction, and nothing shows before its end.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from redis.exceptions import RedisError

from citydesk.guides.events import BulkOrdered
from citydesk.guides.files.taking import import_guides
from citydesk.guides.machine import Action, actor_of, step_for
from citydesk.guides.refusals import ListFaulty, NoSuchBulk
from citydesk.identity import Officer
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Invalid, Refusal
from citydesk.world import World
from models.guides.work import BulkJob, BulkKind

LARGEST_FILE = 5 * 1024 * 1024  # bytes; a larger one is for `citydesk import guides`
MOST_FAULTS_KEPT = 500
LOOK_SECONDS, KEPT_SECONDS = 0.3, 3600


async def order_look(
    world: World, officer: Officer, file_name: str, data: bytes, source: str
) -> UUID:
    """Order a file to be looked over: nothing is taken in yet; return the order.

    Raises:
        Invalid: no file, or too large a one. NotYourGuide: the post does not write guides.
    """
    _ = step_for(Action.BEGIN, None, actor_of(officer.role))
    if not data or len(data) > LARGEST_FILE:
        wrong = [{"field": "file", "detail": f"要选一个文件，不超过 {LARGEST_FILE >> 20} MB"}]
        raise Invalid("请选择要导入的文件。", wrong)
    job_id = new_id()
    async with world.transaction() as tx:
        _ = await BulkJob.filter(officer_id=officer.officer_id, file__isnull=False).update(
            file=None
        )
        _ = await BulkJob.create(
            id=job_id,
            created_at=tx.at,
            kind=BulkKind.LOOK_OVER,
            officer_id=officer.officer_id,
            post_id=officer.post_id,
            file_name=file_name[:200],
            source=source[:40],
            file=data,
        )
        tx.announce(BulkOrdered(job_id))
    return job_id


async def order_import(
    world: World, officer: Officer, looked_id: UUID, *, skip_faulty: bool = False
) -> UUID:
    """Order a file that was looked over to be taken in; return the new order.

    Raises:
        NoSuchBulk: it was not looked over by this officer, or was taken in already.
    """
    job_id = new_id()
    async with world.transaction() as tx:
        looked = await BulkJob.select_for_update().get_or_none(
            id=looked_id, officer_id=officer.officer_id, kind=BulkKind.LOOK_OVER
        )
        if looked is None or looked.file is None or looked.finished_at is None:
            raise NoSuchBulk("这个文件已经导入，或已被新的文件代替。请重新选择文件。")
        _ = await BulkJob.create(
            id=job_id,
            created_at=tx.at,
            kind=BulkKind.IMPORT,
            officer_id=officer.officer_id,
            post_id=officer.post_id,
            file_name=looked.file_name,
            source=looked.source,
            skip_faulty=skip_faulty,
            file=looked.file,
        )
        looked.file = None
        await looked.save(update_fields=["file"])
        tx.announce(BulkOrdered(job_id))
    return job_id


async def do_file(world: World, job: BulkJob, officer: Officer | None) -> None:
    """Look a file over or take it in, and write down what came of it; done once."""
    if job.finished_at is not None or job.file is None:
        return
    async with world.transaction() as tx:
        outcome = await _outcome(world, job, officer)
        _ = await BulkJob.filter(id=job.id).update(
            finished_at=tx.at,
            outcome=outcome,
            file=job.file if job.kind is BulkKind.LOOK_OVER else None,
            total=sum(outcome["counts"].values()),
        )


async def _outcome(world: World, job: BulkJob, officer: Officer | None) -> dict[str, Any]:
    """Do it: what came of it in numbers, why it was refused if it was, and every fault."""
    if officer is None:
        return _said("您的岗位已经结束，没有导入。")
    try:
        async with _told(world, job) as progress:
            done = await import_guides(
                world,
                officer,
                bytes(job.file or b""),
                source=job.source or None,
                dry_run=job.kind is BulkKind.LOOK_OVER,
                skip_faulty=job.skip_faulty,
                progress=progress,
            )
    except ListFaulty as faulty:
        return _said(faulty.detail, [(e["field"], "", e["detail"]) for e in faulty.facts["errors"]])
    except Refusal as refusal:
        return _said(refusal.detail)
    names = ("added", "changed", "unchanged", "skipped")
    counts = {name: getattr(done, name) for name in names}
    faults = [(each.place, each.label, each.sentence) for each in done.faults]
    return _said("", faults, counts)


def _said(
    refusal: str,
    faults: Sequence[tuple[str, str, str]] = (),
    counts: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    shown = faults[:MOST_FAULTS_KEPT]
    return {
        "counts": dict(counts or {}),
        "refusal": refusal,
        "faults": [{"where": at, "element": what, "detail": why} for at, what, why in shown],
        "faults_in_all": len(faults),
    }


class _told:  # noqa: N801 - read as a word: async with _told(…)
    """Tell Valkey now and then how many rows are done; losing that costs only the picture."""

    def __init__(self, world: World, job: BulkJob) -> None:
        self.world, self.key = world, f"bulk:{job.id}"
        self.at = (0, 0)

    async def __aenter__(self) -> Callable[[int, int], None]:
        self.telling = asyncio.create_task(self._tell())

        def progress(done: int, total: int) -> None:
            self.at = (done, total)

        return progress

    async def __aexit__(self, *_: object) -> None:
        self.telling.cancel()
        with suppress(asyncio.CancelledError):
            await self.telling

    async def _tell(self) -> None:
        while True:
            with suppress(RedisError, OSError, TimeoutError):
                text = f"{self.at[0]}/{self.at[1]}"
                _ = await self.world.valkey.set(self.key, text, ex=KEPT_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)


async def rows_read(world: World, job_id: UUID) -> tuple[int, int]:
    """Return how many rows of a file are done, and of how many; (0, 0) while nobody knows."""
    try:
        said = await world.valkey.get(f"bulk:{job_id}")
    except (RedisError, OSError, TimeoutError):
        said = None
    done, _, total = (said or b"0/0").decode().partition("/")
    return int(done), int(total)
