"""咨询和投诉: asking, one's own with their answers, and what everybody may read."""

from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import cases, consultations
from citydesk.consultations import Action, Kind, Matter, NoSuchConsultation
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Conflict, Invalid, Missing, Refusal, TooMany
from portal.forms import Form
from portal.my import ASKED_TONES, number
from portal.refusals import status_of
from portal.visits import CITIZEN, PUBLIC, Pages, Visit

pages = Pages()
UNKNOWN = "没有找到这条咨询或投诉，请从“我的咨询投诉”重新打开。"
PER_PAGE = 20
TYPED = ("text", "reason")  # the desk's word for what was typed; here each box has its own
ABOUT = ("item", "case", "hall")  # words of the address that say what it is about


@pages.get("/consultations", who=PUBLIC)
async def public(visit: Visit) -> Response:
    """GET /consultations?q=…&item=…: what others asked, and what they were answered."""
    words, item = visit.asked("q", 40), visit.asked("item", 80)
    cursor = visit.asked("cursor", 2000)
    page = await consultations.public_answers(
        visit.world, item_code=item, words=words, cursor=cursor or None, limit=PER_PAGE
    )
    kept = {name: word for name, word in (("q", words), ("item", item)) if word}
    here = "/consultations"
    return visit.page(
        "consultations.html",
        section="consultations",
        answers=page.items,
        words=words,
        item=item,
        following=f"{here}?{urlencode({**kept, 'cursor': page.next_cursor})}"
        if page.next_cursor
        else "",
        first=f"{here}?{urlencode(kept)}" if cursor else "",
    )


@pages.get("/my/consultations", who=CITIZEN)
async def mine(visit: Visit) -> Response:
    """GET /my/consultations?cursor=…: my questions and complaints, newest first."""
    cursor = visit.asked("cursor", 2000)
    page = await consultations.my_consultations(visit.world, visit.citizen, cursor or None)
    more = urlencode({"cursor": page.next_cursor}) if page.next_cursor else ""
    return visit.page(
        "my_consultations.html",
        section="my",
        items=page.items,
        tones=ASKED_TONES,
        following=f"/my/consultations?{more}" if more else "",
        first="/my/consultations" if cursor else "",
    )


@pages.get("/my/consultations/new", who=CITIZEN)
async def ask_words(visit: Visit) -> Response:
    """GET /my/consultations/new?item|case|hall=…&kind=…: what would you like to know?"""
    kind = visit.asked("kind", 12)
    chosen = kind if kind in set(Kind) else Kind.CONSULT.value
    given = {name: visit.asked(name, 80) for name in ABOUT}
    text = visit.asked("text", 200)  # what was searched for and not found
    form = Form.filled({"kind": chosen, "once": new_id(), "text": text, **given})
    return await _asking(visit, form, 200)


async def _asking(visit: Visit, form: Form, status: int) -> Response:
    place = await consultations.place_of(visit.world, visit.citizen, _matter(form))
    return visit.page(
        "my_consultation_new.html",
        status=status,
        section="my",
        place=place,
        form=form,
        kinds=list(consultations.KINDS.items()),
        longest=consultations.LONGEST,
        carried=[(name, form.value(name)) for name in (*ABOUT, "once")],
        named=visit.citizen.identity_id is not None,
    )


def _matter(form: Form) -> Matter:
    return Matter(
        form.value("item")[:80] or None,
        _case_id(form.value("case")),
        form.value("hall")[:32] or None,
    )


def _case_id(word: str) -> UUID | None:
    try:
        return UUID(word) if word else None
    except ValueError:
        raise cases.NoSuchCase("没有找到这个办件，请核对后再试。") from None


@pages.post("/my/consultations/new", who=CITIZEN)
async def ask(visit: Visit) -> Response:
    """POST /my/consultations/new: ask; pressed twice, it is asked once."""
    form = visit.form
    kind = form.value("kind")
    if kind not in set(Kind):
        form.wrong("kind", "请选择是咨询还是投诉")
        return await _asking(visit, form, 422)
    try:
        row = await consultations.ask(
            visit.world,
            visit.citizen,
            Kind(kind),
            form.value("text"),
            _matter(form),
            once=form.value("once")[:64],
        )
    except (Invalid, TooMany) as refusal:
        return await _asking(visit, form.refused(refusal), status_of(type(refusal)))
    return visit.go(f"/my/consultations/{row.id}", f"已提交，编号 {row.number}。")


@pages.get("/my/consultations/{consultation_id}", who=CITIZEN)
async def one(visit: Visit) -> Response:
    """GET /my/consultations/{id}: what was said, by when it is answered, what I can do."""
    return await _one(visit, Form(), 200)


async def _one(visit: Visit, form: Form, status: int) -> Response:
    whole = await consultations.consultation(visit.world, visit.citizen, _id(visit))
    return visit.page(
        "my_consultation.html",
        status=status,
        section="my",
        whole=whole,
        line=whole.line,
        tone=ASKED_TONES[whole.line.state],
        can={each.value for each in whole.actions},
        form=form,
        longest=consultations.LONGEST,
    )


@pages.post("/my/consultations/{consultation_id}", who=CITIZEN)
async def act(visit: Visit) -> Response:
    """POST /my/consultations/{id}: ask back, take back, say whether the answer helped."""
    try:
        said = await _act(visit, _id(visit))
    except (Conflict, Invalid) as refusal:
        form = _errors_at(visit.form, refusal)
        return await _one(visit, form, status_of(type(refusal)))
    return visit.go(visit.here, said)


async def _act(visit: Visit, consultation_id: UUID) -> str:
    world, citizen, form = visit.world, visit.citizen, visit.form
    match form.value("act"):
        case Action.FOLLOW_UP:
            _ = await consultations.follow_up(
                world, citizen, consultation_id, form.value("follow_up")
            )
            return "追问已提交，部门会在5个工作日内答复。"
        case Action.WITHDRAW:
            _ = await consultations.withdraw(world, citizen, consultation_id)
            return "已撤回。需要时可以重新提。"
        case Action.ACCEPT:
            _ = await consultations.rate(world, citizen, consultation_id, True)
            return "谢谢您的评价。"
        case Action.OBJECT:
            _ = await consultations.rate(
                world, citizen, consultation_id, False, form.value("object")
            )
            return "已收到，谢谢您告诉我们哪里不好。"
    raise Invalid("没有这个操作，请刷新页面后再试。")


def _errors_at(form: Form, refusal: Refusal) -> Form:
    """Show what is wrong beside the box it was typed into."""
    form.refused(refusal)
    act = form.value("act")
    form.errors = {act if name in TYPED else name: said for name, said in form.errors.items()}
    return form


def _id(visit: Visit) -> UUID:
    missing: Missing = NoSuchConsultation(UNKNOWN)
    return number(visit, "consultation_id", missing)
