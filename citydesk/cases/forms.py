"""The form of a case: saved as it is typed, checked by the guide's schema, proposed answers beside.

While a case is with its applicant the form may hold anything the guide asks about, right or wrong;
what is wrong is told and kept, so that nothing typed is lost. Only a right form is submitted. Two
devices agree by the form's version: who would write over something they have not seen is told so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from citydesk import guides
from citydesk.cases import prefill
from citydesk.cases.drafts import saved
from citydesk.cases.moving import UNKNOWN, may_see
from citydesk.cases.prefill import FORM, Proposal
from citydesk.cases.queries import fetch_for
from citydesk.cases.refusals import DraftChanged, FilingIncomplete, NoSuchCase, NotAllowedNow
from citydesk.cases.situation import Remembered, answers_told, told_of
from citydesk.cases.states import State
from citydesk.guides import Answer, Answers, FormFault, FormField, Guide
from citydesk.identity import Asker, Citizen
from citydesk.world import World
from models.cases import Case

WITH_APPLICANT = (State.DRAFT, State.RETURNED, State.CORRECTING)
MOST_BYTES = 64 * 1024
CHANGED = "这份表单刚在别的设备或页面上改过，您这次填的还没有保存。请先看最新内容，再接着填。"


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form as its applicant finds it: what is asked, answered, proposed, and wrong so far."""

    case: Case
    schema: dict[str, Any]
    asked: tuple[FormField, ...]
    answers: dict[str, Answer]
    proposals: dict[str, Proposal]
    faults: tuple[FormFault, ...]
    told: dict[str, tuple[str, ...]]  # the answers to the guide's questions
    version: int
    saved_at: datetime | None


def answers_of(world: World, case: Case) -> dict[str, Answer]:
    """Open a form; for whoever may see the case."""
    found: dict[str, Answer] = orjson.loads(world.seals.open_bytes(case.form_sealed, FORM, case.id))
    return found


def sealed_form(world: World, case_id: UUID, guide: Guide, form: Mapping[str, Any]) -> bytes:
    """Seal a form that may be incomplete, but must be right as far as it goes.

    Raises:
        FilingIncomplete: names every answer that is wrong or not asked for.
    """
    given = guides.normalized(form)
    found = guides.application_form(guide.content).faults(given)
    _refuse([each for each in found if not each.missing])
    return _sealed(world, case_id, given)


def _sealed(world: World, case_id: UUID, given: Answers) -> bytes:
    text = orjson.dumps(given)
    if len(text) > MOST_BYTES:
        _refuse([FormFault("form", "表单", "太长")])
    return world.seals.seal(text, FORM, case_id)


def _refuse(faults: list[FormFault]) -> None:
    if faults:
        shown = [
            {"field": "form" if each.key == "form" else f"form.{each.key}", "detail": each.detail}
            for each in faults
        ]
        raise FilingIncomplete("表单里有填写不对的地方，请修改。", shown)


async def fill(
    world: World,
    citizen: Citizen,
    case_id: UUID,
    form: Mapping[str, Answer],
    version: int | None = None,
) -> Case:
    """Replace the form while the applicant may still change it; what is wrong is refused.

    Raises:
        FilingIncomplete: names every answer that is wrong. DraftChanged: another hand was there
        since ``version``. NotAllowedNow: the case is not with the applicant.
    """
    async with world.transaction():
        case = await _with_applicant(citizen, case_id)
        guide = await guides.version(world, case.item_version_id)
        given = guides.normalized(form)
        _ = sealed_form(world, case.id, guide, given)
        await _save(world, case, given, version, set())
    return case


async def keep_typed(
    world: World,
    citizen: Citizen,
    case_id: UUID,
    typed: Mapping[str, Answer | None],
    version: int | None = None,
) -> FilledForm:
    """Keep some answers just as they are typed, right or wrong; an empty one is taken out.

    Raises:
        FilingIncomplete: the guide has no such question, or it is all too long. DraftChanged:
        another hand was there since ``version``. NotAllowedNow: the case is not with the applicant.
    """
    async with world.transaction():
        case = await _with_applicant(citizen, case_id)
        guide = await guides.version(world, case.item_version_id)
        known = {each.key for each in guide.content.form_fields}
        _refuse([FormFault(key, key, "没有这一项") for key in typed if key not in known])
        given = guides.normalized(typed)
        kept = {key: each for key, each in answers_of(world, case).items() if key not in typed}
        await _save(world, case, {**kept, **given}, version, set(typed) - set(given))
        return await _filled(world, citizen, case, guide)


async def _save(
    world: World, case: Case, answers: Answers, version: int | None, emptied: set[str]
) -> None:
    """Write a form; one that says nothing new is in nobody's way."""
    columns = [*saved(world, case), *prefill.cleared(world, case, emptied)]
    if answers != answers_of(world, case):
        if version is not None and version != case.form_version:
            raise DraftChanged(CHANGED, version=case.form_version)
        case.form_sealed = _sealed(world, case.id, answers)
        case.form_version += 1
        columns += ["form_sealed", "form_version"]
    if columns:
        await case.save(update_fields=columns)


async def filled_form(world: World, citizen: Citizen, case_id: UUID) -> FilledForm:
    """Return the form of a case; what is proposed, only the applicant sees, no agent of theirs."""
    case = await fetch_for(citizen, case_id)
    guide = await guides.version(world, case.item_version_id)
    return await _filled(world, citizen, case, guide)


async def _filled(world: World, citizen: Citizen, case: Case, guide: Guide) -> FilledForm:
    form = guides.application_form(guide.content, str(guide.id))
    answers = answers_of(world, case)
    told = await told_of(world, citizen, case, guide)
    own = citizen.identity_id == case.identity_id
    return FilledForm(
        case=case,
        schema=form.schema,
        asked=tuple(form.asked(answers, told)),
        answers=answers,
        proposals=prefill.proposed(world, case, answers) if own else {},
        faults=tuple(form.faults(answers, told)),
        told=told,
        version=case.form_version,
        saved_at=case.draft_saved_at,
    )


async def complete_form(
    world: World, asker: Asker, case: Case, guide: Guide, remembered: Remembered | None
) -> list[FormFault]:
    """Return what a form still lacks for being submitted; answers to what is not asked are let go.

    Called with the case locked, inside the transaction. ``remembered``: of the citizen who asks.
    """
    form = guides.application_form(guide.content)
    answers = answers_of(world, case)
    told = answers_told(world, asker, case, guide, remembered)
    asked = {each.key for each in form.asked(answers, told)}
    known = {each.key for each in form.fields}
    kept = {key: each for key, each in answers.items() if key in asked or key not in known}
    if kept != answers:
        case.form_sealed = _sealed(world, case.id, kept)
        case.form_version += 1
        await case.save(update_fields=["form_sealed", "form_version"])
    return form.faults(kept, told)


def confirmed_proposals(world: World, case: Case) -> dict[str, str]:
    """Return where the answers came from that were proposed and confirmed, for an officer.

    To be read with the form, whose reading is noted.
    """
    found = prefill.proposed(world, case, answers_of(world, case))
    return {
        key: each.said_to_officers
        for key, each in found.items()
        if each.standing is prefill.Standing.TAKEN
    }


async def _with_applicant(citizen: Citizen, case_id: UUID) -> Case:
    """Lock a case while its form is the applicant's to change."""
    case = await Case.select_for_update().get_or_none(id=case_id, parent_id=None)
    if case is None or not may_see(citizen, case):
        raise NoSuchCase(UNKNOWN)
    if State(case.state) not in WITH_APPLICANT:
        raise NotAllowedNow("办件已提交，现在不能修改。", state=case.state)
    return case
