"""What every test needs and none is about, made cheap.

Every test gets a database of its own, some four hundred files of it: on a disk that costs ten times
what it costs in memory, and was most of a run of all tests. So the servers of the tests keep their
data in memory, where there is room.
"""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tortoise.apps import Apps
from tortoise.models import Model

MEMORY = Path("/dev/shm")  # noqa: S108 - the file system, not a file
ROOM_BYTES = 2 << 30  # a container's share is often 64 MB
PREFIX = "citydesk-tests-"
ABANDONED_SECONDS = 600


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder that is gone afterwards; with room in memory it lies there."""
    with tempfile.TemporaryDirectory(
        prefix=PREFIX, dir=_room(), ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def copying(name: str, template: str, folder: Path) -> str:
    """The statement that makes a database as a copy, whichever way is quicker where it lies."""
    way = "FILE_COPY" if folder.is_relative_to(MEMORY) else "WAL_LOG"
    return f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {way}'


def _room() -> Path | None:
    with suppress(OSError):
        _clear_up()
        if shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
            return MEMORY
    return None


def _clear_up() -> None:
    """Remove what killed runs have left: memory is dearer than a disk's corner."""
    for left in MEMORY.glob(f"{PREFIX}*"):
        with suppress(OSError), (left / "postgres" / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # its server has ended
            if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def prepare_queries_once() -> None:
    """Let the ORM prepare each table's queries once and not for every test: they are the same."""
    prepare = Apps._build_initial_querysets
    prepared: set[type[Model]] = set()

    def once(apps: Apps) -> None:
        models = {model for app in apps.apps.values() for model in app.values()}
        if not models <= prepared:
            prepare(apps)
            prepared.update(models)

    Apps._build_initial_querysets = once
