"""One case at the officers' desk: what was handed in, what happened, and the steps allowed now."""

from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides, identity, organs, supervision
from citydesk.cases import JointKind, NotAllowedNow, Outcome, Paper, State
from citydesk.guides import GuideContent
from citydesk.identity import Role
from citydesk.kit.refusals import Invalid
from citydesk.workdays import Subject
from models.cases import Case
from portal import desk_words
from portal.desk import HANDLERS, desk_page, offered_steps
from portal.desk_steps import DECISIONS, STEPS
from portal.desk_taking import take
from portal.visits import Pages, Visit

pages = Pages()
MOST_ORGANS = 100


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
    basis: str | None


@pages.get("/desk/cases/{case_id}", who=HANDLERS)
async def show_case(visit: Visit) -> Response:
    """GET /desk/cases/{id}: everything needed to handle it; the reading is noted."""
    return await _shown(visit, await cases.fetch_for(visit.officer, _id(visit, "case_id")))


@pages.post("/desk/cases/{case_id}", who=HANDLERS)
async def take_step(visit: Visit) -> Response:
    """POST /desk/cases/{id}: take one step of the machine; what was typed stays if refused."""
    case_id = _id(visit, "case_id")
    step = visit.form.value("action")
    if step not in STEPS:
        raise Invalid("没有这一步，请刷新页面后再试。")
    try:
        _ = await take(visit, case_id, step)
    except NotAllowedNow as refusal:
        case = await cases.fetch_for(visit.officer, case_id)
        said = f"{refusal.detail}可能有同事刚刚办理过，下面是最新情况。"
        return await _shown(visit, case, status=409, conflict=said)
    except Invalid as refusal:
        case = await cases.fetch_for(visit.officer, case_id)
        form = visit.form.refused(refusal)
        return await _shown(visit, case, status=422, opened=step, faulty=form)
    return visit.go(f"/desk/cases/{case_id}", STEPS[step].done)


async def _shown(
    visit: Visit,
    case: Case,
    *,
    status: int = 200,
    conflict: str = "",
    opened: str = "",
    faulty: object = None,
) -> Response:
    world, officer = visit.world, visit.officer
    guide = await guides.version(world, case.item_version_id)
    answers = await cases.form_of(world, officer, case)
    person = await identity.person_for(world, officer, case.identity_id, f"办理办件 {case.case_no}")
    progress = await cases.timeline(world, officer, case.id)
    lines = [
        Line(each.at, each.title, each.detail, each.basis) for each in reversed(progress.happenings)
    ]
    return await desk_page(
        visit,
        "desk_case.html",
        status=status,
        section="desk",
        case=case,
        progress=progress,
        tone=desk_words.TONES.get(State(case.state), "plain"),
        due=progress.next_due,
        person=person,
        situation=await cases.situation_of(world, case),
        answers=_labelled(guide.content, answers),
        requirements=_requirements(guide.content, await cases.papers(world, case)),
        lines=lines,
        steps=offered_steps(visit, case),
        decisions=_decisions(visit, case),
        parts=await cases.parts_of(world, case),
        **await _cards(visit, case),
        organs=await _organs(visit),
        conflict=conflict,
        opened=opened,
        faulty=faulty,
    )


async def _cards(visit: Visit, case: Case) -> dict[str, object]:
    """The cards that fell on a case, and the next that will unless somebody acts."""
    subject = Subject("case", case.id)
    return {
        "cards": await supervision.cards_on(visit.world, subject),
        "coming": await supervision.coming(visit.world, subject),
    }


def _decisions(visit: Visit, case: Case) -> list[tuple[str, str]]:
    """The outcomes this post may choose: a part grants or refuses, what was forwarded goes up."""
    if case.joint_kind == JointKind.FORWARDED_UP and case.parent_id is None:
        offered = [Outcome.FORWARDED_UP]
    elif case.parent_id is not None or visit.officer.role is Role.FRONT_DESK:
        offered = [Outcome.GRANTED, Outcome.REFUSED]
    else:
        offered = [each for each in Outcome if each is not Outcome.FORWARDED_UP]
    return [(each.value, DECISIONS[each]) for each in offered]


async def _organs(visit: Visit) -> list[tuple[str, str]]:
    """The organs that may be asked to take part: all but one's own."""
    page = await organs.organs(visit.world, limit=MOST_ORGANS)
    own = visit.officer.organ_id
    return [(each.code, each.short_name) for each in page.items if each.id != own]


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
