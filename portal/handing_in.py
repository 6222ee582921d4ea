"""Handing papers in from pages: files chosen, taken back, put in another's place.

The buttons say what is meant: ``paper-<code>`` hands in, ``swap-<id>`` replaces, ``drop-<id>``
takes back.
"""

from uuid import UUID

from citydesk import cases, guides
from citydesk.cases import NoSuchCase, Paper
from citydesk.kit.refusals import Conflict, Invalid
from models.cases import Case
from portal.visits import Visit

PAPER, SWAP, DROP = "paper-", "swap-", "drop-"
PAPER_TYPES = ".pdf,.png,.jpg,.jpeg,.ofd"
DONE, DROPPED, NOT_CHOSEN = "已上传并保存。", "已删除。", "请先选择文件，再点上传"


async def papers_by_requirement(visit: Visit, case: Case) -> dict[str, list[Paper]]:
    """The papers handed in so far, by what they are handed in for."""
    found: dict[str, list[Paper]] = {}
    for paper in await cases.papers(visit.world, case):
        found.setdefault(paper.requirement, []).append(paper)
    return found


async def harmful_names(visit: Visit, case: Case) -> list[str]:
    """The materials in which the virus scan found something, by the guide's names."""
    codes = {each.requirement for each in await cases.papers(visit.world, case) if each.harmful}
    if not codes:
        return []
    guide = await guides.version(visit.world, case.item_version_id)
    return [f"“{each.name}”" for each in guide.content.materials if each.code in codes]


async def changed(visit: Visit, case: Case) -> str:
    """Do with papers what the form asks for; return what to say, "" when no file was chosen.

    Raises:
        PaperRefused, TooManyPapers, FilingIncomplete, NotAllowedNow: the field says why, too.
    """
    act = visit.form.value("act")
    if act.startswith(DROP):
        await cases.take_back(visit.world, visit.citizen, case.id, paper_named(act, DROP))
        return DROPPED
    chosen = [name for name in visit.form.files if name.startswith((PAPER, SWAP))]
    saved = [name for name in chosen if await _hand_in(visit, case, name)]
    return DONE if saved else ""


async def _hand_in(visit: Visit, case: Case, name: str) -> bool:
    """Hand in the file chosen in one field; False when none was."""
    upload = visit.form.file(name)
    if upload is None:
        return False
    replaces = paper_named(name, SWAP) if name.startswith(SWAP) else None
    requirement = name.removeprefix(PAPER)
    if replaces is not None:
        requirement = await requirement_of(visit, case, replaces)
    try:
        _ = await cases.attach(
            visit.world,
            visit.citizen,
            case.id,
            requirement,
            upload.name or requirement,
            upload.body,
            replaces=replaces,
        )
    except (Conflict, Invalid) as refusal:
        visit.form.wrong(name, refusal.detail)
        raise
    return True


async def requirement_of(visit: Visit, case: Case, paper_id: UUID) -> str:
    """What a paper of the case was handed in for; raises NoSuchCase."""
    for paper in await cases.papers(visit.world, case):
        if paper.id == paper_id:
            return paper.requirement
    raise _gone()


def paper_named(text: str, prefix: str) -> UUID:
    """Read which paper a button or field names; raises NoSuchCase."""
    try:
        return UUID(text.removeprefix(prefix))
    except ValueError:
        raise _gone() from None


def _gone() -> NoSuchCase:
    return NoSuchCase("没有找到这份材料，可能已经换过了。请刷新后再试。")
