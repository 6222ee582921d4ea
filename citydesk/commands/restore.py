"""``citydesk restore FILE``: fill an empty database from a backup; all of it or nothing."""

import asyncio
import zipfile
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from citydesk import __version__
from citydesk.commands.backup import LOCK_TIMEOUT, NO_LIMITS, dsn, progress
from citydesk.commands.complaints import complain
from citydesk.commands.development import desk
from citydesk.commands.migrate import CONNECT_SECONDS, LOCK
from citydesk.kit import backup as kept
from citydesk.kit.backup import BackupTrouble, Manifest, Table
from citydesk.settings import Settings

NOT_MIGRATED = (
    "The database has no tables yet. Run citydesk migrate (not seed) first, then restore."
)
AFTERWARDS = (
    "Now run citydesk check: it says whether the keys set here open these data.\n"
    "请运行 citydesk check，确认当前密钥能读取这些数据。"
)


def restore(asked: Namespace) -> int:
    """Fill the database; refuses one that is not empty or not of the backup's version."""
    with desk():
        try:
            done = asyncio.run(restored(Settings.from_env().database_url, Path(asked.file)))
        except BackupTrouble as trouble:
            return complain(f"{trouble}\nNothing was restored.")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
            return complain(f"Nothing was restored: {trouble or type(trouble).__name__}")
    print(f"{len(done.tables)} tables, {done.rows:,} rows, as of {done.made_at}: restored")
    print(AFTERWARDS, flush=True)
    return 0


async def restored(url: str, file: Path) -> Manifest:
    """Fill an empty, migrated database from a backup, in one transaction; return its manifest.

    Raises:
        BackupTrouble: the file is damaged or of another version, or the database not empty.
    """
    with _opened(file) as archive:
        manifest = kept.read_manifest(archive)
        _check_version(manifest)
        _check_content(archive, manifest)
        try:
            connection = await asyncpg.connect(dsn(url), timeout=CONNECT_SECONDS)
        except asyncpg.InvalidCatalogNameError:
            raise BackupTrouble(NOT_MIGRATED) from None
        try:
            await connection.execute(f"{NO_LIMITS}; {LOCK_TIMEOUT}")
            async with connection.transaction():
                await _fill(connection, archive, manifest)
        finally:
            progress("")
            await connection.close(timeout=CONNECT_SECONDS)
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except FileNotFoundError:
        raise BackupTrouble(f"No file has this name: {file}") from None
    except PermissionError:
        raise
    except kept.UNREADABLE:
        raise BackupTrouble("This file is no backup of citydesk, or it is damaged.") from None
    with archive:
        yield archive


def _check_version(manifest: Manifest) -> None:
    if _numbers(manifest.version) > _numbers(__version__):
        raise BackupTrouble(
            f"Version {manifest.version} of citydesk wrote this backup; this is {__version__}. "
            "Restore it with that version or a newer one."
        )


def _numbers(version: str) -> list[int]:
    try:
        return [int(each) for each in version.split(".")]
    except ValueError:
        raise BackupTrouble(f"The backup tells no version that makes sense: {version}") from None


def _check_content(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Read everything once, before the database is touched."""
    for number, table in enumerate(manifest.tables, 1):
        progress(f"checking {number} of {len(manifest.tables)} tables: {table.name}")
        for _ in kept.content(archive, table):
            pass


async def _fill(
    connection: asyncpg.Connection, archive: zipfile.ZipFile, manifest: Manifest
) -> None:
    found = await _locked(connection)
    await _check_target(connection, manifest, found)
    told = {each.name: each for each in manifest.tables}
    async with _without_references(connection):
        for number, each in enumerate(found, 1):
            progress(f"restoring {number} of {len(found)} tables: {each.name}")
            await _fill_one(connection, archive, told[each.name])
    for name, following in manifest.sequences.items():
        # Unlike setval, this is taken back with the transaction.
        await connection.execute(
            f"ALTER SEQUENCE {kept.quoted(name)} RESTART WITH {int(following)}"
        )


@asynccontextmanager
async def _without_references(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Take the foreign keys away and put them back: tables refer to each other in circles.

    Put back, each is proved for all rows at once. Whoever interrupts takes everything back.
    """
    taken = await kept.references(connection)
    for each in taken:
        await connection.execute(
            f"ALTER TABLE {each.table} DROP CONSTRAINT {kept.quoted(each.name)}"
        )
    yield
    progress("checking that all rows fit together")
    for each in taken:
        try:
            await connection.execute(
                f"ALTER TABLE {each.table} ADD CONSTRAINT {kept.quoted(each.name)} {each.says}"
            )
        except asyncpg.ForeignKeyViolationError as unfit:
            raise BackupTrouble(f"Rows of the backup do not fit together: {unfit}") from unfit
    if await kept.references(connection) != taken:
        raise BackupTrouble("The foreign keys are not as they were.")


async def _locked(connection: asyncpg.Connection) -> list[Table]:
    """Keep everybody else out until we are done; return the tables."""
    try:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        found = await kept.tables(connection)
        if found:
            names = ", ".join(kept.quoted(each.name) for each in found)
            await connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
    except asyncpg.LockNotAvailableError:
        raise BackupTrouble(
            "The database is in use. Stop citydesk serve and citydesk work, then restore."
        ) from None
    return found


async def _check_target(
    connection: asyncpg.Connection, manifest: Manifest, found: list[Table]
) -> None:
    applied = set(await kept.migrations(connection))
    if not applied:
        raise BackupTrouble(NOT_MIGRATED)
    if newer := set(manifest.migrations) - applied:
        raise BackupTrouble(
            f"The backup is newer than these tables, which lack {', '.join(sorted(newer))}. "
            "Use the version that wrote it, or run citydesk migrate."
        )
    if older := applied - set(manifest.migrations):
        raise BackupTrouble(
            f"The backup is older than these tables: it knows nothing of {', '.join(sorted(older))}"
            f". Restore it with version {manifest.version} as it was, then migrate."
        )
    told = {each.name: set(each.columns) for each in manifest.tables}
    if told != {each.name: set(each.columns) for each in found}:
        raise BackupTrouble("The tables here are not those of the backup.")
    if not set(manifest.sequences) <= set(await kept.sequences(connection)):
        raise BackupTrouble("The sequences here are not those of the backup.")
    for each in (each for each in found if each.name not in kept.PLANTED):
        looking = f"SELECT EXISTS (SELECT FROM {kept.quoted(each.name)})"  # noqa: S608 - catalogue
        if await connection.fetchval(looking):
            raise BackupTrouble(
                f"The database is not empty: {each.name} has rows. Restore into a new one: create "
                "it with citydesk migrate, and do not seed it."
            )


async def _fill_one(connection: asyncpg.Connection, archive: zipfile.ZipFile, table: Table) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in kept.content(archive, table):
            yield piece

    if table.name in kept.PLANTED:
        await connection.execute(f"DELETE FROM {kept.quoted(table.name)}")  # noqa: S608 - ours
    try:
        await connection.copy_to_table(
            table.name, source=pieces(), columns=table.columns, format="binary"
        )
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as refused:
        raise BackupTrouble(f"Table {table.name} does not take the backup: {refused}") from refused
    here = await connection.fetchval(
        f"SELECT count(*) FROM {kept.quoted(table.name)}"  # noqa: S608 - from the catalogue
    )
    if here != table.rows:
        raise BackupTrouble(f"Table {table.name} has {here} rows where {table.rows} were written.")
