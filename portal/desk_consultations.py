"""咨询投诉 at the officers' desk: what waits, one of them with everything said, and the answer."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import consultations, organs, supervision
from citydesk.consultations import Action, Kind, NoSuchConsultation, Pile, Quote, Whole
from citydesk.identity import Role
from citydesk.kit.refusals import Conflict, Forbidden, Invalid
from citydesk.workdays import Subject
from portal.desk import desk_page
from portal.forms import Form
from portal.my import ASKED_TONES
from portal.refusals import status_of
from portal.visits import Pages, Visit, officers

pages = Pages()
ANSWERERS = officers(Role.BACK_OFFICE, Role.DEPARTMENT_HEAD, Role.SUPERVISOR)
PILES = {Pile.WAITING: "待答复", Pile.ANSWERED: "已答复", Pile.OVER: "已办结"}
MOST_ORGANS = 100
UNKNOWN = "没有找到这条咨询或投诉，或者不由您的岗位办理。请从列表重新打开。"
LIST = "/desk/consultations"
DONE = {
    Action.TAKE: "已登记由您办理，请在期限内答复。",
    Action.ANSWER: "已答复，已通知办事人。",
    Action.REFER: "已告知办事人。",
    Action.TRANSFER: "已转交，已通知办事人；答复期限不变。",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One pile, or one kind, and where it is listed."""

    words: str
    path: str
    here: bool


@pages.get(LIST, who=ANSWERERS)
async def work_list(visit: Visit) -> Response:
    """GET /desk/consultations?pile=…&kind=…: nearest last day first; ?q= opens one by number."""
    said, unknown = visit.asked("q", 40), ""
    if said:
        try:
            found = await consultations.id_of_number(visit.world, visit.officer, said)
            return visit.go(f"{LIST}/{found}")
        except NoSuchConsultation as refusal:
            unknown = refusal.detail
    wanted, kind_word = visit.asked("pile", 20), visit.asked("kind", 12)
    pile = Pile(wanted) if wanted in set(Pile) else Pile.WAITING
    kind = Kind(kind_word) if kind_word in set(Kind) else None
    cursor = visit.asked("cursor", 2000)
    page = await consultations.work_list(
        visit.world, visit.officer, pile, kind, cursor=cursor or None
    )
    here = _address(pile, kind)
    more = urlencode({"cursor": page.next_cursor}) if page.next_cursor else ""
    return await desk_page(
        visit,
        "desk_consultations.html",
        status=404 if unknown else 200,
        section="consultations",
        asked=said,
        unknown=unknown,
        items=page.items,
        pile=pile,
        tones=ASKED_TONES,
        today=visit.world.clock.today(),
        piles=[Tab(word, _address(each, kind), each is pile) for each, word in PILES.items()],
        kinds=_kinds(visit, pile, kind),
        next=f"{here}&{more}" if more else "",
        first=here if cursor else "",
    )


def _kinds(visit: Visit, pile: Pile, kind: Kind | None) -> list[Tab]:
    """Complaints are shown to heads and supervisors only, so others choose nothing."""
    if visit.officer.role is Role.BACK_OFFICE:
        return []
    words = {None: "全部", Kind.CONSULT: "咨询", Kind.COMPLAINT: "投诉"}
    return [Tab(word, _address(pile, each), each is kind) for each, word in words.items()]


def _address(pile: Pile, kind: Kind | None) -> str:
    return f"{LIST}?{urlencode({'pile': pile.value, **({'kind': kind.value} if kind else {})})}"


@pages.get(LIST + "/{consultation_id}", who=ANSWERERS)
async def show(visit: Visit) -> Response:
    """GET …/{id}?quote=…: the question, why it is due that day, and the box for the answer."""
    return await _shown(visit)


async def _shown(visit: Visit, form: Form | None = None, status: int = 200) -> Response:
    world, officer, at = visit.world, visit.officer, _id(visit)
    whole = await consultations.consultation(world, officer, at)
    can = {each.value for each in whole.actions}
    offered = await consultations.quotes(world, officer, at) if Action.ANSWER in can else []
    subject = Subject("consultation", at)
    return await desk_page(
        visit,
        "desk_consultation.html",
        status=status,
        section="consultations",
        whole=whole,
        line=whole.line,
        tone=ASKED_TONES[whole.line.state],
        can=can,
        quotes=offered,
        form=form or _quoted(visit, offered, whole),
        organs=await _organs(visit, whole.line.organ) if Action.TRANSFER in can else [],
        proposal=await consultations.proposal_of(world, officer, at),
        cards=await supervision.cards_on(world, subject),
        coming=await supervision.coming(world, subject),
        longest=consultations.LONGEST_ANSWER,
    )


def _quoted(visit: Visit, offered: list[Quote], whole: Whole) -> Form:
    """The box with what was chosen to be quoted; beside it, what could be made public."""
    key = visit.asked("quote", 60)
    text = next((each.text for each in offered if each.key == key), "")
    said = [each for each in whole.said if each.text]
    asked = next((each.text for each in said if each.by_asker), "")
    answered = next((each.text for each in reversed(said) if each.action is Action.ANSWER), "")
    return Form.filled({"answer": text, "question": asked[:400], "public_answer": answered})


async def _organs(visit: Visit, own: str) -> list[tuple[str, str]]:
    page = await organs.organs(visit.world, limit=MOST_ORGANS)
    return [(each.code, each.short_name) for each in page.items if each.short_name != own]


@pages.post(LIST + "/{consultation_id}", who=ANSWERERS)
async def act(visit: Visit) -> Response:
    """POST …/{id}: take it on, answer, hand it on, refer elsewhere, propose it for everybody."""
    at, step = _id(visit), visit.form.value("act")
    try:
        if step == "propose":
            await _propose(visit, at)
            return visit.go(f"{LIST}/{at}", "已提交公开，由另一个人审核。")
        await _take_step(visit, at, step)
    except (Conflict, Forbidden, Invalid) as refusal:
        form = visit.form.refused(refusal)
        field = {"answer": "public_answer"} if step == "propose" else {"text": step, "reason": step}
        form.errors = {field.get(name, name): said for name, said in form.errors.items()}
        return await _shown(visit, form, status_of(type(refusal)))
    back = LIST if step == Action.TRANSFER else f"{LIST}/{at}"
    return visit.go(back, DONE[Action(step)])


async def _take_step(visit: Visit, at: UUID, step: str) -> None:
    world, officer, form = visit.world, visit.officer, visit.form
    match step:
        case Action.TAKE:
            _ = await consultations.take(world, officer, at)
        case Action.ANSWER:
            _ = await consultations.answer(world, officer, at, form.value("answer"))
        case Action.REFER:
            _ = await consultations.refer(world, officer, at, form.value("refer"))
        case Action.TRANSFER:
            code, why = form.value("organ_code")[:32], form.value("transfer")
            _ = await consultations.transfer(world, officer, at, code, why)
        case _:
            raise Invalid("没有这个操作，请刷新页面后再试。")


async def _propose(visit: Visit, at: UUID) -> None:
    form = visit.form
    _ = await consultations.propose(
        visit.world,
        visit.officer,
        at,
        form.value("question"),
        form.value("public_answer"),
        checked=form.value("checked") == "yes",
    )


def _id(visit: Visit) -> UUID:
    try:
        return UUID(visit.path["consultation_id"])
    except ValueError:
        raise NoSuchConsultation(UNKNOWN) from None
