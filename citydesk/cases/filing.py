"""What the applicant does: begin, hand papers in, submit, correct, take back."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

import orjson

from citydesk import guides, identity, organs
from citydesk.cases import rules
from citydesk.cases.drafts import check_room, saved
from citydesk.cases.events import CaseCorrected, CaseFiled, CaseSupplemented
from citydesk.cases.limits import review_links
from citydesk.cases.moving import Move, moving
from citydesk.cases.numbering import case_no
from citydesk.cases.refusals import (
    FilingIncomplete,
    NoSuchCase,
    NotAllowedNow,
    NotFiledOnline,
    TooManyPapers,
)
from citydesk.cases.situation import demanded
from citydesk.cases.states import Action, State
from citydesk.identity import Citizen
from citydesk.kit import sql
from citydesk.kit.ids import new_id, random_code
from citydesk.world import World
from models.cases import Case, CaseMaterial, StoredFile

FILING_LEVEL = 3
QUERY_CODE_LENGTH = 8
OPEN_TO_PAPERS = (State.DRAFT, State.RETURNED, State.CORRECTING)
_MOST_FORM_BYTES = 64 * 1024


async def start(
    world: World, citizen: Citizen, item_code: str, hall_code: str, form: Mapping[str, str]
) -> Case:
    """Begin a case as a draft, pinned to the guide in force now.

    The form may be incomplete, but what it holds must be what the guide asks for.

    Raises:
        identity.LevelTooLow: filing asks for a real-name check (level 3).
        NotFiledOnline: the item is not handled online, or not in this hall.
        TooManyDrafts: twenty are begun and not submitted.
    """
    identity.require_level(citizen, FILING_LEVEL)
    assert citizen.identity_id is not None
    guide = await guides.published(world, item_code)
    content = guide.content
    if not content.is_online:
        raise NotFiledOnline("这个事项要到窗口办理，不能在网上提交。", onsite=content.onsite_reason)
    if hall_code not in {place.hall for place in content.places}:
        raise NotFiledOnline("这个大厅不办理该事项，请另选办理地点。", hall=hall_code)
    hall = await organs.hall_by_code(world, hall_code)
    organ = await organs.organ_by_code(world, content.authority)
    case_id, code = new_id(), random_code(QUERY_CODE_LENGTH)
    async with world.transaction():
        await check_room(citizen.identity_id)
        counter = await sql.value("SELECT nextval('case_serial')")
        case = Case(
            id=case_id,
            created_at=world.clock.now(),
            case_no=case_no(
                hall.region_code,
                world.clock.today(),
                citizen.channel,
                counter,
                world.seals.blind_key,
            ),
            query_code_sealed=world.seals.seal(code, "service_case.query_code", case_id),
            query_code_blind=world.seals.blind(code, "service_case.query_code"),
            item_version_id=guide.id,
            item_code=guide.code,
            item_name=guide.name,
            organ_id=organ.id,
            hall_id=hall.id,
            identity_id=citizen.identity_id,
            account_id=citizen.account_id,
            source=citizen.channel,
            state=State.DRAFT.value,
            form_sealed=_sealed_form(world, case_id, content.form_fields, form),
            immediate=content.case_type is guides.CaseType.IMMEDIATE,
            certificate=content.result.type == "certificate",
            links=len(review_links(content)),
            draft_saved_at=world.clock.now(),
        )
        await case.save(force_create=True)
    return case


async def fill(world: World, citizen: Citizen, case_id: UUID, form: Mapping[str, str]) -> Case:
    """Replace the form while the applicant may still change it."""
    async with world.transaction():
        case = await _open_case(citizen, case_id)
        guide = await guides.version(world, case.item_version_id)
        case.form_sealed = _sealed_form(world, case.id, guide.content.form_fields, form)
        await case.save(update_fields=["form_sealed", *saved(world, case)])
    return case


def _sealed_form(
    world: World,
    case_id: UUID,
    fields: tuple[guides.FormField, ...],
    form: Mapping[str, str],
) -> bytes:
    given = {key: text.strip() for key, text in form.items() if text.strip()}
    faults = [fault for fault in rules.form_faults(fields, given) if fault["detail"] != "必填"]
    text = orjson.dumps(given)
    if len(text) > _MOST_FORM_BYTES:
        faults.append({"field": "form", "label": "表单", "detail": "太长"})
    if faults:
        shown = [{"field": fault["field"], "detail": fault["detail"]} for fault in faults]
        raise FilingIncomplete("表单里有填写不对的地方，请修改。", shown)
    return world.seals.seal(text, "service_case.form", case_id)


async def attach(
    world: World, citizen: Citizen, case_id: UUID, requirement: str, name: str, content: bytes
) -> CaseMaterial:
    """Hand in one paper for one requirement of the guide, while the case is with the applicant.

    Raises:
        rules.PaperRefused: not PDF, PNG or JPEG, empty, or over 5 MB.
        FilingIncomplete: the guide asks for no such paper. TooManyPapers: 30 are enough.
    """
    media_type = rules.media_type_of(content)
    async with world.transaction():
        case = await _open_case(citizen, case_id)
        guide = await guides.version(world, case.item_version_id)
        if requirement not in {each.code for each in guide.content.materials}:
            raise FilingIncomplete(
                "该事项没有这一项材料，请核对。", [{"field": "material", "detail": "没有这一项"}]
            )
        if await CaseMaterial.filter(case_id=case.id).count() >= rules.MOST_PAPERS:
            raise TooManyPapers("上传的材料太多了，请合并后再传。", most=rules.MOST_PAPERS)
        if fresh := saved(world, case):
            await case.save(update_fields=fresh)
        file_id, material_id = new_id(), new_id()
        now = world.clock.now()
        _ = await StoredFile.create(
            id=file_id,
            created_at=now,
            identity_id=case.identity_id,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            media_type=media_type,
            content_sealed=world.seals.seal(content, "stored_file.content", file_id),
        )
        return await CaseMaterial.create(
            id=material_id,
            created_at=now,
            case_id=case.id,
            requirement=requirement,
            file_id=file_id,
            name_sealed=world.seals.seal(name[:200], "case_material.name", material_id),
            handed_in_round=case.correction_round,
        )


async def _open_case(citizen: Citizen, case_id: UUID) -> Case:
    case = await Case.select_for_update().get_or_none(
        id=case_id, identity_id=citizen.identity_id or new_id(), parent_id=None
    )
    if case is None:
        raise NoSuchCase("没有找到这个办件，请核对后再试。")
    if State(case.state) not in OPEN_TO_PAPERS and not case.supplement_asked:
        raise NotAllowedNow("办件已提交，现在不能修改。", state=case.state)
    return case


async def submit(world: World, citizen: Citizen, case_id: UUID) -> Case:
    """Submit a draft, or submit again after a failed pre-review.

    Raises:
        FilingIncomplete: names everything that is missing or wrong, at once.
    """
    again = await Case.exists(id=case_id, state=State.RETURNED.value)
    action = Action.RESUBMIT if again else Action.SUBMIT
    async with moving(world, citizen, case_id, action) as move:
        await _check_complete(world, move)
        move.tx.announce(CaseFiled(move.case.id))
    return move.case


async def correct(world: World, citizen: Citizen, case_id: UUID) -> Case:
    """Say that everything the correction notice asked for has been handed in.

    The day of complete material is the new day of receipt (行政许可法 art. 32).
    """
    async with moving(world, citizen, case_id, Action.CORRECT) as move:
        await _check_complete(world, move)
        papers = await CaseMaterial.filter(
            case_id=case_id, handed_in_round=move.case.correction_round
        ).count()
        move.facts["papers"] = papers
        move.tx.announce(CaseCorrected(move.case.id))
    return move.case


async def supplement(world: World, citizen: Citizen, case_id: UUID) -> Case:
    """Say that what the review asked for during its course has been handed in."""
    async with moving(world, citizen, case_id, Action.SUPPLEMENT) as move:
        move.tx.announce(CaseSupplemented(move.case.id))
    return move.case


async def _check_complete(world: World, move: Move) -> None:
    case = move.case
    guide = await guides.version(world, case.item_version_id)
    form = orjson.loads(world.seals.open_bytes(case.form_sealed, "service_case.form", case.id))
    handed_in = await CaseMaterial.filter(case_id=case.id).values_list("requirement", flat=True)
    assert isinstance(move.asker, Citizen)
    wanted = await demanded(world, move.asker, case, guide)
    rules.check_filing(guide.content, form, [str(each) for each in handed_in], wanted)
