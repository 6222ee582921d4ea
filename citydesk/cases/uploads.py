"""Large papers in parts (断点续传): sent piece by piece, gone on with after an interruption.

What is here is sealed part by part; how far it is stands in one row, which is locked while a part
is taken, so that two processes never take the same part twice. Nothing is a paper of the case
before all of it is here, adds up to the SHA-256 that was told, and was looked at.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from uuid import UUID

from tortoise.queryset import QuerySet

from citydesk.cases import stored
from citydesk.cases.drafts import saved
from citydesk.cases.papers import (
    case_to_change,
    check_wanted,
    looked_at,
    sealed_name,
    set_aside,
    use_file,
)
from citydesk.cases.queries import fetch_for
from citydesk.cases.refusals import (
    NoSuchUpload,
    PaperRefused,
    TooManyUploads,
    UploadIncomplete,
    WrongOffset,
)
from citydesk.identity import Citizen
from citydesk.kit import sql
from citydesk.kit.contents import LARGEST, Seen
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import CaseMaterial, PaperUpload, StoredFile

LARGEST_UPLOAD = LARGEST
LARGEST_PART = stored.PART_BYTES
SMALLEST_PART = 64 * 1024  # but for the last: a file in a million parts is an attack
MOST_OPEN = 5
KEPT = timedelta(hours=24)
_NAME = "paper_upload.name"
_GONE = "没有找到这次上传，可能已经完成、取消或超过24小时。请重新上传。"


@dataclass(frozen=True, slots=True)
class UploadShown:
    """How far an upload is."""

    id: UUID
    case_id: UUID
    requirement: str
    name: str
    size_bytes: int
    sha256: str
    received_bytes: int
    expires_at: datetime
    replaces: UUID | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that is wholly here and was looked at; ``seen`` is None when there is none such."""

    received: bytes
    seen: Seen


async def begin_upload(
    world: World,
    citizen: Citizen,
    case_id: UUID,
    requirement: str,
    name: str,
    size_bytes: int,
    sha256_hex: str,
    *,
    replaces: UUID | None = None,
) -> UploadShown:
    """Announce a paper that will come in parts: how large it is and what it adds up to.

    Raises:
        PaperRefused: empty, or over 20 MB. TooManyUploads: five are under way.
        The rest as ``attach``.
    """
    if not 0 < size_bytes <= LARGEST_UPLOAD:
        size = LARGEST_UPLOAD >> 20
        fault = [{"field": "size_bytes", "detail": f"应为1字节到{size}MB"}]
        raise PaperRefused(f"文件是空的或超过{size}MB，请压缩或分成几份再传。", fault)
    now, upload_id = world.clock.now(), new_id()
    async with world.transaction():
        case = await case_to_change(citizen, case_id, replaces)
        await _check_room(world, case.identity_id)
        await check_wanted(world, case, requirement, size_bytes, replaces)
        file = await StoredFile.create(
            id=new_id(),
            created_at=now,
            public_name=token_hex(16),
            identity_id=case.identity_id,
            state=stored.ARRIVING,
            sha256=sha256_hex,
            size_bytes=size_bytes,
            media_type="application/octet-stream",
        )
        upload = await PaperUpload.create(
            id=upload_id,
            created_at=now,
            case_id=case.id,
            identity_id=case.identity_id,
            requirement=requirement,
            name_sealed=sealed_name(world, upload_id, name, _NAME),
            file_id=file.id,
            replaces=replaces,
            expires_at=now + KEPT,
        )
    return _shown(world, upload, file)


async def _check_room(world: World, identity_id: UUID) -> None:
    await sql.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 21))", str(identity_id))
    now = world.clock.now()
    if await PaperUpload.filter(identity_id=identity_id, expires_at__gt=now).count() >= MOST_OPEN:
        raise TooManyUploads(
            f"您已有{MOST_OPEN}个文件没有传完。请先传完或取消，再传新的。", most=MOST_OPEN
        )


async def add_part(
    world: World, citizen: Citizen, upload_id: UUID, offset: int, content: bytes
) -> UploadShown:
    """Take the part that begins at a byte, if the upload stands there; else nothing changes.

    A part that was sent twice is refused the second time with where to go on, and does no harm.

    Raises:
        NoSuchUpload. WrongOffset: ``offset`` in its facts says where to go on.
        PaperRefused: more than was told, or parts too small to end well.
    """
    async with _locked(world, citizen, upload_id) as upload:
        here, whole = upload.received_bytes, upload.file.size_bytes
        if offset != here:
            raise WrongOffset("这一段和已收到的接不上，请从提示的位置继续传。", offset=here)
        if len(content) > whole - here:
            raise _faulty("内容比开始时说的多，请重新上传。", "比声明的长")
        if len(content) > LARGEST_PART:
            raise _faulty(f"每段最多{LARGEST_PART >> 10}KB，请分小一点再传。", "这一段太大")
        if not content or (len(content) < SMALLEST_PART and here + len(content) < whole):
            raise _faulty(f"除最后一段外，每段至少{SMALLEST_PART >> 10}KB。", "这一段太小")
        await stored.keep_part(world, upload.file_id, here, content)
        upload.received_bytes = here + len(content)
        await upload.save(update_fields=["received_bytes"])
    return _shown(world, upload, upload.file)


def _faulty(detail: str, fault: str) -> PaperRefused:
    return PaperRefused(detail, [{"field": "body", "detail": fault}])


async def upload(world: World, citizen: Citizen, upload_id: UUID) -> UploadShown:
    """Return how far an upload is: where to go on after an interruption.

    Raises:
        NoSuchUpload: over, or not theirs.
    """
    found = await _open(world, citizen).filter(id=upload_id).prefetch_related("file").first()
    if found is None:
        raise NoSuchUpload(_GONE)
    return _shown(world, found, found.file)


async def uploads(world: World, citizen: Citizen, case_id: UUID) -> list[UploadShown]:
    """Return what is under way for a case, the oldest first; raises NoSuchCase."""
    case = await fetch_for(citizen, case_id)
    found = _open(world, citizen).filter(case_id=case.id).order_by("id").prefetch_related("file")
    return [_shown(world, each, each.file) for each in await found]


async def give_up_upload(world: World, citizen: Citizen, upload_id: UUID) -> None:
    """Throw an upload away with all that is here of it.

    Raises:
        NoSuchUpload: over, or not theirs.
    """
    async with _locked(world, citizen, upload_id):
        _ = await stored.throw_uploads_away(id=upload_id)


async def arrived(world: World, citizen: Citizen, upload_id: UUID) -> Arrived | None:
    """Look at an upload that is wholly here, before it is made a paper; never in a transaction.

    None when there is no such upload (any more). What cannot be taken is thrown away.

    Raises:
        UploadIncomplete: ``offset`` says where to go on.
        PaperRefused: it does not add up to the SHA-256 told, or may not come in.
    """
    found = await _open(world, citizen).filter(id=upload_id).prefetch_related("file").first()
    if found is None:
        return None
    if found.received_bytes < found.file.size_bytes:
        raise UploadIncomplete(
            "文件还没有传完，请从提示的位置继续传。", offset=found.received_bytes
        )
    received = await stored.whole(world, found.file)
    try:
        if sha256(received).hexdigest() != found.file.sha256:
            fault = [{"field": "file", "detail": "校验不一致"}]
            raise PaperRefused("文件在传送中出了错，请重新上传。", fault)
        seen = await looked_at(world, str(citizen.account_id), received, LARGEST_UPLOAD)
    except PaperRefused:
        _ = await stored.throw_uploads_away(id=upload_id)
        raise
    return Arrived(received, seen)


async def finish_upload(
    world: World, citizen: Citizen, upload_id: UUID, what: Arrived | None
) -> CaseMaterial:
    """Make what arrived a paper of its case; from here on it is like any other.

    Raises:
        NoSuchUpload. The rest as ``attach``.
    """
    # The case before the upload: whoever throws a draft away goes the same way.
    known = await _open(world, citizen).get_or_none(id=upload_id)
    if known is None or what is None:
        raise NoSuchUpload(_GONE)
    async with world.transaction():
        case = await case_to_change(citizen, known.case_id, known.replaces)
        async with _locked(world, citizen, upload_id) as upload:
            if fresh := saved(world, case):
                await case.save(update_fields=fresh)
            if upload.replaces is not None:
                await set_aside(world, citizen, case, upload.replaces)
            await check_wanted(world, case, upload.requirement, len(what.seen.content))
            name = world.seals.open(upload.name_sealed, _NAME, upload.id)
            await stored.keep_seen(world, upload.file, what.received, what.seen)
            await PaperUpload.filter(id=upload.id).delete()
            return await use_file(
                world, case, upload.requirement, name, upload.file, upload.replaces
            )


async def tidy_uploads(world: World) -> int:
    """Throw away what was begun more than a day ago; return how many. The timetable calls this."""
    return await stored.throw_uploads_away(expires_at__lte=world.clock.now())


def _open(world: World, citizen: Citizen) -> QuerySet[PaperUpload]:
    """What a citizen has under way and may still go on with."""
    whose = citizen.identity_id or new_id()
    return PaperUpload.filter(identity_id=whose, expires_at__gt=world.clock.now())


@asynccontextmanager
async def _locked(world: World, citizen: Citizen, upload_id: UUID) -> AsyncIterator[PaperUpload]:
    """Hold an upload of the citizen's for one change; raises NoSuchUpload."""
    async with world.transaction():
        found = await _open(world, citizen).select_for_update().get_or_none(id=upload_id)
        if found is None:
            raise NoSuchUpload(_GONE)
        await found.fetch_related("file")
        yield found


def _shown(world: World, upload: PaperUpload, file: StoredFile) -> UploadShown:
    return UploadShown(
        id=upload.id,
        case_id=upload.case_id,
        requirement=upload.requirement,
        name=world.seals.open(upload.name_sealed, _NAME, upload.id),
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        received_bytes=upload.received_bytes,
        expires_at=upload.expires_at,
        replaces=upload.replaces,
    )
