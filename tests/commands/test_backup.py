"""`citydesk backup` and `citydesk restore`: all of it, as of one moment, or nothing."""

import asyncio
import hashlib
import itertools
import os
import random
import re
import signal
import sys
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
import pytest

from citydesk.commands.backup import backed_up
from citydesk.commands.migrate import LOCK, migrated
from citydesk.commands.restore import restored
from citydesk.kit import backup as kept
from citydesk.kit.backup import BackupTrouble
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.kit.servers import PostgresServer
from citydesk.settings import Settings
from citydesk.world import World
from tests.commands.conftest import ROOT, Desk
from tests.journeys import test_restaurant as story
from tests.people import Outside, Phone
from tests.schema import run_on

_numbers = itertools.count(1)
RESTORE = """
import asyncio, sys
from pathlib import Path
from citydesk.commands.restore import restored
asyncio.run(restored(sys.argv[1], Path(sys.argv[2])))
"""
NewDatabase = Callable[[], Awaitable[str]]


@pytest.fixture(scope="session")
def empty_template(postgres: PostgresServer) -> str:
    asyncio.run(migrated(postgres.url("template_empty")))
    return "template_empty"


@pytest.fixture
async def new_database(postgres: PostgresServer, empty_template: str) -> AsyncIterator[NewDatabase]:
    """Makes migrated databases with nothing in them."""
    made: list[str] = []

    async def make() -> str:
        made.append(f"restored_{next(_numbers)}")
        await run_on(postgres.dsn(), f'CREATE DATABASE "{made[-1]}" TEMPLATE "{empty_template}"')
        return made[-1]

    yield make
    for name in made:
        await run_on(postgres.dsn(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def contents(dsn: str) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            each.name: [
                row[0]
                for row in await connection.fetch(
                    # The table's name comes from the catalogue.
                    f"SELECT t::text FROM {kept.quoted(each.name)} t ORDER BY t::text"  # noqa: S608
                )
            ]
            for each in await kept.tables(connection)
        }
    finally:
        await connection.close()


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def content_of(file: Path) -> bytes:
    return file.read_bytes()


async def until(what: Callable[[], Awaitable[object]]) -> object:
    """Wait until something is so; return it."""
    for _ in range(1500):
        if found := await what():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it never was so")


def rewritten(file: Path, to: Path, **changed: object) -> Path:
    """A copy of a backup whose manifest says something else."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            told = old.read(name)
            if name == kept.MANIFEST:
                told = orjson.dumps(orjson.loads(told) | changed)
            new.writestr(name, told)
    return to


@pytest.fixture
async def backup_file(settings: Settings, tmp_path: Path) -> Path:
    """A backup of the reference data."""
    file = tmp_path / "city.backup"
    await backed_up(settings.database_url, file)
    return file


async def test_the_story_of_a_city_comes_back_row_by_row(
    world: World,
    outside: Outside,
    phone: Phone,
    clock: SetClock,
    postgres: PostgresServer,
    database: str,
    new_database: NewDatabase,
    tmp_path: Path,
) -> None:
    await story.test_a_citizen_opens_a_restaurant(world, outside, phone, clock)
    file = tmp_path / "city.backup"
    # The app goes on writing down what was opened and asked; it is soon through with it.
    for _ in range(10):
        before = await contents(postgres.dsn(database))
        manifest, _ = await backed_up(postgres.url(database), file)
        if before == await contents(postgres.dsn(database)):
            break
        file.unlink()
    assert file.stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == ["city.backup"]
    name = await new_database()
    assert await restored(postgres.url(name), file) == manifest
    after = await contents(postgres.dsn(name))
    assert {table for table, rows in before.items() if rows} > {"case_event", "appointment"}
    for table, rows in before.items():
        assert after[table] == rows, table
    assert sum(map(len, after.values())) == manifest.rows


async def test_a_backup_holds_no_key(settings: Settings, backup_file: Path) -> None:
    secrets = {
        *(settings.seal_keys.partition(":")[2], settings.blind_key, settings.signing_key),
        *(settings.wechat_app_secret, settings.wechat_aes_key, settings.provider_client_secret),
    }
    with zipfile.ZipFile(backup_file) as archive:
        for name in archive.namelist():
            told = archive.read(name)
            assert not [each for each in secrets if each.encode() in told], name


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    settings: Settings, postgres: PostgresServer, database: str, new_database: NewDatabase,
    tmp_path: Path,
) -> None:  # fmt: skip
    """Each change writes to two tables; no backup may see one without the other."""
    written: list[UUID] = []
    go_on = True

    async def writing() -> None:
        connection = await asyncpg.connect(postgres.dsn(database))
        while go_on:
            async with connection.transaction():
                both = new_id()
                # First the table that is copied last, and the other way round.
                for table in ("inbox_message", "outbox_message")[:: 1 if len(written) % 2 else -1]:
                    await connection.execute(STATEMENTS[table], both)
            written.append(both)
        await connection.close()

    task = asyncio.create_task(writing())
    try:
        await until(lambda: asyncio.sleep(0, len(written) > 20))
        began = len(written)
        await backed_up(settings.database_url, tmp_path / "busy")
        ended = len(written)
    finally:
        go_on = False
        await task
    assert ended > began
    name = await new_database()
    await restored(postgres.url(name), tmp_path / "busy")
    connection = await asyncpg.connect(postgres.dsn(name))
    inbox, outbox = [
        {row["id"] for row in await connection.fetch(f"SELECT id FROM {table}")}  # noqa: S608
        for table in ("inbox_message", "outbox_message")
    ]
    await connection.close()
    assert inbox & set(written) == outbox & set(written) >= set(written[:began])


STATEMENTS = {
    "inbox_message": "INSERT INTO inbox_message (id, created_at, source, external_id) "
    "VALUES ($1, now(), 'test', $1::uuid::text)",
    "outbox_message": "INSERT INTO outbox_message (id, created_at, name, facts, due_at, tries) "
    "VALUES ($1, now(), 'Test', '{}', now(), 0)",
}


async def test_a_backup_overwrites_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "city.backup"
    file.write_text("older")
    with pytest.raises(FileExistsError):
        await backed_up(settings.database_url, file)
    assert file.read_text() == "older"
    assert names_in(tmp_path) == ["city.backup"]


async def test_a_backup_that_fails_leaves_no_file(postgres: PostgresServer, tmp_path: Path) -> None:
    with pytest.raises(BackupTrouble, match="nothing to back up"):
        await backed_up(postgres.url(), tmp_path / "city.backup")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(("told", "status"), [(signal.SIGTERM, 1), (signal.SIGINT, 130)])
async def test_a_backup_that_is_told_to_end_leaves_no_file(
    desk: Desk, settings: Settings, postgres: PostgresServer, database: str, tmp_path: Path,
    told: signal.Signals, status: int,
) -> None:  # fmt: skip
    connection = await asyncpg.connect(postgres.dsn(database))
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)  # as a migration does
    folder = tmp_path / "backups"
    folder.mkdir()
    servers = {
        "CITYDESK_DATABASE_URL": settings.database_url,
        "CITYDESK_REDIS_URL": settings.redis_url,
    }
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "citydesk", "backup", str(folder / "city.backup")),
        cwd=ROOT,
        env=desk.environment | servers,
        stderr=asyncio.subprocess.PIPE,
    )
    await until(lambda: asyncio.sleep(0, names_in(folder)))
    assert names_in(folder) == [f".city.backup.{running.pid}.part"]
    running.send_signal(told)
    _, said = await running.communicate()
    assert running.returncode == status, said.decode()
    assert names_in(folder) == []
    await connection.close()


async def test_a_damaged_file_is_refused_wherever_the_damage_is(
    backup_file: Path, postgres: PostgresServer, new_database: NewDatabase, tmp_path: Path
) -> None:
    name = await new_database()
    empty = await contents(postgres.dsn(name))
    whole = content_of(backup_file)
    with zipfile.ZipFile(backup_file) as archive:
        inside = [
            entry.header_offset + 60 + entry.compress_size // 2 for entry in archive.infolist()
            if entry.compress_size > 100
        ]  # fmt: skip
    assert len(inside) > 3
    damaged = tmp_path / "damaged"
    for at in inside:
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with pytest.raises(BackupTrouble, match="damaged"):
            await restored(postgres.url(name), damaged)
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        damaged.write_bytes(whole[:length])
        with pytest.raises(BackupTrouble, match="damaged"):
            await restored(postgres.url(name), damaged)
    assert await contents(postgres.dsn(name)) == empty


def test_any_wrong_byte_is_told_or_harmless(tmp_path: Path) -> None:
    """A byte that says when a member was written may change; a row may not."""
    rows = b"PGCOPY" + bytes(range(256)) * 4
    table = kept.Table("t", ("a",), 1, len(rows), hashlib.sha256(rows).hexdigest())
    manifest = kept.Manifest("0.1.0", "2026-03-02", ("models.0001_initial",), (table,), {})
    file = tmp_path / "small"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(table.member, rows)
        archive.writestr(kept.MANIFEST, manifest.written())
    whole, chance = file.read_bytes(), random.Random(7)
    told = 0
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= chance.randrange(1, 256)
        file.write_bytes(broken)
        try:
            with zipfile.ZipFile(file) as archive:
                found = kept.read_manifest(archive)
                assert found == manifest
                assert b"".join(kept.content(archive, table)) == rows
        except (BackupTrouble, *kept.UNREADABLE):
            told += 1
    assert told > len(whole) // 2


async def test_a_newer_backup_is_refused(
    backup_file: Path, postgres: PostgresServer, new_database: NewDatabase, tmp_path: Path
) -> None:
    url = postgres.url(await new_database())
    newer = rewritten(backup_file, tmp_path / "newer", version="99.0.0")
    with pytest.raises(BackupTrouble, match=r"Version 99\.0\.0 of citydesk wrote this backup"):
        await restored(url, newer)
    told = orjson.loads(zipfile.ZipFile(backup_file).read(kept.MANIFEST))["migrations"]
    further = rewritten(
        backup_file, tmp_path / "further", migrations=[*told, "models.9999_tomorrow"]
    )
    with pytest.raises(BackupTrouble, match=r"lack models\.9999_tomorrow"):
        await restored(url, further)
    older = rewritten(backup_file, tmp_path / "older", migrations=told[:-1])
    with pytest.raises(BackupTrouble, match="older than these tables"):
        await restored(url, older)


async def test_a_database_that_holds_anything_is_refused(
    backup_file: Path, postgres: PostgresServer, database: str
) -> None:
    before = await contents(postgres.dsn(database))
    with pytest.raises(BackupTrouble, match="not empty"):
        await restored(postgres.url(database), backup_file)
    assert await contents(postgres.dsn(database)) == before


async def test_only_named_tables_have_rows_from_the_beginning(
    postgres: PostgresServer, new_database: NewDatabase
) -> None:
    fresh = await contents(postgres.dsn(await new_database()))
    assert {name for name, rows in fresh.items() if rows} == kept.PLANTED


async def test_a_database_without_tables_is_refused(
    backup_file: Path, postgres: PostgresServer
) -> None:
    for url in (postgres.url(), postgres.url("nowhere")):
        with pytest.raises(BackupTrouble, match="Run citydesk migrate"):
            await restored(url, backup_file)


async def test_an_interrupted_restore_leaves_nothing(
    backup_file: Path, postgres: PostgresServer, new_database: NewDatabase
) -> None:
    name = await new_database()
    empty = await contents(postgres.dsn(name))
    connection = await asyncpg.connect(postgres.dsn(name))
    await connection.execute("""
        CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
        CREATE TRIGGER slowly BEFORE INSERT ON service_item_version
        FOR EACH ROW EXECUTE FUNCTION slowly()
    """)
    restoring = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RESTORE, postgres.url(name), str(backup_file)), cwd=ROOT
    )
    filling = (
        "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'COPY%item_version%'"
    )
    pid = await until(lambda: connection.fetchval(filling, name))
    assert restoring.returncode is None
    restoring.kill()
    await restoring.wait()
    gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)"
    await until(lambda: connection.fetchval(gone, pid))
    assert await contents(postgres.dsn(name)) == empty
    await connection.execute("DROP FUNCTION slowly() CASCADE")
    await connection.close()
    await restored(postgres.url(name), backup_file)
    assert await contents(postgres.dsn(name)) != empty


async def test_nobody_writes_while_a_restore_goes_on(
    backup_file: Path, postgres: PostgresServer, new_database: NewDatabase
) -> None:
    name = await new_database()
    connection = await asyncpg.connect(postgres.dsn(name))
    writing = connection.transaction()
    await writing.start()
    await connection.execute(STATEMENTS["outbox_message"], new_id())
    with pytest.raises(BackupTrouble, match="in use"):
        await restored(postgres.url(name), backup_file)
    await writing.rollback()
    await connection.close()


async def test_numbers_given_by_sequences_go_on_where_they_stood(
    settings: Settings, postgres: PostgresServer, database: str, new_database: NewDatabase,
    tmp_path: Path,
) -> None:  # fmt: skip
    make = "CREATE SEQUENCE receipt_numbers START 5 INCREMENT 3"
    await run_on(postgres.dsn(database), make)
    await run_on(
        postgres.dsn(database), "SELECT nextval('receipt_numbers') FROM generate_series(1, 4)"
    )
    await backed_up(settings.database_url, tmp_path / "city.backup")
    name = await new_database()
    await run_on(postgres.dsn(name), make)
    await restored(postgres.url(name), tmp_path / "city.backup")
    connections = [await asyncpg.connect(postgres.dsn(each)) for each in (database, name)]
    following = [await each.fetchval("SELECT nextval('receipt_numbers')") for each in connections]
    assert following == [17, 17]
    for each in connections:
        await each.close()


async def test_the_commands_say_what_they_did(
    desk: Desk, settings: Settings, new_database: NewDatabase, postgres: PostgresServer,
    tmp_path: Path,
) -> None:  # fmt: skip
    file = str(tmp_path / "city.backup")
    source = {
        "CITYDESK_REDIS_URL": settings.redis_url,
        "CITYDESK_DATABASE_URL": settings.database_url,
    }
    done = await asyncio.to_thread(desk.run, "backup", file, **source)
    assert done.returncode == 0, done.stderr
    assert "NOT in it" in done.stdout
    assert f"sha256 {hashlib.sha256(content_of(Path(file))).hexdigest()}" in done.stdout
    again = await asyncio.to_thread(desk.run, "backup", file, **source)
    assert again.returncode == 1
    assert "overwrites nothing" in again.stderr
    refused = await asyncio.to_thread(desk.run, "restore", file, **source)
    assert refused.returncode == 1
    assert "not empty" in refused.stderr
    assert "Nothing was restored." in refused.stderr
    target = source | {"CITYDESK_DATABASE_URL": postgres.url(await new_database())}
    taken = await asyncio.to_thread(desk.run, "restore", file, **target)
    assert taken.returncode == 0, taken.stderr
    assert "citydesk check" in taken.stdout
    assert not [each for each in (done, again, refused, taken) if "Traceback" in each.stderr]
    absent = await asyncio.to_thread(desk.run, "restore", f"{file}.gone", **target)
    assert "No file has this name" in absent.stderr


async def test_whoever_watches_sees_how_far_it_is(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    mine, theirs = os.openpty()
    servers = {
        "CITYDESK_DATABASE_URL": settings.database_url,
        "CITYDESK_REDIS_URL": settings.redis_url,
    }
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "citydesk", "backup", str(tmp_path / "city.backup")),
        cwd=ROOT,
        env=desk.environment | servers,
        stdout=asyncio.subprocess.PIPE,
        stderr=theirs,
    )
    out, _ = await running.communicate()
    os.close(theirs)
    said = os.read(mine, 65536).decode()
    os.close(mine)
    assert running.returncode == 0, said
    assert re.search(r"1 of \d+ tables: \w+", said)
    assert said.endswith("\r\x1b[K")
    assert b" rows, " in out
