"""How the bytes of papers lie in the tables: sealed, whole or in parts, under random names."""

from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from uuid import UUID

from citydesk.kit.contents import Seen
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import PaperUpload, StoredFile, StoredFilePart

WHOLE, PART = "stored_file.content", "stored_file_part.content"
ARRIVING, WAITING, CLEAN, INFECTED = "arriving", "waiting", "clean", "infected"
PART_BYTES = 1024 * 1024
FILES = "/files/"  # where papers are opened, by the name of the file


async def keep_whole(world: World, identity_id: UUID, seen: Seen) -> StoredFile:
    """Seal a paper that came in one piece; it waits for the virus scan."""
    file_id, now = new_id(), world.clock.now()
    return await StoredFile.create(
        id=file_id,
        created_at=now,
        public_name=token_hex(16),
        identity_id=identity_id,
        state=WAITING,
        sha256=sha256(seen.content).hexdigest(),
        size_bytes=len(seen.content),
        media_type=seen.media_type,
        pages=seen.pages,
        content_sealed=world.seals.seal(seen.content, WHOLE, file_id),
        scan_at=now,
    )


async def keep_part(world: World, file_id: UUID, starts_at_byte: int, content: bytes) -> None:
    """Seal one part of a paper that comes in parts."""
    part_id = new_id()
    _ = await StoredFilePart.create(
        id=part_id,
        created_at=world.clock.now(),
        file_id=file_id,
        starts_at_byte=starts_at_byte,
        size_bytes=len(content),
        content_sealed=world.seals.seal(content, PART, part_id),
    )


async def keep_seen(world: World, file: StoredFile, received: bytes, seen: Seen) -> None:
    """Take a paper in parts for what it was seen to be; a cleaned picture is kept cleaned."""
    if seen.content != received:
        await StoredFilePart.filter(file_id=file.id).delete()
        for start in range(0, len(seen.content), PART_BYTES):
            await keep_part(world, file.id, start, seen.content[start : start + PART_BYTES])
    file.sha256 = sha256(seen.content).hexdigest()
    file.size_bytes, file.pages = len(seen.content), seen.pages
    file.media_type, file.state, file.scan_at = seen.media_type, WAITING, world.clock.now()
    await file.save(
        update_fields=[
            *("sha256", "size_bytes", "pages", "media_type", "state", "scan_at"),
        ]
    )


async def pieces(
    world: World, file: StoredFile, first: int = 0, last: int | None = None
) -> AsyncIterator[bytes]:
    """Open a paper from one byte to another (both included), never more than a part at once."""
    end = file.size_bytes if last is None else last + 1
    if file.content_sealed is not None:
        yield world.seals.open_bytes(file.content_sealed, WHOLE, file.id)[first:end]
        return
    starts = (
        await StoredFilePart.filter(file_id=file.id, starts_at_byte__lt=end)
        .order_by("starts_at_byte")
        .values_list("id", "starts_at_byte", "size_bytes")
    )
    for part_id, start, size in starts:
        if start + size > first:
            part = await StoredFilePart.get(id=part_id)
            content = world.seals.open_bytes(part.content_sealed, PART, part.id)
            yield content[max(first - start, 0) : end - start]


async def whole(world: World, file: StoredFile) -> bytes:
    """Open a paper at once."""
    return b"".join([piece async for piece in pieces(world, file)])


async def throw_away(file_ids: list[UUID]) -> None:
    """Forget files that nobody has a use for any more, and all of their parts."""
    await StoredFile.filter(id__in=file_ids).delete()


async def throw_uploads_away(**which: UUID | datetime | list[UUID]) -> int:
    """Forget uploads with everything of them that is here; return how many."""
    found = await PaperUpload.filter(**which).values_list("id", "file_id")
    gone = await PaperUpload.filter(id__in=[each for each, _ in found]).delete()
    await throw_away([file_id for _, file_id in found])
    return gone
