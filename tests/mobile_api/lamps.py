"""A capability that exists in these tests only: lamps, with one operation for every habit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.applications import Starlette

from asgi import Front
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import (
    Conflict,
    Forbidden,
    Invalid,
    Missing,
    Refusal,
    TooMany,
    Unidentified,
)
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from mobile_api import docs, health
from mobile_api.api import ANYONE, CITIZEN, Answered, Api, Call, routes_of
from mobile_api.app import EXCEPTION_HANDLERS, broken
from mobile_api.openapi import described
from mobile_api.reading import Loose, Strict
from wechat.app import WeChatDoor

TABLE = "CREATE TABLE lamp (id uuid PRIMARY KEY, name text, watts bigint, more jsonb)"
SECRET = "row 990000199001011234 is broken"

api = Api("lamps")


class Colour(StrEnum):
    """What a lamp may look like."""

    warm = "warm"
    cold = "cold"


class NewLamp(Strict):
    """A lamp to be put up."""

    name: Annotated[str, Field(min_length=1, max_length=20)]
    watts: int = 1
    brightness: float = 1.0
    up_on: date | None = None
    lit: bool = False
    colour: Colour = Colour.warm
    places: Annotated[list[str], Field(default_factory=list)]
    more: Annotated[dict[str, Any], Field(default_factory=dict)]


class LampShown(BaseModel):
    """A lamp that is up."""

    id: UUID
    name: str


class Wanted(Loose):
    """Which lamps."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    since: date | None = None
    colour: Colour | None = None
    q: Annotated[str | None, Field(max_length=20)] = None


class OneLamp(Loose):
    """One lamp, by its identifier."""

    lamp_id: UUID


class NamedLamp(Loose):
    """One lamp, by its name."""

    name: str


class Gate:
    """Holds a handler up until a test opens it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()


class SlotFull(Conflict):
    """For these tests: no place left."""

    title = "Slot full"


async def put_up(lamp: NewLamp) -> LampShown:
    """Write a lamp down."""
    lamp_id = new_id()
    more = lamp.model_dump_json(include={"more", "places"})
    await sql.run(
        "INSERT INTO lamp VALUES ($1, $2, $3, $4::jsonb)", lamp_id, lamp.name, lamp.watts, more
    )
    return LampShown(id=lamp_id, name=lamp.name)


@api("POST", "/lamps", who=CITIZEN, body=NewLamp, out=LampShown, status=201, creates=True)
async def create_lamp(call: Call) -> LampShown:
    """Put a lamp up."""
    shown = await put_up(call.body)
    if call.body.name == "crash":
        raise RuntimeError(SECRET)
    if call.body.name == "full":
        raise SlotFull("没有位置了，请换一处。", left=0)
    if call.body.name == "slow":
        gate = call.world.kept(Gate)
        gate.reached.set()
        await gate.opened.wait()
    return shown


@api("POST", "/posts", who=CITIZEN, body=NewLamp, out=LampShown, status=201, creates=True)
async def create_post(call: Call) -> LampShown:
    """Put a lamp on a post: the same, on another route."""
    return await put_up(call.body)


@api("POST", "/lamps/check", who=ANYONE, body=NewLamp, out=LampShown)
async def check_lamp(call: Call) -> LampShown:
    """Put a lamp up, by anyone, without a key."""
    return await put_up(call.body)


@api("POST", "/pictures", who=ANYONE, body=bytes, out=int, limit=1024)
async def check_picture(call: Call) -> int:
    """Tell how large a picture is."""
    return len(call.body)


@api("GET", "/lamps", who=ANYONE, query=Wanted, out=dict[str, Any])
async def lamps(call: Call) -> dict[str, Any]:
    """List lamps."""
    wanted: Wanted = call.query
    shown: dict[str, Any] = wanted.model_dump(mode="json")
    return shown


@api("GET", "/lamps/{lamp_id}", who=ANYONE, path_form=OneLamp, out=LampShown)
async def lamp(call: Call) -> LampShown:
    """Show a lamp."""
    raise Missing("没有这盏灯，请核对编号。")


@api("GET", "/named/{name}", who=ANYONE, path_form=NamedLamp, out=str)
async def named(call: Call) -> str:
    """Find a lamp by its name."""
    found: str = await sql.value("SELECT $1::text", call.path.name)
    return found


@api("GET", "/nothing", who=ANYONE)
async def nothing(call: Call) -> Answered:
    """Answer nothing, with a header."""
    return Answered(None, 204, {"X-Kind": "none"})


RAISED: dict[str, Exception] = {
    "missing": Missing("没有。", lamp="1"),
    "conflict": SlotFull("满了。", left=0),
    "forbidden": Forbidden("不行。"),
    "invalid": Invalid("不对。", [{"field": "a", "detail": "错"}]),
    "too-many": TooMany("太多。", retry_after_seconds=30),
    "unidentified": Unidentified("请先登录。"),
    "refusal": Refusal("不。"),
    "trouble": GatewayTrouble("POST http://inside/secret: too slow", retry_after_seconds=7),
    "troubled": GatewayTrouble("x"),
    "time-out": TimeoutError("inside"),
    "connection": ConnectionRefusedError("10.0.0.1"),
    "fault": RuntimeError(SECRET),
}


@api("GET", "/raised/{name}", who=ANYONE, path_form=NamedLamp)
async def raised(call: Call) -> None:
    """Go wrong in one of the ways."""
    raise RAISED[call.path.name]


def create_lamps(world: World) -> Front:
    """The lamps behind the same front and the same handlers as the real doors."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.world = world
        yield

    inner = Starlette(
        routes=[
            *routes_of(api.operations),
            *docs.routes(described(api.operations)),
            *health.routes,
        ],
        exception_handlers={**EXCEPTION_HANDLERS, Exception: broken},
        lifespan=lifespan,
    )
    return Front(inner, WeChatDoor())
