"""Migrations from any number of places at once."""

import asyncio
import sys
from pathlib import Path

from citydesk.commands.migrate import migrated, missing
from citydesk.kit.servers import PostgresServer

ROOT = Path(__file__).parents[2]
MIGRATE = """
import asyncio, sys
from citydesk.commands.migrate import migrated
print(len(asyncio.run(migrated(sys.argv[1]))))
"""


async def test_three_at_once_make_the_database_and_apply_each_migration_once(
    postgres: PostgresServer,
) -> None:
    url = postgres.url("migrated_thrice")
    racing = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", MIGRATE, url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    outcomes = [await each.communicate() for each in racing]
    assert [each.returncode for each in racing] == [0, 0, 0]
    applied = sorted(int(out) for out, _ in outcomes)
    assert applied[:2] == [0, 0]
    assert applied[2] == len([*(ROOT / "migrations").glob("0*.py")])
    assert await missing(url) == []
    assert await migrated(url) == []


async def test_what_an_empty_database_lacks_is_named(postgres: PostgresServer) -> None:
    names = sorted(path.stem for path in (ROOT / "migrations").glob("0*.py"))
    assert await missing(postgres.url()) == names
