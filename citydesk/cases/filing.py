"""What the applicant does: begin, hand papers in, submit, correct, take back."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from citydesk import guides, identity, organs
from citydesk.cases import prefill, rules
from citydesk.cases.deferral import deferrable
from citydesk.cases.drafts import take_room
from citydesk.cases.events import CaseCorrected, CaseFiled, CaseSupplemented
from citydesk.cases.forms import complete_form, sealed_form
from citydesk.cases.limits import review_links
from citydesk.cases.moving import Move, may_see, moving
from citydesk.cases.numbering import case_no
from citydesk.cases.originals import there
from citydesk.cases.refusals import (
    NoSuchCase,
    NotAllowedNow,
    NotFiledOnline,
)
from citydesk.cases.situation import demanded
from citydesk.cases.states import Action, State
from citydesk.guides import Answer, FormFault
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
        serial = await take_room(citizen.identity_id)
        person, account = citizen.identity_id, citizen.account_id
        case = await new_draft(world, guide, hall, citizen.channel, person, account, serial)
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
    serial: int | None = None,
) -> Case:
    """Return a new draft of a guide's matter, pinned to it, with its numbers; not saved yet.

    ``serial``: drawn already; otherwise it is drawn here.
    """
    if serial is None:
        serial = int(await sql.value("SELECT nextval('case_serial')"))
    content = guide.content
    organ = await organs.organ_by_code(world, content.authority)
    case_id, code = new_id(), random_code(QUERY_CODE_LENGTH)
    today, key = world.clock.today(), world.seals.blind_key
    return records.fresh(
        Case,
        id=case_id,
        created_at=world.clock.now(),
        case_no=case_no(hall.region_code, today, source, serial, key),
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
        hall = await organs.bare_hall(world, hall_code)
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
    async with submitting(world, citizen, case_id, promises=promises) as move:
        pass
    return move.case


@asynccontextmanager
async def submitting(
    world: World, citizen: Citizen, case_id: UUID, *, promises: bool
) -> AsyncIterator[Move]:
    """Submit as ``submit`` does; the block may ask for more while the case is locked."""
    async with moving(world, citizen, case_id, Action.SUBMIT, or_else=Action.RESUBMIT) as move:
        await check_complete(world, move)
        if promises:
            missing = (await deferrable(world, move.case)).papers
            move.facts["deferring"] = [each.code for each in missing]
        yield move
        move.tx.announce(CaseFiled(move.case.id))


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
    case, asker = move.case, move.asker
    guide = await guides.version(world, case.item_version_id)
    told, wanted, faults = None, None, list[FormFault]()
    if isinstance(asker, Citizen):
        told = await guides.remembered_answers(world, asker, guide)
    if asker is not None:
        faults = await complete_form(world, asker, case, guide, told)
    scans, on_paper = await there(case)
    if isinstance(asker, Citizen):
        wanted = await demanded(world, case, guide, told)
    harmful = {requirement for requirement, found in scans.items() if found}
    held = sorted({*scans, *on_paper, *brought})
    rules.check_filing(guide.content, faults, held, wanted, harmful=harmful)
