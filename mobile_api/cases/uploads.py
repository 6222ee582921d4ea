"""Papers in parts over HTTP: begun, gone on with, given up, finished.

Parts travel by the core of tus 1.0.0 (tus.io): HEAD tells how far an upload is, PATCH goes on at
``Upload-Offset``. A mini program cannot send PATCH, so POST does the same. ADR 0031 says why.
"""

from typing import Any

from citydesk import cases
from citydesk.cases import UploadShown
from citydesk.kit.contents import Busy
from citydesk.kit.refusals import Invalid
from mobile_api.api import CITIZEN, Answered, Api, Call
from mobile_api.cases.asked import OneCase, OneMaterial
from mobile_api.cases.papers import TAKEN, paper_of
from mobile_api.cases.papers_shown import NewUpload, OneUpload, UploadState, upload_shown
from mobile_api.cases.shown import PaperShown
from mobile_api.reading import WrongProtocol

api = Api("papers")
OFFSET = ("Upload-Offset", "^[0-9]{1,9}$", "the byte this part begins at: as many as are here")
TUS = "1.0.0"


@api(
    "POST",
    "/cases/{case_id}/materials/{requirement}/uploads",
    who=CITIZEN,
    path_form=OneMaterial,
    body=NewUpload,
    out=UploadState,
    status=201,
    creates=True,
    refusals=(*TAKEN, cases.TooManyUploads),
)
async def begin_upload(call: Call) -> Answered:
    """Announce a paper of up to 20 MB that will come in parts, with its size and SHA-256.

    Send the parts to ``path``, then ask for its completion. Kept for 24 hours, five at a time.
    """
    form: NewUpload = call.body
    begun = await cases.begin_upload(
        call.world,
        call.citizen,
        call.path.case_id,
        call.path.requirement,
        form.name,
        form.size_bytes,
        form.sha256,
        replaces=form.replaces,
    )
    shown = upload_shown(begun)
    return Answered(shown, headers={**_standing(begun), "Location": shown.path})


@api(
    "GET",
    "/cases/{case_id}/uploads",
    who=CITIZEN,
    path_form=OneCase,
    out=list[UploadState],
    refusals=(cases.NoSuchCase,),
)
async def list_uploads(call: Call) -> list[UploadState]:
    """What I have under way for a case; an app that was closed finds here where to go on."""
    found = await cases.uploads(call.world, call.citizen, call.path.case_id)
    return [upload_shown(each) for each in found]


@api(
    "GET",
    "/uploads/{upload_id}",
    who=CITIZEN,
    path_form=OneUpload,
    out=UploadState,
    refusals=(cases.NoSuchUpload, WrongProtocol),
)
async def show_upload(call: Call) -> Answered:
    """How far an upload is, and of what."""
    _check_protocol(call)
    found = await cases.upload(call.world, call.citizen, call.path.upload_id)
    return Answered(upload_shown(found), headers=_standing(found))


@api(
    "HEAD",
    "/uploads/{upload_id}",
    who=CITIZEN,
    path_form=OneUpload,
    refusals=(cases.NoSuchUpload, WrongProtocol),
)
async def measure_upload(call: Call) -> Answered:
    """Only how far an upload is, in Upload-Offset and Upload-Length: ask after an interruption."""
    _check_protocol(call)
    found = await cases.upload(call.world, call.citizen, call.path.upload_id)
    return Answered(None, headers=_standing(found))


async def _add_part(call: Call) -> Answered:
    _check_protocol(call)
    given = call.request.headers.get("upload-offset", "")
    if not given.isdecimal() or not given.isascii() or len(given) > 9:
        fault = [{"field": "Upload-Offset", "detail": "应为已收到的字节数"}]
        raise Invalid("请说明这一段从哪里开始（Upload-Offset）。", fault)
    found = await cases.add_part(
        call.world, call.citizen, call.path.upload_id, int(given), call.body
    )
    return Answered(None, headers=_standing(found))


def _offer_part(method: str, name: str) -> None:
    async def take(call: Call) -> Answered:
        return await _add_part(call)

    take.__name__ = name
    take.__doc__ = (
        "The next part, as the raw body: 64 KB to 1 MB, the last one as small as it is.\n\n"
        "409 tells in Upload-Offset where to go on; a part sent twice does no harm."
    )
    api(
        method,
        "/uploads/{upload_id}",
        who=CITIZEN,
        path_form=OneUpload,
        body=bytes,
        limit=cases.LARGEST_PART,
        status=204,
        headers=(OFFSET,),
        refusals=(
            *(cases.NoSuchUpload, cases.WrongOffset, cases.PaperRefused),
            WrongProtocol,
        ),
    )(take)


_offer_part("PATCH", "add_part")
_offer_part("POST", "add_part_by_post")


@api(
    "DELETE",
    "/uploads/{upload_id}",
    who=CITIZEN,
    path_form=OneUpload,
    status=204,
    refusals=(cases.NoSuchUpload, WrongProtocol),
)
async def give_up_upload(call: Call) -> Answered:
    """Give an upload up; what is here of it is thrown away."""
    _check_protocol(call)
    await cases.give_up_upload(call.world, call.citizen, call.path.upload_id)
    return Answered(None, headers={"Tus-Resumable": TUS})


async def _arrived(call: Call) -> Any:
    return await cases.arrived(call.world, call.citizen, call.path.upload_id)


@api(
    "POST",
    "/uploads/{upload_id}/completion",
    who=CITIZEN,
    path_form=OneUpload,
    out=PaperShown,
    status=201,
    creates=True,
    before=_arrived,
    refusals=(*TAKEN, cases.NoSuchUpload, cases.UploadIncomplete, Busy),
)
async def finish_upload(call: Call) -> PaperShown:
    """Say that all parts are sent: checked against the SHA-256, looked at, and made a paper."""
    material = await cases.finish_upload(call.world, call.citizen, call.path.upload_id, call.before)
    return await paper_of(call, material.case_id, material.id)


def _check_protocol(call: Call) -> None:
    if call.request.headers.get("tus-resumable", TUS) != TUS:
        raise WrongProtocol("上传方式的版本不对，请更新应用后再试。", versions=[TUS])


def _standing(upload: UploadShown) -> dict[str, str]:
    return {
        "Tus-Resumable": TUS,
        "Upload-Offset": str(upload.received_bytes),
        "Upload-Length": str(upload.size_bytes),
        "Upload-Expires": upload.expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
