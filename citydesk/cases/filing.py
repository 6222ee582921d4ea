"""What the applicant does: begin, hand papers in, submit, correct, take back."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from uuid import UUID

from citydesk import guides, identity, organs
from citydesk.cases import prefill, rules
from citydesk.cases.deferral import deferrable
from citydesk.cases.drafts import check_room
from citydesk.cases.events import CaseCorrected, CaseFiled, CaseSupplemented
from citydesk.cases.forms import complete_form, sealed_form
from citydesk.cases.limits import review_links
from citydesk.cases.moving import Move, may_see, moving
from citydesk.cases.numbering import case_no
from citydesk.cases.originals import on_paper
from citydesk.cases.refusals import (
    NoSuchCase,
    NotAllowedNow,
    NotFiledOnline,
)
from citydesk.cases.scanning import handed_in
from citydesk.cases.situation import demanded
from citydesk.cases.states import Action, State
from citydesk.guides import Answer
from citydesk.identity import Asker, Citizen
from citydesk.kit import records, sql
from citydesk.kit.ids import new_id, random_code
from citydesk.kit.transaction import joining
from citydesk.world import World
from models.cases import Case, CaseMaterial
from models.organs import ServiceHall

FILING_LEVEL = 3
QUERY_CODE_LENGTH = 8
OPEN_TO_PAPERS = (State.DRAFT, State.RETURNED, State.CORRECTING)


async def start(
    world: World, citizen: Citizen, item_code: str, hall_code: str, form: Mapping[str, Answer]
) -> Case:
    """Begin a case as a draft, pinned to the guide in force now.

    The form may be incomplete, but what it holds must be what the guide asks for. For what it does
    not hold yet, answers the applicant gave before are proposed.

    Raises:
        identity.LevelTooLow: filing asks for a real-name check (level 3).
        NotFiledOnline: the item is not handled online, or not in this hall.
        TooManyDrafts: twenty are begun and not submitted.
    """
    identity.require_level(citizen, FILING_LEVEL)
    assert citizen.identity_id is not None
    guide, hall = await _guide_at(world, item_code, hall_code)
    offered = await prefill.proposals(world, citizen, guide, guides.normalized(form))
    async with joining(world.clock.now(), world.nudge):
        await check_room(citizen.identity_id)
        case = await new_draft(
            world, guide, hall, citizen.channel, citizen.identity_id, citizen.account_id
        )
        case.form_sealed = sealed_form(world, case.id, guide, form)
        case.prefill_sealed = prefill.sealed(world, case.id, offered)
        await records.insert(case)
    return case


async def new_draft(
    world: World,
    guide: guides.Guide,
    hall: ServiceHall,
    source: str,
    identity_id: UUID,
    account_id: UUID | None,
) -> Case:
    """Return a new draft of a guide's matter, pinned to it, with its numbers; not saved yet."""
    content = guide.content
    organ = await organs.organ_by_code(world, content.authority)
    case_id, code = new_id(), random_code(QUERY_CODE_LENGTH)
    counter = await sql.value("SELECT nextval('case_serial')")
    today, key = world.clock.today(), world.seals.blind_key
    return Case(
        id=case_id,
        created_at=world.clock.now(),
        case_no=case_no(hall.region_code, today, source, counter, key),
        query_code_sealed=world.seals.seal(code, "service_case.query_code", case_id),
        query_code_blind=world.seals.blind(code, "service_case.query_code"),
        item_version_id=guide.id,
        item_code=guide.code,
        item_name=guide.name,
        organ_id=organ.id,
        hall_id=hall.id,
        identity_id=identity_id,
        account_id=account_id,
        source=source,
        state=State.DRAFT.value,
        immediate=content.case_type is guides.CaseType.IMMEDIATE,
        certificate=content.result.type == "certificate",
        links=len(review_links(content)),
        promised_value=content.promised_limit.value,
        promised_unit=content.promised_limit.unit.value,
        draft_saved_at=world.clock.now(),
    )


async def _guide_at(
    world: World, item_code: str, hall_code: str
) -> tuple[guides.Guide, ServiceHall]:
    """Return the guide as the hall's region says it, with the hall: its own promise counts."""
    hall: ServiceHall | None = None
    with suppress(organs.NoSuchHall):  # told below: a hall that is not there handles nothing
        hall = await organs.hall_by_code(world, hall_code)
    guide = await guides.published(world, item_code, hall.region_code if hall else None)
    if not guide.content.is_online:
        why = guide.content.onsite_reason
        raise NotFiledOnline("这个事项要到窗口办理，不能在网上提交。", onsite=why)
    if hall is None or hall.code not in {place.hall for place in guide.content.places}:
        raise NotFiledOnline("这个大厅不办理该事项，请另选办理地点。", hall=hall_code)
    return guide, hall


async def _open_case(citizen: Citizen, case_id: UUID) -> Case:
    case = await Case.select_for_update().get_or_none(id=case_id, parent_id=None)
    if case is None or not may_see(citizen, case):
        raise NoSuchCase("没有找到这个办件，请核对后再试。")
    if not open_to_papers(case):
        raise NotAllowedNow("办件已提交，现在不能修改。", state=case.state)
    return case


def open_to_papers(case: Case) -> bool:
    """Whether papers may be handed in: it is with the applicant, or some are asked for or owed."""
    asked = case.supplement_asked or case.deferred_open
    return State(case.state) in OPEN_TO_PAPERS or asked


async def submit(world: World, citizen: Citizen, case_id: UUID, *, promises: bool = False) -> Case:
    """Submit a draft, or submit again after a failed pre-review.

    ``promises``: to hand in later what the guide lets follow (容缺后补) and is not there yet.

    Raises:
        FilingIncomplete: names everything that is missing or wrong, at once.
    """
    again = await sql.value(_IN_STATE, case_id, State.RETURNED.value)
    action = Action.RESUBMIT if again else Action.SUBMIT
    async with moving(world, citizen, case_id, action) as move:
        await check_complete(world, move)
        if promises:
            missing = (await deferrable(world, move.case)).papers
            move.facts["deferring"] = [each.code for each in missing]
        move.tx.announce(CaseFiled(move.case.id))
    return move.case


_IN_STATE = "SELECT true FROM service_case WHERE id = $1 AND state = $2"


async def correct(world: World, asker: Asker, case_id: UUID) -> Case:
    """Say that everything the correction notice asked for has been handed in.

    The front desk says it for an applicant who brings it there.

    The day of complete material is the new day of receipt (行政许可法 art. 32).
    """
    async with moving(world, asker, case_id, Action.CORRECT) as move:
        await check_complete(world, move)
        papers = await CaseMaterial.filter(
            case_id=case_id, handed_in_round=move.case.correction_round, replaced_at=None
        ).count()
        move.facts["papers"] = papers
        move.tx.announce(CaseCorrected(move.case.id))
    return move.case


async def supplement(world: World, asker: Asker, case_id: UUID) -> Case:
    """Say that what the review asked for during its course has been handed in."""
    async with moving(world, asker, case_id, Action.SUPPLEMENT) as move:
        move.tx.announce(CaseSupplemented(move.case.id))
    return move.case


async def check_complete(world: World, move: Move, brought: Collection[str] = ()) -> None:
    """Refuse what lacks something, naming everything; ``brought``: handed over just now.

    An officer knows no situation of the applicant's: then what everybody must bring is demanded.
    """
    case = move.case
    guide = await guides.version(world, case.item_version_id)
    faults = await complete_form(world, move.asker, case, guide) if move.asker else []
    scans = await handed_in(case)
    there = set(scans) | set(await on_paper(case)) | set(brought)
    wanted = None
    if isinstance(move.asker, Citizen):
        wanted = await demanded(world, move.asker, case, guide)
    harmful = {requirement for requirement, found in scans.items() if found}
    rules.check_filing(guide.content, faults, sorted(there), wanted, harmful=harmful)
