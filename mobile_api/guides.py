"""Service guides over HTTP: anyone may search, list and read them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.requests import Request

from citydesk import guides
from citydesk.guides import Entry, Found, Guide, GuideContent
from citydesk.kit.paging import MOST
from citydesk.kit.refusals import Invalid
from mobile_api.api import ANYONE, Answered, Api, Call
from mobile_api.reading import Loose

api = Api("guides")


class WantedGuides(Loose):
    """Which guides: those that answer a question, or the catalogue page by page."""

    q: Annotated[
        str | None, Field(max_length=200, description="想办的事，口语、拼音、首字母都可以")
    ] = None
    department: Annotated[str | None, Field(max_length=120, description="部门全称")] = None
    cursor: Annotated[
        str | None, Field(max_length=2000, description="上一页返回的 next_cursor")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="每页条数")] = 20


class GuideNamed(Loose):
    """One item, by its code."""

    item_code: Annotated[str, Field(min_length=1, max_length=80)]


class EntryShown(BaseModel):
    """An item as lists show it; `complete` false means 指南待完善 (no guide to read yet)."""

    item_code: str
    name: str
    department: str
    complete: bool
    version_no: int
    hash8: str
    as_of: datetime


class GuidesShown(BaseModel):
    """Items, and the cursor of the next page; the answers to a question have no next page."""

    items: list[EntryShown]
    next_cursor: str | None


class GuideShown(BaseModel):
    """The guide in force: which version this is, and what it says."""

    version_id: UUID
    item_code: str
    name: str
    department: str
    version_no: int
    hash8: str
    as_of: datetime
    content: GuideContent


@api("GET", "/guides", who=ANYONE, query=WantedGuides, out=GuidesShown)
async def search_guides(call: Call) -> GuidesShown:
    """Search the guides (q), or list the catalogue, of one department or all."""
    wanted: WantedGuides = call.query
    if wanted.q is None:
        page = await guides.published_page(
            call.world, wanted.department, cursor=wanted.cursor, limit=wanted.limit
        )
        return GuidesShown(
            items=[_listed(entry) for entry in page.items], next_cursor=page.next_cursor
        )
    if beside := [name for name in ("department", "cursor") if getattr(wanted, name) is not None]:
        raise Invalid(
            "搜索时不能再按部门或翻页筛选，请只填 q。",
            [{"field": name, "detail": "不能与 q 同时使用"} for name in beside],
        )
    found = await guides.search(call.world, wanted.q, wanted.limit)
    return GuidesShown(items=[_listed(answer) for answer in found], next_cursor=None)


@api(
    "GET",
    "/guides/{item_code}",
    who=ANYONE,
    path_form=GuideNamed,
    out=GuideShown,
    refusals=(guides.NoSuchGuide, guides.GuideNotReady),
    etag=True,
)
async def read_guide(call: Call) -> Answered:
    """Read the guide in force; the ETag is its content's hash: ask again with If-None-Match."""
    guide = await guides.published(call.world, call.path.item_code)
    headers = {"ETag": f'"{guide.content_hash}"', "Cache-Control": "no-cache"}
    if _has(call.request, guide.content_hash):
        return Answered(None, 304, headers)
    return Answered(_shown(guide), headers=headers)


def _has(request: Request, content_hash: str) -> bool:
    """Whether the caller says it holds this content already (RFC 9110, 13.1.2)."""
    given = request.headers.get("if-none-match", "")
    held = {tag.strip().removeprefix("W/").strip('"') for tag in given.split(",")}
    return content_hash in held or "*" in held


def _listed(item: Entry | Found) -> EntryShown:
    return EntryShown(
        item_code=item.code,
        name=item.name,
        department=item.department,
        complete=item.complete,
        version_no=item.version_no,
        hash8=item.hash8,
        as_of=item.as_of,
    )


def _shown(guide: Guide) -> GuideShown:
    return GuideShown(
        version_id=guide.id,
        item_code=guide.code,
        name=guide.name,
        department=guide.department,
        version_no=guide.version_no,
        hash8=guide.hash8,
        as_of=guide.as_of,
        content=guide.content,
    )
