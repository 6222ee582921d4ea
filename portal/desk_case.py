"""One case at the officers' desk: what was handed in, what happened, and the steps allowed now."""

from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, guides, identity, organs, supervision
from citydesk.cases import FormerPaper, JointKind, NotAllowedNow, Outcome, Paper, State
from citydesk.guides import Answer, GuideContent
from citydesk.identity import Role
from citydesk.kit.refusals import Invalid
from citydesk.workdays import Subject
from models.cases import Case
from portal import desk_words
from portal.desk import HANDLERS, desk_page, offered_steps
from portal.desk_steps import DECISIONS, STEPS
from portal.desk_taking import take
from portal.form_boxes import in_words
from portal.visits import Pages, Visit

pages = Pages()
MOST_ORGANS = 100
BY = {"applicant": "申请人", "agent": "代办人"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One material the guide asks for, and the papers handed in for it."""

    name: str
    papers: list[Paper]
    on_paper: int


@dataclass(frozen=True, slots=True)
class Former:
    """A paper that does not count any more; ``instead``: what stands in, None when nothing does."""

    paper: FormerPaper
    material: str
    by: str
    instead: str | None


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
    case = await cases.fetch_for(visit.officer, _id(visit, "case_id"))
    if State(case.state) is State.DRAFT:  # begun at this window
        return visit.go(f"/desk/window/{case.id}")
    return await _shown(visit, case)


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
    deferrable = None
    if officer.role is Role.FRONT_DESK and State(case.state) is State.RECEIVED:
        deferrable = await cases.deferrable(world, case)
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
        answers=_labelled(guide.content, answers, cases.confirmed_proposals(world, case)),
        requirements=await _requirements(visit, case, guide.content),
        former=await _former(visit, case, guide.content),
        lines=lines,
        steps=offered_steps(
            visit,
            case,
            deferrable=bool(deferrable and deferrable.papers),
            mailed="mail" in {each.value for each in guide.content.delivery},
        ),
        deferrable=deferrable,
        deferred=await cases.deferred_papers(case),
        agent=await _agent(visit, case),
        at_window=officer.role is Role.FRONT_DESK and cases.open_to_papers(case),
        decisions=_decisions(visit, case),
        parts=await cases.parts_of(world, case),
        **await _cards(visit, case),
        organs=await _organs(visit),
        conflict=conflict,
        opened=opened,
        faulty=faulty,
    )


async def _agent(visit: Visit, case: Case) -> identity.Person | None:
    """Who acts for the applicant, by a mandate handed over at a window."""
    if case.agent_identity_id is None:
        return None
    purpose = f"办理办件 {case.case_no}，代办人"
    return await identity.person_for(visit.world, visit.officer, case.agent_identity_id, purpose)


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
        unfit = Outcome.GRANTED if case.deferred_open else Outcome.GRANTED_DEFERRED
        offered = [each for each in Outcome if each not in (Outcome.FORWARDED_UP, unfit)]
    return [(each.value, DECISIONS[each]) for each in offered]


async def _organs(visit: Visit) -> list[tuple[str, str]]:
    """The organs that may be asked to take part: all but one's own."""
    page = await organs.organs(visit.world, limit=MOST_ORGANS)
    own = visit.officer.organ_id
    return [(each.code, each.short_name) for each in page.items if each.id != own]


def _labelled(
    content: GuideContent, answers: dict[str, Answer], sources: dict[str, str]
) -> list[tuple[str, str, str]]:
    """The form in the guide's order and words; what the guide does not know stands last.

    With each answer where it came from, when it was proposed and the applicant confirmed it. What
    is asked in other situations only, and was not, is left out.
    """
    known = [
        (field.label, in_words(answers.get(field.key)), sources.get(field.key, ""))
        for field in content.form_fields
        if field.key in answers or not field.when
    ]
    keys = {field.key for field in content.form_fields}
    return known + [(key, in_words(text), "") for key, text in answers.items() if key not in keys]


async def _former(visit: Visit, case: Case, content: GuideContent) -> list[Former]:
    """What was replaced or taken back, with the names of the materials and of what stands in."""
    materials = {each.code: each.name for each in content.materials}
    found = await cases.former_papers(visit.world, case)
    names = {each.id: each.name for each in await cases.papers(visit.world, case)}
    names |= {each.id: each.name for each in found}
    return [
        Former(
            each,
            materials.get(each.requirement, each.requirement),
            BY[each.by] if each.by else "申请人一方",
            names.get(each.replaced_by, "") if each.replaced_by else None,
        )
        for each in found
    ]


async def _requirements(visit: Visit, case: Case, content: GuideContent) -> list[Requirement]:
    handed_in, on_paper = await cases.papers(visit.world, case), await cases.on_paper(case)
    names = {each.code: each.name for each in content.materials}
    names |= {
        each.requirement: each.requirement for each in handed_in if each.requirement not in names
    }
    return [
        Requirement(
            name, [each for each in handed_in if each.requirement == code], on_paper.get(code, 0)
        )
        for code, name in names.items()
    ]


@pages.get("/desk/cases/{case_id}/papers/{paper_id}", who=HANDLERS)
async def open_paper(visit: Visit) -> Response:
    """GET …/papers/{id}: where the paper lies now; older notices and bookmarks lead here."""
    case = await cases.fetch_for(visit.officer, _id(visit, "case_id"))
    paper_id = _id(visit, "paper_id")
    for paper in await cases.papers(visit.world, case):
        if paper.id == paper_id:
            return visit.go(paper.path)
    raise cases.NoSuchCase("没有找到这份材料，请核对后再试。")


def _id(visit: Visit, name: str) -> UUID:
    try:
        return UUID(visit.path[name])
    except ValueError:
        raise cases.NoSuchCase("没有找到这个办件，请核对后再试。") from None
