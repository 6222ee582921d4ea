"""Papers (材料): handed in, replaced and taken back while the case is with the applicant."""

import asyncio
from collections import defaultdict
from uuid import UUID

from citydesk import guides
from citydesk.cases import stored
from citydesk.cases.drafts import saved
from citydesk.cases.events import PaperHandedIn
from citydesk.cases.filing import open_to_papers
from citydesk.cases.former_papers import By
from citydesk.cases.moving import UNKNOWN, may_see
from citydesk.cases.refusals import (
    FilingIncomplete,
    NoSuchCase,
    NotAllowedNow,
    PaperRefused,
    TooManyPapers,
)
from citydesk.cases.rules import LARGEST_PAPER, MOST_PAPERS
from citydesk.cases.states import UNDECIDED, State
from citydesk.identity import Citizen
from citydesk.kit import contents, sql
from citydesk.kit.contents import Seen, Unfit
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import Case, CaseMaterial, StoredFile

MOST_BYTES = 100 * 1024 * 1024  # of all papers of a case
LONGEST_NAME = 200

_HELD = """
    SELECT count(*) AS papers, coalesce(sum(size_bytes), 0)::bigint AS bytes
    FROM case_material JOIN stored_file ON stored_file.id = file_id
    WHERE case_id = $1 AND replaced_at IS NULL AND case_material.id IS DISTINCT FROM $2
"""


class _Turns:
    """One person has one file looked at at a time, so that nobody fills the queue for all."""

    def __init__(self) -> None:
        self.of: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


async def looked_at(world: World, whose: str, content: bytes, largest: int = LARGEST_PAPER) -> Seen:
    """Find out what a file really is, apart from everything else; never within a transaction.

    ``whose``: who sends it, in a word that no other has.

    Raises:
        PaperRefused: it cannot be taken; says why and what to do. contents.Busy: try again soon.
    """
    turns = world.kept(_Turns).of
    turn = turns[whose]
    try:
        async with turn:
            return await contents.look_at(content, largest)
    except Unfit as unfit:
        raise PaperRefused(unfit.detail, [{"field": "file", "detail": unfit.fault}]) from None
    finally:
        if not turn.locked():
            turns.pop(whose, None)


async def attach(
    world: World,
    citizen: Citizen,
    case_id: UUID,
    requirement: str,
    name: str,
    content: bytes | Seen,
    *,
    replaces: UUID | None = None,
) -> CaseMaterial:
    """Hand in one paper for one requirement of the guide, while the case is with the applicant.

    ``replaces``: an earlier paper that this one stands in for. One in which the scanner found
    something may be replaced also after the case was submitted, until it is decided.

    Raises:
        PaperRefused: not a PDF, PNG, JPEG or OFD that can be opened, empty, or over 5 MB.
        FilingIncomplete: the guide asks for no such paper. TooManyPapers: 30, or 100 MB.
        NotAllowedNow: the case is not open to papers.
    """
    seen = (
        content
        if isinstance(content, Seen)
        else await looked_at(world, str(citizen.account_id), content)
    )
    async with world.transaction():
        case = await case_to_change(citizen, case_id, replaces)
        if fresh := saved(world, case):
            await case.save(update_fields=fresh)
        if replaces is not None:
            await set_aside(world, citizen, case, replaces)
        return await keep_paper(world, case, requirement, name, seen, replaces)


async def keep_paper(
    world: World,
    case: Case,
    requirement: str,
    name: str,
    seen: Seen,
    replaces: UUID | None = None,
) -> CaseMaterial:
    """Keep one paper of a locked case; raises as ``attach`` does."""
    await check_wanted(world, case, requirement, len(seen.content))
    file = await stored.keep_whole(world, case.identity_id, seen)
    return await use_file(world, case, requirement, name, file, replaces)


async def check_wanted(
    world: World, case: Case, requirement: str, size_bytes: int, replaces: UUID | None = None
) -> None:
    """Refuse a paper the guide does not ask for, or for which there is no room.

    Raises:
        FilingIncomplete, TooManyPapers.
    """
    guide = await guides.version(world, case.item_version_id)
    if requirement not in {each.code for each in guide.content.materials}:
        raise FilingIncomplete(
            "该事项没有这一项材料，请核对。", [{"field": "material", "detail": "没有这一项"}]
        )
    held = await sql.row(_HELD, case.id, replaces)
    assert held is not None
    if held["papers"] >= MOST_PAPERS:
        raise TooManyPapers("上传的材料太多了，请合并后再传。", most=MOST_PAPERS)
    if held["bytes"] + size_bytes > MOST_BYTES:
        size = MOST_BYTES >> 20
        raise TooManyPapers(f"全部材料加起来超过{size}MB，请压缩后再传。", most_bytes=MOST_BYTES)


async def use_file(
    world: World,
    case: Case,
    requirement: str,
    name: str,
    file: StoredFile,
    replaces: UUID | None = None,
) -> CaseMaterial:
    """Make a stored file a paper of a locked case, and have it scanned.

    ``replaces``: the one set aside for it, if it was kept.
    """
    material_id = new_id()
    async with world.transaction() as tx:
        material = await CaseMaterial.create(
            id=material_id,
            created_at=world.clock.now(),
            case_id=case.id,
            requirement=requirement,
            file_id=file.id,
            name_sealed=sealed_name(world, material_id, name),
            handed_in_round=case.correction_round,
        )
        if replaces is not None:
            await CaseMaterial.filter(id=replaces, case_id=case.id).update(replaced_by=material_id)
        tx.announce(PaperHandedIn(case.id, file.id))
    return material


def sealed_name(world: World, row_id: UUID, name: str, place: str = "case_material.name") -> bytes:
    """Seal what the applicant calls a file: no path, nothing that cannot be shown."""
    plain = "".join(each for each in name.replace("\\", "/").rpartition("/")[2] if _plain(each))
    return world.seals.seal(plain.strip()[:LONGEST_NAME], place, row_id)


def _plain(letter: str) -> bool:
    """Whether a letter shows itself, and does nothing to those beside it (bidi, control)."""
    return letter.isprintable()


async def take_back(world: World, citizen: Citizen, case_id: UUID, paper_id: UUID) -> None:
    """Take one paper back before anybody has seen it: of a draft, or of this correction.

    Raises:
        NoSuchCase: no such paper. NotAllowedNow: it was submitted; it can only be replaced.
    """
    async with world.transaction():
        case = await case_to_change(citizen, case_id)
        material = await _held(case, paper_id)
        if not may_take_back(case, material):
            raise NotAllowedNow(
                "这份材料已经提交给窗口，不能删除，可以换一份新的。", state=case.state
            )
        if fresh := saved(world, case):
            await case.save(update_fields=fresh)
        await set_aside(world, citizen, case, paper_id)


def may_take_back(case: Case, material: CaseMaterial) -> bool:
    """Whether a paper may go without another in its place: nobody has been shown it yet."""
    if State(case.state) in (State.DRAFT, State.RETURNED):
        return True
    correcting = State(case.state) is State.CORRECTING
    return correcting and material.handed_in_round == case.correction_round


def may_replace(case: Case, infected: bool) -> bool:
    """Whether another paper may stand in for one: while open to papers, or if it is harmful."""
    return open_to_papers(case) or (infected and State(case.state) in UNDECIDED)


async def case_to_change(citizen: Citizen, case_id: UUID, replaces: UUID | None = None) -> Case:
    """Lock a case of the applicant's that papers may be handed in to, or one replaced.

    Raises:
        NoSuchCase: not theirs. NotAllowedNow: it is not with them now.
    """
    case = await Case.select_for_update().get_or_none(id=case_id, parent_id=None)
    if case is None or not may_see(citizen, case):
        raise NoSuchCase(UNKNOWN)
    if replaces is not None:
        held = await _held(case, replaces)
        allowed = may_replace(case, held.file.state == stored.INFECTED)
    else:
        allowed = open_to_papers(case)
    if not allowed:
        raise NotAllowedNow("办件已提交，现在不能修改材料。", state=case.state)
    return case


async def _held(case: Case, paper_id: UUID) -> CaseMaterial:
    held = CaseMaterial.filter(id=paper_id, case_id=case.id, replaced_at=None)
    found = await held.prefetch_related("file").first()
    if found is None:
        raise NoSuchCase("没有找到这份材料，可能已经换过了。请刷新后再试。")
    return found


async def set_aside(world: World, citizen: Citizen, case: Case, paper_id: UUID) -> None:
    """Keep what an officer may have seen as it was; forget what was never submitted."""
    if case.last_seq:
        by = By.APPLICANT if citizen.identity_id == case.identity_id else By.AGENT
        await CaseMaterial.filter(id=paper_id, case_id=case.id).update(
            replaced_at=world.clock.now(), set_aside_by=by.value
        )
        return
    material = await _held(case, paper_id)
    file_id = material.file.id
    await material.delete()
    await stored.throw_away([file_id])
