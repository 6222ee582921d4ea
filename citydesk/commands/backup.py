"""``citydesk backup FILE``: everything the city remembers, as of one moment, while it works."""

import asyncio
import hashlib
import os
import signal
import sys
import zipfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from io import BufferedRandom
from pathlib import Path

import asyncpg

from citydesk import __version__
from citydesk.commands.complaints import complain
from citydesk.commands.development import desk
from citydesk.commands.migrate import CONNECT_SECONDS, LOCK
from citydesk.kit import backup as kept
from citydesk.kit.backup import BackupTrouble, Manifest, Table
from citydesk.kit.clock import SystemClock
from citydesk.settings import Settings

LOCK_TIMEOUT = "SET lock_timeout = '5s'"
# An operator who waits is better off than one whose backup ends in the middle.
NO_LIMITS = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"
KEYS = (
    "The keys are NOT in it. Without CITYDESK_SEAL_KEYS, CITYDESK_BLIND_KEY and\n"
    "CITYDESK_SIGNING_KEY it cannot be read: keep those too, and in another place.\n"
    "备份中不含密钥。没有密钥就无法读取数据，请另行妥善保管。"
)


def backup(asked: Namespace) -> int:
    """Write a backup; refuses to overwrite, and leaves a whole file or none."""
    file = Path(asked.file)
    if file.exists():
        return complain(f"{file} is there already; a backup overwrites nothing. Choose a new name.")
    with desk():
        try:
            manifest, proof = asyncio.run(_until_told(Settings.from_env().database_url, file))
        except asyncio.CancelledError:
            return complain("Told to end: no backup was made.")
        except BackupTrouble as trouble:
            return complain(str(trouble))
        except FileExistsError:
            return complain(f"{file} has appeared meanwhile; nothing was overwritten.")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
            return complain(f"No backup was made: {trouble or type(trouble).__name__}")
    print(f"{len(manifest.tables)} tables, {manifest.rows:,} rows, {kept.size_told(file)}: {file}")
    print(f"sha256 {proof}")
    print(KEYS, flush=True)
    return 0


async def _until_told(url: str, file: Path) -> tuple[Manifest, str]:
    """Back up; a supervisor's SIGTERM ends it as tidily as Ctrl-C."""
    mine = asyncio.current_task()
    assert mine is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, mine.cancel)
    return await backed_up(url, file)


async def backed_up(url: str, file: Path) -> tuple[Manifest, str]:
    """Write a backup of a database; return its manifest and the SHA-256 of the file.

    Raises:
        BackupTrouble: the database has no tables, or they are being changed.
        FileExistsError: the file exists.
    """
    connection = await asyncpg.connect(dsn(url), timeout=CONNECT_SECONDS)
    try:
        await connection.execute(f"{NO_LIMITS}; {LOCK_TIMEOUT}")
        with _fresh(file) as part:
            try:
                # No migration may run meanwhile; taken before the snapshot, which is then after it.
                await connection.execute("SELECT pg_advisory_lock_shared($1)", LOCK)
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    manifest = await _written(connection, part)
            except asyncpg.LockNotAvailableError:
                raise BackupTrouble("The tables are being changed. Try again later.") from None
            part.flush()
            os.fsync(part.fileno())
            part.seek(0)
            return manifest, hashlib.file_digest(part, "sha256").hexdigest()
    finally:
        await connection.close(timeout=CONNECT_SECONDS)


async def _written(connection: asyncpg.Connection, part: BufferedRandom) -> Manifest:
    applied = await kept.migrations(connection)
    if not applied:
        raise BackupTrouble("The database has no tables of citydesk: there is nothing to back up.")
    found = await kept.tables(connection)
    done: list[Table] = []
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for table in found:
            progress(f"{len(done) + 1} of {len(found)} tables: {table.name}")
            done.append(await _copied(connection, archive, table))
        progress("")
        manifest = Manifest(
            version=__version__,
            made_at=SystemClock().now().astimezone(UTC).isoformat(timespec="seconds"),
            migrations=applied,
            tables=tuple(done),
            sequences=await kept.sequences(connection),
        )
        archive.writestr(kept.MANIFEST, manifest.written())
    return manifest


async def _copied(connection: asyncpg.Connection, archive: zipfile.ZipFile, table: Table) -> Table:
    proof, size = hashlib.sha256(), 0
    columns = ", ".join(map(kept.quoted, table.columns))
    with archive.open(table.member, "w", force_zip64=True) as member:

        async def take(piece: bytes) -> None:
            nonlocal size
            proof.update(piece)
            size += len(piece)
            member.write(piece)

        said = await connection.copy_from_query(
            f"SELECT {columns} FROM {kept.quoted(table.name)}",  # noqa: S608 - from the catalogue
            output=take,
            format="binary",
        )
    return replace(table, rows=int(said.split()[-1]), bytes=size, sha256=proof.hexdigest())


@contextmanager
def _fresh(file: Path) -> Iterator[BufferedRandom]:
    """Yield a new file, closed to others, that gets its name only when all is well."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as opened:
        try:
            yield opened
            _name(part, file)
        finally:
            part.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _name(part: Path, file: Path) -> None:
    try:
        os.link(part, file)  # unlike a rename, it never replaces
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if file.exists():
            raise FileExistsError(file) from None
        part.rename(file)


def dsn(url: str) -> str:
    """Return the database's address as asyncpg reads it."""
    return "postgresql" + url.removeprefix("asyncpg")


def progress(text: str) -> None:
    """Show how far we are, to a person who watches; the empty text clears the line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
