"""The public column: home, search, and the ways to a matter: theme, department, letter, life."""

from urllib.parse import urlencode

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.guides import Audience, Department, Guide, GuideNotReady, NoSuchTheme
from citydesk.kit.refusals import Missing
from portal import guide_words
from portal.visits import PUBLIC, Pages, Visit

pages = Pages()
CHANNEL = "portal"
HOT, MOST_ANSWERS, LONGEST_QUESTION = 8, 20, 200
AUDIENCES = {
    Audience.PERSON: ("个人办事", "您自己、家人的事：户口、社保、看病、住房、证件。"),
    Audience.ENTERPRISE: (
        "企业和单位办事",
        "公司、个体户、学校、社会组织的事：设立、许可、用工、税费。",
    ),
    Audience.PROJECT: ("投资建设项目", "立项、用地、规划、施工、验收。"),
}


@pages.get("/", who=PUBLIC)
async def home(visit: Visit) -> Response:
    """GET /: search, what most people come for, life events, departments."""
    return visit.page(
        "home.html",
        section="home",
        hot=await guides.hot(visit.world, HOT),
        audiences=AUDIENCES,
        life_events=await guides.life_events(visit.world),
        departments=await guides.departments(visit.world),
    )


@pages.get("/guides", who=PUBLIC)
async def search(visit: Visit) -> Response:
    """GET /guides?q=…: what a question may mean; without one, the whole catalogue by name."""
    said = visit.asked("q", LONGEST_QUESTION)
    if not said:
        return await _catalogue(visit)
    found = await guides.search(visit.world, said, MOST_ANSWERS)
    if not found:
        return await _handed_over(visit, said)
    return visit.page("search.html", section="guides", q=said, found=found)


async def _handed_over(visit: Visit, said: str) -> Response:
    """No guide fits: say why, where to turn, and offer what was perhaps meant, or is common."""
    none = await guides.nothing_found(visit.world, said)
    guides.note_unanswered(visit.world, said, CHANNEL, none.reason)
    return visit.page(
        "search_none.html",
        section="guides",
        q=said,
        nothing=none,
        urgent=none.reason is guides.Reason.EMERGENCY,
        hot=await guides.hot(visit.world, HOT),
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
    """GET /guides/{code}?region: every element of the guide, in the order one needs them."""
    code = visit.path["code"]
    try:
        found = await guides.shown(visit.world, code, await _region(visit))
    except GuideNotReady:
        entry = await guides.entry(visit.world, code)
        return visit.page("guide_unwritten.html", section="guides", entry=entry)
    guides.note_opened(visit.world, code, visit.request.headers.get("user-agent", ""))
    halls = {hall.code: hall for hall in await organs.halls(visit.world)}
    return visit.page(
        "guide.html",
        section="guides",
        guide=found,
        content=found.content,
        words=guide_words,
        places=guide_words.places(found.content, halls),
        regions=await _regions(visit, found),
    )


async def _region(visit: Visit) -> str | None:
    """The region in whose words one wants a guide; None for the city's, or for none we know."""
    asked = visit.asked("region", 12)
    try:
        return (await organs.region_by_code(visit.world, asked)).code if asked else None
    except Missing:
        return None


async def _regions(visit: Visit, guide: Guide) -> list[tuple[str, str]]:
    """The regions that say something of their own about a matter: their code and name."""
    own = [each for each in await guides.regions_of(visit.world, guide.code) if each.overrides]
    named = [await organs.region_by_code(visit.world, each.region_code) for each in own]
    return [(each.code, each.name) for each in named]


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
    events = await guides.life_events(visit.world)
    return visit.page("life_events.html", section="life", life_events=events)


@pages.get("/life-events/{event}", who=PUBLIC)
async def life_event(visit: Visit) -> Response:
    """GET /life-events/{event}: its matters, in the order they are usually done."""
    event, entries = await guides.life_event(visit.world, visit.path["event"])
    return visit.page("life_event.html", section="life", event=event, entries=entries)


@pages.get("/themes", who=PUBLIC)
async def themes(visit: Visit) -> Response:
    """GET /themes: for a person, an enterprise, a project: the themes that have matters."""
    families = [
        (audience.value, title, note, await guides.themes(visit.world, audience))
        for audience, (title, note) in AUDIENCES.items()
    ]
    return visit.page("themes.html", section="themes", families=families)


@pages.get("/themes/{audience}/{theme}", who=PUBLIC)
async def theme(visit: Visit) -> Response:
    """GET /themes/{audience}/{theme}: its matters, as a dictionary sorts them."""
    named, word = visit.path["audience"], visit.path["theme"]
    if named not in set(Audience):
        raise NoSuchTheme("没有这一栏，请从主题列表中重新选择。")
    audience, cursor = Audience(named), visit.asked("cursor", 2000)
    page = await guides.of_theme(visit.world, audience, word, cursor=cursor or None)
    here = visit.request.url.path
    return visit.page(
        "theme.html",
        section="themes",
        audience=audience.value,
        title=AUDIENCES[audience][0],
        theme=word,
        entries=page.items,
        next=_more(here, page.next_cursor),
        first=here if cursor else "",
    )


@pages.get("/a-z", who=PUBLIC)
async def by_letter(visit: Visit) -> Response:
    """GET /a-z?letter=…: the first letters, and the matters under one of them."""
    letter, cursor = visit.asked("letter", 1).upper(), visit.asked("cursor", 2000)
    page = await guides.of_letter(visit.world, letter, cursor=cursor or None)
    return visit.page(
        "letters.html",
        section="themes",
        shelves=await guides.letters(visit.world),
        letter=letter,
        entries=page.items,
        next=_more("/a-z", page.next_cursor, letter=letter),
        first=f"/a-z?{urlencode({'letter': letter})}" if cursor else "",
    )


def _more(path: str, cursor: str | None, **kept: str) -> str:
    return f"{path}?{urlencode({**kept, 'cursor': cursor})}" if cursor else ""
