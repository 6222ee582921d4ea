"""What a capability's file needs to offer its pages: who may come in, and what they bring."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from citydesk.identity import Asker, Citizen, Officer, Role
from citydesk.kit.refusals import Forbidden
from citydesk.world import World
from portal import pages, sessions
from portal.forms import FORM_LIMIT, Form, read_form
from portal.sessions import CITIZEN_COOKIE, OFFICER_COOKIE, VISITOR_COOKIE

Method = str


@dataclass(frozen=True, slots=True)
class Who:
    """Who may see a page, by which cookie they are known, and where they sign in."""

    label: str
    cookie: str = CITIZEN_COOKIE
    sign_in: str = ""
    roles: frozenset[Role] = frozenset()


PUBLIC = Who("the public", cookie="")  # nobody is known here: the page is the same for all
ANYONE = Who("anyone")  # a signed-in citizen is known here, but need not be
CITIZEN = Who("a signed-in citizen", sign_in="/wechat-login")
OFFICERS_DOOR = Who("anyone at the officers' door", cookie=OFFICER_COOKIE)


def officers(*roles: Role) -> Who:
    """An officer whose session acts in one of these posts; without roles, in any."""
    chosen = frozenset(roles or Role)
    label = "an officer: " + ", ".join(sorted(chosen))
    return Who(label, OFFICER_COOKIE, "/desk/sign-in", chosen)


@dataclass(slots=True)
class Visit:
    """One visit to a page: the world, who comes, and the form they bring."""

    world: World
    request: Request
    who: Who
    asker: Asker | None = None
    form: Form = field(default_factory=Form)
    new_visitor: str = ""

    @property
    def citizen(self) -> Citizen:
        """The citizen who comes; the page admits no one else."""
        assert isinstance(self.asker, Citizen)
        return self.asker

    @property
    def officer(self) -> Officer:
        """The officer who comes; the page admits no one else."""
        assert isinstance(self.asker, Officer)
        return self.asker

    @property
    def path(self) -> dict[str, Any]:
        """The variable parts of the address."""
        return self.request.path_params

    def asked(self, name: str, longest: int = 200) -> str:
        """Return a word of the query string, bounded and without blanks; "" for nothing."""
        text = self.request.query_params.get(name, "").replace("\0", "")
        return text.encode("utf-8", "replace").decode("utf-8").strip()[:longest]

    @property
    def here(self) -> str:
        """The address of this page, with its query."""
        query = self.request.url.query
        path: str = self.request.scope["path"]
        return f"{path}?{query}" if query else path

    @property
    def secret(self) -> str:
        """What the proof in this visitor's forms is made from; "" before any form was shown."""
        known = sessions.cookie_of(self.request, self.who.cookie) if self.asker else ""
        return known or self.new_visitor or sessions.cookie_of(self.request, VISITOR_COOKIE)

    def csrf(self) -> str:
        """Return the proof for a form on this page; a visitor unknown so far gets a cookie."""
        if not self.secret:
            self.new_visitor = sessions.new_visitor()
        return sessions.csrf_of(self.secret)

    def page(self, name: str, *, status: int = 200, **shown: Any) -> Response:
        """Render a page. ``form`` and everything in base.html are there without being named."""
        return pages.page(self, name, status, {"form": self.form, **shown})

    def go(self, path: str, said: str = "") -> Response:
        """Send the browser on to a page of ours (303), with a sentence to show there once."""
        return self.away(sessions.local_path(path), said)

    def away(self, address: str, said: str = "") -> Response:
        """Send the browser on to any address the desk has made: the provider's, WeChat's."""
        response = RedirectResponse(address, 303, headers=pages.headers(self.world, "no-store"))
        if said:
            pages.say_once(response, self.world, said)
        return response


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One method on one path."""

    method: Method
    path: str
    handler: Handler
    who: Who
    limit: int
    checked: bool


class Pages:
    """The pages of one capability, in the order they are read."""

    def __init__(self) -> None:
        self.routes: list[PageRoute] = []

    def get(self, path: str, *, who: Who) -> Callable[[Handler], Handler]:
        """Offer a page to read."""
        return self._offer("GET", path, who, 0, True)

    def post(self, path: str, *, who: Who, limit: int = FORM_LIMIT) -> Callable[[Handler], Handler]:
        """Offer to take a form (up to ``limit`` bytes); only from a page of ours."""
        return self._offer("POST", path, who, limit, True)

    def _offer(
        self, method: Method, path: str, who: Who, limit: int, checked: bool
    ) -> Callable[[Handler], Handler]:
        def offer(handler: Handler) -> Handler:
            self.routes.append(PageRoute(method, path, handler, who, limit, checked))
            return handler

        return offer


def routes_of(offered: list[PageRoute]) -> list[Route]:
    """One route a path; whole words before variable parts, so that no word is taken for one."""
    by_path: dict[str, dict[str, PageRoute]] = {}
    for each in offered:
        by_path.setdefault(each.path, {})[each.method] = each
    ordered = sorted(by_path, key=lambda path: [part.startswith("{") for part in path.split("/")])
    return [Route(path, _Place(by_path[path])) for path in ordered]


class _Place:
    """One path: its page, and the form it takes."""

    def __init__(self, offered: dict[str, PageRoute]) -> None:
        self.offered = dict(offered)
        if "GET" in self.offered:
            self.offered["HEAD"] = self.offered["GET"]
        self.allow = ", ".join(sorted(self.offered))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        route = self.offered.get(scope["method"])
        if route is None:
            raise HTTPException(405, headers={"Allow": self.allow})
        response = await _answer(route, Request(scope, receive, send))
        await response(scope, receive, send)


async def _answer(route: PageRoute, request: Request) -> Response:
    """Admit, read, ask the desk: the same steps for every page."""
    world: World = request.app.state.world
    visit = Visit(world, request, route.who)
    request.state.visit = visit  # a refusal is shown as a page to the same visitor
    if route.who.cookie:
        visit.asker = await sessions.asker_of(world, request, route.who.cookie)
    if route.who.sign_in and visit.asker is None:
        return visit.away(f"{route.who.sign_in}?next={quote(_back(visit), safe='')}")
    if route.who.roles and visit.officer.role not in route.who.roles:
        raise Forbidden("您现在的岗位不能使用这个页面，请换岗位登录。", needed=route.who.label)
    if route.method == "POST":
        visit.form = await read_form(request, route.limit)
        given = visit.form.value(sessions.CSRF_FIELD)
        sessions.check_ours(request, world.settings, visit.secret, given)
    return await route.handler(visit)


def _back(visit: Visit) -> str:
    """Where to return to after signing in; a form's own address shows its page again."""
    return sessions.local_path(visit.here)
