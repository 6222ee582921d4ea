"""``citydesk generate``: the files that are made from the code, and whether they are up to date.

``--check`` needs no network: the locks carry a digest of the requirements they were made from.
"""

import hashlib
import json
import tomllib
from argparse import Namespace
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from citydesk import cases
from citydesk.commands.complaints import complain
from citydesk.settings import documented

DIGEST = "# Requirements: sha256:"
LOCKS = {
    Path("requirements.txt"): (),
    Path("requirements-dev.txt"): ("dev",),
}


def _openapi() -> str:
    # By name, as uvicorn reads the doors: the desk may not import what stands upon it.
    described = import_module("mobile_api.openapi").described
    operations = import_module("mobile_api.app").OPERATIONS
    return json.dumps(described(operations), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


MADE: Mapping[Path, Callable[[], str]] = {
    Path(".env.example"): documented,
    Path("docs/openapi.json"): _openapi,
    Path("docs/cases.md"): cases.machine_page,
}


def generate(asked: Namespace) -> int:
    """Write the files, or only tell which are out of date."""
    stale = [path for path, make in MADE.items() if _text(path) != make()]
    if not asked.check:
        for path in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(MADE[path](), encoding="utf-8")
            print(f"written: {path}")
        return 0
    unlocked = [
        path for path, extras in LOCKS.items() if requirements_digest(*extras) not in _text(path)
    ]
    faults = [f"{path} is out of date: run make fix" for path in stale]
    faults += [f"{path} does not match pyproject.toml: run make lock" for path in unlocked]
    return complain("\n".join(faults)) if faults else 0


def requirements_digest(*extras: str) -> str:
    """Return the line that a lock carries: a digest of what it was asked for."""
    project = tomllib.loads(_text(Path("pyproject.toml")))["project"]
    asked = [project["requires-python"], *sorted(project["dependencies"])]
    for extra in extras:
        asked += sorted(project["optional-dependencies"][extra])
    return DIGEST + hashlib.sha256("\n".join(asked).encode()).hexdigest()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def stamp_locks() -> None:
    """Write into each lock what it was made from; `make lock` calls this after uv."""
    for path, extras in LOCKS.items():
        kept = [line for line in _text(path).splitlines() if not line.startswith(DIGEST)]
        path.write_text("\n".join([requirements_digest(*extras), *kept, ""]), encoding="utf-8")


if __name__ == "__main__":
    stamp_locks()
