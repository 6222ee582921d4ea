"""``citydesk check``: is everything set, reachable and in date? For operators and for CI."""

import asyncio
from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from redis.exceptions import RedisError

from citydesk import identity, workdays
from citydesk.commands.development import desk
from citydesk.commands.migrate import missing
from citydesk.kit import sql
from citydesk.kit.seals import Seals
from citydesk.kit.troubles import GatewayTrouble
from citydesk.settings import Settings
from citydesk.world import World, open_world

HORIZON_DAYS = 60
SAMPLE_ROWS = 1000
OK, WARNING, FAILED = "ok", "warning", "FAILED"
_SEALED_COLUMNS = """
    SELECT quote_ident(table_name) AS table, quote_ident(column_name) AS column
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND column_name LIKE '%\\_sealed'
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what was looked at, how it stands, what to do."""

    what: str
    state: str
    says: str


def check(asked: Namespace) -> int:
    """Print a table; 1 when something must be mended before citizens can be served."""
    with desk():
        try:
            settings = Settings.from_env()
            lines = [Line("settings", OK, f"complete; mode {settings.mode}")]
            lines += asyncio.run(_looked(settings))
        except SystemExit as faulty:
            lines = [Line("settings", FAILED, each) for each in str(faulty).splitlines()]
    wide = max(len(line.what) for line in lines)
    for line in lines:
        print(f"{line.what:<{wide}}  {line.state:<7}  {line.says}")
    return int(any(line.state == FAILED for line in lines))


async def _looked(settings: Settings) -> list[Line]:
    lines = [await _told("keys", _keys(settings)), await _told("database", _database(settings))]
    if any(line.state == FAILED for line in lines):
        return lines
    async with open_world(settings, connections=2) as world:
        looks: dict[str, Look] = {
            "valkey": _valkey,
            "seal keys": _seals,
            "calendar": _calendar,
            "WeChat": _wechat,
            "identity provider": _provider,
            "virus scanner": _scanner,
        }
        return lines + [await _told(what, look(world)) for what, look in looks.items()]


Look = Callable[[World], Awaitable[tuple[str, str]]]


async def _told(what: str, looking: Awaitable[tuple[str, str]]) -> Line:
    try:
        return Line(what, *await looking)
    except (OSError, ValueError, asyncpg.PostgresError, RedisError) as trouble:
        return Line(what, FAILED, str(trouble) or type(trouble).__name__)


async def _keys(settings: Settings) -> tuple[str, str]:
    """The keys that are read once, at the start: seal keys, blind key, signing key."""
    _ = Seals.from_text(settings.seal_keys, settings.blind_key)
    identity.check_signing_key(settings)
    return OK, "readable"


async def _database(settings: Settings) -> tuple[str, str]:
    url = "postgresql" + settings.database_url.removeprefix("asyncpg")
    connection = await asyncpg.connect(url, timeout=3)
    version = await connection.fetchval("SHOW server_version")
    await connection.close()
    if lacking := await missing(settings.database_url):
        return FAILED, f"{len(lacking)} migrations are missing: run citydesk migrate"
    return OK, f"PostgreSQL {version}, migrations applied"


async def _valkey(world: World) -> tuple[str, str]:
    try:
        found = await world.valkey.info("server")
    except (RedisError, OSError) as trouble:
        return FAILED, f"does not answer: {type(trouble).__name__}"
    version = found.get("valkey_version") or found.get("redis_version")
    return OK, f"{found.get('server_name', 'redis')} {version}"


async def _seals(world: World) -> tuple[str, str]:
    """The keys seal and open, and none is missing that what lies in the tables was sealed with."""
    row = UUID(int=0)
    if world.seals.open(world.seals.seal("示例", "check.text", row), "check.text", row) != "示例":
        return FAILED, "what was sealed does not open"
    used = set()
    for place in await sql.rows(_SEALED_COLUMNS):
        # Names from the catalogue, quoted by the server.
        newest = await sql.rows(
            f"SELECT {place['column']} AS sealed FROM {place['table']} "  # noqa: S608
            f"WHERE {place['column']} IS NOT NULL ORDER BY id DESC LIMIT {SAMPLE_ROWS}"
        )
        used |= {Seals.key_id(bytes(each["sealed"])) for each in newest}
    if lost := sorted(used - set(world.seals.keys)):
        return (
            FAILED,
            f"CITYDESK_SEAL_KEYS lacks keys that data were sealed with: {', '.join(lost)}",
        )
    return OK, f"{len(world.seals.keys)} usable; {world.seals.current} seals"


async def _calendar(world: World) -> tuple[str, str]:
    to = (await workdays.calendar(world)).published_to
    if to is None:
        return FAILED, "no year is published: run citydesk import calendar FILE"
    left = (to - world.clock.today()).days
    said = f"published to {to}, {left} days ahead"
    if left < HORIZON_DAYS:
        return WARNING, f"{said}: import the next year once the State Council has published it"
    return OK, said


async def _wechat(world: World) -> tuple[str, str]:
    return await _outside(world, world.wechat.check())


async def _provider(world: World) -> tuple[str, str]:
    return await _outside(world, world.provider.check())


async def _scanner(world: World) -> tuple[str, str]:
    return await _outside(world, world.scanner.check())


async def _outside(world: World, asking: Awaitable[object]) -> tuple[str, str]:
    try:
        await asking
    except GatewayTrouble as trouble:
        if world.settings.production:
            return FAILED, str(trouble)
        return WARNING, "does not answer; `citydesk up` or `citydesk sandbox` runs the sandbox"
    return OK, "answers" if world.settings.production else "answers (sandbox)"
