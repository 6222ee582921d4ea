"""Service guides over HTTP: anyone may search, list and read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.requests import Request

from citydesk import guides
from citydesk.guides import Audience, Entry, Found, Guide, GuideContent, ItemState, Shelf
from citydesk.kit.paging import MOST, Page
from citydesk.kit.refusals import Invalid
from citydesk.world import World
from mobile_api.api import ANYONE, Answered, Api, Call
from mobile_api.reading import Loose

api = Api("guides")
CHANNEL = "api"


class WantedGuides(Loose):
    """Which guides: those that answer a question, or the catalogue page by page."""

    q: Annotated[
        str | None, Field(max_length=200, description="想办的事，口语、拼音、首字母都可以")
    ] = None
    context: Annotated[
        str | None, Field(max_length=300, description="上一句话，或刚看过的事项名称；只与 q 一起用")
    ] = None
    region_code: Annotated[
        str | None, Field(pattern=r"^[0-9]{12}$", description="所在区划（12位）；只与 q 一起用")
    ] = None
    department: Annotated[str | None, Field(max_length=120, description="部门全称")] = None
    cursor: Annotated[
        str | None, Field(max_length=2000, description="上一页返回的 next_cursor")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="每页条数")] = 20


class WantedThemes(Loose):
    """Whose themes: a person's, an enterprise's, or those of a construction project."""

    audience: Annotated[Audience, Field(description="person 个人 / enterprise 企业 / project 项目")]


class WantedOfTheme(WantedThemes):
    """Which theme, and which page of it."""

    theme: Annotated[str, Field(min_length=1, max_length=40, description="主题名称，如 社会保障")]
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="每页条数")] = 20


class WantedOfLetter(Loose):
    """Which first letter, and which page of it."""

    letter: Annotated[str, Field(pattern=r"^[A-Za-z#]$", description="名称的拼音首字母")]
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="每页条数")] = 20


class GuideNamed(Loose):
    """One item, by its code."""

    item_code: Annotated[str, Field(min_length=1, max_length=80)]


class InWhoseWords(Loose):
    """In whose words: the city's, or those of a region that carries the item out."""

    region: Annotated[
        str | None, Field(pattern=r"^[0-9]{2,12}$", description="区、街道或社区的区划代码")
    ] = None


class EntryShown(BaseModel):
    """An item as lists show it; `complete` false means 指南待完善 (no guide to read yet)."""

    item_code: str
    name: str
    department: str
    complete: bool
    version_no: int
    hash8: str
    as_of: datetime


class NothingFoundShown(BaseModel):
    """Why no guide answers a question: sentences to show, and items that were perhaps meant."""

    reason: Annotated[guides.Reason, Field(description="没有对应指南的原因")]
    detail: Annotated[str, Field(description="直接给用户看的话：怎么回事，下一步怎么办")]
    did_you_mean: list[EntryShown]


class GuidesShown(BaseModel):
    """Items, and the cursor of the next page; the answers to a question have no next page."""

    items: list[EntryShown]
    next_cursor: str | None
    nothing_found: NothingFoundShown | None = None


class ShelfShown(BaseModel):
    """A heading (theme, letter), and how many items stand under it."""

    name: str
    items: int


class GuideShown(BaseModel):
    """The guide: which version this is, whether it can be had, and what it says.

    `notice` is the sentence to put on top of one that is suspended or ended; `overridden` are the
    elements that the region asked for says in its own words.
    """

    version_id: UUID
    item_code: str
    name: str
    department: str
    version_no: int
    hash8: str
    as_of: datetime
    state: ItemState
    notice: str
    region_code: str | None
    overridden: list[str]
    content: GuideContent


@api("GET", "/guides", who=ANYONE, query=WantedGuides, out=GuidesShown)
async def search_guides(call: Call) -> GuidesShown:
    """Search the guides (q), or list the catalogue, of one department or all."""
    wanted: WantedGuides = call.query
    if wanted.q is None:
        page = await guides.published_page(
            call.world, wanted.department, cursor=wanted.cursor, limit=wanted.limit
        )
        return _page(page)
    if beside := [name for name in ("department", "cursor") if getattr(wanted, name) is not None]:
        raise Invalid(
            "搜索时不能再按部门或翻页筛选，请只填 q。",
            [{"field": name, "detail": "不能与 q 同时使用"} for name in beside],
        )
    found = await guides.search(
        call.world,
        wanted.q,
        wanted.limit,
        region_code=wanted.region_code,
        context=wanted.context,
    )
    none = None if found else await _nothing_found(call.world, wanted.q)
    items = [_listed(answer) for answer in found]
    return GuidesShown(items=items, next_cursor=None, nothing_found=none)


async def _nothing_found(world: World, said: str) -> NothingFoundShown:
    none = await guides.nothing_found(world, said)
    guides.note_unanswered(world, said, CHANNEL, none.reason)
    near = [_listed(each) for each in none.nearest]
    return NothingFoundShown(reason=none.reason, detail=none.detail, did_you_mean=near)


@api(
    "GET",
    "/guides/{item_code}",
    who=ANYONE,
    path_form=GuideNamed,
    query=InWhoseWords,
    out=GuideShown,
    refusals=(guides.NoSuchGuide, guides.GuideNotReady),
    etag=True,
)
async def read_guide(call: Call) -> Answered:
    """Read the guide, the city's or a region's own words; suspended or ended, it says so.

    The ETag is the hash of what is said: ask again with If-None-Match.
    """
    guide = await guides.shown(call.world, call.path.item_code, call.query.region)
    agent = call.request.headers.get("user-agent", "")
    guides.note_opened(call.world, call.path.item_code, agent)
    standing = "" if guide.state is ItemState.IN_FORCE else f"-{guide.state.value}"
    tag = guide.content_hash + standing
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if _has(call.request, tag):
        return Answered(None, 304, headers)
    return Answered(_shown(guide), headers=headers)


@api("GET", "/themes", who=ANYONE, query=WantedThemes, out=list[ShelfShown])
async def list_themes(call: Call) -> list[ShelfShown]:
    """List the themes that have items for these people, in the order of the national list."""
    wanted: WantedThemes = call.query
    return _shelves(await guides.themes(call.world, wanted.audience))


@api(
    "GET",
    "/guides-by-theme",
    who=ANYONE,
    query=WantedOfTheme,
    out=GuidesShown,
    refusals=(guides.NoSuchTheme,),
)
async def list_theme(call: Call) -> GuidesShown:
    """List the items of one theme, as a dictionary sorts them."""
    wanted: WantedOfTheme = call.query
    return _page(
        await guides.of_theme(
            call.world, wanted.audience, wanted.theme, cursor=wanted.cursor, limit=wanted.limit
        )
    )


@api("GET", "/letters", who=ANYONE, out=list[ShelfShown])
async def list_letters(call: Call) -> list[ShelfShown]:
    """List the letters (pinyin initials) that have items, A to Z, # last."""
    return _shelves(await guides.letters(call.world))


@api("GET", "/guides-by-letter", who=ANYONE, query=WantedOfLetter, out=GuidesShown)
async def list_letter(call: Call) -> GuidesShown:
    """List the items whose name begins with a letter, as a dictionary sorts them."""
    wanted: WantedOfLetter = call.query
    return _page(
        await guides.of_letter(call.world, wanted.letter, cursor=wanted.cursor, limit=wanted.limit)
    )


def _shelves(found: Sequence[Shelf]) -> list[ShelfShown]:
    return [ShelfShown(name=each.name, items=each.items) for each in found]


def _page(page: Page[Entry]) -> GuidesShown:
    return GuidesShown(items=[_listed(entry) for entry in page.items], next_cursor=page.next_cursor)


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
        state=guide.state,
        notice=guide.notice,
        region_code=guide.region_code,
        overridden=list(guide.overridden),
        content=guide.content,
    )
