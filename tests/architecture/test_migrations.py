import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from citydesk.kit import sql
from citydesk.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tables and their migrations."""
    for name in ("models", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def proposed(tree: Path) -> str:
    """What the ORM would add to the migrations of a tree."""
    done = subprocess.run(
        [sys.executable, "-m", "tortoise", "makemigrations"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_migrations_make_the_tables_that_the_models_describe(tree: Path) -> None:
    assert "No changes detected" in proposed(tree)


def test_a_forgotten_migration_is_noticed(tree: Path) -> None:
    module = tree / "models" / "inbox.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("CharField(40)", "CharField(41)"), encoding="utf-8")
    assert "No changes detected" not in proposed(tree)


@pytest.mark.parametrize(
    "name",
    [
        "slot_never_overbooked",
        "service_case_promise_within_law",
        "session_of_one",
        "catalogue_revision_single",
    ],
)
async def test_a_promise_of_the_tables_is_kept_by_the_database(world: World, name: str) -> None:
    assert await sql.value("SELECT 1 FROM pg_constraint WHERE conname = $1", name)


async def test_what_happened_to_a_case_cannot_be_rewritten(world: World) -> None:
    triggers = await sql.value(
        "SELECT count(*) FROM pg_trigger WHERE tgname = 'case_event_is_append_only'"
    )
    assert triggers == 1
