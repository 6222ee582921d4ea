"""What was handed in: the form and the papers, opened for those who may read them."""

from dataclasses import dataclass
from uuid import UUID

import orjson

from citydesk import identity
from citydesk.cases.queries import fetch_for
from citydesk.cases.refusals import NoSuchCase
from citydesk.identity import Asker, Officer
from citydesk.world import World
from models.cases import Case, CaseMaterial, StoredFile


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of a case; the name is the applicant's own."""

    id: UUID
    requirement: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    handed_in_round: int


async def form_of(world: World, asker: Asker, case: Case) -> dict[str, str]:
    """Open the form; an officer's reading of it is written down."""
    if isinstance(asker, Officer):
        await identity.note_access(
            world, asker, case.identity_id, f"办理办件 {case.case_no}", ("form", "papers")
        )
    opened = world.seals.open_bytes(case.form_sealed, "service_case.form", case.id)
    form: dict[str, str] = orjson.loads(opened)
    return form


async def papers(world: World, case: Case) -> list[Paper]:
    """List the papers of a case, in the order they were handed in."""
    owner = case.parent_id or case.id  # a part of a joint case looks at the main case's papers
    found = await CaseMaterial.filter(case_id=owner).order_by("id").prefetch_related("file")
    return [
        Paper(
            id=each.id,
            requirement=each.requirement,
            name=world.seals.open(each.name_sealed, "case_material.name", each.id),
            media_type=each.file.media_type,
            size_bytes=each.file.size_bytes,
            sha256=each.file.sha256,
            handed_in_round=each.handed_in_round,
        )
        for each in found
    ]


async def paper_content(
    world: World, asker: Asker, case_id: UUID, paper_id: UUID
) -> tuple[Paper, bytes]:
    """Open one paper; an officer's reading of it is written down."""
    case = await fetch_for(asker, case_id)
    for paper in await papers(world, case):
        if paper.id == paper_id:
            if isinstance(asker, Officer):
                await identity.note_access(
                    world,
                    asker,
                    case.identity_id,
                    f"查看办件 {case.case_no} 的材料",
                    (f"paper {paper.requirement}",),
                )
            file = await StoredFile.get(uses__id=paper_id)
            return paper, world.seals.open_bytes(
                file.content_sealed, "stored_file.content", file.id
            )
    raise NoSuchCase("没有找到这份材料，请核对后再试。")
