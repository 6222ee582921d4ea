"""What became of papers: those replaced or taken back, and those in which a virus was found.

Nothing of it moves a case, so it is no event of the machine: the papers' own rows tell it, and the
timeline puts it between the events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from citydesk import guides
from citydesk.cases import stored
from citydesk.cases.moving import reason_of
from citydesk.cases.states import UNDECIDED, Action, State
from citydesk.cases.words import TITLES
from citydesk.world import World
from models.cases import Case, CaseEvent, CaseMaterial, StoredFile


class By(StrEnum):
    """Who set a paper aside."""

    APPLICANT = "applicant"
    AGENT = "agent"


ASKING = (Action.PRE_FAIL, Action.REQUEST_CORRECTION, Action.REQUEST_SUPPLEMENT)
HARMFUL, DEFERRED = "安全检查发现可能带有病毒", "容缺受理后补交"


@dataclass(frozen=True, slots=True)
class FormerPaper:
    """A paper of a submitted case that does not count any more; the name is the applicant's own.

    ``by``: applicant or agent, None when it was not written down. ``why``: what asked for another,
    "" for their own accord. ``replaced_by``: the paper that stands in; None: it was taken back.
    ``path``: where officers open it; None when nobody may.
    """

    id: UUID
    requirement: str
    name: str
    media_type: str
    size_bytes: int
    pages: int | None
    sha256: str
    handed_in_at: datetime
    replaced_at: datetime
    replaced_by: UUID | None
    by: By | None
    why: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Harm:
    """A paper in which the virus scan found something: of which material, since when.

    ``mended_at``: when another was handed in, or it was taken back.
    """

    material: str
    found_at: datetime
    mended_at: datetime | None


async def former_papers(world: World, case: Case) -> list[FormerPaper]:
    """List what was replaced or taken back after an officer may have seen it, the latest first."""
    owner = case.parent_id or case.id
    held = CaseMaterial.filter(case_id=owner, replaced_at__not_isnull=True)
    found = await held.order_by("-replaced_at", "-id").prefetch_related("file")
    if not found:
        return []
    asked = await CaseEvent.filter(
        case_id=owner, action__in=[each.value for each in (*ASKING, Action.ACCEPT)]
    ).order_by("seq")
    return [_former(world, each, asked) for each in found]


def _former(world: World, paper: CaseMaterial, asked: Sequence[CaseEvent]) -> FormerPaper:
    file, at = paper.file, paper.replaced_at
    assert at is not None
    return FormerPaper(
        id=paper.id,
        requirement=paper.requirement,
        name=world.seals.open(paper.name_sealed, "case_material.name", paper.id),
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        pages=file.pages,
        sha256=file.sha256,
        handed_in_at=paper.created_at,
        replaced_at=at,
        replaced_by=paper.replaced_by,
        by=By(paper.set_aside_by) if paper.set_aside_by else None,
        why=_why(world, file, at, asked),
        path=stored.FILES + file.public_name if file.state == stored.CLEAN else None,
    )


def _why(world: World, file: StoredFile, at: datetime, asked: Sequence[CaseEvent]) -> str:
    """What asked for another paper: the scanner, or else the last notice before it went."""
    if file.state == stored.INFECTED and file.scanned_at and file.scanned_at <= at:
        return HARMFUL
    before = [each for each in asked if each.created_at <= at]
    if not before:
        return ""
    last, action = before[-1], Action(before[-1].action)
    if action is Action.ACCEPT:
        return DEFERRED if last.facts.get("deferred") else ""
    told = reason_of(world, last)
    return f"{TITLES[action]}：{told}" if told else TITLES[action]


async def harm_in(world: World, case: Case) -> list[Harm]:
    """Return in which papers of a submitted case the scanner found something, as it was found."""
    if case.harm_found_at is None or not case.last_seq:
        return []
    held = CaseMaterial.filter(case_id=case.id, file__state=stored.INFECTED)
    found = await held.order_by("id").prefetch_related("file")
    content = (await guides.version(world, case.item_version_id)).content
    names = {each.code: each.name for each in content.materials}
    return [
        Harm(names.get(each.requirement, each.requirement), each.file.scanned_at, each.replaced_at)
        for each in found
        if each.file.scanned_at is not None
    ]


def harm_next(case: Case, harm: Sequence[Harm], otherwise: str) -> str:
    """Say what the applicant does about it, before what else is asked of them, or ``otherwise``."""
    names = dict.fromkeys(each.material for each in harm if each.mended_at is None)
    if not names or State(case.state) not in UNDECIDED:
        return otherwise
    said = f"请把{'、'.join(names)}换一份：重新扫描或拍照后再传。换好之前不能往下办。"
    more = State(case.state) in (State.RETURNED, State.CORRECTING)
    return said + otherwise if more or case.supplement_asked or case.deferred_open else said
