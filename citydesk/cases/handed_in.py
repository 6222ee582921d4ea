"""What was handed in: the form and the papers, opened for those who may read them."""

import hmac
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tortoise.queryset import QuerySet

from citydesk import identity
from citydesk.cases import stored
from citydesk.cases.forms import answers_of
from citydesk.cases.papers import may_replace, may_take_back
from citydesk.cases.queries import fetch_for
from citydesk.cases.refusals import NoSuchCase, PaperHarmful, PaperNotScanned
from citydesk.guides import Answer
from citydesk.identity import Asker, Officer
from citydesk.world import World
from models.cases import Case, CaseMaterial, StoredFile

LINK_MINUTES = 5
_NAME = re.compile("[0-9a-f]{32}")
_NO_PAPER = "没有找到这份材料，请核对后再试。"


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of a case; the name is the applicant's own.

    ``scan``: waiting, clean or infected. ``path``: where those who may see it open it.
    """

    id: UUID
    requirement: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    handed_in_round: int
    pages: int | None
    scan: str
    path: str
    replaceable: bool
    removable: bool

    @property
    def harmful(self) -> bool:
        """Whether the virus scan found something in it."""
        return self.scan == stored.INFECTED


@dataclass(frozen=True, slots=True)
class Opened:
    """A paper for somebody who may read it; ``read`` gives its bytes, from one to another."""

    paper: Paper
    read: Callable[[int, int], AsyncIterator[bytes]]


async def form_of(world: World, asker: Asker, case: Case) -> dict[str, Answer]:
    """Open the form; an officer's reading of it is written down."""
    if isinstance(asker, Officer):
        await identity.note_access(
            world, asker, case.identity_id, f"办理办件 {case.case_no}", ("form", "papers")
        )
    return answers_of(world, case)


async def papers(world: World, case: Case) -> list[Paper]:
    """List the papers of a case, in the order they were handed in, without those replaced."""
    owner = case.parent_id or case.id  # a part of a joint case looks at the main case's papers
    held = CaseMaterial.filter(case_id=owner, replaced_at=None).order_by("id")
    return [_paper(world, case, each) for each in await held.prefetch_related("file")]


def _paper(world: World, case: Case, material: CaseMaterial) -> Paper:
    file = material.file
    return Paper(
        id=material.id,
        requirement=material.requirement,
        name=world.seals.open(material.name_sealed, "case_material.name", material.id),
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        handed_in_round=material.handed_in_round,
        pages=file.pages,
        scan=file.state,
        path=stored.FILES + file.public_name,
        replaceable=may_replace(case, file.state == stored.INFECTED),
        removable=may_take_back(case, material),
    )


async def open_paper(world: World, asker: Asker, case_id: UUID, paper_id: UUID) -> Opened:
    """Open one paper of a case; an officer's reading of it is written down before.

    Raises:
        NoSuchCase: not there, or not theirs. PaperHarmful: nobody opens it.
        PaperNotScanned: no officer opens it yet.
    """
    case = await fetch_for(asker, case_id)
    material = await _held(CaseMaterial.filter(id=paper_id, case_id=case.parent_id or case.id))
    return await _opened(world, asker, case, material)


async def open_file(world: World, askers: list[Asker], public_name: str) -> Opened:
    """Open a paper by the name of its file, for the first of these who may see its case.

    Raises:
        NoSuchCase, PaperHarmful, PaperNotScanned: as ``open_paper``.
    """
    material = await _named(public_name)
    for asker in askers:
        try:
            case = await _case_seen(asker, material.case_id)
        except NoSuchCase:
            continue
        return await _opened(world, asker, case, material)
    raise NoSuchCase(_NO_PAPER)


async def _case_seen(asker: Asker, case_id: UUID) -> Case:
    """The case, or the part of it that the asker's organ decides."""
    try:
        return await fetch_for(asker, case_id)
    except NoSuchCase:
        for part in await Case.filter(parent_id=case_id):
            try:
                return await fetch_for(asker, part.id)
            except NoSuchCase:
                continue
        raise


async def paper_link(
    world: World, asker: Asker, case_id: UUID, paper_id: UUID
) -> tuple[str, datetime]:
    """Make a link that opens one paper for five minutes, for a program that holds no session.

    To hand it out is to let it be read, so an officer's is written down here.

    Raises:
        As ``open_paper``.
    """
    opened = await open_paper(world, asker, case_id, paper_id)
    until = (world.clock.now() + timedelta(minutes=LINK_MINUTES)).replace(microsecond=0)
    seconds = int(until.timestamp())
    name = opened.paper.path.removeprefix(stored.FILES)
    return f"{opened.paper.path}?until={seconds}&proof={_proof(world, name, seconds)}", until


async def open_link(world: World, public_name: str, until: str, proof: str) -> Opened:
    """Open a paper by such a link.

    Raises:
        NoSuchCase: not made by us, or its time is over.
    """
    fits = until.isdecimal() and len(until) <= 12 and until.isascii()
    known = _proof(world, public_name, int(until)) if fits else ""
    if not known or not hmac.compare_digest(known.encode(), proof.encode()):
        raise NoSuchCase(_NO_PAPER)
    if datetime.fromtimestamp(int(until), UTC) <= world.clock.now():
        raise NoSuchCase("这个链接已过期，请回到办件里重新打开材料。")
    material = await _named(public_name)
    case = await Case.get(id=material.case_id)
    if material.file.state == stored.INFECTED:
        raise _harmful()
    return _readable(world, case, material)


def _proof(world: World, name: str, until: int) -> str:
    return world.seals.blind(f"{name}:{until}", "paper.link")[:43]


async def _named(public_name: str) -> CaseMaterial:
    if not _NAME.fullmatch(public_name):
        raise NoSuchCase(_NO_PAPER)
    return await _held(CaseMaterial.filter(file__public_name=public_name))


async def _held(found: QuerySet[CaseMaterial]) -> CaseMaterial:
    material = await found.prefetch_related("file").first()
    if material is None:
        raise NoSuchCase(_NO_PAPER)
    return material


async def _opened(world: World, asker: Asker, case: Case, material: CaseMaterial) -> Opened:
    state = material.file.state
    if state == stored.INFECTED:
        raise _harmful()
    if isinstance(asker, Officer):
        if state != stored.CLEAN:
            raise PaperNotScanned("这份材料正在安全检查，一般几秒钟就好，请稍后再打开。")
        await identity.note_access(
            world,
            asker,
            case.identity_id,
            f"查看办件 {case.case_no} 的材料",
            (f"paper {material.requirement}",),
        )
    return _readable(world, case, material)


def _harmful() -> PaperHarmful:
    return PaperHarmful("这份材料没有通过安全检查，不能打开。请让申请人换一份。")


def _readable(world: World, case: Case, material: CaseMaterial) -> Opened:
    file: StoredFile = material.file

    def read(first: int, last: int) -> AsyncIterator[bytes]:
        return stored.pieces(world, file, first, last)

    return Opened(_paper(world, case, material), read)
