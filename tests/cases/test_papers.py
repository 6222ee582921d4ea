"""Papers at the desk: taken, scanned, replaced, taken back, opened."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citydesk import cases
from citydesk.cases import NotAllowedNow, PaperHarmful, PaperNotScanned, State
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.downloads import saved_as, served
from citydesk.world import World
from models.cases import Case, CaseMaterial, PaperUpload, StoredFile, StoredFilePart
from sandbox.scanner import EICAR
from tasks import outbox
from tests.cases.making import PDF, Desk, employed, later
from tests.documents import a_pdf, a_picture
from tests.people import Outside

HARMFUL = a_pdf() + EICAR


async def held(world: World, case: Case) -> list[cases.Paper]:
    """The papers of a case as they stand now."""
    return await cases.papers(world, await Case.get(id=case.id))


async def test_a_harmful_paper_is_never_opened_and_never_submitted(
    world: World, outside: Outside
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", HARMFUL)
    await outbox.drain(world)
    [paper] = await held(world, case)
    assert (paper.scan, paper.harmful) == ("infected", True)
    with pytest.raises(PaperHarmful):
        await cases.open_paper(world, desk.citizen, case.id, paper.id)
    with pytest.raises(PaperHarmful):
        await cases.open_file(world, [desk.citizen], paper.path.removeprefix("/files/"))
    with pytest.raises(cases.FilingIncomplete, match="没有通过安全检查"):
        await cases.submit(world, desk.citizen, case.id)
    told = await sql.value(
        "SELECT facts->>'material_id' FROM outbox_message WHERE name = $1", "PaperFoundHarmful"
    )
    assert told == str(paper.id)
    await cases.attach(world, desk.citizen, case.id, "m01", "重新扫描.pdf", PDF, replaces=paper.id)
    await outbox.drain(world)
    [clean] = await held(world, case)
    assert (clean.scan, clean.name) == ("clean", "重新扫描.pdf")
    assert await StoredFile.all().count() == 1  # nobody had seen the other: it is gone
    assert (await cases.submit(world, desk.citizen, case.id)).state == State.FILED


async def test_while_the_scanner_is_away_people_file_and_officers_wait(
    world: World, outside: Outside, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    officer = await employed(world, Role.FRONT_DESK)
    await outside.control("POST", "faults", path="scanner", drop="before", times=None)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", HARMFUL)
    await cases.attach(world, desk.citizen, case.id, "m01", "好的.pdf", PDF)
    await cases.submit(world, desk.citizen, case.id)
    await outbox.drain(world)
    asked = (await outside.control("GET", "state"))["calls"]["scanner"]
    assert asked == 1  # the second paper did not ask again a scanner that is away
    assert [each.scan for each in await held(world, case)] == ["waiting", "waiting"]
    for paper in await held(world, case):
        with pytest.raises(PaperNotScanned, match="正在安全检查"):
            await cases.open_paper(world, officer, case.id, paper.id)
    assert await cases.scan_waiting(world) == 0
    await outside.control("DELETE", "faults")
    later(clock, seconds=21)
    assert await cases.scan_waiting(world) == 2
    [bad, good] = await held(world, case)
    assert (bad.scan, good.scan) == ("infected", "clean")
    await cases.open_paper(world, officer, case.id, good.id)
    await cases.receive(world, desk.front, case.id)
    with pytest.raises(PaperHarmful):
        await cases.accept(world, desk.front, case.id)
    # It was submitted long since: only what is harmful may be replaced.
    assert (bad.replaceable, good.replaceable, bad.removable) == (True, False, False)
    with pytest.raises(NotAllowedNow):
        await cases.attach(world, desk.citizen, case.id, "m01", "x.pdf", PDF, replaces=good.id)
    await cases.attach(world, desk.citizen, case.id, "m01", "新.pdf", PDF, replaces=bad.id)
    await outbox.drain(world)
    assert [each.scan for each in await held(world, case)] == ["clean", "clean"]
    assert (await cases.accept(world, desk.front, case.id)).state == State.ACCEPTED
    assert await CaseMaterial.filter(case_id=case.id).count() == 3  # the harmful one is kept


@pytest.mark.parametrize(
    "fault",
    [
        {"errcode": 1},
        {"drop": "after"},
        {"truncated": True},
    ],
    ids=str,
)
async def test_a_scanner_that_fails_has_found_nothing_out(
    world: World, outside: Outside, clock: SetClock, fault: dict[str, object]
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    await outside.control("POST", "faults", path="scanner", **fault)
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", HARMFUL)
    await outbox.drain(world)
    assert [each.scan for each in await held(world, case)] == ["waiting"]
    later(clock, seconds=21)
    await cases.scan_waiting(world)
    assert [each.scan for each in await held(world, case)] == ["infected"]


async def test_a_paper_is_taken_back_until_somebody_has_seen_it(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    first = await cases.attach(world, desk.citizen, case.id, "m01", "一.pdf", PDF)
    await cases.take_back(world, desk.citizen, case.id, first.id)
    assert await StoredFile.all().count() == await CaseMaterial.all().count() == 0
    kept = await cases.attach(world, desk.citizen, case.id, "m01", "二.pdf", PDF)
    await cases.submit(world, desk.citizen, case.id)
    for attempt in (
        cases.take_back(world, desk.citizen, case.id, kept.id),
        cases.attach(world, desk.citizen, case.id, "m01", "三.pdf", PDF, replaces=kept.id),
    ):
        with pytest.raises(NotAllowedNow):
            await attempt
    await cases.receive(world, desk.front, case.id)
    await cases.request_correction(world, desk.front, case.id, "看不清")
    more = await cases.attach(world, desk.citizen, case.id, "m01", "四.pdf", PDF)
    with pytest.raises(NotAllowedNow):  # the window has it
        await cases.take_back(world, desk.citizen, case.id, kept.id)
    await cases.take_back(world, desk.citizen, case.id, more.id)  # the window has not seen this
    await cases.attach(world, desk.citizen, case.id, "m01", "五.pdf", PDF, replaces=kept.id)
    assert [each.name for each in await held(world, case)] == ["五.pdf"]
    with pytest.raises(cases.NoSuchCase):  # twice
        await cases.attach(world, desk.citizen, case.id, "m01", "六.pdf", PDF, replaces=kept.id)
    event = await cases.correct(world, desk.citizen, case.id)
    assert event.state == State.RECEIVED


async def test_a_photograph_is_kept_without_where_it_was_taken_and_under_a_random_name(
    world: World,
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    sent = a_picture("JPEG", (80, 60), comment=b"at home")
    await cases.attach(world, desk.citizen, case.id, "m01", "../../家\u202e里.jpg", sent)
    [paper] = await held(world, case)
    assert paper.name == "家里.jpg"
    name = paper.path.removeprefix("/files/")
    assert len(name) == 32
    assert name not in (paper.id.hex, paper.sha256[:32])
    opened = await cases.open_paper(world, desk.citizen, case.id, paper.id)
    content = b"".join([each async for each in opened.read(0, paper.size_bytes - 1)])
    assert len(content) == paper.size_bytes < len(sent)
    assert b"at home" not in content


async def test_a_link_opens_one_paper_for_five_minutes(world: World, clock: SetClock) -> None:
    desk = await Desk.open(world)
    case = await desk.filed()
    [paper] = await held(world, case)
    link, until = await cases.paper_link(world, desk.citizen, case.id, paper.id)
    path, _, query = link.partition("?")
    given = dict(each.split("=") for each in query.split("&"))
    name = path.removeprefix("/files/")
    assert (await cases.open_link(world, name, **given)).paper.id == paper.id
    for wrong in (
        {**given, "until": str(int(given["until"]) + 60)},
        {**given, "proof": given["proof"][:-1] + "x"},
        {**given, "until": "９" * 5},
        {**given, "until": ""},
    ):
        with pytest.raises(cases.NoSuchCase):
            await cases.open_link(world, name, **wrong)
    with pytest.raises(cases.NoSuchCase):
        await cases.open_link(world, "0" * 32, **given)
    clock.set(until)
    with pytest.raises(cases.NoSuchCase, match="过期"):
        await cases.open_link(world, name, **given)


async def test_a_draft_thrown_away_takes_its_uploads_with_it(world: World, clock: SetClock) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    size = 2 * cases.LARGEST_PART
    begun = await cases.begin_upload(world, desk.citizen, case.id, "m01", "大.pdf", size, "0" * 64)
    await cases.add_part(world, desk.citizen, begun.id, 0, b"0" * cases.LARGEST_PART)
    assert await StoredFilePart.all().count() == 1
    from citydesk.cases.drafts import _throw_away

    await Case.filter(id=case.id).update(draft_reminders=2)
    assert await _throw_away(world, case.id) == 1
    for table in (PaperUpload, StoredFile, StoredFilePart, Case):
        assert await table.all().count() == 0


SIZE = 1000


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=30), st.from_regex(r"bytes=\d{0,5}-\d{0,5}", fullmatch=True)))
def test_any_range_is_answered_by_bytes_that_are_there(asked: str) -> None:
    how = served(asked, SIZE, "application/pdf", "a.pdf", "x")
    if how.status == 416:
        assert how.headers["Content-Range"] == f"bytes */{SIZE}"
        return
    assert 0 <= how.first <= how.last < SIZE
    assert how.headers["Content-Length"] == str(how.last - how.first + 1)
    assert (how.status == 206) == ("Content-Range" in how.headers)


@given(st.text(max_size=120))
def test_any_name_is_one_name_with_its_true_extension(name: str) -> None:
    saved = saved_as(name, "pdf")
    assert saved.endswith(".pdf")
    assert not set(saved) & set('/\\:*?"<>|%\r\n\0')
    header = served("", 1, "application/pdf", saved, "x").headers["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_a_program_is_not_called_one_twice() -> None:
    assert saved_as("发票.PDF", "pdf") == "发票.pdf"
    assert saved_as("x.exe", "pdf") == "x.exe.pdf"
    assert saved_as("照片.jpeg", "jpg") == "照片.jpg"
    assert saved_as("..", "pdf") == "材料.pdf"
