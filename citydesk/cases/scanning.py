"""The virus scan of papers: done by the worker, tried again while the scanner is away.

A paper is taken at once and scanned behind the applicant's back, so that a scanner that is away
stops nobody from filing in time. Until it is scanned no officer can open it, and what is found
harmful is opened by nobody ever again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from citydesk.cases import stored
from citydesk.cases.events import PaperFoundHarmful, PaperHandedIn
from citydesk.cases.refusals import PaperHarmful
from citydesk.kit import sql
from citydesk.kit.announced import Announced
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from models.cases import Case, CaseMaterial, StoredFile

LEASE = timedelta(minutes=2)  # whoever scans may take so long before another tries
REST = timedelta(seconds=20)  # a scanner that is away is not asked by every paper
AT_ONCE = 200

_TAKE = """
    UPDATE stored_file SET scan_at = $2
    WHERE state = 'waiting' AND scan_at <= $1 AND id = (
        SELECT id FROM stored_file
        WHERE scan_at <= $1 AND ($3::uuid IS NULL OR id = $3)
        ORDER BY scan_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
"""


@dataclass(slots=True)
class _Away:
    """Until when this process takes the scanner for away."""

    until: datetime | None = None


async def scan_handed_in(
    world: World, announced: Sequence[Announced]
) -> Mapping[UUID, BaseException]:
    """Scan papers just handed in; what cannot be scanned now is left to ``scan_waiting``."""
    for each in announced:
        assert isinstance(each.event, PaperHandedIn)
        if not await _scan_next(world, each.event.file_id):
            break
    return {}


async def scan_waiting(world: World) -> int:
    """Scan what still waits; return how much was scanned. The timetable calls this.

    It stops as soon as the scanner is away.
    """
    done = 0
    while done < AT_ONCE and await _due(world) and await _scan_next(world):
        done += 1
    return done


async def _due(world: World) -> bool:
    waiting = "SELECT EXISTS (SELECT FROM stored_file WHERE scan_at <= $1)"
    return bool(await sql.value(waiting, world.clock.now()))


async def _scan_next(world: World, file_id: UUID | None = None) -> bool:
    """Scan one paper; False when the scanner is away."""
    now, away = world.clock.now(), world.kept(_Away)
    if away.until is not None and now < away.until:
        return False
    taken = await sql.value(_TAKE, now, now + LEASE, file_id)
    if taken is None:  # another worker has it, or it is done
        return True
    file = await StoredFile.get(id=taken)
    try:
        found = await world.scanner.scan(stored.pieces(world, file))
    except GatewayTrouble as trouble:
        away.until = now + REST
        world.log.warning("paper not scanned: the scanner is away", error=str(trouble))
        _ = await StoredFile.filter(id=file.id).update(scan_at=now + REST)
        return False
    away.until = None
    await _note(world, file.id, found)
    return True


async def _note(world: World, file_id: UUID, found: str | None) -> None:
    """Write down what the scanner said; announce what it found."""
    now = world.clock.now()
    waiting = StoredFile.filter(id=file_id, state=stored.WAITING)
    if found is None:
        _ = await waiting.update(state=stored.CLEAN, scanned_at=now, scan_at=None)
        return
    async with world.transaction() as tx:
        # The case before its papers, as everybody locks them who changes one.
        concerned = Case.filter(materials__file_id=file_id).order_by("id")
        for case_id in await concerned.values_list("id", flat=True):
            _ = await Case.filter(id=case_id).update(harm_found_at=now)
        if not await waiting.update(
            state=stored.INFECTED, scanned_at=now, scan_at=None, finding=found
        ):
            return
        held = CaseMaterial.filter(file_id=file_id, replaced_at=None)
        for material_id, case_id in await held.values_list("id", "case_id"):
            tx.announce(PaperFoundHarmful(case_id, material_id))
    world.log.error("harmful paper", file_id=str(file_id), finding=found)


async def harmful_requirements(case: Case) -> set[str]:
    """Return for which requirements a paper of a case was found harmful and not replaced."""
    found = await handed_in(case)
    return {requirement for requirement, harmful in found.items() if harmful}


async def handed_in(case: Case) -> dict[str, bool]:
    """Return for which requirements papers are there, and whether one of them is harmful."""
    rows = await sql.rows(_HANDED_IN, case.parent_id or case.id, stored.INFECTED)
    return {row["requirement"]: row["harmful"] for row in rows}


_HANDED_IN = """
    SELECT paper.requirement, bool_or(file.state = $2) AS harmful
    FROM case_material AS paper JOIN stored_file AS file ON file.id = paper.file_id
    WHERE paper.case_id = $1 AND paper.replaced_at IS NULL GROUP BY paper.requirement
"""


async def check_unharmed(case: Case) -> None:
    """Refuse to go on with a harmful paper among the case's.

    Raises:
        PaperHarmful.
    """
    if codes := await harmful_requirements(case):
        raise PaperHarmful(
            "有材料没有通过安全检查，不能受理。系统已通知申请人换一份，请等换好后再办。",
            requirements=sorted(codes),
        )
