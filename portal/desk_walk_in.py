"""At a window: which matter a person came for, and who they are by their card (窗口收件)."""

from starlette.responses import Response

from citydesk import cases, guides, identity
from citydesk.guides import Guide
from citydesk.identity import Presented, WrongPerson
from citydesk.kit.refusals import Conflict
from portal.desk import desk_page
from portal.desk_window import FRONT, PLACE
from portal.forms import Form
from portal.visits import Pages, Visit

pages = Pages()
MOST_FOUND = 8
LONGEST_ASKED = 60


@pages.get(PLACE, who=FRONT)
async def choose_item(visit: Visit) -> Response:
    """GET /desk/window?q=…: find the matter the person came for; what was begun and left."""
    asked = visit.asked("q", LONGEST_ASKED)
    found = await guides.search(visit.world, asked, MOST_FOUND) if asked else []
    return await desk_page(
        visit,
        "desk_window.html",
        section="window",
        asked=asked,
        found=[each for each in found if each.complete and each.in_force],
        begun=await cases.begun_at(visit.officer),
    )


@pages.get(PLACE + "/new/{code}", who=FRONT)
async def ask_person(visit: Visit) -> Response:
    """GET /desk/window/new/{code}: who stands at the window, by their card."""
    return await _asking(visit, await guides.published(visit.world, visit.path["code"]), 200)


@pages.post(PLACE + "/new/{code}", who=FRONT)
async def begin(visit: Visit) -> Response:
    """POST /desk/window/new/{code}: begin the case; what was typed stays if it is refused."""
    guide = await guides.published(visit.world, visit.path["code"])
    by_agent = bool(visit.form.value("by_agent"))
    if not visit.form.value("checked"):
        visit.form.wrong("checked", "请先核对身份证原件")
    if not by_agent and any(
        visit.form.value(f"agent_{each}") for each in ("name", "id_no", "phone")
    ):
        visit.form.wrong("by_agent", "写了代办人的，请核对证件和委托书后勾选；不是代办的请清空")
    if visit.form.errors:
        return await _asking(visit, guide, 422)
    try:
        agent = _presented(visit.form, "agent_") if by_agent else None
        case = await cases.begin_at_window(
            visit.world, visit.officer, guide.code, _presented(visit.form, ""), agent=agent
        )
    except WrongPerson as refusal:
        visit.form.refused(refusal, "agent_" if _of_agent(visit.form, refusal) else "")
        return await _asking(visit, guide, 422)
    except Conflict as refusal:
        visit.form.refused(refusal)
        return await _asking(visit, guide, 409)
    return visit.go(f"{PLACE}/{case.id}")


def _presented(form: Form, prefix: str) -> Presented:
    return Presented(
        *(form.value(prefix + name) for name in ("name", "id_no", "phone")),
    )


def _of_agent(form: Form, refusal: WrongPerson) -> bool:
    """Whose card was refused: the applicant's is looked at first, so if it can be, the other's."""
    named = {each["field"] for each in refusal.facts["errors"]}
    right = identity.is_resident_id(form.value("id_no").upper()) and bool(form.value("name"))
    return bool(form.value("by_agent")) and right and not named <= {"phone"}


async def _asking(visit: Visit, guide: Guide, status: int) -> Response:
    return await desk_page(
        visit,
        "desk_window_new.html",
        status=status,
        section="window",
        guide=guide,
        labels=PERSON_LABELS,
    )


PERSON_LABELS = {
    "name": "申请人姓名",
    "id_no": "申请人身份证号码",
    "phone": "申请人手机",
    "checked": "核对证件",
    "by_agent": "由别人代办",
    "agent_name": "代办人姓名",
    "agent_id_no": "代办人身份证号码",
    "agent_phone": "代办人手机",
}
