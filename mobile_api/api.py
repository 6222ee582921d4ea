"""What a capability's file needs to offer its operations: who may call, what goes in and out."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from citydesk import identity
from citydesk.identity import Asker, Citizen, Officer, Role
from citydesk.kit.idempotency import Kept, Keyed, check_key, earlier_answer, keep_answer
from citydesk.kit.refusals import Forbidden, Refusal, Unidentified
from citydesk.world import World
from mobile_api.reading import JSON_LIMIT, body_of, form_of, path_of, query_of


@dataclass(frozen=True, slots=True)
class Who:
    """Who may call an operation."""

    label: str
    citizen: bool = False
    roles: frozenset[Role] = frozenset()

    @property
    def anyone(self) -> bool:
        """Whether no sign-in is asked for."""
        return not self.citizen and not self.roles


ANYONE = Who("anyone")
CITIZEN = Who("a signed-in citizen", citizen=True)
SIGNED_IN = Who("anyone signed in", citizen=True, roles=frozenset(Role))


def officers(*roles: Role) -> Who:
    """An officer whose session acts in one of these posts; without roles, in any."""
    chosen = frozenset(roles or Role)
    return Who("an officer: " + ", ".join(sorted(chosen)), roles=chosen)


@dataclass(frozen=True, slots=True)
class Answered:
    """A value with a status or headers of its own."""

    value: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AsItIs:
    """A value made of our own rows with the fields of its form: written out without a check.

    For what is asked most; tests hold such answers against their forms.
    """

    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """One call, checked: the world, who asks, and the forms."""

    world: World
    request: Request
    asker: Asker | None
    body: Any = None
    query: Any = None
    path: Any = None
    before: Any = None

    @property
    def citizen(self) -> Citizen:
        """The citizen who asks; the operation admits no one else."""
        assert isinstance(self.asker, Citizen)
        return self.asker

    @property
    def officer(self) -> Officer:
        """The officer who asks; the operation admits no one else."""
        assert isinstance(self.asker, Officer)
        return self.asker


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    handler: Handler
    who: Who
    out: Any
    status: int
    body: Any
    query: Any
    path_form: Any
    creates: bool
    limit: int
    refusals: tuple[type[Refusal], ...]
    media: tuple[str, ...]
    etag: bool
    tag: str
    before: Handler | None = None
    headers: tuple[tuple[str, str, str], ...] = ()


class Api:
    """The operations of one capability, in the order they are read."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def __call__(
        self,
        method: str,
        path: str,
        *,
        who: Who,
        out: Any = None,
        status: int = 200,
        body: Any = None,
        query: Any = None,
        path_form: Any = None,
        creates: bool = False,
        limit: int = JSON_LIMIT,
        refusals: tuple[type[Refusal], ...] = (),
        media: tuple[str, ...] = (),
        etag: bool = False,
        before: Handler | None = None,
        headers: tuple[tuple[str, str, str], ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Offer an operation.

        ``body=bytes`` takes the raw body. ``creates`` demands an Idempotency-Key and runs the
        handler in the transaction that keeps its answer: it must not wait on the network.
        ``media`` are the types a good answer comes in besides JSON; with ``etag`` it may be 304
        to If-None-Match. ``before`` does what is slow before the transaction of ``creates`` opens;
        the handler finds its result in ``call.before``. ``headers`` describes those it reads: name,
        pattern, what it says.
        """

        def offer(handler: Handler) -> Handler:
            self.operations.append(
                Operation(
                    method,
                    "/api" + path,
                    handler,
                    who,
                    out,
                    status,
                    body,
                    query,
                    path_form,
                    creates,
                    limit,
                    refusals,
                    media,
                    etag,
                    self.tag,
                    before,
                    headers,
                )
            )
            return handler

        return offer


def routes_of(operations: Iterable[Operation]) -> list[Route]:
    """One route a path; whole words before variable parts, so that no word is taken for one."""
    by_path: dict[str, dict[str, _Endpoint]] = {}
    for each in operations:
        by_path.setdefault(each.path, {})[each.method] = _Endpoint(each)
    ordered = sorted(by_path, key=lambda path: [part.startswith("{") for part in path.split("/")])
    return [Route(path, _Place(by_path[path])) for path in ordered]


class _Place:
    """One path: what may be asked there, and by which method."""

    def __init__(self, endpoints: Mapping[str, "_Endpoint"]) -> None:
        self.endpoints = dict(endpoints)
        if "GET" in self.endpoints:
            self.endpoints.setdefault("HEAD", self.endpoints["GET"])
        self.allow = ", ".join(sorted(self.endpoints))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        endpoint = self.endpoints.get(scope["method"])
        if endpoint is None:
            raise HTTPException(405, headers={"Allow": self.allow})
        await endpoint(scope, receive, send)


class _Endpoint:
    """Read, ask the desk, write: the same steps for every operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.__name__ = operation.handler.__name__
        self.body = _adapter(operation.body)
        self.query = _adapter(operation.query)
        self.path = _adapter(operation.path_form)
        self.out = _adapter(operation.out)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive, send)
        response = await self.answer(request)
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        world: World = request.app.state.world
        asker = await _asker(world, request, self.operation.who)
        path = path_of(self.path, request) if self.path else None
        query = query_of(self.query, request) if self.query else None
        raw = await body_of(request, self.operation.limit) if self.operation.body else b""
        form = raw if self.operation.body is bytes else None
        if self.body:
            form = form_of(self.body, raw, world.settings.limit_json_depth)
        call = Call(world, request, asker, form, query, path)
        if not self.operation.creates:
            return self.written(await self.operation.handler(call), asker)
        return await self.created(call, raw)

    async def created(self, call: Call, raw: bytes) -> Response:
        """Answer a request that creates something, once per Idempotency-Key."""
        assert call.asker is not None
        request = call.request
        key = check_key(request.headers.get("idempotency-key"))
        asked = (request.scope["path"].encode(), request.scope["query_string"], raw)
        keyed = Keyed(
            caller=call.asker.key,
            route=f"{self.operation.method} {self.operation.path}",
            key=key,
            fingerprint=hashlib.sha256(b"\0".join(asked)).hexdigest(),
        )
        now, seals = call.world.clock.now(), call.world.seals
        if self.operation.before is not None:
            call = replace(call, before=await self.operation.before(call))
        async with call.world.transaction(keyed.number) as tx:
            if earlier := await earlier_answer(tx, keyed, now, seals):
                return _json(earlier.body, earlier.status, {"Idempotent-Replay": "true"})
            response = self.written(await self.operation.handler(call), call.asker)
            await keep_answer(
                keyed, Kept(response.status_code, bytes(response.body)), now, call.world.seals
            )
        return response

    def written(self, value: Any, asker: Asker | None) -> Response:
        """Write what the handler returned."""
        if isinstance(value, Response):
            return value
        answered = value if isinstance(value, Answered) else Answered(value)
        status = answered.status or self.operation.status
        headers = {} if asker is None else {"Cache-Control": "no-store"}
        if self.out is None or status == 304:
            return Response(None, status, headers={**headers, **answered.headers})
        if isinstance(answered.value, AsItIs):
            shown = orjson.dumps(answered.value.value, default=str, option=orjson.OPT_UTC_Z)
        else:
            shown = self.out.dump_json(answered.value)
        return _json(shown, status, {**headers, **answered.headers})


def _adapter(form: Any) -> TypeAdapter[Any] | None:
    return None if form in (None, bytes) else TypeAdapter(form)


def _json(body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    return Response(body, status, headers=dict(headers), media_type="application/json")


async def _asker(world: World, request: Request, who: Who) -> Asker | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if who.anyone:
        return None
    if scheme.lower() != "bearer" or not token:
        raise Unidentified("请先登录。")
    asker = await identity.asker_for(world, token)
    admitted = who.citizen if isinstance(asker, Citizen) else asker.role in who.roles
    if not admitted:
        raise Forbidden("您当前的身份不能做这项操作。", needed=who.label)
    return asker
