"""One case at the officers' desk: what was handed in, what happened, and the steps allowed now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides, identity, workdays
from citydesk.cases import Action, NotAllowedNow, Outcome, Paper, State
from citydesk.guides import GuideContent
from citydesk.identity import Officer
from citydesk.kit.refusals import Invalid
from citydesk.world import World
from models.cases import Case
from portal import desk_words
from portal.desk import HANDLERS, desk_page, offered_steps
from portal.desk_words import LONGEST_REASON, STEPS
from portal.visits import Pages, Visit

pages = Pages()
Remarked = Callable[[World, Officer, UUID, str | None], Awaitable[Case]]
Reasoned = Callable[[World, Officer, UUID, str], Awaitable[Case]]

REMARKED: dict[Action, Remarked] = {
    Action.PRE_PASS: cases.pre_pass,
    Action.RECEIVE: cases.receive,
    Action.ACCEPT: cases.accept,
    Action.START_REVIEW: cases.start_review,
    Action.COMPLETE: cases.complete,
    Action.SERVE: cases.serve,
}
REASONED: dict[Action, Reasoned] = {
    Action.PRE_FAIL: cases.pre_fail,
    Action.REQUEST_CORRECTION: cases.request_correction,
    Action.REFUSE_ACCEPTANCE: cases.refuse_acceptance,
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One material the guide asks for, and the papers handed in for it."""

    name: str
    papers: list[Paper]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    at: object
    label: str
    note: str | None


@pages.get("/desk/cases/{case_id}", who=HANDLERS)
async def show_case(visit: Visit) -> Response:
    """GET /desk/cases/{id}: everything needed to handle it; the reading is noted."""
    return await _shown(visit, await cases.fetch_for(visit.officer, _id(visit, "case_id")))


@pages.post("/desk/cases/{case_id}", who=HANDLERS)
async def take_step(visit: Visit) -> Response:
    """POST /desk/cases/{id}: take one step of the machine; what was typed stays if refused."""
    case_id = _id(visit, "case_id")
    try:
        action = Action(visit.form.value("action"))
        words = STEPS[action]
    except (ValueError, KeyError):
        raise Invalid("没有这一步，请刷新页面后再试。") from None
    try:
        _ = await _step(visit, case_id, action)
    except NotAllowedNow as refusal:
        case = await cases.fetch_for(visit.officer, case_id)
        said = f"{refusal.detail}可能有同事刚刚办理过，下面是最新情况。"
        return await _shown(visit, case, status=409, conflict=said)
    except Invalid as refusal:
        case = await cases.fetch_for(visit.officer, case_id)
        form = visit.form.refused(refusal)
        return await _shown(visit, case, status=422, opened=action, faulty=form)
    return visit.go(f"/desk/cases/{case_id}", words.done)


async def _step(visit: Visit, case_id: UUID, action: Action) -> Case:
    reason = _reason(visit)
    if action in REMARKED:
        return await REMARKED[action](visit.world, visit.officer, case_id, reason or None)
    if action in REASONED:
        return await REASONED[action](visit.world, visit.officer, case_id, reason)
    try:
        outcome = Outcome(visit.form.value("outcome"))
    except ValueError:
        wrong = [{"field": "outcome", "detail": "请选择准予或不予许可"}]
        raise Invalid("请选择决定。", wrong) from None
    return await cases.decide(visit.world, visit.officer, case_id, outcome, reason or None)


def _reason(visit: Visit) -> str:
    """The ticked sentences, then what was written; raises Invalid when it is too long."""
    written = "\n".join([*visit.form.all("common"), visit.form.value("reason")]).strip()
    if len(written) > LONGEST_REASON:
        wrong = [{"field": "reason", "detail": f"太长，最多{LONGEST_REASON}个字"}]
        raise Invalid("理由太长，请缩短后再提交。", wrong)
    return written


async def _shown(
    visit: Visit,
    case: Case,
    *,
    status: int = 200,
    conflict: str = "",
    opened: Action | None = None,
    faulty: object = None,
) -> Response:
    world, officer = visit.world, visit.officer
    guide = await guides.version(world, case.item_version_id)
    answers = await cases.form_of(world, officer, case)
    person = await identity.person_for(world, officer, case.identity_id, f"办理办件 {case.case_no}")
    progress = await cases.timeline(world, officer, case.id)
    lines = [Line(each.at, each.title, each.detail) for each in reversed(progress.happenings)]
    return await desk_page(
        visit,
        "desk_case.html",
        status=status,
        section="desk",
        case=case,
        progress=progress,
        tone=desk_words.TONES.get(State(case.state), "plain"),
        due=cases.next_due(case, await workdays.calendar(world)),
        person=person,
        answers=_labelled(guide.content, answers),
        requirements=_requirements(guide.content, await cases.papers(world, case)),
        lines=lines,
        steps=offered_steps(visit, case),
        conflict=conflict,
        opened=opened,
        faulty=faulty,
    )


def _labelled(content: GuideContent, answers: dict[str, str]) -> list[tuple[str, str]]:
    """The form in the guide's order and words; what the guide does not know stands last."""
    labels = {field.key: field.label for field in content.form_fields}
    known = [(label, answers.get(key, "")) for key, label in labels.items()]
    return known + [(key, text) for key, text in answers.items() if key not in labels]


def _requirements(content: GuideContent, handed_in: list[Paper]) -> list[Requirement]:
    names = {each.code: each.name for each in content.materials}
    names |= {
        each.requirement: each.requirement for each in handed_in if each.requirement not in names
    }
    return [
        Requirement(name, [each for each in handed_in if each.requirement == code])
        for code, name in names.items()
    ]


@pages.get("/desk/cases/{case_id}/papers/{paper_id}", who=HANDLERS)
async def open_paper(visit: Visit) -> Response:
    """GET …/papers/{id}: one paper as an attachment, never shown within our pages; noted."""
    paper, content = await cases.paper_content(
        visit.world, visit.officer, _id(visit, "case_id"), _id(visit, "paper_id")
    )
    name = f"{paper.id}.{desk_words.EXTENSIONS.get(paper.media_type, 'bin')}"
    return Response(
        content,
        media_type=paper.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "Cache-Control": "no-store",
        },
    )


def _id(visit: Visit, name: str) -> UUID:
    try:
        return UUID(visit.path[name])
    except ValueError:
        raise cases.NoSuchCase("没有找到这个办件，请核对后再试。") from None
