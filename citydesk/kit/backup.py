"""The file of a backup, and what a backup looks at in a database.

A zip file: one member a table, as PostgreSQL's COPY writes it in binary, and ``manifest.json`` with
the version, the migrations, and of every table its columns, rows, bytes and SHA-256. No statement
is in it: the tables themselves are always made by the migrations of the code that restores.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg

FORM = 1
MANIFEST = "manifest.json"
MIGRATIONS = "tortoise_migrations"  # told in the manifest, never copied
# A migration has put rows there; a test compares.
PLANTED = frozenset({"catalogue_revision", "rate_target"})
MANIFEST_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
# What Python says of a zip file in which some bytes are wrong.
UNREADABLE = (
    *(KeyError, TypeError, ValueError, OSError, EOFError, NotImplementedError, RuntimeError),
    *(struct.error, zipfile.BadZipFile, zlib.error),
)

_TABLES = """
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
      AND c.relname <> $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname
"""
_REFERENCES = """
    SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS says
    FROM pg_constraint
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
    ORDER BY 1, 2
"""
_SEQUENCES = """
    SELECT sequencename AS name,
           coalesce(last_value + increment_by, start_value) AS next
    FROM pg_sequences s
    WHERE schemaname = current_schema() AND NOT EXISTS (
        SELECT FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
        WHERE d.objid = format('%I.%I', s.schemaname, s.sequencename)::regclass
          AND d.classid = 'pg_class'::regclass AND t.relname = $1)
    ORDER BY sequencename
"""


class BackupTrouble(Exception):
    """A backup cannot be made or taken; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a backup holds it."""

    name: str
    columns: tuple[str, ...]
    rows: int = 0
    bytes: int = 0
    sha256: str = ""

    @property
    def member(self) -> str:
        """Return the name of its member in the file."""
        return f"tables/{self.name}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: whose it is (quoted as SQL takes it), its name, its definition."""

    table: str
    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    version: str
    made_at: str
    migrations: tuple[str, ...]
    tables: tuple[Table, ...]
    sequences: dict[str, int]
    form: int = FORM

    @property
    def rows(self) -> int:
        """Return how many rows there are in all."""
        return sum(each.rows for each in self.tables)

    def written(self) -> bytes:
        """Return the manifest as its member's content."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Read what a backup says of itself.

    Raises:
        BackupTrouble: it is no backup of ours, damaged, or of a form that we do not know.
    """
    try:
        if archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
            raise ValueError("too large")
        told: dict[str, Any] = json.loads(archive.read(MANIFEST))
        if told["form"] != FORM:
            raise BackupTrouble(
                f"This backup has form {told['form']}; version {told['version']} of citydesk wrote "
                "it. Restore it with that version."
            )
        tables = tuple(
            Table(**each | {"columns": tuple(each["columns"])}) for each in told.pop("tables")
        )
        return Manifest(**told | {"tables": tables, "migrations": tuple(told["migrations"])})
    except UNREADABLE as fault:
        raise BackupTrouble(
            "This file is no backup of citydesk, or it is damaged: nothing can be read from it."
        ) from fault


def content(archive: zipfile.ZipFile, table: Table) -> Iterator[bytes]:
    """Yield a table's content in pieces, and prove at the end that it is what was written.

    Raises:
        BackupTrouble: it is not.
    """
    proof, size = hashlib.sha256(), 0
    damaged = BackupTrouble(f"The backup is damaged: table {table.name} is not as it was written.")
    try:
        with archive.open(table.member) as member:
            while piece := member.read(CHUNK_BYTES):
                proof.update(piece)
                size += len(piece)
                if size > table.bytes:
                    raise damaged
                yield piece
    except UNREADABLE as bad:
        raise damaged from bad
    if proof.hexdigest() != table.sha256 or size != table.bytes:
        raise damaged


async def tables(connection: asyncpg.Connection) -> list[Table]:
    """Return the database's tables, without what is in them."""
    rows = await connection.fetch(_TABLES, MIGRATIONS)
    return [Table(each["name"], tuple(each["columns"])) for each in rows]


async def references(connection: asyncpg.Connection) -> list[Reference]:
    """Return every foreign key of the database."""
    return [Reference(**each) for each in await connection.fetch(_REFERENCES)]


async def migrations(connection: asyncpg.Connection) -> tuple[str, ...]:
    """Return the names of the migrations that the database has; none when it has no tables."""
    if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", MIGRATIONS):
        return ()
    # A name from our own code.
    rows = await connection.fetch(f"SELECT app, name FROM {MIGRATIONS} ORDER BY id")  # noqa: S608
    return tuple(f"{each['app']}.{each['name']}" for each in rows)


async def sequences(connection: asyncpg.Connection) -> dict[str, int]:
    """Return the number that each sequence gives next."""
    rows = await connection.fetch(_SEQUENCES, MIGRATIONS)
    return {each["name"]: each["next"] for each in rows}


def quoted(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def size_told(path: Path) -> str:
    """Return a file's size for people."""
    size = path.stat().st_size
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size:,} bytes"
