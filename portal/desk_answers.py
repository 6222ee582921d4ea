"""公开答复 at the desks: what waits for approval, what is public, what a guide could take over."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import consultations
from citydesk.consultations import AnswerState, FaqState, NoSuchAnswer
from citydesk.identity import Officer, Role
from citydesk.kit.refusals import Conflict, Forbidden, Invalid
from citydesk.world import World
from portal.desk import desk_page
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit, officers

pages = Pages()
DECIDERS = officers(Role.DEPARTMENT_HEAD, Role.EDITOR, Role.REVIEWER, Role.SUPERVISOR)
LIST = "/desk/public-answers"
UNKNOWN = "没有找到这条公开答复，请从列表重新打开。"
STATES = {
    AnswerState.PROPOSED: ("待审核", "blue"),
    AnswerState.RETURNED: ("已退回", "warn"),
    AnswerState.PUBLISHED: ("已公开", "good"),
    AnswerState.TAKEN_DOWN: ("已撤下", "plain"),
}
FAQS = {
    FaqState.CANDIDATE: "可收进办事指南",
    FaqState.ADOPTED: "已收进办事指南",
    FaqState.LEFT_OUT: "不收进办事指南",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One list: its name, which answers, and its word in the address."""

    words: str
    state: AnswerState
    faq: FaqState | None = None


TABS = {
    "proposed": Tab("待审核", AnswerState.PROPOSED),
    "candidates": Tab("可收进指南", AnswerState.PUBLISHED, FaqState.CANDIDATE),
    "published": Tab("已公开", AnswerState.PUBLISHED),
    "taken_down": Tab("已撤下", AnswerState.TAKEN_DOWN),
}


@pages.get(LIST, who=DECIDERS)
async def list_answers(visit: Visit) -> Response:
    """GET /desk/public-answers?tab=…: of one's organ, or of the city."""
    word, cursor = visit.asked("tab", 20), visit.asked("cursor", 2000)
    at = word if word in TABS else "proposed"
    tab = TABS[at]
    page = await consultations.proposals(
        visit.world, visit.officer, tab.state, faq=tab.faq, cursor=cursor or None
    )
    here = f"{LIST}?{urlencode({'tab': at})}"
    more = urlencode({"cursor": page.next_cursor}) if page.next_cursor else ""
    return await desk_page(
        visit,
        "desk_answers.html",
        section="answers",
        tabs=TABS,
        at=at,
        items=page.items,
        states=STATES,
        next=f"{here}&{more}" if more else "",
        first=here if cursor else "",
    )


@pages.get(LIST + "/{answer_id}", who=DECIDERS)
async def show(visit: Visit) -> Response:
    """GET …/{id}: question and answer as everybody would read them."""
    return await _shown(visit)


async def _shown(visit: Visit, form: Form | None = None, status: int = 200) -> Response:
    found = await consultations.proposal(visit.world, visit.officer, _id(visit))
    return await desk_page(
        visit,
        "desk_answer.html",
        status=status,
        section="answers",
        answer=found,
        state=STATES[found.state],
        faq=FAQS.get(found.faq_state, ""),
        form=form or Form(),
    )


Step = Callable[[World, Officer, UUID, str], Awaitable[None]]
_REASONED: dict[str, tuple[Step, str]] = {
    "send_back": (consultations.send_back, "已退回，提交人能看到理由。"),
    "take_down": (consultations.take_down, "已撤下，公众不再能看到。"),
}


@pages.post(LIST + "/{answer_id}", who=DECIDERS)
async def decide(visit: Visit) -> Response:
    """POST …/{id}: approve, send back, take down; take it over into the guide, or leave it out."""
    try:
        path, said = await _decided(visit, _id(visit))
    except (Conflict, Forbidden, Invalid) as refusal:
        form = visit.form.refused(refusal)
        if "reason" in form.errors:
            form.errors[form.value("act")] = form.errors.pop("reason")
        return await _shown(visit, form, status_of(type(refusal)))
    return visit.go(path, said)


async def _decided(visit: Visit, at: UUID) -> tuple[str, str]:
    world, officer, act = visit.world, visit.officer, visit.form.value("act")
    here = f"{LIST}/{at}"
    if act in _REASONED:
        step, said = _REASONED[act]
        await step(world, officer, at, visit.form.value(act))
        return here, said
    if act == "approve":
        await consultations.approve(world, officer, at)
        return here, "已公开。"
    if act == "adopt":
        draft_id = await consultations.adopt(world, officer, at)
        return f"/editors/drafts/{draft_id}", "已收进这份草稿的常见问题，检查后请提交审核。"
    if act == "leave_out":
        await consultations.leave_out(world, officer, at)
        return f"{LIST}?tab=candidates", "已从候选里去掉。"
    raise Invalid("没有这个操作，请刷新页面后再试。")


def _id(visit: Visit) -> UUID:
    try:
        return UUID(visit.path["answer_id"])
    except ValueError:
        raise NoSuchAnswer(UNKNOWN) from None
