"""The editors' desk: the guides on their way, one guide's station, and the steps it may take."""

from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.guides import Draft, GuideFaulty, NoSuchDraft, Wanted
from citydesk.identity import Role
from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Refusal
from models.guides import VersionState
from models.guides.work import BulkKind
from portal import editors_words as words
from portal.desk import desk_page
from portal.editors_days import day_of
from portal.forms import Form
from portal.refusals import status_of
from portal.visits import Pages, Visit, officers

pages = Pages()
EDITORS = officers(Role.EDITOR, Role.REVIEWER, Role.PUBLISHER)
ONLY_EDITOR = officers(Role.EDITOR)
PAGE_SIZE = 50
EVERYTHING = 500
REGISTER = "register"
STEPS = {
    "submit": ("提交审核", "已提交审核，请另一位同事审核。"),
    "recall": ("撤回修改", "已撤回，可以继续修改。"),
    "approve": ("审核通过", "已通过审核，等待发布。"),
    "send_back": ("退回修改", "已退回，编辑会看到原因。"),
    "release": ("发布", "已发布。各渠道一秒内就能查到。"),
    "discard": ("作废草稿", "草稿已作废。"),
    REGISTER: ("登记基本目录", "已登记到基本目录，编辑现在可以提交审核。"),
}
NO_ENTRY = "C3"  # the finding that the basic catalogue has no such entry
BULK_OF_ROLE = {
    Role.EDITOR: (BulkKind.SUBMIT, BulkKind.DISCARD),
    Role.REVIEWER: (BulkKind.APPROVE,),
    Role.PUBLISHER: (BulkKind.RELEASE,),
}


async def editors_page(visit: Visit, name: str, section: str, **shown: Any) -> Response:
    """Render a page of the editors' desk."""
    return await desk_page(visit, name, section=section, said_of=words, **shown)


@pages.get("/editors", who=EDITORS)
async def list_drafts(visit: Visit) -> Response:
    """GET /editors?state&organ&q&cursor: the guides on their way, the latest first."""
    return await _list(visit)


async def _list(visit: Visit, refusal: Refusal | None = None) -> Response:
    world = visit.world
    asked = {name: visit.asked(name, 60) for name in ("state", "organ", "q")}
    cursor = visit.asked("cursor", 2000)
    state = VersionState(asked["state"]) if asked["state"] in set(VersionState) else None
    page = await guides.drafts(
        world,
        state=state,
        organ_code=asked["organ"] or None,
        q=asked["q"],
        cursor=cursor or None,
        limit=PAGE_SIZE,
    )
    kept = {name: value for name, value in asked.items() if value}
    here = f"/editors?{urlencode(kept)}" if kept else "/editors"
    more = urlencode({**kept, "cursor": page.next_cursor}) if page.next_cursor else ""
    return await editors_page(
        visit,
        "editors_list.html",
        "editors",
        status=status_of(type(refusal)) if refusal else 200,
        form=visit.form.refused(refusal) if refusal else Form(),
        drafts=page.items,
        asked=asked,
        departments=await departments(visit),
        bulk=[(kind.value, words.BULK_KINDS[kind]) for kind in BULK_OF_ROLE[visit.officer.role]],
        next=f"/editors?{more}" if more else "",
        first=here if cursor else "",
    )


async def departments(visit: Visit) -> list[tuple[str, str]]:
    """Every department, by code and short name."""
    found = (await organs.organs(visit.world, limit=EVERYTHING)).items
    return [(each.code, each.short_name) for each in found]


@pages.post("/editors", who=EDITORS)
async def many(visit: Visit) -> Response:
    """POST /editors: the same for every draft that was ticked."""
    form = visit.form
    try:
        kind = BulkKind(form.value("act"))
        if kind not in BULK_OF_ROLE[visit.officer.role]:
            raise Forbidden("您现在的岗位不能这样批量办理。")
        wanted = [await _picked(visit, each) for each in form.all("pick")]
        on = day_of(form, "effective_on")
        job = await guides.order_bulk(
            visit.world,
            visit.officer,
            kind,
            wanted,
            remark=form.value("remark"),
            effective_on=on,
        )
    except ValueError:
        return await _list(visit, Invalid("请选择要做什么。"))
    except (Invalid, Conflict, Forbidden) as refusal:
        return await _list(visit, refusal)
    return visit.go(f"/editors/jobs/{job}")


async def _picked(visit: Visit, pick: str) -> Wanted:
    """A ticked line: which draft, and as of which state it was seen."""
    number, _, row_version = pick.partition(":")
    found = await guides.draft(visit.world, _uuid(number))
    return Wanted(found.id, int(row_version), found.name)


@pages.get("/editors/new", who=ONLY_EDITOR)
async def ask_new(visit: Visit) -> Response:
    """GET /editors/new: name, code, department: the rest is filled in page by page."""
    return await _new(visit, Form())


async def _new(visit: Visit, form: Form, status: int = 200) -> Response:
    return await editors_page(
        visit,
        "editors_new.html",
        "editors",
        form=form,
        status=status,
        departments=await departments(visit),
        kinds=list(words.VALUES["ItemType"].items()),
    )


@pages.post("/editors/new", who=ONLY_EDITOR)
async def add_new(visit: Visit) -> Response:
    """POST /editors/new: begin a guide."""
    wanted = ("name", "item_code", "authority", "item_type")
    content = {name: visit.form.value(name) for name in wanted if visit.form.value(name)}
    try:
        begun = await guides.new_draft(visit.world, visit.officer, content)
    except (Invalid, Conflict, Forbidden) as refusal:
        form = visit.form.refused(refusal)
        return await _new(visit, form, status_of(type(refusal)))
    return visit.go(f"/editors/drafts/{begun.id}", "草稿已建立，请逐页填写。")


@pages.get("/editors/drafts/{version_id}", who=EDITORS)
async def show_draft(visit: Visit) -> Response:
    """GET /editors/drafts/{id}: where it stands, what is wrong with it, what can be done."""
    return await _draft_page(visit, await draft_of(visit))


async def draft_of(visit: Visit) -> Draft:
    """The draft an address names; raises NoSuchDraft."""
    return await guides.draft(visit.world, _uuid(visit.path["version_id"]))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchDraft("没有找到这份草稿，请从列表中重新打开。") from None


async def _draft_page(visit: Visit, draft: Draft, refusal: Refusal | None = None) -> Response:
    checked = await guides.checked(draft.content)
    by_section: dict[str, int] = {}
    for finding in checked.findings:
        key = words.section_of(finding.element)
        by_section[key] = by_section.get(key, 0) + 1
    role = visit.officer.role
    steps: list[str] = [each for each in STEPS if each in guides.actions_for(draft.state, role)]
    if role is Role.PUBLISHER and any(each.code == NO_ENTRY for each in checked.errors):
        steps.append(REGISTER)
    form = visit.form.refused(refusal) if refusal else Form()
    if isinstance(refusal, GuideFaulty):
        form.errors = {}  # every fault stands on the page, with a way to its element
    return await editors_page(
        visit,
        "editors_draft.html",
        "editors",
        status=status_of(type(refusal)) if refusal else 200,
        form=form,
        draft=draft,
        checked=checked,
        by_section=by_section,
        editable=draft.state is VersionState.DRAFT and role is Role.EDITOR,
        steps=steps,
        labels=STEPS,
        history=await guides.history(visit.world, draft.code),
    )


@pages.post("/editors/drafts/{version_id}", who=EDITORS)
async def take_step(visit: Visit) -> Response:
    """POST /editors/drafts/{id}: submit, recall, approve, send back, release, discard."""
    draft = await draft_of(visit)
    form, act = visit.form, visit.form.value("act")
    try:
        await _step(visit, draft.id, act)
    except ValueError:
        return await _draft_page(visit, draft, Invalid("没有这个操作，请刷新页面后再试。"))
    except (Invalid, Conflict, Forbidden) as refusal:
        return await _draft_page(visit, await draft_of(visit), refusal)
    said = STEPS[act][1]
    if act == "release" and form.value("effective_on"):
        said = f"已排定在 {form.value('effective_on')} 发布。"
    if act == "discard":
        return visit.go("/editors", said)
    return visit.go(f"/editors/drafts/{draft.id}", said)


async def _step(visit: Visit, version_id: UUID, act: str) -> None:
    world, officer, form = visit.world, visit.officer, visit.form
    row_version, reason = int(form.value("row_version")), form.value("reason")
    match act:
        case "submit":
            _ = await guides.submit(world, officer, version_id, row_version)
        case "recall":
            _ = await guides.recall(world, officer, version_id, row_version)
        case "approve":
            _ = await guides.approve(world, officer, version_id, row_version, reason)
        case "send_back":
            _ = await guides.send_back(world, officer, version_id, row_version, reason)
        case "release":
            on = day_of(form, "effective_on")
            _ = await guides.release(world, officer, version_id, row_version, on)
        case "discard":
            _ = await guides.discard_draft(world, officer, version_id, row_version, reason)
        case "register":
            _ = await guides.register_entry_of(world, officer, version_id)
        case _:
            raise ValueError(act)


def item_path(code: str) -> str:
    """Where an item's page of the editors' desk is."""
    return f"/editors/items/{quote(code, safe='')}"
