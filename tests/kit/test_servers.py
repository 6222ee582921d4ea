"""The embedded servers: closed to others, whole after a kill, gone with their parent."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from citydesk.kit import embedding, not_root
from citydesk.kit.servers import PostgresServer, ServerTrouble, ValkeyServer

ROOT = Path(__file__).parents[2]
LAUNCHER = """
import sys, time
from pathlib import Path
from citydesk.kit.servers import PostgresServer, ValkeyServer
folder = Path(sys.argv[1])
with PostgresServer(folder / "pg") as pg, ValkeyServer(folder / "kv") as kv:
    print(pg.dsn(), kv.url, pg.process.pid, kv.process.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("pg"), durable=False) as server:
        yield server


def asked(dsn: str, question: str) -> Any:
    async def ask() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(ask())


def alive(pid: str) -> bool:
    """A zombie is dead: only its parent has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] not in "ZX"
    except OSError:
        return False


def test_postgres_reads_chinese_whatever_the_locale(postgres: PostgresServer) -> None:
    asked(postgres.dsn(), "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert asked(postgres.dsn(), r"SELECT '食' ~ '\w'")
    assert asked(postgres.dsn(), "SELECT cardinality(show_trgm('食品经营许可'))") > 3


def test_postgres_listens_on_a_private_socket_only(postgres: PostgresServer) -> None:
    assert asked(postgres.dsn(), "SHOW listen_addresses") == ""
    assert postgres.sockets.stat().st_mode & 0o777 == 0o700
    assert postgres.folder.stat().st_mode & 0o777 == 0o700


def test_valkey_listens_on_a_private_socket_only(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "kv") as server, redis.Redis.from_url(server.url) as client:
        assert int(client.config_get("port")["port"]) == 0
        assert server.sockets.stat().st_mode & 0o777 == 0o700


def test_a_second_launcher_is_told_that_the_data_are_in_use(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "LEAVE_SECONDS", 0.1)
    with pytest.raises(ServerTrouble, match="already running"):
        PostgresServer(postgres.folder).start()


def test_a_path_too_long_or_odd_for_a_socket_gets_a_temporary_one(tmp_path: Path) -> None:
    for name in ("长 沈" * 20, "x" * 110):
        server = ValkeyServer(tmp_path / name)
        with server, redis.Redis.from_url(server.url) as client:
            assert client.ping()
            place = server.sockets
            assert place.stat().st_mode & 0o777 == 0o700
        assert not place.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs to become somebody else")
def test_root_without_user_namespaces_runs_postgres_as_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(not_root, "NAMESPACE", ("false",))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with PostgresServer(closed / "pg", durable=False) as server:
        assert server.process is not None
        status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
        assert f"Uid:\t{not_root.NOBODY}" in status
    monkeypatch.undo()
    with PostgresServer(closed / "pg", durable=False) as server:  # and back: the data follow
        assert asked(server.dsn(), "SELECT 1") == 1


def test_killing_the_launcher_stops_both_and_the_next_start_finds_the_data(
    tmp_path: Path,
) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    with launcher, launcher.stdout:
        dsn, url, *pids = launcher.stdout.readline().split()
        asked(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(url) as client:
            client.set("kept", "42")
        launcher.send_signal(signal.SIGKILL)
        launcher.wait()
    with PostgresServer(tmp_path / "pg") as postgres, ValkeyServer(tmp_path / "kv") as valkey:
        assert not [pid for pid in pids if alive(pid)]
        assert asked(postgres.dsn(), "SELECT answer FROM kept") == 42
        with redis.Redis.from_url(valkey.url) as client:
            assert client.get("kept") == b"42"


def test_a_recycled_process_number_does_not_stop_the_start(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "pg", durable=False) as server:
        pass
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    with PostgresServer(tmp_path / "pg", durable=False) as server:
        assert asked(server.dsn(), "SELECT 1") == 1


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "pg", durable=False) as server:
        pass
    (server.data / "postgresql.conf").write_text("no such = setting\n")
    with pytest.raises(ServerTrouble, match="syntax error"):
        PostgresServer(tmp_path / "pg").start()


def test_elsewhere_than_on_linux_the_message_names_the_two_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "LINUX", False)
    with pytest.raises(ServerTrouble, match="CITYDESK_DATABASE_URL and CITYDESK_REDIS_URL"):
        PostgresServer(tmp_path / "pg").start()
