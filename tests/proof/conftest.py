"""What every proof has: a log of its own, and a line in the summary for its figure."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from citydesk.kit.logs import start_logs

_FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if figures := config.stash[_FIGURES]:
        terminalreporter.section("figures")
        for each in figures:
            terminalreporter.line(each)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say what a proof showed; told at the end of the run, whatever is captured."""

    def say(words: str) -> None:
        print(words)
        request.config.stash[_FIGURES].append(f"{request.node.name.removeprefix('test_')}: {words}")

    return say


@pytest.fixture(scope="session", autouse=True)
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file into which the application logs, exactly as it does in service."""
    path = tmp_path_factory.mktemp("log") / "app.jsonl"
    with path.open("w", encoding="utf-8", buffering=1) as stream:
        start_logs(stream)
        yield path
