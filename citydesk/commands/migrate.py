"""``citydesk migrate``: bring the tables up to date; safe to run anywhere, any number of times."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from citydesk.commands.complaints import complain
from citydesk.commands.development import desk
from citydesk.commands.table_history import Executor
from citydesk.settings import Settings
from citydesk.world import database

LOCK = 0x63697479_6465736B  # "citydesk": held by whoever changes the tables
CONNECT_SECONDS = 5.0
ENGINE = (
    "tortoise.backends.asyncpg"  # ours ends a statement after 10 s; a migration may take longer
)


def migrate(asked: Namespace) -> int:
    """Apply what is missing."""
    with desk():
        try:
            done = asyncio.run(migrated(Settings.from_env().database_url))
        except (OSError, asyncpg.PostgresError) as trouble:
            return complain(f"The database does not answer: {trouble}")
    print(f"migrations: {len(done)} applied" if done else "migrations: up to date", flush=True)
    return 0


async def migrated(url: str, upto: str = "__latest__") -> list[str]:
    """Make the database if it is missing, apply the missing migrations, return their names.

    Two at once do the work once: the other waits for the lock and finds nothing left to do.
    ``upto`` names the last one to apply.
    """
    await _make_database(url)
    done: list[str] = []

    def note(event: str, app: str, name: str) -> None:
        if event == "apply_done":
            done.append(name)

    async with _connected(url) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        try:
            config = _config(url)
            await Tortoise.init(config=config, init_connections=False)
            executor = Executor(Tortoise.get_connection("default"), config["apps"])
            targets = [MigrationTarget("models", upto)]
            await executor.migrate(targets, direction="forward", progress=note)
        finally:
            await Tortoise.close_connections()
    return done


async def missing(url: str) -> list[str]:
    """Return the names of the migrations that the database lacks."""
    config = _config(url)
    await Tortoise.init(config=config, init_connections=False)
    try:
        executor = MigrationExecutor(Tortoise.get_connection("default"), config["apps"])
        return [step.migration.name for step in await executor.plan()]
    finally:
        await Tortoise.close_connections()


def _config(url: str) -> dict[str, Any]:
    config = database(url, connections=2)
    config["connections"]["default"]["engine"] = ENGINE
    config["apps"]["models"]["migrations"] = "migrations"
    return config


@asynccontextmanager
async def _connected(url: str, name: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        "postgresql" + url.removeprefix("asyncpg"), database=name, timeout=CONNECT_SECONDS
    )
    try:
        yield connection
    finally:
        await connection.close()


async def _make_database(url: str) -> None:
    """Create the database that the address names, when the server has none of that name."""
    try:
        async with _connected(url):
            return
    except asyncpg.InvalidCatalogNameError:
        name = unquote(urlsplit(url).path.lstrip("/")).replace('"', "")
    async with _connected(url, "postgres") as connection:
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            return  # another migration was quicker
