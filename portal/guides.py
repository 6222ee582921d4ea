"""The public column: home, search, departments, life events, and what one matter takes."""

from urllib.parse import urlencode

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.guides import Department, GuideNotReady
from citydesk.kit.refusals import Missing
from portal import guide_words
from portal.visits import PUBLIC, Pages, Visit

pages = Pages()
HOT, MOST_ANSWERS, LONGEST_QUESTION = 8, 20, 200


@pages.get("/", who=PUBLIC)
async def home(visit: Visit) -> Response:
    """GET /: search, what most people come for, life events, departments."""
    return visit.page(
        "home.html",
        section="home",
        hot=await guides.hot(visit.world, HOT),
        life_events=guides.life_events(),
        departments=await guides.departments(visit.world),
    )


@pages.get("/guides", who=PUBLIC)
async def search(visit: Visit) -> Response:
    """GET /guides?q=…: what a question may mean; without one, the whole catalogue by name."""
    said = visit.asked("q", LONGEST_QUESTION)
    if not said:
        return await _catalogue(visit)
    found = await guides.search(visit.world, said, MOST_ANSWERS)
    return visit.page(
        "search.html",
        section="guides",
        q=said,
        found=found,
        meant=[] if found else await guides.sounding_like(visit.world, said),
        hot=[] if found else await guides.hot(visit.world, HOT),
    )


async def _catalogue(visit: Visit) -> Response:
    cursor = visit.asked("cursor", 2000)
    page = await guides.published_page(visit.world, cursor=cursor or None)
    return visit.page(
        "catalogue.html",
        section="guides",
        entries=page.items,
        next=_more("/guides", page.next_cursor),
        first="/guides" if cursor else "",
    )


@pages.get("/guides/{code}", who=PUBLIC)
async def guide(visit: Visit) -> Response:
    """GET /guides/{code}: every element of the guide in force, in the order one needs them."""
    code = visit.path["code"]
    try:
        found = await guides.published(visit.world, code)
    except GuideNotReady:
        entry = await guides.entry(visit.world, code)
        return visit.page("guide_unwritten.html", section="guides", entry=entry)
    halls = {hall.code: hall for hall in await organs.halls(visit.world)}
    return visit.page(
        "guide.html",
        section="guides",
        guide=found,
        content=found.content,
        words=guide_words,
        places=guide_words.places(found.content, halls),
    )


@pages.get("/departments", who=PUBLIC)
async def departments(visit: Visit) -> Response:
    """GET /departments: who is in charge of what, and of how many matters."""
    return visit.page(
        "departments.html",
        section="departments",
        departments=await guides.departments(visit.world),
    )


@pages.get("/departments/{code}", who=PUBLIC)
async def department(visit: Visit) -> Response:
    """GET /departments/{code}: one department's matters; by its code, or its full name."""
    known = await _department(visit)
    cursor = visit.asked("cursor", 2000)
    page = await guides.published_page(visit.world, known.name, cursor=cursor or None)
    here = visit.request.url.path
    return visit.page(
        "department.html",
        section="departments",
        department=known,
        entries=page.items,
        next=_more(here, page.next_cursor),
        first=here if cursor else "",
    )


async def _department(visit: Visit) -> Department:
    """The department of an address; raises NoSuchOrgan for one without matters."""
    word = visit.path["code"]
    listed = {each.name: each for each in await guides.departments(visit.world)}
    try:
        name = (await organs.organ_by_code(visit.world, word.replace("\0", ""))).name
    except Missing:
        name = word
    if name not in listed:
        raise organs.NoSuchOrgan("没有找到这个部门，请从部门列表中重新选择。")
    return listed[name]


@pages.get("/life-events", who=PUBLIC)
async def life_events(visit: Visit) -> Response:
    """GET /life-events: what happens in a life, and what is to be done at the city then."""
    return visit.page("life_events.html", section="life", life_events=guides.life_events())


@pages.get("/life-events/{event}", who=PUBLIC)
async def life_event(visit: Visit) -> Response:
    """GET /life-events/{event}: its matters, in the order they are usually done."""
    event, entries = await guides.life_event(visit.world, visit.path["event"])
    return visit.page("life_event.html", section="life", event=event, entries=entries)


def _more(path: str, cursor: str | None) -> str:
    return f"{path}?{urlencode({'cursor': cursor})}" if cursor else ""
