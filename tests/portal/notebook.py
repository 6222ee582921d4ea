"""A page with a form, which the portal itself need not have: for citizens, officers and anybody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response

from citydesk import identity
from citydesk.identity import Role
from citydesk.kit.refusals import Invalid
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from portal import sessions
from portal.app import EXCEPTION_HANDLERS
from portal.pages import TEMPLATES, environment
from portal.visits import ANYONE, CITIZEN, OFFICERS_DOOR, Pages, Visit, officers, routes_of

pages = Pages()
LIMIT = 64 * 1024
FORM = """
{% extends "base.html" %}
{% from "macros.html" import field, error_summary %}
{% block title %}记事本{% endblock %}
{% block main %}
<h1>记事本</h1>
<form method="post">{{ csrf_field }}
{{ error_summary(form, {"note": "记什么"}) }}
{{ field(form, "note", "记什么", hint="一句话") }}
{{ field(form, "colour", "颜色", kind="choice", options=["红", "蓝"]) }}
{{ field(form, "size", "大小", kind="radios", options=[("s", "小"), ("l", "大")], required=false) }}
{{ field(form, "long", "长文", kind="textarea") }}
{{ field(form, "agree", "同意", kind="checkbox") }}
{{ field(form, "paper", "材料", kind="file") }}
{{ field(form, "secret", "密码", kind="password") }}
<button class="button">记下</button></form>
{% endblock %}
"""


@pages.get("/note", who=ANYONE)
async def note(visit: Visit) -> Response:
    return visit.page("note.html")


@pages.post("/note", who=ANYONE, limit=LIMIT)
async def write(visit: Visit) -> Response:
    paper = visit.form.file("paper")
    if visit.form.value("note") == "bad":
        refusal = Invalid("有内容需要修改。", [{"field": "note", "detail": "换一句"}])
        visit.form.refused(refusal)
        return visit.page("note.html", status=422)
    size = len(paper.body) if paper else -1
    return visit.go("/note", f"记下了：{visit.form.value('note')}，{size}")


@pages.get("/mine", who=CITIZEN)
async def mine(visit: Visit) -> Response:
    return PlainTextResponse(f"{visit.citizen.account_id} {visit.csrf()}")


@pages.post("/mine", who=CITIZEN)
async def write_mine(visit: Visit) -> Response:
    return visit.go("/mine", "好")


@pages.get("/boss", who=officers(Role.ADMIN))
async def boss(visit: Visit) -> Response:
    return PlainTextResponse(visit.officer.role)


@pages.get("/counter", who=officers())
async def counter(visit: Visit) -> Response:
    return PlainTextResponse(f"{visit.officer.role} {visit.csrf()}")


@pages.get("/in", who=OFFICERS_DOOR)
async def sign_in(visit: Visit) -> Response:
    session = await identity.sign_in_officer_browser(
        visit.world, visit.asked("login"), visit.asked("password")
    )
    response = visit.go("/counter")
    sessions.sign_in(response, visit.world.settings, session, sessions.OFFICER_COOKIE)
    return response


@pages.get("/out", who=CITIZEN)
async def sign_out(visit: Visit) -> Response:
    response = visit.go("/note")
    await sessions.sign_out(visit.world, visit.request, response, sessions.CITIZEN_COOKIE)
    return response


@pages.get("/trouble", who=ANYONE)
async def trouble(visit: Visit) -> Response:
    raise GatewayTrouble("silent", retry_after_seconds=7)


@pages.get("/fault", who=ANYONE)
async def fault(visit: Visit) -> Response:
    raise RuntimeError("a secret of ours")


def create_notebook(world: World) -> Starlette:
    """The notebook alone, as the portal would serve it."""

    files = FileSystemLoader(TEMPLATES)
    environment().loader = ChoiceLoader([files, DictLoader({"note.html": FORM})])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.world = world
        yield

    return Starlette(
        routes=routes_of(pages.routes),
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
