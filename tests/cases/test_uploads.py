"""Papers in parts: gone on with after any interruption, never half a paper of a case."""

import asyncio
import random
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citydesk import cases
from citydesk.cases import (
    LARGEST_PART,
    NoSuchUpload,
    PaperRefused,
    TooManyUploads,
    UploadIncomplete,
    UploadShown,
    WrongOffset,
)
from citydesk.cases.stored import pieces
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.cases import CaseMaterial, PaperUpload, StoredFile, StoredFilePart
from sandbox.scanner import EICAR
from tasks import outbox
from tests.cases.making import Desk, applicant, later
from tests.documents import a_pdf, a_picture


def large_pdf(size: int = 2_500_000) -> bytes:
    """A PDF of about that size."""
    return a_pdf(Title=random.Random(7).randbytes(size // 2).hex())


LARGE = large_pdf()


async def begun(world: World, desk: Desk, content: bytes, case_id: UUID) -> UploadShown:
    """Announce a file."""
    told = sha256(content).hexdigest()
    return await cases.begin_upload(
        world, desk.citizen, case_id, "m01", "合同.pdf", len(content), told
    )


async def sent(world: World, desk: Desk, upload: UploadShown, content: bytes) -> UploadShown:
    """Send what is missing, part by part, from where it stands."""
    while upload.received_bytes < upload.size_bytes:
        at = upload.received_bytes
        part = content[at : at + LARGEST_PART]
        upload = await cases.add_part(world, desk.citizen, upload.id, at, part)
    return upload


async def finished(world: World, desk: Desk, upload_id: UUID) -> CaseMaterial:
    """Ask for completion, as a door does."""
    what = await cases.arrived(world, desk.citizen, upload_id)
    return await cases.finish_upload(world, desk.citizen, upload_id, what)


async def test_a_large_paper_comes_in_parts_and_is_a_paper_once_all_is_here(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    upload = await begun(world, desk, LARGE, case.id)
    upload = await cases.add_part(world, desk.citizen, upload.id, 0, LARGE[:LARGEST_PART])
    assert await cases.papers(world, case) == []
    with pytest.raises(UploadIncomplete) as early:
        await finished(world, desk, upload.id)
    assert early.value.facts["offset"] == LARGEST_PART
    # The phone lost the answer and sends it again; then it begins somewhere else.
    for wrong in (0, LARGEST_PART - 1, LARGEST_PART + 1, len(LARGE)):
        with pytest.raises(WrongOffset) as told:
            await cases.add_part(world, desk.citizen, upload.id, wrong, LARGE[:LARGEST_PART])
        assert told.value.facts["offset"] == LARGEST_PART
    [known] = await cases.uploads(world, desk.citizen, case.id)  # an app that was closed
    assert (known.received_bytes, known.name) == (LARGEST_PART, "合同.pdf")
    await sent(world, desk, known, LARGE)
    material = await finished(world, desk, upload.id)
    await outbox.drain(world)
    [paper] = await cases.papers(world, case)
    assert (paper.id, paper.name, paper.scan) == (material.id, "合同.pdf", "clean")
    assert (paper.sha256, paper.size_bytes) == (sha256(LARGE).hexdigest(), len(LARGE))
    opened = await cases.open_paper(world, desk.citizen, case.id, paper.id)
    assert b"".join([each async for each in opened.read(0, len(LARGE) - 1)]) == LARGE
    across = [each async for each in opened.read(LARGEST_PART - 5, LARGEST_PART + 4)]
    assert b"".join(across) == LARGE[LARGEST_PART - 5 : LARGEST_PART + 5]
    assert await PaperUpload.all().count() == 0
    with pytest.raises(NoSuchUpload):
        await finished(world, desk, upload.id)
    for part in await StoredFilePart.all():  # sealed by itself, each
        assert LARGE[5000:5020] not in bytes(part.content_sealed)
    await cases.submit(world, desk.citizen, case.id)


async def test_many_hands_at_one_upload_add_every_part_once(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    upload = await begun(world, desk, LARGE, case.id)

    async def send_all(chance: random.Random) -> int:
        taken = 0
        for _ in range(200):
            here = (await cases.upload(world, desk.citizen, upload.id)).received_bytes
            if here == len(LARGE):
                break
            part = LARGE[here : here + chance.choice((300_000, LARGEST_PART))]
            try:
                await cases.add_part(world, desk.citizen, upload.id, here, part)
                taken += 1
            except WrongOffset:
                continue
        return taken

    took = await asyncio.gather(*(send_all(random.Random(each)) for each in range(4)))
    assert await StoredFilePart.all().count() == sum(took)
    twice = await asyncio.gather(
        *(finished(world, desk, upload.id) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(each, CaseMaterial) for each in twice) == 1
    assert sum(isinstance(each, NoSuchUpload) for each in twice) == 2
    file = await StoredFile.get()
    assert b"".join([each async for each in pieces(world, file)]) == LARGE


@pytest.mark.parametrize("kind", ["altered", "no paper", "script"])
async def test_what_is_not_what_was_told_or_no_paper_is_thrown_away(
    world: World, kind: str
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    content = {"altered": LARGE, "no paper": b"MZ" * 100, "script": a_pdf()[:-30]}[kind]
    upload = await begun(world, desk, content, case.id)
    arrives = content if kind != "altered" else content[:9000] + b"x" + content[9001:]
    await sent(world, desk, upload, arrives)
    with pytest.raises(PaperRefused):
        await finished(world, desk, upload.id)
    assert await StoredFile.all().count() == await StoredFilePart.all().count() == 0
    with pytest.raises(NoSuchUpload):
        await cases.upload(world, desk.citizen, upload.id)


async def test_a_large_photograph_is_cleaned_and_a_harmful_file_found_in_parts(
    world: World,
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    picture = a_picture("JPEG", (1600, 1200), quality=95, comment=b"at home")
    assert len(picture) > 500_000
    upload = await begun(world, desk, picture, case.id)
    await sent(world, desk, upload, picture)
    await finished(world, desk, upload.id)
    cut = LARGE + b"\n" + b" " * (2 * LARGEST_PART - len(LARGE) - 30) + EICAR
    upload = await begun(world, desk, cut, case.id)
    await sent(world, desk, upload, cut)
    await finished(world, desk, upload.id)
    await outbox.drain(world)
    [clean, harmful] = await cases.papers(world, case)
    assert (clean.scan, harmful.scan) == ("clean", "infected")
    opened = await cases.open_paper(world, desk.citizen, case.id, clean.id)
    content = b"".join([each async for each in opened.read(0, clean.size_bytes - 1)])
    assert b"at home" not in content
    assert sha256(content).hexdigest() == clean.sha256


async def test_five_at_a_time_each_for_a_day(world: World, clock: SetClock) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    first, *_ = [await begun(world, desk, LARGE, case.id) for _ in range(5)]
    with pytest.raises(TooManyUploads):
        await begun(world, desk, LARGE, case.id)
    await cases.give_up_upload(world, desk.citizen, first.id)
    last = await begun(world, desk, LARGE, case.id)
    await cases.add_part(world, desk.citizen, last.id, 0, LARGE[:LARGEST_PART])
    later(clock, hours=23, minutes=59)
    assert await cases.tidy_uploads(world) == 0
    later(clock, minutes=1)
    with pytest.raises(NoSuchUpload):
        await cases.add_part(world, desk.citizen, last.id, LARGEST_PART, LARGE[LARGEST_PART:])
    assert await cases.tidy_uploads(world) == 5
    for table in (PaperUpload, StoredFile, StoredFilePart):
        assert await table.all().count() == 0


async def test_an_upload_is_its_owners_and_of_the_size_told(world: World) -> None:
    desk = await Desk.open(world)
    other = await applicant(world, "钱示例")
    case = await desk.draft()
    for size in (0, cases.LARGEST_UPLOAD + 1):
        with pytest.raises(PaperRefused):
            await cases.begin_upload(world, desk.citizen, case.id, "m01", "", size, "0" * 64)
    with pytest.raises(cases.NoSuchCase):
        await cases.begin_upload(world, other, case.id, "m01", "", 9, "0" * 64)
    upload = await begun(world, desk, b"0" * 100_000, case.id)
    for attempt in (
        cases.upload(world, other, upload.id),
        cases.add_part(world, other, upload.id, 0, b"0" * 100_000),
        cases.give_up_upload(world, other, upload.id),
    ):
        with pytest.raises(NoSuchUpload):
            await attempt
    with pytest.raises(cases.NoSuchCase):
        await cases.uploads(world, other, case.id)
    assert await cases.arrived(world, other, upload.id) is None
    for wrong in (b"", b"0" * 1000, b"0" * 100_001, b"0" * (LARGEST_PART + 1)):
        with pytest.raises(PaperRefused):
            await cases.add_part(world, desk.citizen, upload.id, 0, wrong)
    assert (await cases.upload(world, desk.citizen, upload.id)).received_bytes == 0


async def test_a_case_submitted_meanwhile_takes_no_more(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    upload = await begun(world, desk, LARGE, case.id)
    await sent(world, desk, upload, LARGE)
    await cases.attach(world, desk.citizen, case.id, "m01", "小.pdf", a_pdf())
    await cases.submit(world, desk.citizen, case.id)
    with pytest.raises(cases.NotAllowedNow):
        await finished(world, desk, upload.id)
    assert [each.name for each in await cases.papers(world, case)] == ["小.pdf"]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data())
async def test_whatever_is_sent_in_whatever_order_only_the_whole_is_taken(
    world: World, data: st.DataObject
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    content = a_pdf(Title="x" * 400_000)
    upload = await begun(world, desk, content, case.id)
    here = 0
    for _ in range(data.draw(st.integers(0, 12))):
        offset = data.draw(st.one_of(st.just(here), st.integers(0, len(content))))
        size = data.draw(st.integers(0, 2 * 64 * 1024 + 5))
        try:
            told = await cases.add_part(
                world, desk.citizen, upload.id, offset, content[offset : offset + size]
            )
        except (WrongOffset, PaperRefused):
            told = await cases.upload(world, desk.citizen, upload.id)
            assert told.received_bytes == here
        else:
            assert offset == here
            here = told.received_bytes
    await sent(world, desk, await cases.upload(world, desk.citizen, upload.id), content)
    await finished(world, desk, upload.id)
    [paper] = await cases.papers(world, case)
    assert paper.sha256 == sha256(content).hexdigest()
