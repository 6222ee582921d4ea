"""What an action may touch besides the database: the time, the systems outside, the log."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from tortoise import Tortoise

from citydesk.gateways.identity_provider import IdentityProvider
from citydesk.gateways.miniprogram import MiniProgram
from citydesk.gateways.virus_scan import VirusScanner
from citydesk.gateways.wechat import OfficialAccount
from citydesk.gateways.wechat_oauth import WeChatPages
from citydesk.kit.clock import Clock, SystemClock
from citydesk.kit.http import Http, open_http
from citydesk.kit.logs import FilteringBoundLogger, logger
from citydesk.kit.postgres import COMMAND_SECONDS
from citydesk.kit.seals import Seals
from citydesk.kit.transaction import Nudge, Transaction, transaction
from citydesk.kit.valkey import Batched
from citydesk.settings import Settings
from models import MODULES

T = TypeVar("T")
VALKEY_SECONDS = 1.0


def _leave_it_to_the_sweep() -> None:
    return None


@dataclass(frozen=True, slots=True)
class World:
    """The outside, as one value: swap any part of it in a test."""

    settings: Settings
    seals: Seals
    http: Http
    valkey: Redis
    batched: Batched
    wechat: OfficialAccount
    wechat_pages: WeChatPages
    miniprogram: MiniProgram
    provider: IdentityProvider
    scanner: VirusScanner
    clock: Clock = field(default_factory=SystemClock)
    nudge: Nudge = _leave_it_to_the_sweep
    log: FilteringBoundLogger = field(default_factory=logger)
    memory: dict[type, Any] = field(default_factory=dict)

    def transaction(self, claim: int | None = None) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that announces its events once it has committed.

        ``claim``: a number to hold until its end, if nobody else does; see ``claimed``.
        """
        return transaction(self.clock.now(), self.nudge, claim)

    def kept(self, kind: Callable[[], T]) -> T:
        """Return this process's one instance of a kind of thing kept in memory.

        Only for what can be rebuilt from the tables at any time: an index, a calendar.
        """
        if kind not in self.memory:
            self.memory[kind] = kind()  # type: ignore[index]  # a class is a callable without arguments
        found: T = self.memory[kind]  # type: ignore[index]
        return found


def database(
    url: str, *, connections: int = 10, command_seconds: float | None = None
) -> dict[str, Any]:
    """Describe the database to the ORM: our limited client, at most so many connections."""
    parts = urlsplit(url)
    extra = dict(parse_qsl(parts.query))
    credentials = {
        "host": extra.pop("host", parts.hostname),
        "port": int(extra.pop("port", parts.port or 5432)),
        "user": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
        "database": unquote(parts.path.lstrip("/")),
        "minsize": 1,
        "maxsize": int(extra.pop("maxsize", connections)),
        **({"command_timeout": command_seconds} if command_seconds else {}),
        **extra,
    }
    return {
        "connections": {"default": {"engine": "citydesk.kit.postgres", "credentials": credentials}},
        "apps": {"models": {"models": MODULES, "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


def open_valkey(url: str) -> Redis:
    """Make a client that never waits longer than a second."""
    client: Redis = Redis.from_url(
        url,
        socket_timeout=VALKEY_SECONDS,
        socket_connect_timeout=VALKEY_SECONDS,
        # A connection that was lost is worth another; a silent one is not worth a second wait.
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
        health_check_interval=0,
        max_connections=100,
    )
    return client


@asynccontextmanager
async def open_world(
    settings: Settings,
    *,
    clock: Clock | None = None,
    nudge: Nudge = _leave_it_to_the_sweep,
    connections: int = 10,
    command_seconds: float = COMMAND_SECONDS,
) -> AsyncIterator[World]:
    """Connect to everything; close it all on the way out.

    ``command_seconds``: the longest that one statement may take, short where somebody waits.
    """
    async with AsyncExitStack() as closing:
        await Tortoise.init(
            config=database(
                settings.database_url, connections=connections, command_seconds=command_seconds
            ),
            _enable_global_fallback=True,
        )
        closing.push_async_callback(Tortoise.close_connections)
        http = await closing.enter_async_context(open_http())
        valkey = open_valkey(settings.redis_url)
        closing.push_async_callback(valkey.aclose)
        batched = Batched(valkey)
        closing.push_async_callback(batched.aclose)
        yield World(
            settings=settings,
            seals=Seals.from_text(settings.seal_keys, settings.blind_key),
            http=http,
            valkey=valkey,
            batched=batched,
            wechat=OfficialAccount(
                http,
                valkey,
                settings.wechat_api_url,
                settings.wechat_app_id,
                settings.wechat_app_secret,
                clock or SystemClock(),
            ),
            wechat_pages=WeChatPages(
                http,
                settings.wechat_api_url,
                settings.wechat_open_url,
                settings.wechat_app_id,
                settings.wechat_app_secret,
            ),
            miniprogram=MiniProgram(
                http,
                settings.wechat_api_url,
                settings.miniprogram_app_id,
                settings.miniprogram_app_secret,
            ),
            provider=IdentityProvider(
                http,
                settings.provider_url,
                settings.provider_client_id,
                settings.provider_client_secret,
            ),
            scanner=VirusScanner(settings.scanner_address),
            clock=clock or SystemClock(),
            nudge=nudge,
        )
