"""Looking at a guide as an editor: beside its last version, as channels show it, its whole life."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.guides import Draft, GuideContent, NoSuchGuide
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Refusal
from models.organs import ServiceHall
from portal import guide_words
from portal.editors import EDITORS, draft_of, editors_page, item_path
from portal.editors_days import day_of
from portal.form_boxes import Box, boxes_of
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit

pages = Pages()
VIEWS = {"chat": "公众号", "app": "手机", "hall": "大厅屏"}
LONGEST_COMPARED = 4_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words in a comparison: kept, taken out, or put in."""

    kind: str  # same, del, ins
    text: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One element in two versions, what differs marked in each."""

    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


@pages.get("/editors/drafts/{version_id}/diff", who=EDITORS)
async def compare(visit: Visit) -> Response:
    """GET …/diff: what differs from the version it was made from, element by element."""
    draft = await draft_of(visit)
    before: Any = {}
    base = None
    if draft.base_version_id is not None:
        base = await guides.version(visit.world, draft.base_version_id)
        before = base.content
    return await editors_page(
        visit,
        "editors_diff.html",
        "editors",
        draft=draft,
        base=base,
        lines=[_compared(each) for each in guides.difference(before, await _content(visit, draft))],
    )


async def _content(visit: Visit, draft: Draft) -> Any:
    """A draft's own paper; of one that was published, what was published."""
    if draft.content:
        return draft.content
    return (await guides.version(visit.world, draft.id)).content


def _compared(change: Any) -> Compared:
    before, after = _said(change.before), _said(change.after)
    if max(len(before), len(after)) > LONGEST_COMPARED:
        return Compared(change.label, (Piece("del", before),), (Piece("ins", after),))
    left: list[Piece] = []
    right: list[Piece] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, begin, end, start, stop in matcher.get_opcodes():
        if tag == "equal":
            left.append(Piece("same", before[begin:end]))
            right.append(Piece("same", after[start:stop]))
            continue
        if end > begin:
            left.append(Piece("del", before[begin:end]))
        if stop > start:
            right.append(Piece("ins", after[start:stop]))
    return Compared(change.label, tuple(left), tuple(right))


def _said(value: Any) -> str:
    """A value as lines of words: lists one below the other, pieces part by part."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        parts = [(name, _said(part)) for name, part in value.items()]
        return "\n".join(f"{guides.name_of(name)}：{text}" for name, text in parts if text)
    if isinstance(value, (list, tuple)):
        return "\n".join(_said(each) for each in value)
    return str(value)


@pages.get("/editors/drafts/{version_id}/preview", who=EDITORS)
async def preview(visit: Visit) -> Response:
    """GET …/preview?as=chat|app|hall: as a citizen will see it there, out of the same content."""
    draft = await draft_of(visit)
    wanted = visit.asked("as", 10)
    view = wanted if wanted in VIEWS else "app"
    said = await _content(visit, draft)
    content = said if isinstance(said, GuideContent) else guides.check(said).content
    halls = {hall.code: hall for hall in await organs.halls(visit.world)}
    shown: dict[str, Any] = {}
    if content is not None:
        shown = {
            "brief": guides.in_brief(content, _first_place(content, halls)),
            "places": guide_words.places(content, halls),
            "boxes": _boxes(content),
        }
    return await editors_page(
        visit,
        "editors_preview.html",
        "editors",
        draft=draft,
        content=content,
        view=view,
        views=VIEWS,
        guide_words=guide_words,
        **{"brief": [], "places": [], "boxes": [], **shown},
    )


def _boxes(content: GuideContent) -> list[Box]:
    """The form as a citizen finds it, with nothing answered yet."""
    form = guides.application_form(content)
    return boxes_of(form.schema, [each.key for each in form.asked({})], Form())


def _first_place(content: GuideContent, halls: dict[str, ServiceHall]) -> str:
    known = [each for each in content.places if each.hall in halls]
    if not known:
        return "还没有写办理地点"
    more = f"，另有{len(known) - 1}处可办" if len(known) > 1 else ""
    return f"{halls[known[0].hall].name} {known[0].windows}{more}"


@pages.get("/editors/items/{code}", who=EDITORS)
async def show_item(visit: Visit) -> Response:
    """GET /editors/items/{code}: every version, what happened, and what a publisher may do."""
    return await _item_page(visit)


async def _item_page(visit: Visit, refusal: Refusal | None = None) -> Response:
    code = visit.path["code"]
    try:
        guide = await guides.shown(visit.world, code)
    except (NoSuchGuide, guides.GuideNotReady):
        guide = None
    history = await guides.history(visit.world, code)
    if guide is None and not history:
        raise NoSuchGuide(code)
    return await editors_page(
        visit,
        "editors_item.html",
        "editors",
        status=status_of(type(refusal)) if refusal else 200,
        form=visit.form.refused(refusal) if refusal else Form(),
        code=code,
        guide=guide,
        versions=await guides.versions(visit.world, code),
        history=history,
    )


@pages.post("/editors/items/{code}", who=EDITORS)
async def change_item(visit: Visit) -> Response:
    """POST /editors/items/{code}: revise, suspend, resume, cancel, split, merge."""
    code, act = visit.path["code"], visit.form.value("act")
    try:
        if act == "revise":
            begun = await guides.revise(visit.world, visit.officer, code)
            return visit.go(f"/editors/drafts/{begun.id}", "已建立修订草稿，原来的版本照常使用。")
        if act in ("split", "merge"):
            made = await (_split if act == "split" else _merge)(visit, code)
            return visit.go(f"/editors/drafts/{made[0].id}", f"已建立 {len(made)} 份草稿。")
        said = await _change(visit, code, act)
    except (Invalid, Conflict, Forbidden, NoSuchGuide) as refusal:
        return await _item_page(visit, refusal)
    return visit.go(item_path(code), said)


async def _change(visit: Visit, code: str, act: str) -> str:
    world, officer, form = visit.world, visit.officer, visit.form
    if act == "suspend":
        reason, until = form.value("reason"), day_of(form, "until")
        _ = await guides.suspend(world, officer, code, reason, until)
        return "已暂停，各渠道会告诉市民。"
    if act == "resume":
        _ = await guides.resume(world, officer, code)
        return "已恢复办理。"
    if act == "cancel":
        _ = await guides.cancel(world, officer, code, form.value("basis"), day_of(form, "on"))
        return "取消已登记。在办的件照旧办完。"
    raise Invalid("没有这个操作，请刷新页面后再试。")


async def _split(visit: Visit, code: str) -> Sequence[Draft]:
    """Begin one draft for each line "code name" typed: the content as it is, under a new name."""
    guide = await guides.shown(visit.world, code)
    lines = [line.split(maxsplit=1) for line in visit.form.value("parts").splitlines() if line]
    if len(lines) < 2 or any(len(line) != 2 for line in lines):
        wrong = [{"field": "parts", "detail": "至少两行，每行：编码 名称"}]
        raise Invalid("请写明拆成哪几个事项。", wrong)
    said = guide.content.model_dump(mode="json")
    contents = [{**said, "item_code": code, "name": name} for code, name in lines]
    basis = visit.form.value("basis")
    return await guides.split(visit.world, visit.officer, guide.code, contents, basis)


async def _merge(visit: Visit, code: str) -> Sequence[Draft]:
    """Begin one draft for this item and the others named: this one's content to start from."""
    guide, form = await guides.shown(visit.world, code), visit.form
    others = form.value("others").split()
    if not others or not form.value("item_code") or not form.value("name"):
        wrong = [{"field": "others", "detail": "写明与哪些事项合并，新的编码和名称"}]
        raise Invalid("请写明合并成什么。", wrong)
    said = guide.content.model_dump(mode="json")
    content = {**said, "item_code": form.value("item_code"), "name": form.value("name")}
    codes = [guide.code, *others]
    basis = form.value("basis")
    return [await guides.merge(visit.world, visit.officer, codes, content, basis)]
