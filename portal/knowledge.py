"""The editors' pages: what search knows of people's words, and the questions it cannot answer."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import guides
from citydesk.guides import LineKind, NoSuchLine, NoSuchQuestion, Proposed, Reason
from citydesk.kit.refusals import Conflict, Invalid, Refusal
from portal.desk import desk_page
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit, officers

pages = Pages()
EDITORS = officers(*guides.EDITORS)
PAGE_SIZE, NEAR = 30, 6
LINES, QUESTIONS = "/editors/knowledge", "/editors/questions"
KINDS = {
    LineKind.SYNONYM: "同义说法",
    LineKind.LABEL: "事项的俗称",
    LineKind.STOP_PHRASE: "口头语（没有意思的话）",
    LineKind.NOT_OURS: "不归政务大厅的事",
    LineKind.LIFE_EVENT: "人生大事",
}
WRITTEN = {kind: name for kind, name in KINDS.items() if kind is not LineKind.LIFE_EVENT}
REASONS = {
    Reason.EMERGENCY: "紧急求助",
    Reason.OTHER_CITY: "外地的事",
    Reason.ELSEWHERE: "别的单位的事",
    Reason.WEATHER: "天气",
    Reason.ABUSE: "抱怨",
    Reason.CHAT: "闲聊",
    Reason.UNCLEAR: "没说是什么事",
    Reason.UNKNOWN: "没有找到",
}
CHANNELS = {"wechat": "公众号", "api": "小程序和应用", "portal": "网站"}
TABS = {"matters": guides.MATTERS, "talk": guides.SMALL_TALK}


async def _page(visit: Visit, name: str, section: str, **shown: Any) -> Response:
    told: dict[str, Any] = {
        "kinds": KINDS,
        "written": WRITTEN,
        "reasons": REASONS,
        "channels": CHANNELS,
    }
    return await desk_page(visit, name, section=section, **told, **shown)


@pages.get(QUESTIONS, who=EDITORS)
async def list_questions(visit: Visit) -> Response:
    """GET /editors/questions?tab=…: what search could not answer in 30 days, most asked first."""
    tab = visit.asked("tab", 10)
    tab = tab if tab in TABS else "matters"
    cursor = visit.asked("cursor", 2000)
    page = await guides.unanswered_questions(
        visit.world, visit.officer, TABS[tab], cursor=cursor or None, limit=PAGE_SIZE
    )
    counts = await guides.unanswered_counts(visit.world, visit.officer)
    here = f"{QUESTIONS}?{urlencode({'tab': tab})}"
    return await _page(
        visit,
        "editors_questions.html",
        "questions",
        tab=tab,
        counts={name: sum(counts.get(each, 0) for each in of) for name, of in TABS.items()},
        questions=page.items,
        next=f"{here}&{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
        first=here if cursor else "",
    )


@pages.get(QUESTIONS + "/{question}", who=EDITORS)
async def show_question(visit: Visit) -> Response:
    """GET /editors/questions/{question}?q=…: its wordings, and what it may have meant."""
    return await _question(visit)


async def _question(visit: Visit, refusal: Refusal | None = None) -> Response:
    world = visit.world
    closely = await guides.unanswered_question(world, visit.officer, _id(visit, "question"))
    said = visit.asked("q", 100)
    words = guides.telling_words(closely.asked.words)
    found = await guides.search(world, said, NEAR) if said else []
    near = found or await guides.nearest(world, said or words, NEAR)
    form = visit.form.refused(refusal) if refusal else Form.filled({"phrase": words})
    return await _page(
        visit,
        "editors_question.html",
        "questions",
        status=status_of(type(refusal)) if refusal else 200,
        closely=closely,
        asked=closely.asked,
        near=near,
        sought=said,
        telling=words,
        form=form,
    )


@pages.post(QUESTIONS + "/{question}", who=EDITORS)
async def settle_question(visit: Visit) -> Response:
    """POST /editors/questions/{question}: try a line for it, put one in force, or put it aside."""
    question_id = _id(visit, "question")
    if visit.form.value("action") == "aside":
        await guides.put_aside(visit.world, visit.officer, question_id)
        return visit.go(QUESTIONS, "已放到一边。再有人这样问，会重新出现。")
    try:
        done = await _taught(visit, f"{QUESTIONS}/{question_id}")
    except (Invalid, Conflict) as refusal:
        return await _question(visit, refusal)
    if done is not None:
        return done
    await guides.refresh(visit.world)
    again = await guides.unanswered_question(visit.world, visit.officer, question_id)
    if again.asked.now_found is None:
        return visit.go(QUESTIONS, "已添加，但这个提问还是没有答案，仍在列表里。")
    await guides.put_aside(visit.world, visit.officer, question_id)
    return visit.go(QUESTIONS, "已添加，这个提问现在能答了。")


async def _taught(visit: Visit, back: str) -> Response | None:
    """Show what a line would change, or put it in force once that is confirmed (None).

    Raises:
        Invalid, Conflict: the line cannot be taken.
    """
    form, world = visit.form, visit.world
    line = await guides.proposed_line(
        world,
        form.value("kind"),
        form.value("phrase"),
        form.value("means"),
        form.value("item_code"),
    )
    seen = form.value("action") == "confirm"
    if seen and (form.value("harmed") == "0" or form.value("sure")):
        await guides.add_line(world, visit.officer, line, form.value("reason"))
        return None
    if seen:
        form.wrong("sure", "请先看过会变差的说法，再勾选确认")
    return await _trial_page(visit, line, back)


async def _trial_page(visit: Visit, line: Proposed, back: str) -> Response:
    trial = await guides.tried(visit.world, visit.officer, line)
    code = visit.form.value("item_code")
    return await _page(
        visit,
        "editors_trial.html",
        "knowledge",
        status=422 if visit.form.errors else 200,
        line=line,
        item=await guides.entry(visit.world, code) if line.item_id else None,
        trial=trial,
        back=back,
    )


@pages.get(LINES, who=EDITORS)
async def list_lines(visit: Visit) -> Response:
    """GET /editors/knowledge?kind=…&q=…: what staff have added, newest first."""
    kind, said, cursor = visit.asked("kind", 20), visit.asked("q", 40), visit.asked("cursor", 2000)
    chosen = LineKind(kind) if kind in set(LineKind) else None
    page = await guides.knowledge_lines(
        visit.world, visit.officer, chosen, said, cursor=cursor or None, limit=PAGE_SIZE
    )
    asked = {name: word for name, word in (("kind", chosen), ("q", said)) if word}
    here = f"{LINES}?{urlencode(asked)}" if asked else LINES
    more = urlencode({**asked, "cursor": page.next_cursor}) if page.next_cursor else ""
    return await _page(
        visit,
        "editors_knowledge.html",
        "knowledge",
        lines=page.items,
        kind=chosen or "",
        sought=said,
        packaged=guides.packaged_sayings(said) if said else [],
        next=f"{LINES}?{more}" if more else "",
        first=here if cursor else "",
    )


@pages.get(LINES + "/new", who=EDITORS)
async def ask_line(visit: Visit) -> Response:
    """GET /editors/knowledge/new?kind=…: a line to be written."""
    kind = visit.asked("kind", 20)
    filled = {"kind": kind if kind in WRITTEN else LineKind.SYNONYM, "phrase": visit.asked("q", 40)}
    return await _page(visit, "editors_line_new.html", "knowledge", form=Form.filled(filled))


@pages.post(LINES + "/new", who=EDITORS)
async def add_line(visit: Visit) -> Response:
    """POST /editors/knowledge/new: try the line, then put it in force."""
    try:
        done = await _taught(visit, f"{LINES}/new")
    except (Invalid, Conflict) as refusal:
        form, status = visit.form.refused(refusal), status_of(type(refusal))
        return await _page(visit, "editors_line_new.html", "knowledge", form=form, status=status)
    return done or visit.go(LINES, "已添加，各渠道一秒内生效。")


@pages.get(LINES + "/{line}", who=EDITORS)
async def show_line(visit: Visit) -> Response:
    """GET /editors/knowledge/{line}: who added it, why, and what taking it back would change."""
    line = await guides.knowledge_line(visit.world, visit.officer, _id(visit, "line"))
    tried = line.in_force and line.kind is not LineKind.LIFE_EVENT
    trial = await guides.tried(visit.world, visit.officer, without=line.id) if tried else None
    return await _page(visit, "editors_line.html", "knowledge", line=line, trial=trial)


@pages.post(LINES + "/{line}", who=EDITORS)
async def undo_line(visit: Visit) -> Response:
    """POST /editors/knowledge/{line}: take it back."""
    await guides.undo_line(visit.world, visit.officer, _id(visit, "line"))
    return visit.go(LINES, "已撤销，各渠道一秒内生效。记录保留。")


def _id(visit: Visit, name: str) -> UUID:
    try:
        return UUID(visit.path[name])
    except ValueError:
        raise (NoSuchLine if name == "line" else NoSuchQuestion) from None
