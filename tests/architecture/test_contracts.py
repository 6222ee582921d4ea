"""The import contracts of pyproject.toml hold, and each of them bites when it is broken."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINTER: dict[str, Any] = _PROJECT["tool"]["importlinter"]
CONTRACTS: dict[str, dict[str, Any]] = {each["id"]: each for each in LINTER["contracts"]}

# One line in one file of a clean tree, and the contract that must notice it.
BREAKS = [
    ("storeys", "models/cases.py", "import citydesk.kit"),
    ("storeys", "citydesk/cases/actions.py", "import wechat"),
    ("storeys", "citydesk/kit/__init__.py", "from mobile_api import cases"),
    ("storeys", "wechat/cases.py", "import mobile_api.cases"),
    ("storeys", "mobile_api/cases.py", "from tasks import cases"),
    ("storeys", "portal/cases.py", "from mobile_api import cases"),
    ("storeys", "tasks/cases.py", "def late():\n    import wechat"),
    ("desk", "citydesk/workdays/__init__.py", "from citydesk import cases"),
    ("desk", "citydesk/kit/__init__.py", "from citydesk import world"),
    ("desk", "citydesk/settings.py", "from citydesk import gateways"),
    ("desk", "citydesk/guides/__init__.py", "import citydesk.reactions"),
    ("desk", "citydesk/strange/__init__.py", "a = 'not in the map of the domain'"),
    ("rules-are-pure", "citydesk/cases/rules.py", "from tortoise import fields"),
    ("rules-are-pure", "citydesk/workdays/rules.py", "import aiohttp"),
    ("rules-are-pure", "citydesk/cases/rules.py", "from redis import asyncio"),
    ("rules-are-pure", "citydesk/cases/rules.py", "from citydesk.world import World"),
    ("rules-are-pure", "citydesk/cases/rules.py", "from citydesk import gateways"),
    ("searching-computes", "citydesk/guides/search/ranking.py", "from citydesk import kit"),
    ("searching-computes", "citydesk/guides/search/index.py", "import tortoise"),
    ("frameworks-at-the-door", "citydesk/cases/actions.py", "import starlette.requests"),
    ("frameworks-at-the-door", "citydesk/kit/__init__.py", "from arq import cron"),
    ("frameworks-at-the-door", "models/cases.py", "import wechatpy"),
    ("sandbox-is-foreign", "sandbox/__init__.py", "import citydesk.kit"),
    ("sandbox-is-foreign", "sandbox/__init__.py", "from wechat import cases"),
    ("nobody-ships-the-sandbox", "citydesk/commands/__init__.py", "import sandbox"),
    ("nobody-ships-the-sandbox", "wechat/cases.py", "from sandbox import anything"),
    ("tables-in-a-row", "models/guides.py", "import models.cases"),
    ("nobody-imports-the-server", "tasks/cases.py", "from asgi import app"),
    ("nobody-imports-the-server", "sandbox/__init__.py", "import asgi"),
]


def lint(folder: Path) -> tuple[int, str]:
    """Run the linter in a folder; its status and its report."""
    done = subprocess.run(
        [LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def verdicts(report: str) -> dict[str, str]:
    """KEPT or BROKEN by the id of each contract."""
    found = {}
    for key, contract in CONTRACTS.items():
        said = re.search(rf"^{re.escape(contract['name'])} (KEPT|BROKEN)\b", report, re.MULTILINE)
        assert said, f"{key} was not checked:\n{report}"
        found[key] = said[1]
    return found


def layer_names() -> list[str]:
    """The parts of the desk that must exist, as the contract lists them."""
    names = [name.strip() for line in CONTRACTS["desk"]["layers"] for name in line.split("|")]
    return [name for name in names if not name.startswith("(")]


def write(folder: Path, path: str, text: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if not (file.parent / "__init__.py").exists():
        (file.parent / "__init__.py").touch()
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(f"{before}{text}\n", encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tiny house under the same contracts: every storey there, nothing broken."""
    everything = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^(?=\[)", everything)
    ours = "".join(part for part in parts if part.startswith(("[tool.importlinter", "[[tool.imp")))
    (tmp_path / "pyproject.toml").write_text(ours, encoding="utf-8")
    for package in LINTER["root_packages"]:
        write(tmp_path, f"{package}/__init__.py", "")
    modules = {"__main__", "settings", "world", "reactions", "seed"}
    for name in layer_names():
        write(tmp_path, f"citydesk/{name}{'.py' if name in modules else '/__init__.py'}", "")
    write(tmp_path, "models/guides.py", "")
    write(tmp_path, "models/cases.py", "from models import guides")
    for capability in ("workdays", "cases"):
        write(tmp_path, f"citydesk/{capability}/rules.py", "from datetime import date")
    for module in CONTRACTS["searching-computes"]["source_modules"]:
        write(tmp_path, f"{module.replace('.', '/')}.py", "")
    write(
        tmp_path, "citydesk/cases/actions.py", "from citydesk import workdays\nimport models.cases"
    )
    for door in ("wechat", "mobile_api", "portal", "tasks"):
        write(tmp_path, f"{door}/cases.py", "from citydesk import cases\nimport starlette")
    write(tmp_path, "asgi.py", "import wechat.cases")
    return tmp_path


def test_our_code_keeps_every_contract() -> None:
    status, report = lint(ROOT)
    broken = [key for key, said in verdicts(report).items() if said == "BROKEN"]
    assert not broken, report
    assert status == 0, report


def test_a_clean_house_keeps_every_contract(tree: Path) -> None:
    status, report = lint(tree)
    assert set(verdicts(report).values()) == {"KEPT"}, report
    assert status == 0


@pytest.mark.parametrize(
    ("contract", "path", "line"), BREAKS, ids=[f"{key}: {path}" for key, path, _ in BREAKS]
)
def test_a_broken_contract_is_noticed(tree: Path, contract: str, path: str, line: str) -> None:
    write(tree, path, line)
    status, report = lint(tree)
    assert verdicts(report)[contract] == "BROKEN", report
    assert status != 0


def test_every_contract_was_seen_to_bite() -> None:
    assert {contract for contract, _, _ in BREAKS} == set(CONTRACTS)


def test_every_package_of_ours_is_under_contract() -> None:
    top = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {
        "tests",
        "migrations",
        "bench",
    }
    assert top == set(LINTER["root_packages"])


def test_no_exception_was_carved_out_of_a_contract() -> None:
    carved = {"ignore_imports", "unmatched_ignore_imports_alerting", "exhaustive_ignores"}
    assert not [key for key, contract in CONTRACTS.items() if carved & set(contract)]
    assert not carved & set(LINTER)
