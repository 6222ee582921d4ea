"""The rules of the house that no linter knows, as functions from a module to complaints.

Each takes a ``Source`` and names the lines at fault; ``test_rules.py`` shows good and bad examples
of each and applies them all to the code.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOORS = ("wechat", "mobile_api", "portal", "tasks")
SHIPPED = ("asgi", "citydesk", "models", *DOORS)
ALL = (*SHIPPED, "sandbox")
# Parts of the desk that are no capability: tools, gateways and the command line.
NO_CAPABILITY = frozenset({"kit", "gateways", "commands"})
LONGEST = 400
FORBIDDEN_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "manager", "base_service", "misc"}
)


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, its text, and whether it is a package's ``__init__``."""

    name: str
    text: str
    package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


@cache
def read(path: Path) -> Source:
    """Read a module of ours; each is read and parsed once for all rules."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if package else parts)
    return Source(name, path.read_text(encoding="utf-8"), package)


def sources(*packages: str) -> list[Source]:
    """Every module of some top-level packages, and ``asgi.py``."""
    found: list[Path] = []
    for package in packages:
        single = ROOT / f"{package}.py"
        found += [single] if single.exists() else sorted((ROOT / package).rglob("*.py"))
    return [read(path) for path in found]


def capabilities() -> list[str]:
    """The capabilities of the desk: its packages, without the tools."""
    found = (path.parent.name for path in (ROOT / "citydesk").glob("*/__init__.py"))
    return sorted(name for name in found if name not in NO_CAPABILITY)


def imports(source: Source) -> Iterator[tuple[int, str, str, str]]:
    """Every import: line, module, what is taken from it ("" for the whole), and its local name."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                yield node.lineno, alias.name, "", local
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, node.module or "", alias.name, alias.asname or alias.name


def _chain(node: ast.expr) -> list[str]:
    """``a.b.c`` as its words; empty when it does not begin with a name."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return [node.id, *reversed(words)] if isinstance(node, ast.Name) else []


def _attributes(source: Source) -> Iterator[tuple[int, list[str]]]:
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and (words := _chain(node)):
            yield node.lineno, words


# --- doors ---------------------------------------------------------------------------------------

QUERIES = frozenset(
    {
        *("all", "annotate", "count", "earliest", "exclude", "exists", "filter", "first", "get"),
        *("get_or_create", "get_or_none", "in_bulk", "latest", "prefetch_related", "raw"),
        *("select_for_update", "select_related", "values", "values_list"),
        *("bulk_create", "bulk_update", "create", "delete", "save", "update_or_create"),
    }
)
# Said of a row already in hand; no other object of ours understands these words.
OF_A_ROW = frozenset({"fetch_related", "refresh_from_db", "select_for_update", "update_from_dict"})
MAY_ASK = frozenset({"mobile_api.health"})  # asks whether the database answers at all


def doors_never_query(source: Source) -> list[str]:
    """Doors name models (their enums, their types) but never query them, nor write SQL."""
    named = {local for _, module, _, local in imports(source) if module.split(".")[0] == "models"}
    found = [
        f"line {line}: queries {'.'.join(words)}"
        for line, words in _attributes(source)
        if (words[0] in named and words[-1] in QUERIES) or words[-1] in OF_A_ROW
    ]
    if source.name not in MAY_ASK:
        found += [
            f"line {line}: writes SQL"
            for line, module, taken, _ in imports(source)
            if f"{module}.{taken}" == "citydesk.kit.sql" or module == "citydesk.kit.sql"
        ]
    return found


# --- capabilities --------------------------------------------------------------------------------


def front_door_only(source: Source) -> list[str]:
    """A capability is entered by its front door: ``from citydesk import cases``, then speak."""
    inner = {name: _rooms(name) for name in capabilities()}
    home = source.name.split(".")[1] if source.name.startswith("citydesk.") else ""
    found: list[str] = []
    spoken: dict[str, str] = {}
    for line, module, taken, local in imports(source):
        parts = module.split(".")
        if parts[0] != "citydesk" or (parts[1:2] or [taken])[0] == home:
            continue
        capability = parts[1] if len(parts) > 1 else taken
        if capability not in inner:
            continue
        if len(parts) > 2 or (len(parts) == 2 and taken in inner[capability]):
            found.append(f"line {line}: import {capability} itself, not {module} {taken}".rstrip())
        elif len(parts) == 1:
            spoken[local] = capability
    found += [
        f"line {line}: {'.'.join(words)} is a room inside, not a word of the front door"
        for line, words in _attributes(source)
        if len(words) == 2 and words[0] in spoken and words[1] in inner[spoken[words[0]]]
    ]
    return found


def _rooms(capability: str) -> frozenset[str]:
    """The modules of a capability that its front door does not also use as a word."""
    folder = ROOT / "citydesk" / capability
    rooms = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    door = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    words = {
        alias.asname or alias.name
        for node in ast.walk(door)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return frozenset(rooms - words - {"__init__"})


# --- shape ---------------------------------------------------------------------------------------


def not_too_long(source: Source) -> list[str]:
    """One module, one subject: at most 400 lines."""
    lines = source.text.count("\n")
    return [f"{lines} lines: split it by subject"] if lines > LONGEST else []


def well_named(source: Source) -> list[str]:
    """A module is named for its subject, never for its kind."""
    bad = FORBIDDEN_NAMES & set(source.name.split("."))
    return [f"the name {name} says nothing of the subject" for name in sorted(bad)]


Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def documented(source: Source) -> list[str]:
    """Every package and every public class and function says what it is for."""
    found = [] if ast.get_docstring(source.tree) else ["the module has no docstring"]
    return found + _undocumented(source.tree.body)


def _undocumented(body: list[ast.stmt]) -> list[str]:
    found: list[str] = []
    for node in body:
        if not isinstance(node, Defined) or node.name.startswith("_") or _repeats(node):
            continue
        if not ast.get_docstring(node):
            found.append(f"line {node.lineno}: {node.name} has no docstring")
        if isinstance(node, ast.ClassDef):
            found += _undocumented(node.body)
    return found


def _repeats(node: Defined) -> bool:
    """Whether it takes over the promise of what it overrides or overloads."""
    words = {_chain(each)[-1] for each in node.decorator_list if _chain(each)}
    return bool(words & {"override", "overload", "setter"})


# --- time ----------------------------------------------------------------------------------------

CLOCKS = frozenset(
    {
        *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
        *("datetime.date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime"),
        *("time.strftime", "time.ctime", "time.asctime", "tortoise.timezone.now"),
    }
)
THE_CLOCK = "citydesk.kit.clock"


def asks_the_clock(source: Source) -> list[str]:
    """No clock but ``world.clock``; columns never fill in the time by themselves."""
    if source.name == THE_CLOCK:
        return []
    known = {local: _meant(module, taken, local) for _, module, taken, local in imports(source)}
    names = ((node.lineno, [node.id]) for node in source.nodes if isinstance(node, ast.Name))
    found = {
        f"line {line}: {'.'.join(words)}: ask world.clock"
        for line, words in [*_attributes(source), *names]
        if ".".join([known.get(words[0], words[0]), *words[1:]]) in CLOCKS
    }
    found |= {
        f"line {node.value.lineno}: {node.arg}: pass world.clock.now()"
        for node in source.nodes
        if isinstance(node, ast.keyword) and node.arg in ("auto_now", "auto_now_add")
    }
    return sorted(found)


def _meant(module: str, taken: str, local: str) -> str:
    """What a local name stands for, in full."""
    if taken:
        return f"{module}.{taken}"
    return local if module.startswith(f"{local}.") else module


# --- frameworks ----------------------------------------------------------------------------------

ONLY_IN = {
    "arq": ("tasks", "asgi"),
    "starlette": ("wechat", "mobile_api", "portal", "asgi", "sandbox"),
    "uvicorn": ("asgi", "sandbox", "citydesk.commands"),
    "sandbox": ("sandbox",),
    "pytest": (),
    "hypothesis": (),
    "wechatpy": (),
    "werobot": (),
    "pickle": (),
    "httpx": (),
    "requests": (),
    "unittest": (),
}


def frameworks_in_their_place(source: Source) -> list[str]:
    """arq in ``tasks/`` and ``asgi.py``, starlette at the doors, test tools nowhere."""
    return [
        f"line {line}: imports {module}"
        for line, module, _, _ in imports(source)
        if (places := ONLY_IN.get(module.partition(".")[0])) is not None
        and not any(source.name == place or source.name.startswith(f"{place}.") for place in places)
    ]
