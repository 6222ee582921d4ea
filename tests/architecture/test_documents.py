"""The documents say what the code says."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from citydesk.kit.guard import TooLarge, TooSlow
from citydesk.kit.idempotency import KeyInFlight, KeyMissing, KeyReused
from citydesk.kit.refusals import Forbidden, Invalid, Refusal, Unidentified
from mobile_api.app import OPERATIONS
from mobile_api.problems import slug, status_of
from mobile_api.reading import Malformed

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# What any operation may answer before its handler is reached.
EVERYWHERE: tuple[type[Refusal], ...] = (
    *(Unidentified, Forbidden, Invalid, Malformed, TooLarge, TooSlow),
    *(KeyMissing, KeyReused, KeyInFlight),
)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def problems_told() -> dict[str, int]:
    """The rows of docs/problems.md: slug and status."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", page("docs/problems.md"), re.MULTILINE)
    return {name: int(status) for name, status in rows}


def kinds(of: type[Refusal]) -> Iterator[type[Refusal]]:
    """Every refusal below one, however deep."""
    for each in of.__subclasses__():
        yield each
        yield from kinds(each)


def test_every_refusal_an_operation_names_is_documented() -> None:
    told = problems_told()
    named = {each for operation in OPERATIONS for each in operation.refusals} | set(EVERYWHERE)
    expected = {slug(each): status_of(each) for each in named}
    assert expected.items() <= told.items(), expected.items() - told.items()


def test_no_problem_is_documented_that_does_not_exist() -> None:
    ours = {slug(each) for each in kinds(Refusal)}
    doors = {"no-such-path", "method-not-allowed", "gateway-trouble", "unavailable", "fault"}
    assert set(problems_told()) <= ours | doors


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_house_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_capability_is_in_the_glossary() -> None:
    packages = {path.parent.name for path in ROOT.glob("citydesk/*/__init__.py")}
    table = page("docs/glossary.md").partition("## Capabilities")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| [^|]+ \| `(\w+)` \|", table, re.MULTILINE))
    assert told == packages - {"kit", "gateways", "commands"}


def excerpts() -> Iterator[tuple[str, str]]:
    """The pieces of code on docs/add-a-capability.md: the file each is cut from, and the piece."""
    blocks = re.findall(r"```(?:python|sql)\n(.*?)```", page("docs/add-a-capability.md"), re.DOTALL)
    for block in blocks:
        first, _, code = block.partition("\n")
        for piece in code.split("\n...\n"):
            yield first.lstrip("#- "), piece.strip("\n")


def test_the_excerpts_stand_in_the_files_they_are_cut_from() -> None:
    cut = list(excerpts())
    assert len(cut) > 10
    strange = [f"{name}:\n{piece}" for name, piece in cut if piece not in page(name)]
    assert strange == [], "\n\n".join(strange)


def commands(name: str) -> list[str]:
    """What a page tells the reader to type, and what it says comes back."""
    return re.findall(r"^```sh\n.*?^```", textwrap.dedent(page(name)), re.DOTALL | re.MULTILINE)


def test_the_two_readmes_are_twins() -> None:
    english, chinese = page("README.md"), page("README.zh-CN.md")
    assert commands("README.md") == commands("README.zh-CN.md") != []
    assert english.count("\n## ") == chinese.count("\n## ")
    assert english.count("```") == chinese.count("```")


def test_every_decision_is_told_in_four_parts() -> None:
    for path in sorted(ROOT.glob("docs/decisions/[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Alternatives"], path.name
        assert len(text.splitlines()) <= 40, path.name
