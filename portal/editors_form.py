"""The form of a guide, page by page: kept as typed, looked over by the server at each change."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from citydesk import guides, organs
from citydesk.guides import Draft, Finding
from citydesk.identity import Role
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, Refusal
from models.guides import VersionState
from portal import editors_boxes as boxes_of
from portal import editors_words as words
from portal import pages as rendering
from portal.editors import ONLY_EDITOR, departments, draft_of, editors_page
from portal.editors_boxes import Box, Group
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit

pages = Pages()
NEW = "new"


class NoSuchPart(Missing):
    """A guide has no page or piece of this name."""

    title = "No such part of a guide"


@pages.get("/editors/drafts/{version_id}/edit/{section}", who=ONLY_EDITOR)
async def show_section(visit: Visit) -> Response:
    """GET …/edit/{section}: the elements of one page of the form."""
    draft, groups = await draft_of(visit), _groups(visit)
    return await _section_page(visit, draft, boxes_of.shown(_boxes(groups), draft.content))


@pages.post("/editors/drafts/{version_id}/edit/{section}", who=ONLY_EDITOR)
async def keep_section(visit: Visit) -> Response:
    """POST …/edit/{section}: keep what was typed, or move and remove pieces of a list."""
    draft, groups = await draft_of(visit), _groups(visit)
    content = _with(draft.content, boxes_of.typed(_boxes(groups), visit.form))
    act = visit.form.value("act")
    try:
        if act.startswith(("up:", "remove:")):
            content = _rearranged(draft.content, groups, act)
        await _save(visit, draft, content)
    except (Invalid, Conflict, Forbidden) as refusal:
        visit.form.refused(refusal)
        return await _section_page(visit, draft, visit.form, refusal)
    here = f"/editors/drafts/{draft.id}/edit/{visit.path['section']}"
    if act == "on":
        keys = list(words.SECTIONS)
        at = keys.index(visit.path["section"]) + 1
        here = f"/editors/drafts/{draft.id}"
        here += f"/edit/{keys[at]}" if at < len(keys) else ""
    return visit.go(here, "已保存。")


async def _section_page(
    visit: Visit, draft: Draft, form: Form, refusal: Refusal | None = None
) -> Response:
    groups = _groups(visit)
    findings = (await guides.checked(draft.content)).findings
    return await editors_page(
        visit,
        "editors_section.html",
        "editors",
        status=status_of(type(refusal)) if refusal else 200,
        draft=draft,
        form=form,
        at=visit.path["section"],
        groups=[(group, _pieces(draft.content, group)) for group in groups],
        known=await known_codes(visit),
        faults=_by_box(findings, [box.path for box in _boxes(groups)] + [g.name for g in groups]),
        editable=draft.state is VersionState.DRAFT and visit.officer.role is Role.EDITOR,
    )


@pages.get("/editors/drafts/{version_id}/piece/{element}/{at}", who=ONLY_EDITOR)
async def show_piece(visit: Visit) -> Response:
    """GET …/piece/{element}/{at}: one piece of a list, such as the third material; at: or new."""
    draft, group = await draft_of(visit), _list_group(visit)
    boxes = boxes_of.boxes_of_piece(group, _number(visit, draft, group))
    return await _piece_page(visit, draft, boxes_of.shown(boxes, draft.content))


@pages.post("/editors/drafts/{version_id}/piece/{element}/{at}", who=ONLY_EDITOR)
async def keep_piece(visit: Visit) -> Response:
    """POST …/piece/{element}/{at}: keep it."""
    draft, group = await draft_of(visit), _list_group(visit)
    at = _number(visit, draft, group)
    typed = boxes_of.typed(boxes_of.boxes_of_piece(group, at), visit.form)
    try:
        await _save(visit, draft, _with(draft.content, typed))
    except (Invalid, Conflict, Forbidden) as refusal:
        return await _piece_page(visit, draft, visit.form.refused(refusal), refusal)
    back = f"/editors/drafts/{draft.id}/edit/{words.section_of(group.name)}"
    return visit.go(f"{back}#g-{group.name}", "已保存。")


async def _piece_page(
    visit: Visit, draft: Draft, form: Form, refusal: Refusal | None = None
) -> Response:
    group = _list_group(visit)
    at = _number(visit, draft, group)
    boxes = boxes_of.boxes_of_piece(group, at)
    findings = (await guides.checked(draft.content)).findings
    return await editors_page(
        visit,
        "editors_piece.html",
        "editors",
        status=status_of(type(refusal)) if refusal else 200,
        draft=draft,
        form=form,
        group=group,
        at=at,
        section_key=words.section_of(group.name),
        boxes=boxes,
        known=await known_codes(visit),
        faults=_by_box(findings, [box.path for box in boxes]),
    )


@pages.post("/editors/drafts/{version_id}/check", who=ONLY_EDITOR)
async def look_over(visit: Visit) -> Response:
    """POST …/check: which boxes of the page have a fault as typed now; nothing is kept."""
    draft, form = await draft_of(visit), visit.form
    boxes = _boxes_named(form)
    typed = _with(draft.content, boxes_of.typed(boxes, form))
    findings = (await guides.checked(typed)).findings
    by_box = _by_box(findings, [box.path for box in boxes])
    errors = sum(each.severity == "error" for each in findings)
    said = f"整份指南还有 {errors} 处错误、{len(findings) - errors} 处提醒。"
    here = [
        {"box": path, "severity": each.severity, "message": each.message}
        for path, some in by_box.items()
        for each in some
    ]
    headers = rendering.headers(visit.world, rendering.NO_STORE)
    return JSONResponse({"here": here, "said": said if findings else "没有错误。"}, headers=headers)


async def known_codes(visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """What boxes of codes offer by name: the departments and the halls."""
    halls = [(each.code, each.name) for each in await organs.halls(visit.world)]
    return {"authority": await departments(visit), "hall": halls}


def _boxes_named(form: Form) -> list[Box]:
    """The boxes a form stands for: of a page, or of one piece of a list."""
    if (key := form.value("section")) in words.SECTIONS:
        return _boxes(boxes_of.section(key))
    group, at = boxes_of.element(form.value("element")), form.value("at")
    if group is None or not group.is_list or not at.isdigit():
        raise NoSuchPart("没有这一页，请从草稿重新打开。")
    return boxes_of.boxes_of_piece(group, min(int(at), 1000))


def _groups(visit: Visit) -> list[Group]:
    if visit.path["section"] not in words.SECTIONS:
        raise NoSuchPart("没有这一页，请从草稿重新打开。")
    return boxes_of.section(visit.path["section"])


def _list_group(visit: Visit) -> Group:
    group = boxes_of.element(visit.path["element"])
    if group is None or not group.is_list:
        raise NoSuchPart("没有这一项，请从草稿重新打开。")
    return group


def _number(visit: Visit, draft: Draft, group: Group) -> int:
    """Which piece of the list; a new one comes after the last."""
    there = len(_pieces(draft.content, group))
    at = visit.path["at"]
    if at == NEW:
        return there
    if not at.isdigit() or int(at) >= there:
        raise NoSuchPart("这一项已经不在了，请从草稿重新打开。")
    return int(at)


def _boxes(groups: Sequence[Group]) -> list[Box]:
    return [box for group in groups for box in group.boxes]


def _pieces(content: Mapping[str, Any], group: Group) -> list[Any]:
    found = content.get(group.name) if group.is_list else None
    return list(found) if isinstance(found, (list, tuple)) else []


async def _save(visit: Visit, draft: Draft, content: dict[str, Any]) -> None:
    """Keep a content, unless another hand was there since this page was opened."""
    seen = visit.form.value("row_version")
    row_version = int(seen) if seen.isascii() and seen.isdigit() else -1
    _ = await guides.save_draft(visit.world, visit.officer, draft.id, content, row_version)


def _with(content: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """A content with the typed values in their places."""
    changed = copy.deepcopy(dict(content))
    for path, value in typed.items():
        _put(changed, path.split("."), value)
    return changed


def _put(holder: Any, path: list[str], value: Any) -> None:
    """Put a value into nested dicts and lists, making what is missing on the way."""
    for at, step in enumerate(path[:-1]):
        following: Any = [] if path[at + 1].isdigit() else {}
        if isinstance(holder, list):
            while len(holder) <= int(step):
                holder.append({})
            holder = holder[int(step)]
        else:
            if not isinstance(holder.get(step), (dict, list)):
                holder[step] = following
            holder = holder[step]
    if value is None and isinstance(holder, dict):
        holder.pop(path[-1], None)
    else:
        holder[path[-1]] = value


def _rearranged(content: Mapping[str, Any], groups: Sequence[Group], act: str) -> dict[str, Any]:
    """A content with one piece of a list removed, or moved up by one."""
    what, _, rest = act.partition(":")
    name, _, number = rest.partition(":")
    group = next((each for each in groups if each.name == name and each.is_list), None)
    pieces = _pieces(content, group) if group else []
    if not number.isdigit() or int(number) >= len(pieces):
        raise Invalid("这一项已经不在了，请刷新页面后再试。")
    at = int(number)
    piece = pieces.pop(at)
    if what == "up":
        pieces.insert(max(0, at - 1), piece)
    return {**content, name: pieces}


def _by_box(findings: Sequence[Finding], paths: Sequence[str]) -> dict[str, list[Finding]]:
    """Each fault at the box it means, or at the narrowest one around it that is on this page."""
    found: dict[str, list[Finding]] = {}
    for each in findings:
        at = [path for path in paths if _within(each.element, path) or _within(path, each.element)]
        if at:
            best = max(
                at, key=lambda path: (path == each.element, -abs(len(path) - len(each.element)))
            )
            found.setdefault(best, []).append(each)
    return found


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(f"{outer}.")
