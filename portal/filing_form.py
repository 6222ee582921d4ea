"""网上办, first step: the form, kept as it is typed, with what is known already proposed in it."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from citydesk import cases, guides
from citydesk.cases import DraftChanged, FilledForm, Standing, State
from citydesk.guides import Guide
from citydesk.kit.clock import in_city
from citydesk.kit.refusals import Refusal
from models.cases import Case
from portal import pages, situations
from portal.form_boxes import FIELD, boxes_of, in_words, shown_answers, typed_answers
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Visit

CHANGED = (
    "这份表单刚在别的设备或页面上改过，这次还没有保存。"
    "不同的地方标在下面，改好后再保存一次，就以这里填的为准"
)


async def form_page(
    visit: Visit, case: Case, guide: Guide, status: int = 200, said: Mapping[str, str] | None = None
) -> Response:
    """Show the form with what ``visit.form`` holds in it; ``said``: a sentence under a box."""
    found = await cases.filled_form(visit.world, visit.citizen, case.id)
    in_boxes = guides.normalized(typed_answers(found.schema, visit.form))
    asked = guides.application_form(guide.content).asked(in_boxes, found.told)
    correcting = State(case.state) is State.CORRECTING
    return visit.page(
        "my_file_form.html",
        status=status,
        section="my",
        guide=guide,
        case=case,
        version=found.version,
        saved_at=_saved_at(found),
        boxes=boxes_of(
            found.schema, {each.key for each in asked}, visit.form, said or _sources(found)
        ),
        proposed=any(each.standing is Standing.OFFERED for each in found.proposals.values()),
        labels={FIELD + each.key: each.label for each in guide.content.form_fields},
        carried=situations.carried(visit),
        asked=await cases.correction_asked(visit.world, visit.citizen, case.id),
        correcting=correcting,
        returned=State(case.state) is State.RETURNED,
    )


async def saved_form(visit: Visit, case: Case) -> Form:
    """What stands in the boxes at first: what is saved, and where nothing is, what is proposed."""
    found = await cases.filled_form(visit.world, visit.citizen, case.id)
    return shown_answers(_with_proposals(found))


def _saved_at(found: FilledForm) -> str:
    """When a draft was last saved; "" for never, and for what is no draft any more."""
    draft = State(found.case.state) is State.DRAFT
    if not draft or found.version == 0 or found.saved_at is None:
        return ""
    return in_city(found.saved_at).strftime("%m-%d %H:%M")


def _with_proposals(found: FilledForm) -> dict[str, guides.Answer]:
    offered = {
        key: each.value
        for key, each in found.proposals.items()
        if each.standing is Standing.OFFERED
    }
    return {**offered, **found.answers}


def _sources(found: FilledForm) -> dict[str, str]:
    """Where the proposed answers come from, as long as they stand as they were proposed."""
    as_proposed = (Standing.OFFERED, Standing.TAKEN)
    return {key: each.said for key, each in found.proposals.items() if each.standing in as_proposed}


async def fill(visit: Visit, case: Case, guide: Guide) -> Response:
    """Keep what was typed, right or wrong; say what is wrong, and go on when nothing is."""
    await situations.remember(visit, guide)
    schema = guides.application_form(guide.content).schema
    given = typed_answers(schema, visit.form)
    try:
        found = await cases.keep_typed(visit.world, visit.citizen, case.id, given, _seen(visit))
    except DraftChanged as late:
        return await _changed_elsewhere(visit, case, guide, late)
    going_on = visit.form.value("act") == "next"
    for fault in found.faults:
        if going_on or not fault.missing:
            visit.form.wrong(FIELD + fault.key, fault.detail)
    if visit.form.errors:
        visit.form.summary = "已保存。有几处需要修改"
        return await form_page(visit, case, guide, 422)
    if State(case.state) is State.CORRECTING:
        return visit.go(f"/my/cases/{case.id}/correction?form=saved", "表单已保存。")
    if going_on:
        return visit.go(f"/my/file/{case.item_code}?case={case.id}&step=papers")
    return visit.go(f"/my/file/{case.item_code}?case={case.id}", "草稿已保存，随时可以回来接着填。")


async def _changed_elsewhere(
    visit: Visit, case: Case, guide: Guide, late: DraftChanged
) -> Response:
    """Show both: what was typed here stays in the boxes, what was saved elsewhere stands below.

    A box left empty here takes what was saved elsewhere, so that nothing is lost by not looking.
    """
    found = await cases.filled_form(visit.world, visit.citizen, case.id)
    here = typed_answers(found.schema, visit.form)
    elsewhere: dict[str, str] = {}
    for key, answer in here.items():
        other = found.answers.get(key)
        if answer is None and other is not None:
            visit.form.values |= shown_answers({key: other}).values
            elsewhere[key] = "另一处填了这一项，已放进来；不要的话请清空。"
        elif answer != other:
            elsewhere[key] = f"另一处填的是：{in_words(other) or '（空）'}"
    visit.form.summary = CHANGED
    return await form_page(visit, case, guide, status_of(type(late)), elsewhere)


async def keep_draft(visit: Visit, case: Case, guide: Guide) -> Response:
    """Keep the form while one types, for the page's script: when it was saved, or why not."""
    schema = guides.application_form(guide.content).schema
    given = typed_answers(schema, visit.form)
    headers = pages.headers(visit.world, pages.NO_STORE)
    try:
        found = await cases.keep_typed(visit.world, visit.citizen, case.id, given, _seen(visit))
    except Refusal as refusal:
        told = {"said": refusal.detail, "stop": isinstance(refusal, DraftChanged)}
        return JSONResponse(told, status_of(type(refusal)), headers=headers)
    at = in_city(visit.world.clock.now()).strftime("%H:%M")
    return JSONResponse({"said": f"已保存 {at}", "version": found.version}, headers=headers)


def _seen(visit: Visit) -> int | None:
    """The version of the form this page was made from."""
    seen = visit.form.value("version")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
