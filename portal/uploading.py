"""Large papers from a page, in parts: what upload.js speaks to; without scripts 5 MB go at once.

Each step is a small form of ours (act, proof), answered by JSON. The same file chosen again goes on
where it was left, for as long as the upload is kept.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
from starlette.responses import Response

from citydesk import cases
from citydesk.cases import NoSuchCase, NoSuchUpload, UploadShown
from citydesk.kit.refusals import Conflict, Invalid, Missing, Refusal, TooMany
from portal.forms import Upload
from portal.handing_in import PAPER, SWAP, paper_named, requirement_of
from portal.my import number
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()
PART_LIMIT = cases.LARGEST_PART + 16 * 1024
_SHA256 = re.compile("[0-9a-f]{64}")
_STATUS: dict[type[Refusal], int] = {Missing: 404, Conflict: 409, Invalid: 422, TooMany: 429}


@pages.post("/my/cases/{case_id}/uploads", who=CITIZEN, limit=PART_LIMIT)
async def upload(visit: Visit) -> Response:
    """POST …/uploads: begin or go on, take a part, finish; as the field ``act`` says."""
    case_id: UUID = number(visit, "case_id", NoSuchCase("没有找到这个办件，请核对后再试。"))
    step = _STEPS.get(visit.form.value("act"))
    try:
        if step is None:
            raise Invalid("页面已更新，请刷新后再传。")
        return _json(200, await step(visit, case_id))
    except (Missing, Conflict, Invalid, TooMany) as refusal:
        status = next(_STATUS[each] for each in type(refusal).__mro__ if each in _STATUS)
        facts = {name: refusal.facts[name] for name in ("offset",) if name in refusal.facts}
        return _json(status, {"detail": refusal.detail, **facts})


async def _begin(visit: Visit, case_id: UUID) -> dict[str, Any]:
    """Begin, or find what was begun of the same file for the same paper."""
    form = visit.form
    told, size = form.value("sha256"), form.value("size")
    if not _SHA256.fullmatch(told) or not size.isdecimal() or len(size) > 9:
        raise Invalid("文件没有读出来，请重新选择。")
    case = await cases.fetch_for(visit.citizen, case_id)
    field = form.value("field")
    replaces = paper_named(field, SWAP) if field.startswith(SWAP) else None
    requirement = field.removeprefix(PAPER)
    if replaces is not None:
        requirement = await requirement_of(visit, case, replaces)
    for each in await cases.uploads(visit.world, visit.citizen, case.id):
        if (each.sha256, each.requirement, each.replaces) == (told, requirement, replaces):
            return _told(each)
    begun = await cases.begin_upload(
        visit.world,
        visit.citizen,
        case.id,
        requirement,
        form.value("name") or requirement,
        int(size),
        told,
        replaces=replaces,
    )
    return _told(begun)


async def _part(visit: Visit, _: UUID) -> dict[str, Any]:
    offset, part = visit.form.value("offset"), visit.form.file("part")
    if not offset.isdecimal() or len(offset) > 9 or not isinstance(part, Upload):
        raise Invalid("这一段没有传完整，请重试。")
    done = await cases.add_part(visit.world, visit.citizen, _named(visit), int(offset), part.body)
    return _told(done)


async def _finish(visit: Visit, _: UUID) -> dict[str, Any]:
    upload_id = _named(visit)
    what = await cases.arrived(visit.world, visit.citizen, upload_id)
    paper = await cases.finish_upload(visit.world, visit.citizen, upload_id, what)
    return {"paper": str(paper.id)}


_STEPS: dict[str, Callable[[Visit, UUID], Awaitable[dict[str, Any]]]] = {
    "begin": _begin,
    "part": _part,
    "finish": _finish,
}


def _named(visit: Visit) -> UUID:
    try:
        return UUID(visit.form.value("upload"))
    except ValueError:
        raise NoSuchUpload("没有找到这次上传，请重新选择文件。") from None


def _told(upload: UploadShown) -> dict[str, Any]:
    return {
        "upload": str(upload.id),
        "offset": upload.received_bytes,
        "size": upload.size_bytes,
        "most": cases.LARGEST_PART,
    }


def _json(status: int, told: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(told), status, headers, "application/json")
