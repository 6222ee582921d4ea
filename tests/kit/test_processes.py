"""The supervised group: names its dead, replaces some, waits for no one for ever."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from citydesk.kit import processes
from citydesk.kit.processes import Child, ChildDied, Group

PATIENT = """import time; print('{"event": "here"}', flush=True); time.sleep(60)"""
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PATIENT}"


@pytest.fixture
async def group(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Group]:
    monkeypatch.setattr(processes, "FIRST_PAUSE_SECONDS", 0.01)
    group = Group({"PATH": "/usr/bin:/bin"}, asyncio.Event())
    yield group
    group.told.set()
    await group.stop([])


def child(folder: Path, code: str, **given: object) -> Child:
    command = (sys.executable, "-S", "-c", code)
    log = folder / "sample.log"
    return Child("sample", command, log, ready_event="here", **given)  # type: ignore[arg-type]


async def settled(child: Child) -> None:
    """Wait until the child has said its line."""
    async with asyncio.timeout(10):
        await child.ready.wait()


async def test_a_child_that_dies_is_named_with_the_end_of_its_log(
    group: Group, tmp_path: Path
) -> None:
    await group.add(child(tmp_path, "print('the reason'); raise SystemExit(7)"))
    with pytest.raises(ChildDied, match=r"(?s)sample ended \(exit status 7\).*the reason"):
        await group.during(asyncio.Event().wait())


async def test_a_child_is_replaced_three_times_then_the_group_ends(
    group: Group, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    group.up = True
    await group.add(child(tmp_path, "print('once more')", restarts=True))
    with pytest.raises(ChildDied):
        await group.during(asyncio.Event().wait())
    assert (tmp_path / "sample.log").read_text("utf-8").count("once more") == 4
    assert "(3 of 3)" in capfd.readouterr().err


async def test_while_it_starts_nothing_is_replaced(group: Group, tmp_path: Path) -> None:
    await group.add(child(tmp_path, "print('no')", restarts=True))
    with pytest.raises(ChildDied):
        await group.during(asyncio.Event().wait())
    assert (tmp_path / "sample.log").read_text("utf-8").count("no") == 1


async def test_a_child_that_will_not_stop_is_killed(
    group: Group, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stubborn = child(tmp_path, STUBBORN, stop_seconds=0.1)
    await group.add(stubborn)
    await settled(stubborn)
    await group.stop([stubborn])
    assert stubborn.process is not None
    assert stubborn.process.returncode == -9
    assert "sample did not stop within 0.1 s" in capfd.readouterr().err


async def test_the_log_tells_that_it_is_ready_and_warnings_reach_the_terminal(
    group: Group, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = (
        '{"event": "disk is full", "level": "warning", "place": "x"}',
        '{"event": "all is well", "level": "info"}',
        "x" * 100,
    )
    ready = child(tmp_path, f"print({chr(10).join(lines)!r}); {PATIENT}")
    await group.add(ready)
    await settled(ready)
    await group.stop([ready])
    assert capfd.readouterr().err == "sample: warning: disk is full place=x\n"


async def test_a_line_without_end_does_not_stop_the_child(
    group: Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LINE_BYTES", 1000)
    endless = child(tmp_path, f"print('x' * 1000000); {PATIENT}")
    await group.add(endless)
    await settled(endless)
    assert (tmp_path / "sample.log").stat().st_size < 100_000
    await group.stop([endless])


async def test_told_to_stop_it_drops_what_it_was_doing(group: Group, tmp_path: Path) -> None:
    await group.add(child(tmp_path, PATIENT))
    group.told.set()
    assert await group.during(asyncio.Event().wait()) is None
