"""Many guides at once, and a department's file: ordered here, done by the worker, watched here."""

from uuid import UUID

from starlette.responses import Response

from citydesk import guides
from citydesk.guides import NoSuchBulk
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, Refusal
from models.guides.work import BulkKind
from portal.editors import EDITORS, ONLY_EDITOR, editors_page
from portal.forms import UPLOAD_LIMIT, Form
from portal.refusals import status_of
from portal.visits import Pages, Visit

pages = Pages()
FILE_TYPES = ".csv,.json,.txt"


@pages.get("/editors/import", who=ONLY_EDITOR)
async def ask_file(visit: Visit) -> Response:
    """GET /editors/import: choose a department's list or file of guides."""
    return await _import_page(visit)


async def _import_page(visit: Visit, refusal: Refusal | None = None) -> Response:
    return await editors_page(
        visit,
        "editors_import.html",
        "import",
        status=status_of(type(refusal)) if refusal else 200,
        form=visit.form.refused(refusal) if refusal else Form(),
        file_types=FILE_TYPES,
        jobs=await guides.bulks(visit.world, visit.officer),
    )


@pages.post("/editors/import", who=ONLY_EDITOR, limit=UPLOAD_LIMIT)
async def look_over(visit: Visit) -> Response:
    """POST /editors/import: look the file over; nothing is taken in yet."""
    upload = visit.form.file("file")
    name, data = (upload.name, upload.body) if upload else ("", b"")
    try:
        job = await guides.order_look(
            visit.world, visit.officer, name, data, visit.form.value("source")
        )
    except (Invalid, Conflict, Forbidden) as refusal:
        return await _import_page(visit, refusal)
    return visit.go(f"/editors/jobs/{job}")


@pages.get("/editors/jobs/{job_id}", who=EDITORS)
async def watch(visit: Visit) -> Response:
    """GET /editors/jobs/{id}: how far it is; asks again by itself until it is done."""
    return await _job_page(visit)


async def _job_page(visit: Visit, refusal: Refusal | None = None) -> Response:
    job = await guides.bulk(visit.world, visit.officer, _number(visit))
    return await editors_page(
        visit,
        "editors_job.html",
        "import" if job.kind in (BulkKind.IMPORT, BulkKind.LOOK_OVER) else "editors",
        status=status_of(type(refusal)) if refusal else 200,
        form=visit.form.refused(refusal) if refusal else Form(),
        job=job,
        looked=job.kind is BulkKind.LOOK_OVER,
    )


@pages.post("/editors/jobs/{job_id}", who=ONLY_EDITOR)
async def take_in(visit: Visit) -> Response:
    """POST /editors/jobs/{id}: take in a file that was looked over, with or without its faults."""
    skip = visit.form.value("act") == "skip"
    try:
        job = await guides.order_import(
            visit.world, visit.officer, _number(visit), skip_faulty=skip
        )
    except (Missing, Conflict, Invalid) as refusal:
        return await _job_page(visit, refusal)
    return visit.go(f"/editors/jobs/{job}")


def _number(visit: Visit) -> UUID:
    try:
        return UUID(visit.path["job_id"])
    except ValueError:
        raise NoSuchBulk("没有找到这次批量办理，请从列表重新打开。") from None
